"""Thin tasks: ids in, nothing out. What they do is in runner.py and sweeper.py."""

from __future__ import annotations

import uuid

from celery.exceptions import Ignore, Retry

from worker import rewording, sweeper
from worker.celery import app, worker_process


class JobEndedError(Exception):
    """An attempt at a job that did not succeed; its row says why, and this tells Celery's events."""


@app.task(name="worker.tasks.run_job", throws=(JobEndedError,))
def run_job(job_id: str) -> None:
    """Run a job, if it is due and nobody else has it. The task ends as the attempt does, for Flower."""
    outcome = worker_process().runner.attempt(uuid.UUID(job_id))
    if outcome in (None, "gone", "refused"):
        # A second message, or a worker that lost its lease: how this ends says nothing of the job.
        raise Ignore
    if outcome == "postponed":
        # The row has the time of the next attempt, and the sweeper sends its message.
        raise Retry("the attempt failed; the job is queued again")
    if outcome != "succeeded":
        raise JobEndedError(outcome)


@app.task(name="worker.tasks.reword_questions")
def reword_questions(key: str) -> None:
    """Word an interview's questions for a job description; who asked waits for the reply."""
    process = worker_process()
    rewording.reword(process.settings, process.sessions, process.load_engine(), key)


# The clock's own tasks would fill Flower's history, and their logs say what they did.
@app.task(name="worker.tasks.sweep", send_events=False)
def sweep() -> None:
    """Beat's clock tick: make every committed job run, whatever died."""
    process = worker_process()
    process.heartbeat("beat")
    sweeper.sweep(process.sessions, process.settings)


@app.task(name="worker.tasks.purge_expired", send_events=False)
def purge_expired() -> None:
    """Delete what is past its retention: idempotency keys, sessions, heartbeats, finished jobs."""
    process = worker_process()
    sweeper.purge_expired(process.sessions, process.settings)
