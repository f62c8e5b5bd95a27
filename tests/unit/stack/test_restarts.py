"""When a process that ended is started again, and when the stack gives up."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stack.processes import RESTART_DELAYS, STEADY_SECONDS, Program, Restarts, Supervisor, describe_end


def test_a_process_that_keeps_dying_waits_longer_each_time_and_is_then_given_up():
    restarts = Restarts()
    delays = [restarts.delay(1.0) for _ in range(len(RESTART_DELAYS) + 1)]
    assert delays == [*RESTART_DELAYS, None]
    assert delays[0] == 0.0
    assert list(RESTART_DELAYS) == sorted(RESTART_DELAYS)


def test_a_process_that_stayed_up_is_started_again_at_once_however_often_it_died_before():
    restarts = Restarts()
    for _ in RESTART_DELAYS:
        restarts.delay(1.0)
    assert restarts.delay(STEADY_SECONDS) == 0.0


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (0, "ended with status 0"),
        (3, "ended with status 3"),
        (-9, "was killed by SIGKILL"),
        (-63, "was killed by signal 63"),
    ],
)
def test_the_operator_is_told_how_a_process_ended(status, told):
    assert describe_end(status) == told


@pytest.fixture
def supervise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs Python scripts under a supervisor with short pauses; returns its status."""
    monkeypatch.setattr("stack.processes.RESTART_DELAYS", (0.0, 0.1))
    handlers = {signum: signal.getsignal(signum) for signum in (signal.SIGTERM, signal.SIGINT)}

    def run(on_start: Callable[[], None] = lambda: None, **scripts: str) -> int:
        programs = []
        for name, script in scripts.items():
            (tmp_path / f"{name}.py").write_text(script)
            command = f"{sys.executable} {tmp_path / name}.py"
            programs.append(Program(name, command, dict(os.environ), tmp_path))
        return Supervisor(programs).run(on_start)

    yield run
    for signum, handler in handlers.items():
        signal.signal(signum, handler)


def test_the_supervisor_ends_when_a_process_cannot_stay_up_and_says_which_and_why(
    supervise, tmp_path, capsys
):
    status = supervise(
        steady=f"import os, pathlib, time\npathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))\ntime.sleep(600)",
        broken="print('no such table')\nraise SystemExit(7)",
    )
    told = capsys.readouterr().out
    assert status == 1
    assert told.count("broken ended with status 7; starting it again") == 2
    last = next(line for line in told.splitlines() if "cannot stay up" in line)
    assert "broken cannot stay up: it ended with status 7" in last
    assert last.endswith("Its last line: no such table")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_process_that_was_killed_runs_again_and_what_it_left_behind_is_gone(supervise, tmp_path, capsys):
    pids = tmp_path / "pids"
    child = "import time; time.sleep(600)"
    script = (
        "import os, subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        f"open({str(pids)!r}, 'a').write(f'{{os.getpid()}} {{child.pid}}\\n')\n"
        "time.sleep(600)"
    )
    seen: list[list[int]] = []

    def starts(count: int) -> list[int]:
        while not pids.exists() or len(pids.read_text().splitlines()) < count:
            time.sleep(0.02)
        return [int(pid) for pid in pids.read_text().splitlines()[count - 1].split()]

    def kill_then_stop() -> None:
        seen.append(starts(1))
        os.kill(seen[0][0], signal.SIGKILL)
        seen.append(starts(2))
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=kill_then_stop, daemon=True)
    assert supervise(thread.start, parent=script) == 0
    assert "parent was killed by SIGKILL; starting it again" in capsys.readouterr().out
    (main, child_pid), (second_main, second_child) = seen
    assert len({main, child_pid, second_main, second_child}) == 4
    for pid in (main, child_pid, second_main, second_child):
        status = Path(f"/proc/{pid}/stat")
        assert not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z"
