"""What makes every committed job run, whatever died. Any number may run at once, in workers and for beat."""

from __future__ import annotations

import contextlib
import logging
import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from webapp.accounts import service as accounts
from webapp.errors import NotFoundError
from webapp.interviews import lifecycle
from webapp.jobs import leases
from webapp.jobs.models import WorkerHeartbeat
from webapp.queue import pop_unsent, publish_after_commit
from webapp.settings import Settings
from webapp.transactions import IdempotencyKey

# "swee" in ASCII: one sweep at a time is enough; a second one returns at once.
ADVISORY_LOCK = 0x73776565
IDEMPOTENCY_HOURS = 24

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
        unsent = pop_unsent(session)
        if unsent:
            # With the broker away, the wait for the next publish must not grow: nothing was sent.
            with session.begin():
                leases.forget_publish(session, unsent)
    _settle_after_cancellations(sessions, settings)
    failed = sum(_give_up(sessions, settings, job_id, interview_id) for job_id, interview_id in exhausted)
    swept = Swept(published=len(due) - len(unsent), requeued=requeued, failed=failed)
    if swept != Swept():
        logger.info(
            "swept", extra={"published": swept.published, "requeued": swept.requeued, "failed": swept.failed}
        )
    return swept


def _settle_after_cancellations(sessions: sessionmaker[Session], settings: Settings) -> None:
    """A cancelled job has no worker that would settle its interview when it ends."""
    with sessions() as session:
        waiting = lifecycle.waiting_after_cancellation(session)
    for interview_id in waiting:
        with sessions.begin() as session, contextlib.suppress(NotFoundError):
            lifecycle.settle(session, interview_id, max_attempts=settings.job_max_attempts)


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


def purge_expired(sessions: sessionmaker[Session]) -> None:
    """Delete idempotency keys after a day, sessions past their end, heartbeats of workers long gone."""
    with sessions.begin() as session:
        session.execute(
            sa.delete(IdempotencyKey).where(
                IdempotencyKey.created_at
                < sa.func.now() - sa.func.make_interval(0, 0, 0, 0, IDEMPOTENCY_HOURS)
            )
        )
        session.execute(
            sa.delete(WorkerHeartbeat).where(
                WorkerHeartbeat.seen_at < sa.func.now() - sa.func.make_interval(0, 0, 0, 1)
            )
        )
        accounts.purge_expired_sessions(session)
