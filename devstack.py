"""A whole stack on one machine: PostgreSQL and Redis from PyPI wheels, then the Procfile's processes.

    python devstack.py run          what `make run` does
    python devstack.py exec CMD     CMD with a fresh, temporary PostgreSQL and Redis (what `make test` does)

With `run`, where DATABASE_URL and REDIS_URL are set, those are used and nothing embedded is started.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import json
import os
import secrets
import shlex
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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psycopg2
import redis
from honcho.environ import parse_procfile

from stack.processes import (
    Program,
    StackError,
    Supervisor,
    die_with_parent,
    dies_with_us,
    kill_group,
    with_exec,
)
from stack.servers import (
    START_SECONDS,
    Server,
    free_port,
    start_postgres,
    start_redis,
    unprivileged_account,
    wait_until,
)
from webapp.connection_errors import reason_of
from webapp.settings import SettingsError, host_and_port, read_host

# What tests and benchmarks build stacks of their own from.
__all__ = [
    "free_port",
    "parse_procfile",
    "start_postgres",
    "start_redis",
    "unprivileged_account",
    "wait_until",
]

ROOT = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent

# The service connects to nothing but its own database, broker and provider, and writes nothing outside DATA_DIR and
# the temporary folder. These libraries would do otherwise, and bytecode goes beside the source.
QUIET_LIBRARIES = {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="devstack.py", description="A whole stack on one machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="start everything and stay until Ctrl-C")
    execute = commands.add_parser("exec", help="run a command with a fresh, temporary PostgreSQL and Redis")
    execute.add_argument("argv", nargs=argparse.REMAINDER)
    child = commands.add_parser("child", help="run a Procfile command that ends when whoever started it does")
    child.add_argument("argv", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    if arguments.command == "child":
        return run_child(arguments.argv)
    # `make` may be killed without a word to us: then this process stops as if told to.
    die_with_parent(signal.SIGTERM)
    try:
        return run() if arguments.command == "run" else execute_with_servers(arguments.argv)
    except (StackError, SettingsError) as error:
        print(f"make: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


# --- run --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listener:
    """Where one of the servers of the service listens, by the settings that say so."""

    host_setting: str
    port_setting: str
    host: str
    port: int

    @property
    def url(self) -> str:
        """For a client on this machine; a server that listens everywhere is asked on loopback."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"http://{host_and_port(host, self.port)}"


def run() -> int:
    web, flower = (
        choose_listener("HOST", "PORT", 8000),
        choose_listener("FLOWER_ADDRESS", "FLOWER_PORT", 5555),
    )
    if web.port == flower.port:
        raise StackError(f"PORT and FLOWER_PORT are both {web.port}; set one of them to another port.")
    data_dir = make_data_dir()
    signal.signal(signal.SIGTERM, _interrupt)
    with alone(data_dir), contextlib.ExitStack() as cleanup:
        for listener in (web, flower):
            require_free(listener)
        started = time.monotonic()
        environment = dict(os.environ) | QUIET_LIBRARIES
        for listener in (web, flower):
            environment |= {
                listener.host_setting: listener.host,
                listener.port_setting: str(listener.port),
            }
        environment["DATA_DIR"] = str(data_dir)
        environment["PATH"] = f"{BIN}{os.pathsep}{environment.get('PATH', '')}"
        environment["PYTHONUNBUFFERED"] = "1"
        servers: list[Server] = []
        if environment.get("DATABASE_URL"):
            require_postgres(environment["DATABASE_URL"])
        else:
            server, environment["DATABASE_URL"] = start_postgres(data_dir / "postgres")
            cleanup.callback(server.stop)
            servers.append(server)
        if environment.get("REDIS_URL"):
            require_redis(environment["REDIS_URL"])
        else:
            server, environment["REDIS_URL"] = start_redis(data_dir / "redis")
            cleanup.callback(server.stop)
            servers.append(server)
        environment["SECRET_KEY"] = environment.get("SECRET_KEY") or kept_secret(data_dir)
        write_env_file(data_dir, environment)
        cleanup.callback((data_dir / "env").unlink, missing_ok=True)
        processes = parse_procfile((ROOT / "Procfile").read_text()).processes
        release(processes.pop("release"), environment)
        programs = [Program(name, command, environment, ROOT) for name, command in processes.items()]
        announcement = threading.Thread(
            target=announce_readiness, args=(web, flower, data_dir, started), daemon=True
        )
        return Supervisor(programs, servers).run(announcement.start)


def make_data_dir() -> Path:
    path = Path(os.environ.get("DATA_DIR") or ".data").resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        reason = (
            "it, or a folder above it, is a file"
            if isinstance(error, FileExistsError | NotADirectoryError)
            else (f"{error.strerror}")
        )
        raise StackError(
            f"DATA_DIR is {path}, where no data can be kept: {reason}. Set it to a folder."
        ) from None
    return path


def require_postgres(url: str) -> None:
    """One sentence now rather than the release step's traceback."""
    try:
        psycopg2.connect(url.replace("postgresql+psycopg2://", "postgresql://", 1), connect_timeout=5).close()
    except psycopg2.Error as error:
        raise StackError(
            f"DATABASE_URL names a PostgreSQL that cannot be used ({reason_of(error)}). Start it or correct DATABASE_URL; "
            "unset, `make run` starts a PostgreSQL of its own."
        ) from None


def require_redis(url: str) -> None:
    try:
        with redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        reason = str(error).strip().rstrip(".") or type(error).__name__
        raise StackError(
            f"REDIS_URL names a Redis that cannot be used ({reason}). Start it or correct REDIS_URL; "
            "unset, `make run` starts one of its own."
        ) from None


