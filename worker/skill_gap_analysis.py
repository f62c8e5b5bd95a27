"""The skill_gap_analysis job: where the user stands in each skill that an interview's answers show."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webapp.accounts.models import User
from webapp.catalog import service as catalog
from webapp.interviews.models import (
    NEWEST_FIRST,
    Interview,
    InterviewStatus,
    Question,
    QuestionType,
    Response,
)
from webapp.jobs.leases import Claim
from webapp.jobs.models import Job, JobKind, JobState
from webapp.reports.models import SkillGap
from worker.analysis.skill_gaps import (
    Correction,
    Gap,
    JudgedAnswer,
    JudgedCriterion,
    SkillProfile,
    analyse_skills,
)
from worker.analysis.types import Engine, Level, ProgressCallback, Status


@dataclass(frozen=True, slots=True)
class SkillInputs:
    answers: tuple[JudgedAnswer, ...]
    skills: Mapping[str, SkillProfile]
    interview_id: uuid.UUID
    today: date


@dataclass(frozen=True, slots=True)
class Standing:
    """The gaps, and the inputs that they were drawn up from."""

    inputs: SkillInputs
    gaps: tuple[Gap, ...]


def standing(inputs: SkillInputs) -> Standing:
    gaps = analyse_skills(
        inputs.answers, inputs.skills, interview_id=str(inputs.interview_id), today=inputs.today
    )
    return Standing(inputs, gaps)


class SkillGapAnalysis:
    """Draw up where the user stands in each skill that the interview's answers show, from all attempts so far."""

    def read(self, session: Session, claimed: Claim) -> SkillInputs:
        return inputs_of(session, session.get_one(Interview, claimed.interview_id))

    def analyse(self, engine: Engine, inputs: SkillInputs, report: ProgressCallback) -> Standing:
        report(0.1, "weighing")
        return standing(inputs)

    def store(self, session: Session, claimed: Claim, result: Standing) -> None:
        interview = session.get_one(Interview, claimed.interview_id)
        _lock_standing(session, interview.user_id)
        inputs = inputs_of(session, interview)
        if inputs != result.inputs:
            # Feedback came while this one was drawn up; under the lock, none comes.
            result = standing(inputs)
        _write(session, interview, result)

    def usage(self, result: Standing) -> dict[str, float]:
        return {}


def update_standings(session: Session, question: Question) -> None:
    """Bring the standings up to date with new feedback on an answer to the question, in the caller's transaction.

    Of the interviews whose analysis is done these are its own and the latest one that shows the skill: the user's
    standing in a skill is the one after the latest interview, and an attempt at an older one counts in it too.
    """
    own = session.get_one(Interview, question.interview_id)
    _lock_standing(session, own.user_id)
    latest = session.scalar(
        sa.select(Interview)
        .join(SkillGap, SkillGap.interview_id == Interview.id)
        .where(SkillGap.user_id == own.user_id, SkillGap.skill_id == question.skill_id)
        .order_by(*NEWEST_FIRST)
        .limit(1)
    )
    if analysis_is_done(session, own):
        _write(session, own, standing(inputs_of(session, own)))
    if latest is not None and latest.id != own.id and latest.started_at >= own.started_at:
        _write(session, latest, standing(inputs_of(session, latest)))


def _lock_standing(session: Session, user_id: uuid.UUID) -> None:
    """One standing of a user at a time, until the transaction ends: each reads what the one before it wrote.

    The user's row, after the interview and its job: the order that every transaction keeps.
    """
    session.execute(sa.select(User.id).where(User.id == user_id).with_for_update(key_share=True))


