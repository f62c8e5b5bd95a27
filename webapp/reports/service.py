"""What a person's practice adds up to: statistics, the standing of each skill, and an interview's report."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from webapp.accounts.models import User
from webapp.interviews import service as interviews
from webapp.interviews.models import NEWEST_FIRST, Interview, InterviewStatus, Question, Response
from webapp.reports.models import ProficiencyLevel, SkillGap

STRONG_FROM = 75.0
MODERATE_FROM = 50.0
NEXT_STEPS = 3


def user_stats(session: Session, user: User) -> dict[str, Any]:
    """The dashboard's numbers; scores are 0.0 while there are none, as it expects."""
    total, completed, average, best = session.execute(
        sa.select(
            sa.func.count(),
            sa.func.count().filter(Interview.status == InterviewStatus.COMPLETED),
            sa.func.avg(Interview.overall_score).filter(Interview.status == InterviewStatus.COMPLETED),
            sa.func.max(Interview.overall_score).filter(Interview.status == InterviewStatus.COMPLETED),
        ).where(Interview.user_id == user.id)
    ).one()
    answered = session.scalar(
        sa.select(sa.func.count(sa.distinct(Response.question_id)))
        .join(Response.question)
        .join(Question.interview)
        .where(Interview.user_id == user.id)
    )
    return {
        "total_interviews": total,
        "completed_interviews": completed,
        "average_score": average or 0.0,
        "best_score": best or 0.0,
        "total_questions_answered": answered,
        "member_since": user.created_at,
        "account_status": "active" if user.is_active else "inactive",
    }


def standing_of_user(session: Session, user_id: uuid.UUID) -> dict[str, Any]:
    """Each skill's standing after the latest interview that shows it, weakest first; skills never answered apart.

    The latest by when it was started: an older one that is analysed again later does not become the latest.
    """
    newest = (
        sa.select(SkillGap)
        .join(Interview, Interview.id == SkillGap.interview_id)
        .where(SkillGap.user_id == user_id)
        .ext(distinct_on(SkillGap.skill_id))
        .order_by(SkillGap.skill_id, *NEWEST_FIRST)
    )
    items = sorted(session.scalars(newest), key=lambda gap: (gap.gap_score, gap.skill_name))
    asked = sa.select(Question).join(Question.interview).where(Interview.user_id == user_id)
    return {"items": items, "not_assessed": _not_assessed(session, asked)}


def gaps_of_interview(session: Session, user_id: uuid.UUID, interview_id: uuid.UUID) -> dict[str, Any]:
    """The standing that one interview's analysis found. Raises NotFoundError."""
    interview = interviews.get_interview(session, user_id, interview_id)
    items = session.scalars(
        sa.select(SkillGap)
        .where(SkillGap.interview_id == interview.id)
        .order_by(SkillGap.gap_score, SkillGap.skill_name)
    ).all()
    asked = sa.select(Question).where(Question.interview_id == interview.id)
    return {"items": items, "not_assessed": _not_assessed(session, asked)}


def _not_assessed(session: Session, asked: sa.Select[Question]) -> list[dict[str, Any]]:
    """Skills of these questions none of which has been answered: unknown, which is not weak."""
    questions = asked.subquery()
    answered = sa.exists().where(Response.question_id == questions.c.id)
    rows = session.execute(
        sa.select(questions.c.skill_id, sa.func.min(questions.c.skill_category), sa.func.count())
        .group_by(questions.c.skill_id)
        .having(~sa.func.bool_or(answered))
        .order_by(sa.func.min(questions.c.skill_category))
    ).all()
    return [
        {"skill_id": skill_id, "skill_name": name, "questions_asked": count} for skill_id, name, count in rows
    ]


def interview_report(session: Session, user_id: uuid.UUID, interview_id: uuid.UUID) -> dict[str, Any]:
    """All that is known of one interview, put together for a person. Raises NotFoundError."""
    interview = interviews.get_interview(session, user_id, interview_id)
    gaps = gaps_of_interview(session, user_id, interview_id)
    return {
        "interview": interview,
        "headline": _headline(interview),
        "next_steps": _next_steps(gaps["items"]),
        "strengths": _strengths(interview),
        "questions": [_question_report(question) for question in interview.questions],
        "skill_gaps": gaps["items"],
        "not_assessed": gaps["not_assessed"],
        "study_plan": [
            step | {"skill_name": gap.skill_name} for gap in gaps["items"] for step in gap.study_plan
        ],
    }


def level_of(score: float) -> ProficiencyLevel:
    """Weak below 50, moderate from 50, strong from 75."""
    if score >= STRONG_FROM:
        return ProficiencyLevel.STRONG
    return ProficiencyLevel.MODERATE if score >= MODERATE_FROM else ProficiencyLevel.WEAK


def _headline(interview: Interview) -> str:
    role, level = interview.job_role, interview.difficulty_level.value
    answered = f"{interview.answered} of {interview.total} questions answered"
    if interview.overall_score is None:
        return f"{role}, {level}: {answered}; no score yet."
    score = float(interview.overall_score)
    stands = {
        ProficiencyLevel.STRONG: f"you would hold your own in an interview for {role} at {level} level",
        ProficiencyLevel.MODERATE: f"you have a base for {role} at {level} level, with gaps that an interviewer will find",
        ProficiencyLevel.WEAK: f"you are not yet where an interview for {role} at {level} level needs you to be",
    }[level_of(score)]
    dimensions = interview.dimension_scores or {}
    extremes = ""
    if dimensions:
        best = max(sorted(dimensions), key=lambda name: dimensions[name])
        worst = min(sorted(dimensions), key=lambda name: dimensions[name])
        extremes = f" Your answers are best in {best} ({dimensions[best]:g}) and lose most in {worst} ({dimensions[worst]:g})."
    return f"With {score:g} of 100 ({answered}), {stands}.{extremes}"


def _next_steps(gaps: list[SkillGap]) -> list[dict[str, Any]]:
    """The three things to do next: the weakest skills, each with its reason."""
    return [
        {"skill_name": gap.skill_name, "what": gap.recommendation, "why": _why(gap)}
        for gap in gaps[:NEXT_STEPS]
    ]


def _why(gap: SkillGap) -> str:
    trend = {"up": ", and rising", "down": ", and falling"}.get(gap.trend.value, "")
    return f"{gap.skill_name} stands at {float(gap.gap_score):g} of 100{trend}."


def _strengths(interview: Interview) -> list[dict[str, Any]]:
    return [
        {"question_id": question.id, "text": point["text"], "evidence": point["evidence"]}
        for question in interview.questions
        if question.response and question.response.feedback
        for point in question.response.feedback["strengths"][:1]
    ]


def _question_report(question: Question) -> dict[str, Any]:
    response = question.response
    return {
        "order_number": question.order_number,
        "question_id": question.id,
        "question_text": question.question_text,
        "question_type": question.question_type,
        "skill_category": question.skill_category,
        "status": response.status.value if response else "unanswered",
        "user_answer": response.user_answer if response else None,
        "score": response.score if response else None,
        "feedback": response.feedback if response else None,
        "attempts": [
            {"attempt": r.attempt, "score": r.score, "status": r.status.value} for r in question.responses
        ],
    }
