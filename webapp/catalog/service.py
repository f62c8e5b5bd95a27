"""Reading the question bank: what a picker shows, and which questions an interview asks."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webapp.catalog import selection
from webapp.catalog.interview_plan import BankIndex, Plan, RoleInBank, Wishes, plan
from webapp.catalog.matching import SkillName
from webapp.catalog.models import BankQuestion, Role, Skill
from webapp.catalog.selection import Entry
from webapp.catalog.titles import RoleName
from webapp.errors import ServiceUnavailableError


@dataclass(frozen=True, slots=True)
class Selected:
    """A question of the bank and its skill's name."""

    question: BankQuestion
    skill: Skill


def read_catalog(session: Session) -> dict[str, Any]:
    """Roles in their order with their skills, and every skill with how many questions it has."""
    skills = {skill.id: skill for skill in session.scalars(sa.select(Skill).order_by(Skill.name))}
    counts = dict(
        session.execute(
            sa.select(BankQuestion.skill_id, sa.func.count()).group_by(BankQuestion.skill_id)
        ).all()
    )

    def listed(ids: Sequence[str]) -> list[dict[str, Any]]:
        return [
            {"id": i, "name": skills[i].name, "summary": skills[i].summary, "questions": counts.get(i, 0)}
            for i in ids
            if i in skills
        ]

    roles = session.scalars(sa.select(Role).order_by(Role.position)).all()
    return {
        "roles": [
            {
                "id": role.id,
                "title": role.title,
                "summary": role.summary,
                "skills": listed(role.skills),
                "behavioral_skills": listed(role.behavioral),
            }
            for role in roles
        ],
        "interview_types": ["technical", "behavioral", "coding", "system_design", "mixed"],
        "difficulty_levels": list(selection.LEVELS),
        "total_questions": sum(counts.values()),
    }


def plan_interview(session: Session, wishes: Wishes, *, rng: random.Random) -> tuple[Plan, list[Selected]]:
    """The plan of a new interview and its questions.

    Raises InvalidFieldsError for topics that cannot be asked, ServiceUnavailableError when no bank is loaded.
    """
    skills = {skill.id: skill for skill in session.scalars(sa.select(Skill).order_by(Skill.id))}
    planned = plan(_read_bank(session, skills.values()), wishes, rng=rng)
    questions = {
        question.id: question
        for question in session.scalars(
            sa.select(BankQuestion).where(BankQuestion.id.in_([entry.id for entry in planned.entries]))
        )
    }
    return planned, [Selected(questions[entry.id], skills[entry.skill_id]) for entry in planned.entries]


def _read_bank(session: Session, skills: Iterable[Skill]) -> BankIndex:
    roles = [
        RoleInBank(
            RoleName(role.id, role.title, role.aliases, role.technologies, role.areas),
            role.skills,
            role.behavioral,
        )
        for role in session.scalars(sa.select(Role).order_by(Role.position))
    ]
    if not roles:
        raise ServiceUnavailableError(
            "The question bank is not loaded. The operator loads it with `python -m worker.content load`."
        )
    entries = [
        Entry(*row)
        for row in session.execute(
            sa.select(
                BankQuestion.id, BankQuestion.skill_id, BankQuestion.question_type, BankQuestion.level
            ).order_by(BankQuestion.id)
        )
    ]
    names = [SkillName(skill.id, skill.name, skill.aliases, skill.bound_to) for skill in skills]
    return BankIndex(roles, names, entries)


def skills_by_id(session: Session, ids: Sequence[str]) -> dict[str, Skill]:
    return {skill.id: skill for skill in session.scalars(sa.select(Skill).where(Skill.id.in_(ids)))}
