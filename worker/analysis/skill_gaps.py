"""Mastery, trend and plan per skill, from judged answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from worker.analysis.types import Level, Status


@dataclass(frozen=True, slots=True)
class JudgedCriterion:
    text: str
    weight: float
    status: Status
    quote: str | None


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """One judged attempt; `score` is 0-100, `answered_at` aware, `resources` as in SkillProfile."""

    question_id: str
    response_id: str
    interview_id: str
    skill_id: str
    skill_name: str
    level: Level
    score: float
    confidence: float
    answered_at: datetime
    attempt: int
    criteria: tuple[JudgedCriterion, ...]
    resources: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class SkillProfile:
    """A skill of the bank; `resources` are {key, title, kind, url?, hours?}, `prerequisites` are names."""

    id: str
    name: str
    prerequisites: tuple[str, ...]
    resources: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """The standing of one skill: `gap_score` is mastery, 0-100; `confidence` 0-1.

    `evidence` holds {question_id, response_id, score, quote}, `study_plan` {title, why, hours, resource}.
    """

    skill_id: str
    skill_name: str
    proficiency_level: str
    gap_score: float
    confidence: float
    trend: str
    evidence: tuple[dict[str, Any], ...]
    recommendation: str
    study_plan: tuple[dict[str, Any], ...]
    next_review_on: date


def analyse_skills(
    answers: Sequence[JudgedAnswer],
    skills: Mapping[str, SkillProfile],
    *,
    interview_id: str,
    today: date,
) -> tuple[Gap, ...]:
    """One Gap for each skill that an answer of the interview shows, weakest first; older answers weigh in."""
    raise NotImplementedError
