"""Prefer: wait=N, and the places of those who wait."""

from __future__ import annotations

import uuid

import pytest

from webapp.jobs.models import JobState
from webapp.jobs.waiting import WaitingRoom, wanted_wait


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=10", 10),
        ("respond-async, wait=5", 5),
        ("wait = 5", 5),
        ('wait="5"', 5),
        ("respond-async;wait=7", 7),
        ("wait=30", 30),
        ("wait=31", 30),
        ("wait=999999999", 30),
        ("wait=0", 0),
        ("", None),
        ("wait", None),
        ("wait=-1", None),
        ("wait=x", None),
        ("await=9", None),
        ("return=minimal", None),
    ],
)
def test_the_seconds_of_a_preference(prefer, seconds):
    assert wanted_wait(prefer) == seconds


class States:
    """A session whose job goes through these states, one a look."""

    def __init__(self, *states):
        self.states = list(states)
        self.looks = 0
        self.open = False

    def scalar(self, _query):
        self.looks += 1
        self.open = True
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def rollback(self):
        self.open = False


def wait(room, session, seconds=30, sleep=lambda _seconds: None):
    return room.wait_until_finished(session, uuid.uuid4(), seconds, sleep)


def test_it_looks_until_the_job_is_finished():
    session = States(JobState.QUEUED, JobState.RUNNING, JobState.SUCCEEDED)
    assert wait(WaitingRoom(1), session) is True
    assert session.looks == 3


def test_a_job_that_is_gone_ends_the_waiting():
    session = States(JobState.QUEUED, None)
    assert wait(WaitingRoom(1), session) is True
    assert session.looks == 2


def test_the_time_ends_the_waiting():
    session = States(JobState.QUEUED)
    assert wait(WaitingRoom(1), session, seconds=0) is True
    assert session.looks == 0


def test_no_transaction_is_open_between_two_looks():
    session = States(JobState.QUEUED, JobState.QUEUED, JobState.FAILED)
    were_open = []
    wait(WaitingRoom(1), session, sleep=lambda _seconds: were_open.append(session.open))
    assert were_open == [False, False]


def test_who_finds_no_place_is_answered_at_once_and_a_place_is_given_back():
    room = WaitingRoom(1)
    inside = []

    def sleep(_seconds):
        inside.append(wait(room, States(JobState.QUEUED)))

    assert wait(room, States(JobState.QUEUED, JobState.SUCCEEDED), sleep=sleep) is True
    assert inside == [False]
    assert wait(room, States(JobState.SUCCEEDED)) is True


def test_a_place_is_given_back_also_after_an_error():
    room = WaitingRoom(1)

    def fail(_seconds):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        wait(room, States(JobState.QUEUED), sleep=fail)
    assert wait(room, States(JobState.SUCCEEDED)) is True
