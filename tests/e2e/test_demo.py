"""The demonstration against the service as it runs."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from running_stack import Stack, environment

import devstack


def run_demo(**settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "demo", "--plain"],
        cwd=devstack.ROOT,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )


def test_the_demo_tells_a_whole_interview_in_plain_text(stack: Stack) -> None:
    done = run_demo(PORT=str(stack.port))
    told = done.stdout
    assert done.returncode == 0, done.stderr + told
    assert [int(number) for number in re.findall(r"^Question (\d) of 5", told, re.MULTILINE)] == [
        1,
        2,
        3,
        4,
        5,
    ]
    assert re.findall(r"^Answer played: (\w+)", told, re.MULTILINE) == [
        "strong",
        "middling",
        "weak",
        "wrong",
        "none",
    ]
    scores = [float(score) for score in re.findall(r"^Score ([\d.]+) of 100", told, re.MULTILINE)]
    assert len(scores) == 6
    # Each is of another question, so the middling one may be anywhere.
    assert scores[0] > scores[2]
    # Questions are drawn anew each time, and the judge misses false claims to some of them.
    assert scores[0] >= 70
    assert scores[0] > scores[3]
    assert scores[4] == 0
    assert scores[5] == pytest.approx(sum(scores[:5]) / 5, abs=0.02)
    assert told.count("What a good answer covers") == 5
    assert "“" in told
    for part in ("Not judged as an answer", "Skills, by mastery", "Study plan", "Next steps"):
        assert part in told
    assert f"{stack.url}/api/interviews/" in told
    assert "/report?format=md" in told
    assert not re.findall(r"[\x00-\x09\x0b-\x1f\x7f]", told)


def test_without_a_service_the_demo_says_so_in_one_line() -> None:
    done = run_demo(PORT=str(devstack.free_port()))
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.fullmatch(r"demo: no service answers at http://127\.0\.0\.1:\d+; .*make run.*\n", done.stderr)


def test_the_demo_does_not_take_another_service_for_ours(stack: Stack) -> None:
    done = run_demo(DEMO_URL=stack.flower)
    assert done.returncode == 1
    assert re.fullmatch(r"demo: what answers at .* is not the interview simulator\.\n", done.stderr)
