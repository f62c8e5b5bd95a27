"""The question bank as the service reads it. The release step loads it from worker/content; nothing edits it here."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Base


class Role(Base):
    __tablename__ = "catalog_roles"

    id: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    position: Mapped[int]
    title: Mapped[str]
    summary: Mapped[str]
    aliases: Mapped[list[str]]
    # Names that mean the role: technologies beside any head of a title, areas directly before some.
    technologies: Mapped[list[str]]
    areas: Mapped[list[str]]
    # Skill ids, most important first; behavioral ones apart, because every interview type but technical mixes them.
    skills: Mapped[list[str]]
    behavioral: Mapped[list[str]]


class Skill(Base):
    __tablename__ = "catalog_skills"

    id: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    name: Mapped[str]
    summary: Mapped[str]
    aliases: Mapped[list[str]]
    # The technologies that its questions are about, where there are alternatives to them.
    bound_to: Mapped[list[str]]
    prerequisites: Mapped[list[str]]
    resources: Mapped[list[dict[str, Any]]]


class BankQuestion(Base):
    """`content` holds text, criteria, red_flags, model_answer, follow_ups and resources, as in the bank's file."""

    __tablename__ = "catalog_questions"

    id: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    skill_id: Mapped[str] = mapped_column(sa.ForeignKey("catalog_skills.id", ondelete="CASCADE"), index=True)
    question_type: Mapped[str] = mapped_column(sa.String(32))
    level: Mapped[str] = mapped_column(sa.String(32))
    content: Mapped[dict[str, Any]]


class BankRelease(Base):
    """Which bank is loaded: one row, so that loading the same bank again costs nothing."""

    __tablename__ = "catalog_releases"

    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
