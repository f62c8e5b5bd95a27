"""What makes every committed job run, whatever died. Any number may run at once, in workers and for beat."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from webapp.accounts import service as accounts
from webapp.accounts.models import AuthSession
from webapp.database import NOW, Base
from webapp.errors import NotFoundError
from webapp.interviews import lifecycle
from webapp.jobs import leases, totals
from webapp.jobs.models import Job, JobAttempt, JobState, WorkerHeartbeat
from webapp.queue import pop_unsent, publish_after_commit
from webapp.settings import Settings
from webapp.transactions import IdempotencyKey

# "swee" in ASCII: one sweep at a time is enough; a second one returns at once.
ADVISORY_LOCK = 0x73776565
IDEMPOTENCY_HOURS = 24
# Rows of a table that the hourly purge deletes in one transaction, and how many transactions it may take: what is
# left then is for the next hour.
PURGE_BATCH = 500
PURGE_BATCHES = 200

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """How many jobs a sweep published again, took from a dead worker, or failed at their limit."""

    published: int = 0
    requeued: int = 0
    failed: int = 0


def sweep(sessions: sessionmaker[Session], settings: Settings) -> Swept:
    """Queue again what lost its worker, then publish what is due and has no fresh message."""
    with sessions() as session:
        with session.begin():
            # Held for the transaction: works behind a pooler that shares connections, and dies with us.
            if not session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(ADVISORY_LOCK))):
                return Swept()
            requeued, exhausted = leases.recover_lost(session)
            due = leases.due_for_publish(session, republish_seconds=max(settings.sweep_seconds, 1.0))
            for job_id in due:
                publish_after_commit(session, job_id)
            totals.fold(session)
        unsent = pop_unsent(session)
        if unsent:
            # With the broker away, the wait for the next publish must not grow: nothing was sent.
            with session.begin():
                leases.forget_publish(session, unsent)
    failed = sum(_give_up(sessions, settings, job_id, interview_id) for job_id, interview_id in exhausted)
    swept = Swept(published=len(due) - len(unsent), requeued=requeued, failed=failed)
    if swept != Swept():
        logger.info(
            "swept", extra={"published": swept.published, "requeued": swept.requeued, "failed": swept.failed}
        )
    return swept


def _give_up(
    sessions: sessionmaker[Session], settings: Settings, job_id: uuid.UUID, interview_id: uuid.UUID
) -> bool:
    """Fail a job that lost its last worker, and do in the same transaction what its end makes possible."""
    with sessions.begin() as session:
        try:
            # The interview before the job, as everywhere.
            lifecycle.lock_interview(session, interview_id)
        except NotFoundError:
            return False
        failed = leases.fail_lost(session, job_id)
        if failed:
            lifecycle.settle(session, interview_id, max_attempts=settings.job_max_attempts)
        return failed


def purge_expired(sessions: sessionmaker[Session], settings: Settings) -> dict[str, int]:
    """Delete what is past its retention, in small batches; how many rows of each table.

    Jobs whose result is stored, and the history of finished jobs, after JOB_RETENTION_DAYS. A job that failed or was
    cancelled stays: its answer's report says so, and it can be retried. What a report shows is not in these tables.
    """
    purges: list[tuple[type[Base], sa.ColumnElement[bool]]] = [
        (IdempotencyKey, IdempotencyKey.created_at < NOW - timedelta(hours=IDEMPOTENCY_HOURS)),
        (WorkerHeartbeat, WorkerHeartbeat.seen_at < NOW - timedelta(days=1)),
        (AuthSession, accounts.is_spent()),
    ]
    if settings.job_retention_days:
        oldest = NOW - timedelta(days=settings.job_retention_days)
        purges += [
            (Job, sa.and_(Job.state == JobState.SUCCEEDED, Job.finished_at < oldest)),
            (JobAttempt, JobAttempt.finished_at < oldest),
        ]
    deleted = {model.__tablename__: _purge(sessions, model, expired) for model, expired in purges}
    with sessions.begin() as session:
        totals.fold(session, from_rows=1)
    if any(deleted.values()):
        logger.info("purged", extra=deleted)
    return deleted


def _purge(sessions: sessionmaker[Session], model: type[Base], expired: sa.ColumnElement[bool]) -> int:
    """Delete the expired rows, a batch a transaction, so that nobody waits for long; what is locked waits."""
    key = sa.tuple_(*sa.inspect(model).primary_key)
    batch = sa.select(*sa.inspect(model).primary_key).where(expired).limit(PURGE_BATCH)
    deleted = 0
    for _ in range(PURGE_BATCHES):
        with sessions.begin() as session:
            found = session.execute(batch.with_for_update(skip_locked=True)).all()
            if found:
                session.execute(sa.delete(model).where(key.in_([tuple(row) for row in found])))
        deleted += len(found)
        if len(found) < PURGE_BATCH:
            break
    return deleted