def inputs_of(session: Session, interview: Interview) -> SkillInputs:
    shown = sa.select(Question.skill_id).where(
        Question.interview_id == interview.id, Question.responses.any(Response.feedback.is_not(None))
    )
    rows = session.execute(
        sa.select(Response, Question)
        .join(Response.question)
        .join(Question.interview)
        .where(
            Interview.user_id == interview.user_id,
            Question.skill_id.in_(shown),
            Response.feedback.is_not(None),
            # What came before this interview, and the interview itself: analysing again later changes nothing else.
            Interview.started_at <= interview.started_at,
        )
        .order_by(Response.answered_at, Response.id)
    ).all()
    answers = tuple(_judged(response, question) for response, question in rows)
    skills = _profiles(session, {answer.skill_id: answer.skill_name for answer in answers})
    return SkillInputs(answers, skills, interview.id, datetime.now(UTC).date())


def _write(session: Session, interview: Interview, result: Standing) -> None:
    session.execute(sa.delete(SkillGap).where(SkillGap.interview_id == interview.id))
    session.add_all(
        SkillGap(
            user_id=interview.user_id,
            interview_id=interview.id,
            skill_id=gap.skill_id,
            skill_name=gap.skill_name,
            proficiency_level=gap.proficiency_level,
            gap_score=round(gap.gap_score, 2),
            confidence=gap.confidence,
            trend=gap.trend,
            evidence=list(gap.evidence),
            recommendation=gap.recommendation,
            study_plan=list(gap.study_plan),
            next_review_on=gap.next_review_on,
        )
        for gap in result.gaps
    )
    session.flush()


def analysis_is_done(session: Session, interview: Interview) -> bool:
    """Has the interview been analysed? Its job says so, or, past the job's retention, that there is none left."""
    if interview.status is not InterviewStatus.COMPLETED:
        return False
    not_done = sa.select(Job.id).where(
        Job.interview_id == interview.id,
        Job.kind == JobKind.SKILL_GAP_ANALYSIS,
        Job.state != JobState.SUCCEEDED,
    )
    return not session.scalar(sa.select(not_done.exists()))


def _judged(response: Response, question: Question) -> JudgedAnswer:
    feedback: dict[str, Any] = response.feedback or {}
    topics = {criterion["text"]: criterion.get("topic", "") for criterion in question.rubric["criteria"]}
    return JudgedAnswer(
        question_id=str(question.id),
        response_id=str(response.id),
        interview_id=str(question.interview_id),
        skill_id=question.skill_id,
        skill_name=question.skill_category,
        level=Level(question.difficulty.value),
        score=float(feedback["score"]),
        confidence=float(feedback["confidence"]),
        answered_at=response.answered_at,
        attempt=response.attempt,
        criteria=tuple(
            JudgedCriterion(
                text=criterion["text"],
                weight=criterion["weight"],
                status=Status(criterion["status"]),
                quote=criterion["evidence"]["quote"] if criterion["evidence"] else None,
                topic=topics.get(criterion["text"], ""),
            )
            for criterion in feedback["criteria"]
        ),
        resources=tuple(question.rubric.get("resources", ())),
        story=question.question_type is QuestionType.BEHAVIORAL,
        mistakes=tuple(
            Correction(mistake["evidence"]["quote"], mistake["why"])
            for mistake in feedback.get("mistakes", ())
        ),
    )


def _profiles(session: Session, named: dict[str, str]) -> dict[str, SkillProfile]:
    skills = catalog.skills_by_id(session, list(named))
    wanted = {other for skill in skills.values() for other in skill.prerequisites}
    names = {skill.id: skill.name for skill in catalog.skills_by_id(session, list(wanted)).values()}
    return {
        skill_id: SkillProfile(
            id=skill_id,
            # A skill that the bank has dropped since keeps the name it was asked under.
            name=skills[skill_id].name if skill_id in skills else name,
            prerequisites=tuple(
                names[other]
                for other in (skills[skill_id].prerequisites if skill_id in skills else ())
                if other in names
            ),
            resources=tuple(skills[skill_id].resources) if skill_id in skills else (),
        )
        for skill_id, name in named.items()
    }
