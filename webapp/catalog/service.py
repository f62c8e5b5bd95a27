"""Reading the question bank: what a picker shows, which roles a title means, which questions an interview asks."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webapp.catalog import matching, selection
from webapp.catalog.models import BankQuestion, Role, Skill
from webapp.errors import InvalidFieldsError, ServiceUnavailableError

# A skill that the job description names weighs this much more.
DESCRIPTION_BOOST = 3.0


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


def match_roles(session: Session, title: str) -> list[matching.RoleMatch]:
    """The known roles nearest to a title. Raises ServiceUnavailableError when no bank is loaded."""
    skills = {skill.id: skill for skill in session.scalars(sa.select(Skill))}
    names = []
    for role in session.scalars(sa.select(Role).order_by(Role.position)):
        # The first skills are what the role is about; the later ones it shares with others.
        words = {
            word
            for skill_id in role.skills[:5]
            if skill_id in skills
            for alias in (skills[skill_id].name, *skills[skill_id].aliases)
            for word in [matching.normalize(alias)]
            if " " not in word
        }
        names.append(matching.RoleName(role.id, role.title, role.aliases, frozenset(words)))
    if not names:
        raise ServiceUnavailableError(
            "The question bank is not loaded. The operator loads it with `python -m worker.content load`."
        )
    return matching.match_roles(title, names)


def select_questions(
    session: Session,
    *,
    role_ids: Sequence[str],
    level: str,
    interview_type: str,
    count: int,
    topics: Sequence[str],
    job_description: str | None,
    seen: frozenset[str],
    rng: random.Random,
) -> list[Selected]:
    """The questions of a new interview. Raises InvalidFieldsError for a topic that is no skill of the bank."""
    skills = {skill.id: skill for skill in session.scalars(sa.select(Skill))}
    names = {skill.id: [skill.name, *skill.aliases] for skill in skills.values()}
    technical: dict[str, float] = {}
    behavioral: dict[str, float] = {}
    for rank, role in enumerate(_roles(session, role_ids)):
        for weights, ids in ((technical, role.skills), (behavioral, role.behavioral)):
            for position, skill_id in enumerate(ids):
                weight = 1 / (1 + 0.15 * position) / (1 + rank)
                weights[skill_id] = max(weight, weights.get(skill_id, 0.0))
    pool = [
        selection.Entry(*row)
        for row in session.execute(
            sa.select(
                BankQuestion.id, BankQuestion.skill_id, BankQuestion.question_type, BankQuestion.level
            ).order_by(BankQuestion.id)
        )
    ]
    wanted = _topic_skills(topics, names)
    fits_type = {e.skill_id for e in pool if interview_type in (selection.MIXED, e.question_type)}
    if wanted and fits_type.isdisjoint(wanted):
        raise InvalidFieldsError(
            {
                "topics": [
                    f"None of these has {interview_type} questions; choose other topics or another type."
                ]
            }
        )
    for skill_id, mentions in matching.skills_named(job_description or "", names).items():
        is_behavioral = skill_id in behavioral and skill_id not in technical
        weights = behavioral if is_behavioral else technical
        weights[skill_id] = weights.get(skill_id, 0.4) * (DESCRIPTION_BOOST + min(mentions, 5))
    entries = selection.choose(
        pool,
        topics=frozenset(wanted),
        technical_skills=technical,
        behavioral_skills=behavioral,
        interview_type=interview_type,
        level=level,
        count=count,
        seen=seen,
        rng=rng,
    )
    questions = {
        question.id: question
        for question in session.scalars(
            sa.select(BankQuestion).where(BankQuestion.id.in_([entry.id for entry in entries]))
        )
    }
    return [Selected(questions[entry.id], skills[entry.skill_id]) for entry in entries]


def skills_by_id(session: Session, ids: Sequence[str]) -> dict[str, Skill]:
    return {skill.id: skill for skill in session.scalars(sa.select(Skill).where(Skill.id.in_(ids)))}


def _roles(session: Session, role_ids: Sequence[str]) -> list[Role]:
    roles = {role.id: role for role in session.scalars(sa.select(Role).where(Role.id.in_(role_ids)))}
    return [roles[role_id] for role_id in role_ids if role_id in roles]


def _topic_skills(topics: Sequence[str], names: dict[str, list[str]]) -> list[str]:
    found, errors = [], {}
    for index, topic in enumerate(topics):
        skill_id = matching.match_topic(topic, names)
        if skill_id is None:
            errors[f"topics.{index}"] = [
                "No skill of the catalog has this name; GET /api/catalog lists them."
            ]
        else:
            found.append(skill_id)
    if errors:
        raise InvalidFieldsError(errors)
    return found
