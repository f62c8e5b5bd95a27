"""Interviews, their questions (snapshots of the bank) and the responses given to them."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.database import Base, CreatedAt, UuidPrimaryKey, enum_type
from webapp.jobs.models import ACTIVE_STATES, Job


class InterviewStatus(StrEnum):
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    """No more answers; its skill-gap job exists."""
    ABANDONED = "abandoned"


class InterviewType(StrEnum):
    TECHNICAL = "technical"
    BEHAVIORAL = "behavioral"
    CODING = "coding"
    SYSTEM_DESIGN = "system_design"
    MIXED = "mixed"


class QuestionType(StrEnum):
    TECHNICAL = "technical"
    BEHAVIORAL = "behavioral"
    CODING = "coding"
    SYSTEM_DESIGN = "system_design"


class DifficultyLevel(StrEnum):
    BEGINNER = "beginner"
    INTERMEDIATE = "intermediate"
    ADVANCED = "advanced"


class ResponseStatus(StrEnum):
    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


class CriterionStatus(StrEnum):
    """How far an answer makes a point; in its stored feedback."""

    COVERED = "covered"
    PARTIAL = "partial"
    MISSING = "missing"


Score = sa.Numeric(5, 2)


class Interview(Base):
    __tablename__ = "interviews"
    __table_args__ = (
        sa.Index("ix_interviews_user_id_started_at", "user_id", "started_at"),
        sa.CheckConstraint("overall_score BETWEEN 0 AND 100", name="overall_score_range"),
        sa.CheckConstraint("(status = 'in_progress') = (completed_at IS NULL)", name="completed_at_iff_over"),
    )

    id: Mapped[UuidPrimaryKey]
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    job_role: Mapped[str] = mapped_column(sa.String(100))
    # The catalog's roles that the title was understood as: [{"id", "title", "similarity"}].
    # Empty for a title that names no role of the catalog.
    matched_roles: Mapped[list[dict[str, Any]]]
    # What the interview is not that was asked for, in a sentence or more.
    notice: Mapped[str | None]
    difficulty_level: Mapped[DifficultyLevel] = mapped_column(enum_type(DifficultyLevel, "difficulty_level"))
    interview_type: Mapped[InterviewType] = mapped_column(enum_type(InterviewType, "interview_type"))
    status: Mapped[InterviewStatus] = mapped_column(
        enum_type(InterviewStatus, "status"), default=InterviewStatus.IN_PROGRESS
    )
    topics: Mapped[list[str]]
    job_description: Mapped[str | None]
    follow_ups: Mapped[bool] = mapped_column(default=False)
    overall_score: Mapped[Decimal | None] = mapped_column(Score)
    dimension_scores: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    started_at: Mapped[CreatedAt]
    completed_at: Mapped[datetime | None]

    questions: Mapped[list[Question]] = relationship(
        order_by="Question.order_number", back_populates="interview", passive_deletes=True
    )

    @property
    def answered(self) -> int:
        return sum(1 for question in self.questions if question.responses)

    @property
    def total(self) -> int:
        return len(self.questions)

    @property
    def duration_minutes(self) -> float | None:
        if self.completed_at is None:
            return None
        return round((self.completed_at - self.started_at).total_seconds() / 60, 2)


# The order in which a user's interviews came; the id decides between two of the same moment.
NEWEST_FIRST = (Interview.started_at.desc(), Interview.id.desc())


class Question(Base):
    """A question as it was asked. What is expected of the answer stays here until it has been answered."""

    __tablename__ = "questions"
    __table_args__ = (sa.UniqueConstraint("interview_id", "order_number"),)

    id: Mapped[UuidPrimaryKey]
    interview_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("interviews.id", ondelete="CASCADE"))
    order_number: Mapped[int]
    parent_question_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("questions.id", ondelete="CASCADE"), index=True
    )
    bank_question_id: Mapped[str | None] = mapped_column(sa.String(120), index=True)
    question_text: Mapped[str]
    question_type: Mapped[QuestionType] = mapped_column(enum_type(QuestionType, "question_type"))
    difficulty: Mapped[DifficultyLevel] = mapped_column(enum_type(DifficultyLevel, "difficulty"))
    skill_id: Mapped[str] = mapped_column(sa.String(80))
    skill_category: Mapped[str] = mapped_column(sa.String(120))
    # criteria, red_flags, model_answer, follow_ups, resources: the bank's entry as it was then.
    rubric: Mapped[dict[str, Any]]

    interview: Mapped[Interview] = relationship(back_populates="questions")
    responses: Mapped[list[Response]] = relationship(
        order_by="Response.attempt", back_populates="question", passive_deletes=True
    )

    @property
    def response(self) -> Response | None:
        """The first attempt, which is the one that the interview's score counts."""
        return self.responses[0] if self.responses else None


class Response(Base):
    __tablename__ = "responses"
    __table_args__ = (
        sa.UniqueConstraint("question_id", "attempt"),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name="score_range"),
        sa.CheckConstraint("(score IS NULL) = (feedback IS NULL)", name="score_iff_feedback"),
        sa.CheckConstraint("time_taken_seconds >= 0", name="time_taken_seconds_range"),
    )

    id: Mapped[UuidPrimaryKey]
    question_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("questions.id", ondelete="CASCADE"))
    attempt: Mapped[int]
    user_answer: Mapped[str]
    time_taken_seconds: Mapped[float | None]
    answered_at: Mapped[CreatedAt]
    score: Mapped[Decimal | None] = mapped_column(Score)
    feedback: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))

    question: Mapped[Question] = relationship(back_populates="responses")
    # None once the job is past its retention.
    job: Mapped[Job | None] = relationship(
        primaryjoin="Response.id == foreign(Job.response_id)", viewonly=True, uselist=False
    )

    @property
    def other_attempts(self) -> list[Response]:
        """The further answers to the same question, oldest first."""
        return [other for other in self.question.responses if other.id != self.id]

    @property
    def status(self) -> ResponseStatus:
        if self.feedback is not None:
            return ResponseStatus.READY
        is_pending = self.job is not None and self.job.state in ACTIVE_STATES
        return ResponseStatus.PENDING if is_pending else ResponseStatus.FAILED
