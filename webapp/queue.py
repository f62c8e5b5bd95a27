"""publish(job_id): a nudge, sent after the commit that made the job. The rows are the queue; this only wakes it.

A publish that fails changes nothing for the client: the sweeper finds the row. So it is tried once, bounded
in time, and after a failure not tried again for a while: a frozen broker costs one request a fraction of a
second, and the others nothing.
"""

from __future__ import annotations

import logging
import time
import uuid
from typing import Any

import sqlalchemy as sa
from celery import Celery
from sqlalchemy.orm import Session, SessionTransaction

from webapp.broker import transport_options
from webapp.settings import Settings

RUN_JOB_TASK = "worker.tasks.run_job"
# An answer may wait for it twice, for its rate limit and for its publish, and those two may cost it 250 ms.
PUBLISH_TIMEOUT_SECONDS = 0.08
PAUSE_AFTER_FAILURE_SECONDS = 2.0

logger = logging.getLogger(__name__)

_PENDING = "jobs_to_publish"
_UNSENT = "jobs_not_published"


class JobQueue:
    """The sending end, for a process. Thread-safe: the worst of a race is one publish more or less."""

    def __init__(self, celery: Celery) -> None:
        self._celery = celery
        self._paused_until = 0.0

    def publish(self, job_id: uuid.UUID) -> bool:
        """Wake a worker for the job; False when the broker could not be told. Never raises, never blocks long."""
        # Under the job's own id, so that Flower shows one task per job, however often its message is sent.
        sent = self.send(RUN_JOB_TASK, str(job_id), task_id=str(job_id))
        if sent:
            logger.info("job published", extra={"job_id": str(job_id)})
        return sent

    def send(
        self, task: str, argument: str, *, task_id: str | None = None, expires: float | None = None
    ) -> bool:
        """One message for a worker, under the same rules; `expires` is in seconds."""
        if time.monotonic() < self._paused_until:
            return False
        try:
            self._celery.send_task(
                task, args=[argument], task_id=task_id, expires=expires, retry=False, ignore_result=True
            )
        except Exception as error:  # noqa: BLE001 - whatever the broker's client raises, the rows are safe
            self._paused_until = time.monotonic() + PAUSE_AFTER_FAILURE_SECONDS
            logger.warning(
                "publish failed; a job's row is safe, and the sweeper will publish it",
                extra={"task": task, "argument": argument, "error": type(error).__name__},
            )
            return False
        return True


def make_queue(settings: Settings) -> JobQueue:
    """A queue whose every broker operation is bounded: a frozen one must not hold a request."""
    celery = Celery("publisher", broker=settings.broker, set_as_current=False)
    celery.config_from_object("celeryconfig")
    celery.conf.update(
        broker_connection_retry=False,
        broker_connection_max_retries=0,
        broker_connection_timeout=PUBLISH_TIMEOUT_SECONDS,
        task_publish_retry=False,
        broker_transport_options=transport_options(settings, timeout=PUBLISH_TIMEOUT_SECONDS),
    )
    return JobQueue(celery)


def publish_after_commit(session: Session, job_id: uuid.UUID) -> None:
    """Publish the job when, and only when, the session's transaction commits.

    A job that was enqueued inside a SAVEPOINT waits for the commit of the whole transaction too, and is forgotten
    with its savepoint.
    """
    savepoint = session.get_nested_transaction()
    session.info.setdefault(_PENDING, []).append((job_id, savepoint))


def pop_unsent(session: Session) -> list[uuid.UUID]:
    """The jobs that the session's commits could not publish."""
    unsent: list[uuid.UUID] = session.info.pop(_UNSENT, [])
    return unsent


def connect(session_source: Any, queue: JobQueue) -> None:
    """Make the sessions of a sessionmaker (or scoped session) publish to the queue after their commits."""

    @sa.event.listens_for(session_source, "after_commit")
    def publish_pending(session: Session) -> None:
        # SQLAlchemy calls this for the release of a savepoint too, when nothing has been committed.
        if session.in_nested_transaction():
            return
        unsent = [job_id for job_id, _ in session.info.pop(_PENDING, []) if not queue.publish(job_id)]
        session.info.setdefault(_UNSENT, []).extend(unsent)

    @sa.event.listens_for(session_source, "after_soft_rollback")
    def forget_rolled_back(session: Session, rolled_back: SessionTransaction) -> None:
        kept = [
            (job_id, savepoint)
            for job_id, savepoint in session.info.pop(_PENDING, [])
            if not _is_within(savepoint, rolled_back)
        ]
        session.info[_PENDING] = kept

    @sa.event.listens_for(session_source, "after_transaction_end")
    def forget_uncommitted(session: Session, ended: SessionTransaction) -> None:
        # A session that is closed without a commit calls neither of the above.
        if ended.parent is None:
            session.info.pop(_PENDING, None)


def _is_within(savepoint: SessionTransaction | None, rolled_back: SessionTransaction) -> bool:
    """Was what happened in the savepoint undone? A savepoint that was released belongs to the one around it."""
    while savepoint is not None and savepoint is not rolled_back:
        savepoint = savepoint.parent
    return savepoint is rolled_back
