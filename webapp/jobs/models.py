"""The job: one analysis that must happen, whatever dies. PostgreSQL holds it; messages only wake workers."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.database import Base, CreatedAt, UuidPrimaryKey, enum_type


class JobKind(StrEnum):
    ANSWER_FEEDBACK = "answer_feedback"
    """Judge one response."""
    SKILL_GAP_ANALYSIS = "skill_gap_analysis"
    """Draw up the skill gaps of a finished interview, once all of its feedback jobs are terminal."""


class JobState(StrEnum):
    QUEUED = "queued"
    """Waits for a worker, from `run_at` on."""
    RUNNING = "running"
    """A worker holds the lease until `lease_until`."""
    SUCCEEDED = "succeeded"
    """The result is stored; it was committed together with this state."""
    FAILED = "failed"
    """The last attempt failed; `error_code` says how. An explicit retry queues it again."""
    CANCELLED = "cancelled"
    """The user cancelled it. An explicit retry queues it again."""


TERMINAL_STATES = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})
ACTIVE_STATES = frozenset({JobState.QUEUED, JobState.RUNNING})


class AttemptOutcome(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    LOST = "lost"
    """The worker stopped renewing its lease."""
    RELEASED = "released"
    """A worker that was shutting down handed the job back; the attempt was not charged."""
    CANCELLED = "cancelled"


class Job(Base):
    __tablename__ = "jobs"
    __table_args__ = (
        sa.CheckConstraint("progress BETWEEN 0 AND 1", name="progress_range"),
        sa.CheckConstraint("(state = 'running') = (lease_token IS NOT NULL)", name="lease_iff_running"),
        sa.CheckConstraint("(state = 'failed') <= (error_code IS NOT NULL)", name="failed_has_error"),
        # One analysis per response and per finished interview, however often it is asked for.
        sa.Index("uq_jobs_response_id", "response_id", unique=True),
        sa.Index(
            "uq_jobs_skill_gap_interview",
            "interview_id",
            unique=True,
            postgresql_where=sa.text("kind = 'skill_gap_analysis'"),
        ),
        sa.Index("ix_jobs_interview_id", "interview_id"),
        sa.Index("ix_jobs_question_id", "question_id"),
        sa.Index("ix_jobs_user_id_created_at", "user_id", "created_at"),
        # What the sweeper reads: small, because finished jobs are not in it.
        sa.Index(
            "ix_jobs_unfinished",
            "state",
            "run_at",
            "lease_until",
            postgresql_where=sa.text("state IN ('queued', 'running')"),
        ),
        sa.Index("ix_jobs_finished_at", "finished_at"),
    )

    id: Mapped[UuidPrimaryKey]
    kind: Mapped[JobKind] = mapped_column(enum_type(JobKind, "kind"))
    state: Mapped[JobState] = mapped_column(enum_type(JobState, "state"), default=JobState.QUEUED)
    progress: Mapped[float] = mapped_column(default=0.0)
    stage: Mapped[str] = mapped_column(sa.String(50), default="queued")
    # Attempts charged: an attempt handed back by a worker that shuts down is not.
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int]
    error_code: Mapped[str | None] = mapped_column(sa.String(50))
    error_message: Mapped[str | None]
    error_retryable: Mapped[bool | None]

    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    interview_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("interviews.id", ondelete="CASCADE"))
    question_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("questions.id", ondelete="CASCADE"))
    response_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("responses.id", ondelete="CASCADE"))

    created_at: Mapped[CreatedAt]
    # Changes with every transition and progress report: the ETag, and what a stream compares.
    version: Mapped[int] = mapped_column(default=1)
    # Not before this moment; a back-off moves it.
    run_at: Mapped[CreatedAt]
    # When a message was last sent for it, and how often since it was queued: the sweeper backs off by these.
    published_at: Mapped[datetime | None]
    publishes: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    # The fencing token: only the holder of this very value may write a result.
    lease_token: Mapped[uuid.UUID | None]
    lease_until: Mapped[datetime | None]
    worker: Mapped[str | None] = mapped_column(sa.String(255))
    # What the job's attempts cost; the service's totals are rows of JobTotal.
    engine_seconds: Mapped[float | None]
    input_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]
    cost_usd: Mapped[float | None]

    history: Mapped[list[JobAttempt]] = relationship(
        order_by="JobAttempt.started_at", passive_deletes=True, cascade="all, delete-orphan"
    )

    @property
    def is_finished(self) -> bool:
        return self.state in TERMINAL_STATES

    @property
    def links(self) -> dict[str, str]:
        """Where the job and what it concerns are found in the API."""
        found = {"self": f"/api/jobs/{self.id}", "interview": f"/api/interviews/{self.interview_id}"}
        if self.response_id:
            found["response"] = f"/api/responses/{self.response_id}"
        else:
            found["skill_gaps"] = f"/api/skill-gaps/interview/{self.interview_id}"
        return found

    @property
    def error(self) -> dict[str, Any] | None:
        """What the last attempt died of; None unless it failed."""
        if self.error_code is None:
            return None
        return {"code": self.error_code, "message": self.error_message, "retryable": self.error_retryable}


class JobAttempt(Base):
    """One try at a job, with what came of it."""

    __tablename__ = "job_attempts"

    # The lease token of the attempt: an attempt is a lease.
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    job_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    worker: Mapped[str] = mapped_column(sa.String(255))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
    outcome: Mapped[AttemptOutcome | None] = mapped_column(enum_type(AttemptOutcome, "outcome"))
    error_code: Mapped[str | None] = mapped_column(sa.String(50))
    error_message: Mapped[str | None]


class JobTotal(Base):
    """An amount that was added to a total (totals.py); the total is the sum of its rows."""

    __tablename__ = "job_totals"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40))
    kind: Mapped[str] = mapped_column(sa.String(32))
    label: Mapped[str] = mapped_column(sa.String(32))
    code: Mapped[str] = mapped_column(sa.String(50))
    amount: Mapped[float]


# A worker renews its heartbeat this often; without one for three times as long it counts as gone.
HEARTBEAT_SECONDS = 10.0
HEARTBEAT_EXPIRES_SECONDS = 3 * HEARTBEAT_SECONDS


class WorkerHeartbeat(Base):
    """A worker process that was alive at `seen_at`; readiness and the operator read it."""

    __tablename__ = "worker_heartbeats"

    worker: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    role: Mapped[str] = mapped_column(sa.String(20))
    # What judges there, as "provider model": the web tells it without importing an engine.
    engine: Mapped[str | None] = mapped_column(sa.String(200))
    started_at: Mapped[CreatedAt]
    seen_at: Mapped[datetime]
