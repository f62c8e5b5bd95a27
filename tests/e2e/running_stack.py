"""The whole stack as an operator starts it: devstack.py, in a data directory of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

import devstack

START_SECONDS = 150
MOMENT_SECONDS = 30
NOT_INHERITED = (
    "DATABASE_URL",
    "REDIS_URL",
    "BROKER_URL",
    "SECRET_KEY",
    "DATA_DIR",
    "PORT",
    "FLOWER_PORT",
    "DEMO_URL",
)


def wait_for(condition: Callable[[], bool], what: str, seconds: float = MOMENT_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"in {seconds} s did not come true: {what}")
        time.sleep(0.1)


def environment(**settings: str) -> dict[str, str]:
    """What a shell has in which nothing of ours is set, but `settings`."""
    return {name: value for name, value in os.environ.items() if name not in NOT_INHERITED} | settings


class Stack:
    """`devstack.py run` in `folder`; may be started again after it ended."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port, self.flower_port = devstack.free_port(), devstack.free_port()
        self.environment = environment(
            DATA_DIR=str(folder), PORT=str(self.port), FLOWER_PORT=str(self.flower_port), **settings
        )
        self.url, self.flower = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.flower_port}"
        self.log = folder / "stack.log"
        self.starts = 0

    def start(self) -> None:
        """Returns when the stack says that it is ready."""
        self.starts += 1
        self.log = self.folder / f"stack-{self.starts}.log"
        with self.log.open("wb") as log:
            self.process = psutil.Popen(
                [sys.executable, "devstack.py", "run"],
                cwd=devstack.ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while "is ready" not in self.log.read_text():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                pytest.fail(f"the stack did not start:\n{self.log.read_text()}")
            time.sleep(0.2)

    def processes(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def settings(self) -> dict[str, str]:
        """The lines of $DATA_DIR/env."""
        return dict(line.split("=", 1) for line in (self.folder / "env").read_text().splitlines())

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        status: int = self.process.wait(60)
        return status

    def kill(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            self.process.kill()
        self.process.wait(MOMENT_SECONDS)

    def runs(self) -> bool:
        return self.process.poll() is None


def running(processes: list[psutil.Process]) -> list[str]:
    """Those of the processes that still run; one that nobody has waited for yet does not."""
    alive = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                alive.append(f"{process.pid} {' '.join(process.cmdline())}")
    return alive
