"""The Procfile's processes, run together: their lines multiplexed, and none of them left behind, whatever dies."""

from __future__ import annotations

import contextlib
import ctypes
import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from honcho.colour import get_colours
from honcho.printer import Message, Printer

STOP_SECONDS = 25
PR_SET_PDEATHSIG = 1

# Loaded here: between fork and exec is no time to load a library.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class StackError(Exception):
    """Why the stack cannot start, in one sentence."""


def die_with_parent(signum: signal.Signals) -> None:
    """Linux: send this process the signal when its parent dies, so that kill -9 leaves nothing behind."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(signum))


def dies_with_us(signum: signal.Signals) -> Callable[[], None]:
    """For Popen's preexec_fn: the new process gets the signal when this one dies, also if that is at once."""
    parent = os.getpid()

    def prepare() -> None:
        die_with_parent(signum)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


class Supervisor:
    """Runs commands side by side until one ends or a signal says stop; then it stops all of them.

    Each command leads a session of its own: Ctrl-C is for this process, which asks them to stop with SIGTERM,
    and after STOP_SECONDS, or at a second signal, kills what is left of their groups.
    """

    def __init__(self, commands: dict[str, str], environment: dict[str, str], folder: Path) -> None:
        self._commands = commands
        self._environment = environment
        self._folder = folder
        self._printer = Printer(sys.stdout, width=max(len(name) for name in commands))
        self._printing = threading.Lock()
        self._signals = 0

    def run(self, on_start: Callable[[], None]) -> int:
        """0 when it was told to stop; 1 when a process ended by itself. Stops them also when on_start raises."""
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._note_signal)
        processes: dict[str, subprocess.Popen[bytes]] = {}
        readers: list[threading.Thread] = []
        try:
            # All forks come before the first thread: what a child does before its exec is then safe.
            for name, command in self._commands.items():
                processes[name] = self._start(command)
            for (name, process), colour in zip(processes.items(), get_colours(), strict=False):
                readers.append(threading.Thread(target=self._read, args=(name, process, colour), daemon=True))
                readers[-1].start()
            on_start()
            while not self._signals:
                ended = [name for name, process in processes.items() if process.poll() is not None]
                if ended:
                    status = processes[ended[0]].returncode
                    self._print(
                        "system", f"{ended[0]} ended by itself (status {status}); stopping the others"
                    )
                    return 1
                time.sleep(0.1)
            return 0
        finally:
            self._stop(processes)
            for reader in readers:
                reader.join(1)

    def _note_signal(self, _signum: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def _start(self, command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S602 - the Procfile's commands are shell commands
            with_exec(command),
            shell=True,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Not asked but killed, as this process was: its servers are gone too, and what waits for those
            # to say goodbye would wait for ever. Their own children end with them.
            preexec_fn=dies_with_us(signal.SIGKILL),
        )

    def _stop(self, processes: dict[str, subprocess.Popen[bytes]]) -> None:
        asked, began = max(self._signals, 1), time.monotonic()
        for process in processes.values():
            if process.poll() is None:
                process.terminate()
        while processes:
            waited = time.monotonic() - began
            for name, process in list(processes.items()):
                if process.poll() is not None or waited > STOP_SECONDS or self._signals > asked:
                    kill_group(processes.pop(name))
            time.sleep(0.05)

    def _read(self, name: str, process: subprocess.Popen[bytes], colour: str) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self._print(name, line.decode("utf-8", "replace"), colour)

    def _print(self, name: str, line: str, colour: str | None = None) -> None:
        now = dt.datetime.now()  # noqa: DTZ005 - the clock on the operator's wall
        # Where nobody reads any more, the processes' pipes must be read all the same, or they block.
        with self._printing, contextlib.suppress(OSError):
            self._printer.write(Message(type="line", data=line, time=now, name=name, colour=colour))


def kill_group(process: subprocess.Popen[Any]) -> None:
    """Kill a session's leader and whatever it left in its group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # macOS says the latter of a group of which only a zombie is left.
        process.poll()
    process.wait()


def with_exec(command: str) -> str:
    """The shell replaced by the command itself, so that signals reach it: VAR=x exec would not be a command."""
    words = command.split(" ")
    count = 0
    while count < len(words) and "=" in words[count] and not words[count].startswith("-"):
        count += 1
    return " ".join([*(f"export {word};" for word in words[:count]), "exec", *words[count:]])
