"""What an attacker needs: apps of other settings, and the real processes with their logs."""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from webapp.app import create_app
from webapp.limits import limiter

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
START_SECONDS = 60


@pytest.fixture
def app_of(settings, sessions) -> Iterator[Callable[..., Flask]]:
    """An app with some settings changed, in the test's transaction."""
    before = limiter.enabled

    def make(**changes) -> Flask:
        return create_app(dataclasses.replace(settings, **changes))

    yield make
    # The limiter is the module's: an app that switches it on must not leave it on.
    limiter.enabled = before


@pytest.fixture
def limited(app_of) -> FlaskClient:
    """A client of an app that counts, at an address that nothing else uses."""
    client = app_of(rate_limits=True).test_client()
    client.environ_base["REMOTE_ADDR"] = some_address()
    return client


def some_address() -> str:
    number = uuid.uuid4().int
    return f"10.{number % 256}.{number // 256 % 256}.{number // 65536 % 254 + 1}"


@pytest.fixture
def address() -> Callable[[], str]:
    """Makes addresses, each a new one."""
    return some_address


@dataclasses.dataclass
class Service:
    """A real web process; `log` is where it, and what else is started for it, writes."""

    port: int
    log: Path

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def exchange(self, raw: bytes) -> bytes:
        """What is answered to these bytes, until the service closes."""
        with self.connect() as connection:
            connection.sendall(raw)
            received = b""
            while piece := connection.recv(65536):
                received += piece
            return received


@pytest.fixture
def start(tmp_path, migrated) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts a command of the service with its output in a file; stops it at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*command: str, log: Path, **variables: str) -> subprocess.Popen[bytes]:
        environment = os.environ | {"DATA_DIR": str(tmp_path), "RATE_LIMITS": "off", **variables}
        with log.open("ab") as output:
            process = subprocess.Popen(
                [str(BIN / command[0]), *command[1:]],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.terminate()
    for process in started:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def service(start, tmp_path) -> Service:
    """gunicorn with its own configuration, one process of two threads."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "log"
    start(
        "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app",
        log=log, PORT=str(port), WEB_WORKERS="1", WEB_THREADS="2",
    )  # fmt: skip
    wait_until(lambda: answers(f"http://127.0.0.1:{port}/api/health"), "the web process", log)
    return Service(port, log)


def wait_until(condition: Callable[[], object], what: str, log: Path, seconds: float = START_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} never came:\n{log.read_text()[-4000:]}"
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except OSError:
        return False
