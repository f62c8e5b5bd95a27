"""Thin tasks: ids in, nothing out. What they do is in runner.py and sweeper.py."""

from __future__ import annotations

import uuid

from worker import rewording, sweeper
from worker.celery import app, worker_process


@app.task(name="worker.tasks.run_job")
def run_job(job_id: str) -> None:
    """Run a job, if it is due and nobody else has it."""
    worker_process().runner.run(uuid.UUID(job_id))


@app.task(name="worker.tasks.reword_questions")
def reword_questions(key: str) -> None:
    """Word an interview's questions for a job description; who asked waits for the reply."""
    process = worker_process()
    rewording.reword(process.settings, process.sessions, process.load_engine(), key)


@app.task(name="worker.tasks.sweep")
def sweep() -> None:
    """Beat's clock tick: make every committed job run, whatever died."""
    process = worker_process()
    process.heartbeat("beat")
    sweeper.sweep(process.sessions, process.settings)


@app.task(name="worker.tasks.purge_expired")
def purge_expired() -> None:
    """Delete what is past its retention: idempotency keys, sessions, heartbeats, finished jobs."""
    process = worker_process()
    sweeper.purge_expired(process.sessions, process.settings)
