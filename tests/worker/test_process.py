"""What a worker process does besides its jobs: it lives, sweeps, and lets go when told to."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
import uuid

import pytest

from webapp.jobs import leases
from webapp.jobs.models import JobState, WorkerHeartbeat
from worker import process as process_module
from worker.process import WorkerProcess


@pytest.fixture
def make_process(settings, migrated):
    """Worker processes without Celery; the signal handlers that they install are taken back."""
    handlers = {signum: signal.getsignal(signum) for signum in (signal.SIGTERM, signal.SIGQUIT)}
    made = []

    def make(name, **changes):
        made.append(WorkerProcess(dataclasses.replace(settings, **changes), name=name))
        return made[-1]

    yield make
    for process in made:
        process._stopping.set()
        if process._caretaker:
            process._caretaker.join()
        process.finish_shutdown()
        process.sessions.kw["bind"].dispose()
    for signum, handler in handlers.items():
        signal.signal(signum, handler)


def seen(committing, name):
    with committing() as session:
        return session.get(WorkerHeartbeat, name)


def eventually(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_worker_that_stops_hands_back_its_own_jobs_uncharged_and_no_others(
    make_process, practice, committing, settings
):
    mine, theirs = practice.answer(), practice.answer()
    with committing.begin() as session:
        claimed = leases.claim(session, mine, worker="leaving", lease_seconds=600)
        leases.claim(session, theirs, worker="staying", lease_seconds=600)
    make_process("leaving").hand_back()
    assert (practice.job(mine).state, practice.job(mine).attempts) == (JobState.QUEUED, 0)
    assert practice.outcomes(mine) == ["released"]
    assert practice.job(theirs).state is JobState.RUNNING
    with committing.begin() as session:
        # The process that is on its way out may still finish: its token is void.
        assert not leases.succeed(session, claimed)
        assert leases.claim(session, mine, worker="next", lease_seconds=600) is not None


def test_a_worker_that_has_stopped_is_no_longer_seen(make_process, committing):
    process = make_process("here-and-gone")
    process.heartbeat("worker")
    first = seen(committing, "here-and-gone").seen_at
    process.heartbeat("worker")
    assert seen(committing, "here-and-gone").seen_at > first
    process.finish_shutdown()
    assert seen(committing, "here-and-gone") is None


def test_a_killed_worker_is_not_seen_beside_the_one_that_takes_its_place(make_process, committing):
    host = f"host-{uuid.uuid4().hex}"
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    killed, alive, elsewhere = f"{host}:{child.pid}", f"{host}:{os.getppid()}", f"{host}-b:{child.pid}"
    for name in (killed, alive, elsewhere):
        make_process(name).heartbeat("worker")
    process = make_process(f"{host}:{os.getpid()}", sweep_seconds=0.1)
    process.start_caretaker()
    eventually(lambda: seen(committing, process.name))
    assert [bool(seen(committing, name)) for name in (killed, alive, elsewhere)] == [False, True, True]


def test_heartbeats_are_as_frequent_where_sweeps_are_rare(make_process, committing, monkeypatch):
    monkeypatch.setattr(process_module, "HEARTBEAT_SECONDS", 0.1)
    sweeps = []
    monkeypatch.setattr(process_module.sweeper, "sweep", lambda _sessions, settings: sweeps.append(settings))
    process = make_process("rare", sweep_seconds=600.0)
    process.start_caretaker()
    eventually(lambda: seen(committing, "rare"))
    first = seen(committing, "rare").seen_at
    eventually(lambda: seen(committing, "rare").seen_at > first)
    assert len(sweeps) == 1


def test_a_surprise_does_not_end_the_sweeps(make_process, monkeypatch):
    sweeps = []

    def surprising(sessions, settings):
        sweeps.append(settings)
        if len(sweeps) == 1:
            raise ValueError("nobody thought of this")

    monkeypatch.setattr(process_module.sweeper, "sweep", surprising)
    make_process("surprised", sweep_seconds=0.1).start_caretaker()
    eventually(lambda: len(sweeps) > 2)


def test_the_grace_of_a_shutdown_begins_with_its_signal_and_celery_hears_it_too(
    make_process, monkeypatch, practice, committing
):
    heard = []
    signal.signal(signal.SIGTERM, lambda signum, _frame: heard.append(signum))
    monkeypatch.setattr(process_module, "GRACE_SECONDS", 0.1)
    job = practice.answer()
    with committing.begin() as session:
        leases.claim(session, job, worker="told", lease_seconds=600)
    process = make_process("told", sweep_seconds=0.1)
    process.start_caretaker()
    signal.raise_signal(signal.SIGTERM)
    assert heard == [signal.SIGTERM]
    eventually(lambda: practice.outcomes(job) == ["released"])
    process._caretaker.join(60)
    assert not process._caretaker.is_alive(), "it sweeps no more"


def test_a_database_that_is_away_does_not_keep_a_worker_from_stopping(make_process):
    away = make_process("away", database_url="postgresql+psycopg2://nobody:nothing@127.0.0.1:1/none")
    away.hand_back()
    away.finish_shutdown()
