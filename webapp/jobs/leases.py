"""A worker's and a sweeper's side of a job: leases, outcomes, and taking back what was lost.

Every change is one conditional UPDATE. The database's clock decides about leases and back-off
(clock_timestamp()), never a worker's own.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from webapp.database import NOW
from webapp.jobs import totals
from webapp.jobs.models import (
    ACTIVE_STATES,
    TERMINAL_STATES,
    AttemptOutcome,
    Job,
    JobAttempt,
    JobKind,
    JobState,
)
from webapp.jobs.totals import Total, TotalName
from webapp.queue import publish_after_commit

WORKER_LOST_MESSAGE = "Each worker that took this job stopped before it was finished."

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """A lease on a job. `token` is the fencing token: writes are accepted only while it is the row's."""

    token: uuid.UUID
    job_id: uuid.UUID
    kind: JobKind
    attempts: int
    max_attempts: int
    interview_id: uuid.UUID
    response_id: uuid.UUID | None
    user_id: uuid.UUID


def seconds(amount: float | sa.ColumnElement[float]) -> sa.ColumnElement[Any]:
    """An SQL interval."""
    return sa.func.make_interval(0, 0, 0, 0, 0, 0, amount)


_USAGE_TOTALS: dict[str, Callable[[float], Total]] = {
    "input_tokens": lambda amount: Total(TotalName.PROVIDER_TOKENS, amount, label="input"),
    "output_tokens": lambda amount: Total(TotalName.PROVIDER_TOKENS, amount, label="output"),
    "cost_usd": lambda amount: Total(TotalName.PROVIDER_COST_USD, amount),
}


# --- what a worker does -----------------------------------------------------------------------------


def _ready() -> sa.ColumnElement[bool]:
    """A skill-gap analysis waits for every feedback job of its interview, by this condition and no message."""
    feedback = aliased(Job)
    unfinished_feedback = (
        sa.select(feedback.id)
        .where(
            feedback.interview_id == Job.interview_id,
            feedback.kind == JobKind.ANSWER_FEEDBACK,
            feedback.state.in_(ACTIVE_STATES),
        )
        .exists()
    )
    return sa.or_(Job.kind != JobKind.SKILL_GAP_ANALYSIS, ~unfinished_feedback)


def claim(session: Session, job_id: uuid.UUID, *, worker: str, lease_seconds: float) -> Claim | None:
    """Take the lease of a job that is due; None when somebody else has it, or it is not to be run now."""
    token = uuid.uuid4()
    row = session.execute(
        sa.update(Job)
        .where(Job.id == job_id, Job.state == JobState.QUEUED, Job.run_at <= NOW, _ready())
        .values(
            state=JobState.RUNNING,
            stage="starting",
            progress=0.0,
            attempts=Job.attempts + 1,
            lease_token=token,
            lease_until=NOW + seconds(lease_seconds),
            worker=worker,
            started_at=sa.func.coalesce(Job.started_at, NOW),
            version=Job.version + 1,
        )
        .returning(
            Job.id,
            Job.kind,
            Job.attempts,
            Job.max_attempts,
            Job.interview_id,
            Job.response_id,
            Job.user_id,
        )
    ).one_or_none()
    if row is None:
        return None
    session.execute(sa.insert(JobAttempt).values(id=token, job_id=job_id, worker=worker, started_at=NOW))
    return Claim(token, *row)


def renew(
    session: Session,
    claimed: Claim,
    *,
    lease_seconds: float,
    progress: float | None = None,
    stage: str | None = None,
) -> bool:
    """Prolong the lease and tell progress; False when the lease is no longer ours (lost, or cancelled)."""
    values: dict[str, Any] = {"lease_until": NOW + seconds(lease_seconds)}
    if progress is not None:
        values |= {"progress": progress, "stage": stage, "version": Job.version + 1}
    renewed = session.scalar(
        sa.update(Job)
        .where(Job.id == claimed.job_id, Job.lease_token == claimed.token)
        .values(values)
        .returning(Job.id)
    )
    return renewed is not None