def release(command: str, environment: dict[str, str]) -> None:
    """The Procfile's release step, silent unless it fails."""
    process = subprocess.Popen(  # noqa: S602 - the Procfile's commands are shell commands
        command,
        shell=True,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=dies_with_us(signal.SIGKILL),
    )
    try:
        told, _ = process.communicate()
    finally:
        kill_group(process)
    if process.returncode:
        sys.stderr.write(told)
        raise StackError("the release step failed; what it said is above.")


def announce_readiness(web: Listener, flower: Listener, data_dir: Path, started: float) -> None:
    """Print the addresses once everything answers, or what is missing after START_SECONDS."""
    deadline = time.monotonic() + START_SECONDS
    missing = {"web": f"{web.url}/api/health/ready", "Flower": f"{flower.url}/"}
    while missing:
        reasons = {name: why_not_ready(name, url) for name, url in missing.items()}
        missing = {name: url for name, url in missing.items() if reasons[name]}
        if missing and time.monotonic() > deadline:
            told = "; ".join(str(reasons[name]) for name in missing)
            print(f"make: not everything is ready yet: {told}.", file=sys.stderr, flush=True)
            return
        time.sleep(0.2)
    print_addresses(web, flower, data_dir, time.monotonic() - started)


def why_not_ready(name: str, url: str) -> str | None:
    """None when the URL answers; otherwise what is wrong, for the operator."""
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - loopback, built here
            return None
    except urllib.error.HTTPError as error:
        if error.code == 401:
            # Flower behind a login is there.
            return None
        with contextlib.suppress(ValueError, KeyError, TypeError):
            lines = json.load(error)["dependencies"]
            return ", ".join(f"{line['name']} ({line['detail']})" for line in lines if not line["up"])
        return f"{name} answers {url} with {error.code}"
    except (OSError, ValueError) as error:
        return f"{name} does not answer at {url} ({getattr(error, 'reason', error)})"


def print_addresses(web: Listener, flower: Listener, data_dir: Path, seconds: float) -> None:
    if web.url == f"http://127.0.0.1:{web.port}":
        elsewhere = "" if web.port == 8000 else f"PORT={web.port} "
    else:
        elsewhere = f"DEMO_URL={shlex.quote(web.url)} "
    lines = [
        "",
        f"  AI Interview Simulator is ready (after {seconds:.1f} s)",
        "",
        f"    API      {web.url}/api",
        f"    Docs     {web.url}/api/docs   {web.url}/api/redoc",
        f"    Health   {web.url}/api/health/ready",
        f"    Flower   {flower.url}",
        f"    Attach   set -a; . {shlex.quote(str(data_dir / 'env'))}; set +a",
        f"    Try      {elsewhere}make demo        Stop: Ctrl-C",
        "",
    ]
    print("\n".join(lines), flush=True)


def write_env_file(data_dir: Path, environment: dict[str, str]) -> None:
    path = data_dir / "env"
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        names = ("DATABASE_URL", "REDIS_URL", "BROKER_URL", "BROKER_SENTINEL_MASTER", "SECRET_KEY")
        # For a shell, which reads it: a URL of one's own may have `&` or `$` in it.
        file.writelines(
            f"{name}={shlex.quote(environment[name])}\n" for name in names if environment.get(name)
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


def choose_listener(host_setting: str, port_setting: str, default_port: int) -> Listener:
    text = os.environ.get(port_setting) or str(default_port)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise StackError(f"{port_setting} is {text!r}; it must be a port number.")
    return Listener(host_setting, port_setting, read_host(os.environ, host_setting), int(text))


def require_free(listener: Listener) -> None:
    """A port that a killed run's processes are just letting go of is waited for; one that stays taken is an error."""
    host, port = listener.host, listener.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise StackError(f"{listener.host_setting} is {host!r}, a name that is not found.") from None
    deadline = time.monotonic() + 8
    while True:
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise StackError(
                        f"{host_and_port(host, port)} cannot be listened on ({error.strerror}); "
                        f"set {listener.host_setting} or {listener.port_setting} to another one."
                    ) from None
                if time.monotonic() > deadline:
                    raise StackError(
                        f"port {port} is taken; set {listener.port_setting} to another one."
                    ) from None
            else:
                return
        time.sleep(0.2)


def run_child(argv: list[str]) -> int:
    """Become a Procfile command, in a shell for its variables."""
    die_with_parent(signal.SIGTERM)
    command = " ".join(argv[1:] if argv[:1] == ["--"] else argv)
    os.execv("/bin/sh", ["/bin/sh", "-c", with_exec(command)])  # noqa: S606


# --- exec -------------------------------------------------------------------------------------------


def execute_with_servers(argv: list[str]) -> int:
    """Run a command with fresh servers that keep nothing; its exit status is ours."""
    signal.signal(signal.SIGTERM, _interrupt)
    command = argv[1:] if argv[:1] == ["--"] else argv
    folder = Path(tempfile.mkdtemp(prefix="interview-simulator-"))
    folder.chmod(0o711)
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        environment = (
            dict(os.environ)
            | QUIET_LIBRARIES
            | {
                "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
                "SECRET_KEY": secrets.token_urlsafe(48),
                "DATA_DIR": str(folder),
            }
        )
        postgres, environment["DATABASE_URL"] = start_postgres(folder / "postgres", durable=False)
        cleanup.callback(postgres.stop)
        server, environment["REDIS_URL"] = start_redis(folder / "redis")
        cleanup.callback(server.stop)
        process = subprocess.Popen(command, env=environment, preexec_fn=dies_with_us(signal.SIGTERM))  # noqa: S603
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
