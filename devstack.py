"""A whole stack on one machine: PostgreSQL and Redis from PyPI wheels, then the Procfile's processes.

    python devstack.py run          what `make run` does
    python devstack.py exec CMD     CMD with a fresh, temporary PostgreSQL and Redis (what `make test` does)

With `run`, where DATABASE_URL and REDIS_URL are set, those are used and nothing embedded is started.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
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
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from honcho.environ import parse_procfile

from stack.processes import StackError, Supervisor, die_with_parent, dies_with_us, kill_group, with_exec
from stack.servers import (
    START_SECONDS,
    free_port,
    start_postgres,
    start_redis,
    unprivileged_account,
    wait_until,
)

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
    except StackError as error:
        print(f"make: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


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
        teller = threading.Thread(target=tell_when_ready, args=(ports, data_dir, started), daemon=True)
        return Supervisor(processes, environment, ROOT).run(teller.start)


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


def tell_when_ready(ports: dict[str, int], data_dir: Path, started: float) -> None:
    urls = [
        f"http://127.0.0.1:{ports['PORT']}/api/health/ready",
        f"http://127.0.0.1:{ports['FLOWER_PORT']}/",
    ]
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if all(answers(url) for url in urls):
            print_addresses(ports, data_dir, time.monotonic() - started)
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
    elsewhere = "" if ports["PORT"] == 8000 else f"PORT={ports['PORT']} "
    lines = [
        "",
        f"  AI Interview Simulator is ready (after {seconds:.1f} s)",
        "",
        f"    API      {web}/api",
        f"    Docs     {web}/api/docs   {web}/api/redoc",
        f"    Health   {web}/api/health/ready",
        f"    Flower   {flower}",
        f"    Attach   set -a; . {data_dir / 'env'}; set +a",
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
        file.writelines(f"{name}={environment[name]}\n" for name in names if environment.get(name))


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
        environment = dict(os.environ) | {
            "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "DATA_DIR": str(folder),
        }
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
