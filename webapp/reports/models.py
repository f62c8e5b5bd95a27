"""What the analyses of finished interviews found, skill by skill."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Base, CreatedAt, UuidPrimaryKey, enum_type


class ProficiencyLevel(StrEnum):
    WEAK = "weak"
    """Below 50."""
    MODERATE = "moderate"
    """50 to 74."""
    STRONG = "strong"
    """75 and above."""


class Trend(StrEnum):
    UP = "up"
    DOWN = "down"
    STEADY = "steady"
    NEW = "new"


class QuestionStatus(StrEnum):
    """How far a question of a report is."""

    UNANSWERED = "unanswered"
    PENDING = "pending"
    """Its feedback is not there yet."""
    READY = "ready"
    FAILED = "failed"


class ReportFormat(StrEnum):
    JSON = "json"
    MARKDOWN = "md"
    CSV = "csv"


class SkillGap(Base):
    """The standing of one skill after one interview. `gap_score` is mastery: lower is the bigger gap."""

    __tablename__ = "skill_gaps"
    __table_args__ = (
        sa.UniqueConstraint("interview_id", "skill_id"),
        sa.Index("ix_skill_gaps_user_id_skill_id_identified_at", "user_id", "skill_id", "identified_at"),
        sa.CheckConstraint("gap_score BETWEEN 0 AND 100", name="gap_score_range"),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence_range"),
    )

    id: Mapped[UuidPrimaryKey]
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    interview_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("interviews.id", ondelete="CASCADE"))
    skill_id: Mapped[str] = mapped_column(sa.String(80))
    skill_name: Mapped[str] = mapped_column(sa.String(120))
    proficiency_level: Mapped[ProficiencyLevel] = mapped_column(
        enum_type(ProficiencyLevel, "proficiency_level")
    )
    gap_score: Mapped[Decimal] = mapped_column(sa.Numeric(5, 2))
    confidence: Mapped[float]
    trend: Mapped[Trend] = mapped_column(enum_type(Trend, "trend"))
    evidence: Mapped[list[dict[str, Any]]]
    recommendation: Mapped[str]
    study_plan: Mapped[list[dict[str, Any]]]
    next_review_on: Mapped[date]
    identified_at: Mapped[CreatedAt]
