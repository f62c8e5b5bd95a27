"""The stack's processes, run together: their lines multiplexed, each started again when it ends, none left behind."""

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
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

from honcho.colour import get_colours
from honcho.printer import Message, Printer

STOP_SECONDS = 25
STEADY_SECONDS = 60.0
"""A process that ran this long has stayed up: what happened before no longer counts against it."""

RESTART_DELAYS = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Pauses before a process that ended is started again; after as many ends in a row it cannot stay up."""

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


class Supervised(Protocol):
    """A process that is to run until the stack stops."""

    name: str
    process: subprocess.Popen[bytes]

    def start(self) -> None:
        """Start it, or start it again; returns at once."""

    def last_words(self) -> str:
        """The last line that it wrote."""


class Program:
    """A command of the Procfile.

    It leads a session of its own: Ctrl-C is for the supervisor, which asks programs to stop with SIGTERM.
    """

    def __init__(self, name: str, command: str, environment: dict[str, str], folder: Path) -> None:
        self.name = name
        self._command = command
        self._environment = environment
        self._folder = folder
        self.lines: deque[str] = deque(maxlen=1)

    def start(self) -> None:
        self.process = subprocess.Popen(  # noqa: S602 - the Procfile's commands are shell commands
            with_exec(self._command),
            shell=True,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # If the supervisor is killed, its servers end too, and a program that waits for them to say goodbye
            # would wait for ever. Killed programs take their own children with them. A fork beside threads is safe
            # here: between fork and exec the child calls prctl and getppid alone, which take no lock.
            preexec_fn=dies_with_us(signal.SIGKILL),
        )

    def last_words(self) -> str:
        return self.lines[-1] if self.lines else "nothing"


class Restarts:
    """When a process that ended is started again: at once, then after growing pauses, then never."""

    def __init__(self) -> None:
        self._ends = 0

    def delay(self, lifetime: float) -> float | None:
        """Seconds until the next start of a process that ran for `lifetime` seconds; None when it cannot stay up."""
        if lifetime >= STEADY_SECONDS:
            self._ends = 0
        self._ends += 1
        return RESTART_DELAYS[self._ends - 1] if self._ends <= len(RESTART_DELAYS) else None


class Supervisor:
    """Runs programs beside servers that run already, and starts each again when it ends, until a signal says stop.

    It then stops the programs: with SIGTERM, and after STOP_SECONDS, or at a second signal, with SIGKILL to what is
    left of their groups. The servers are their owner's to stop, after the programs.
    """

    def __init__(self, programs: Sequence[Program], servers: Sequence[Supervised] = ()) -> None:
        self._programs = programs
        self._supervised: list[Supervised] = [*servers, *programs]
        names = [each.name for each in self._supervised]
        self._colours = dict(zip(names, get_colours(), strict=False))
        self._printer = Printer(sys.stdout, width=max(len(name) for name in ("system", *names)))
        self._printing = threading.Lock()
        self._signals = 0
        self._started = dict.fromkeys(names, time.monotonic())
        self._restarts = {name: Restarts() for name in names}
        # When those that have ended are to be started again.
        self._due: dict[str, float] = {}
        self._readers: list[threading.Thread] = []

    def run(self, on_start: Callable[[], None]) -> int:
        """Return 0 after a request to stop; 1 when a process cannot stay up. Stops the programs also when on_start raises."""
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._note_signal)
        try:
            for program in self._programs:
                self._start(program)
            on_start()
            while not self._signals:
                if not all(self._keep_up(each) for each in self._supervised):
                    return 1
                time.sleep(0.1)
            return 0
        finally:
            self._stop({each.name: each.process for each in self._programs if hasattr(each, "process")})
            for reader in self._readers:
                reader.join(1)

    def _note_signal(self, _signum: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def _start(self, supervised: Supervised) -> None:
        self._started[supervised.name] = time.monotonic()
        supervised.start()
        if isinstance(supervised, Program):
            self._readers = [reader for reader in self._readers if reader.is_alive()]
            reader = threading.Thread(target=self._read, args=(supervised, supervised.process), daemon=True)
            self._readers.append(reader)
            reader.start()

    def _keep_up(self, supervised: Supervised) -> bool:
        """Notice that a process has ended, or start it again when that is due; False when it cannot stay up."""
        name, now = supervised.name, time.monotonic()
        if name in self._due:
            if now >= self._due[name]:
                del self._due[name]
                self._start(supervised)
            return True
        if supervised.process.poll() is None:
            return True
        # What is left of its group holds its port, and works on without it.
        kill_group(supervised.process)
        how = describe_end(supervised.process.returncode)
        delay = self._restarts[name].delay(now - self._started[name])
        if delay is None:
            times = len(RESTART_DELAYS) + 1
            self._print(
                "system",
                f"{name} cannot stay up: it {how}, the {times}th time, each within {STEADY_SECONDS:.0f} s of its start; "
                f"stopping everything. Its last line: {supervised.last_words()}",
            )
            return False
        self._due[name] = now + delay
        pause = f" in {delay:.0f} s" if delay else ""
        self._print("system", f"{name} {how}; starting it again{pause}")
        return True

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

    def _read(self, program: Program, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                text = line.decode("utf-8", "replace")
                if text.strip():
                    program.lines.append(text.strip())
                self._print(program.name, text, self._colours[program.name])

    def _print(self, name: str, line: str, colour: str | None = None) -> None:
        now = dt.datetime.now()  # noqa: DTZ005 - the clock on the operator's wall
        # Where nobody reads any more, the processes' pipes must be read all the same, or they block.
        with self._printing, contextlib.suppress(OSError):
            self._printer.write(Message(type="line", data=line, time=now, name=name, colour=colour))


def describe_end(status: int) -> str:
    """How a process ended, by Popen's returncode."""
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


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
