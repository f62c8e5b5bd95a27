"""A user's side of a job: making it, reading it, cancelling it, retrying it. Leases and outcomes are in leases.py."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webapp.database import NOW
from webapp.errors import JobFinishedError, JobNotRetryableError, NotFoundError
from webapp.jobs.leases import finish
from webapp.jobs.models import (
    ACTIVE_STATES,
    AttemptOutcome,
    Job,
    JobKind,
    JobState,
)
from webapp.paging import Page, paginate
from webapp.queue import publish_after_commit


def enqueue(
    session: Session,
    kind: JobKind,
    *,
    user_id: uuid.UUID,
    interview_id: uuid.UUID,
    max_attempts: int,
    question_id: uuid.UUID | None = None,
    response_id: uuid.UUID | None = None,
) -> Job:
    """Add a job to the caller's transaction; it is published when that commits."""
    job = Job(
        kind=kind,
        user_id=user_id,
        interview_id=interview_id,
        question_id=question_id,
        response_id=response_id,
        max_attempts=max_attempts,
        published_at=NOW,
        publishes=1,
    )
    session.add(job)
    session.flush()
    publish_after_commit(session, job.id)
    return job


def get_job(session: Session, user_id: uuid.UUID, job_id: uuid.UUID) -> Job:
    """Raises NotFoundError, also for a job of somebody else."""
    job = session.scalar(sa.select(Job).where(Job.id == job_id, Job.user_id == user_id))
    if job is None:
        raise NotFoundError
    return job


def list_jobs(
    session: Session,
    user_id: uuid.UUID,
    *,
    page: int,
    page_size: int,
    state: JobState | None = None,
    kind: JobKind | None = None,
    interview_id: uuid.UUID | None = None,
) -> Page[Job]:
    query = sa.select(Job).where(Job.user_id == user_id).order_by(Job.created_at.desc(), Job.id)
    if state is not None:
        query = query.where(Job.state == state)
    if kind is not None:
        query = query.where(Job.kind == kind)
    if interview_id is not None:
        query = query.where(Job.interview_id == interview_id)
    return paginate(session, query, page=page, page_size=page_size)


def cancel(session: Session, user_id: uuid.UUID, job_id: uuid.UUID) -> Job:
    """Cancel a queued or running job; a running one ends at its next heartbeat. Raises JobFinishedError.

    What it means for the interview is the caller's: interviews.service.cancel_job.
    """
    job = get_job(session, user_id, job_id)
    if not finish(
        session,
        Job.id == job_id,
        Job.state.in_(ACTIVE_STATES),
        state=JobState.CANCELLED,
        outcome=AttemptOutcome.CANCELLED,
        stage="cancelled",
    ):
        raise JobFinishedError
    session.refresh(job)
    return job


def retry(session: Session, user_id: uuid.UUID, job_id: uuid.UUID) -> Job:
    """Queue a failed or cancelled job again, with all of its attempts. Raises JobNotRetryableError."""
    job = get_job(session, user_id, job_id)
    started_over = session.scalar(
        sa.update(Job)
        .where(Job.id == job_id, Job.state.in_((JobState.FAILED, JobState.CANCELLED)))
        .values(
            state=JobState.QUEUED,
            stage="queued",
            progress=0.0,
            attempts=0,
            error_code=None,
            error_message=None,
            error_retryable=None,
            finished_at=None,
            started_at=None,
            run_at=NOW,
            published_at=NOW,
            publishes=1,
            version=Job.version + 1,
        )
        .returning(Job.id)
    )
    if started_over is None:
        raise JobNotRetryableError
    publish_after_commit(session, job_id)
    session.refresh(job)
    return job