def charge(session: Session, job_id: uuid.UUID, usage: Mapping[str, float]) -> None:
    """Add what an attempt cost (input_tokens, output_tokens, cost_usd) to the job and to the totals.

    The cost counts also where the attempt failed, and where the job has been deleted since.
    """
    if usage:
        spent = {name: sa.func.coalesce(getattr(Job, name), 0) + amount for name, amount in usage.items()}
        session.execute(sa.update(Job).where(Job.id == job_id).values(spent))
        totals.add(session, (_USAGE_TOTALS[name](amount) for name, amount in usage.items()))


def succeed(session: Session, claimed: Claim, *, engine_seconds: float | None = None) -> bool:
    """Finish the job in the transaction that stores its result; False when the lease is no longer ours."""
    return finish(
        session,
        Job.id == claimed.job_id,
        Job.lease_token == claimed.token,
        state=JobState.SUCCEEDED,
        outcome=AttemptOutcome.SUCCEEDED,
        stage="done",
        progress=1.0,
        engine_seconds=engine_seconds,
    )


def has_ended(session: Session, claimed: Claim, outcome: AttemptOutcome) -> bool:
    """Did this very attempt end so?"""
    found = session.scalar(sa.select(JobAttempt.outcome).where(JobAttempt.id == claimed.token))
    return found is outcome


def fail(session: Session, claimed: Claim, *, code: str, message: str, retryable: bool) -> bool:
    """Finish the job as failed, after its last try."""
    return finish(
        session,
        Job.id == claimed.job_id,
        Job.lease_token == claimed.token,
        state=JobState.FAILED,
        outcome=AttemptOutcome.FAILED,
        stage="failed",
        error_code=code,
        error_message=message,
        error_retryable=retryable,
    )


def postpone(session: Session, claimed: Claim, *, delay_seconds: float, code: str, message: str) -> bool:
    """Queue the job again after a failure that may pass; the attempt stays charged."""
    return _requeue(
        session,
        Job.id == claimed.job_id,
        Job.lease_token == claimed.token,
        outcome=AttemptOutcome.FAILED,
        code=code,
        message=message,
        run_at=NOW + seconds(delay_seconds),
        stage="waiting to retry",
    )


def release(session: Session, worker: str) -> list[uuid.UUID]:
    """Hand back at once what a worker that shuts down still holds, without charging the attempt."""
    held = session.scalars(
        sa.select(Job.id).where(Job.worker == worker, Job.state == JobState.RUNNING).with_for_update()
    ).all()
    for job_id in held:
        _requeue(
            session,
            Job.id == job_id,
            outcome=AttemptOutcome.RELEASED,
            run_at=NOW,
            attempts=Job.attempts - 1,
            stage="queued",
        )
        publish_after_commit(session, job_id)
    return list(held)


def wake_dependents(session: Session, interview_id: uuid.UUID) -> None:
    """A feedback job ended: the interview's skill-gap job, if it waits, may be ready."""
    waiting = session.scalar(
        sa.select(Job.id).where(
            Job.interview_id == interview_id,
            Job.kind == JobKind.SKILL_GAP_ANALYSIS,
            Job.state == JobState.QUEUED,
        )
    )
    if waiting is not None:
        publish_after_commit(session, waiting)


# --- what the sweeper does --------------------------------------------------------------------------


def recover_lost(session: Session, *, limit: int = 200) -> tuple[int, list[tuple[uuid.UUID, uuid.UUID]]]:
    """Queue again what has a lease that ran out.

    Returns how many were, and job and interview of those that are at their limit: `fail_lost` is for them.
    """
    lost = session.execute(
        sa.select(Job.id, Job.attempts, Job.max_attempts, Job.interview_id, Job.worker)
        .where(Job.state == JobState.RUNNING, Job.lease_until < NOW)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    requeued, exhausted = 0, []
    for job_id, attempts, max_attempts, interview_id, worker in lost:
        logger.warning("lease lost", extra={"job_id": str(job_id), "worker": worker, "attempt": attempts})
        if attempts >= max_attempts:
            exhausted.append((job_id, interview_id))
            continue
        # Back off: a job that kills its workers must not take them all down at once.
        delay = min(60.0, 2.0 ** (attempts - 1) - 1)
        requeued += _requeue(
            session,
            Job.id == job_id,
            outcome=AttemptOutcome.LOST,
            code="worker_lost",
            message="The worker stopped in the middle of the job.",
            run_at=NOW + seconds(delay),
            stage="queued",
        )
    return requeued, exhausted


def fail_lost(session: Session, job_id: uuid.UUID) -> bool:
    """Fail a job whose lease ran out in its last attempt; False when it has moved on."""
    return finish(
        session,
        Job.id == job_id,
        Job.state == JobState.RUNNING,
        Job.lease_until < NOW,
        Job.attempts >= Job.max_attempts,
        state=JobState.FAILED,
        outcome=AttemptOutcome.LOST,
        stage="failed",
        error_code="worker_lost",
        error_message=WORKER_LOST_MESSAGE,
        error_retryable=True,
    )


def due_for_publish(session: Session, *, republish_seconds: float, limit: int = 500) -> list[uuid.UUID]:
    """Jobs that are due and whose message, if any was sent, is old; each is marked as published now.

    The wait doubles with every publish of a row (to ten minutes), so a healthy backlog is not flooded.
    """
    wait = sa.func.least(600.0, republish_seconds * sa.func.power(2.0, sa.func.least(Job.publishes, 10)))
    due = (
        sa.select(Job.id)
        .where(
            Job.state == JobState.QUEUED,
            Job.run_at <= NOW,
            sa.or_(Job.published_at.is_(None), Job.published_at < NOW - seconds(wait)),
            _ready(),
        )
        .order_by(Job.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(
        session.scalars(
            sa.update(Job)
            .where(Job.id.in_(due))
            .values(published_at=NOW, publishes=Job.publishes + 1)
            .returning(Job.id)
        )
    )


def forget_publish(session: Session, job_ids: list[uuid.UUID]) -> None:
    """Undo the mark of `due_for_publish` on jobs whose message could not be sent."""
    session.execute(
        sa.update(Job)
        .where(Job.id.in_(job_ids), Job.state == JobState.QUEUED)
        .values(published_at=None, publishes=sa.func.greatest(0, Job.publishes - 1))
    )


# --- transitions ------------------------------------------------------------------------------------


def finish(
    session: Session,
    *conditions: sa.ColumnElement[bool],
    state: JobState,
    outcome: AttemptOutcome,
    **values: Any,
) -> bool:
    finished = {"state": state, "finished_at": NOW, **values}
    return _transition(
        session, conditions, outcome, finished, values.get("error_code"), values.get("error_message")
    )


def _requeue(
    session: Session,
    *conditions: sa.ColumnElement[bool],
    outcome: AttemptOutcome,
    run_at: Any,
    code: str | None = None,
    message: str | None = None,
    **values: Any,
) -> bool:
    requeued = {
        "state": JobState.QUEUED,
        "progress": 0.0,
        "run_at": run_at,
        "published_at": None,
        "publishes": 0,
    }
    return _transition(session, conditions, outcome, {**requeued, **values}, code, message)


def _transition(
    session: Session,
    conditions: tuple[sa.ColumnElement[bool], ...],
    outcome: AttemptOutcome,
    values: dict[str, Any],
    code: str | None,
    message: str | None,
) -> bool:
    """Leave the present state, close the attempt that held the lease, if any, and count both.

    False when no row fitted.
    """
    before = session.execute(
        sa.select(Job.id, Job.kind, Job.lease_token).where(*conditions).with_for_update()
    ).one_or_none()
    if before is None:
        return False
    session.execute(
        sa.update(Job)
        .where(Job.id == before.id)
        .values(lease_token=None, lease_until=None, worker=None, version=Job.version + 1, **values)
    )
    if before.lease_token is not None:
        session.execute(
            sa.update(JobAttempt)
            .where(JobAttempt.id == before.lease_token)
            .values(outcome=outcome, finished_at=NOW, error_code=code, error_message=message)
        )
    totals.add(
        session, _counted(before.kind, outcome if before.lease_token else None, values, code=code or "")
    )
    return True


def _counted(
    kind: JobKind, outcome: AttemptOutcome | None, values: Mapping[str, Any], *, code: str
) -> Iterator[Total]:
    """What a transition adds to the totals; `outcome` is None where no attempt was under way."""
    if outcome is not None:
        yield Total(TotalName.JOB_ATTEMPTS, kind=kind, label=outcome, code=code)
    if values["state"] in TERMINAL_STATES:
        yield Total(TotalName.JOBS_FINISHED, kind=kind, label=values["state"], code=code)
    if values.get("engine_seconds"):
        yield Total(TotalName.ENGINE_SECONDS, values["engine_seconds"], kind=kind)
