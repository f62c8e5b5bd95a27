"""The two kinds of analysis, each as read -> analyse -> store, for the runner.

`read` turns rows into plain values, `analyse` thinks without a transaction, `store` writes inside the runner's.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from webapp.catalog import service as catalog
from webapp.interviews import service as interviews
from webapp.interviews.models import Interview, InterviewStatus, Question, Response
from webapp.jobs.models import Job, JobKind, JobState
from webapp.jobs.service import Claim
from webapp.reports.models import SkillGap
from worker.analysis.errors import AnalysisError, JobCancelledError
from worker.analysis.skill_gaps import Gap, JudgedAnswer, JudgedCriterion, SkillProfile, analyse_skills
from worker.analysis.types import (
    Aspect,
    Assessment,
    Criterion,
    Engine,
    Level,
    QuestionSpec,
    QuestionType,
    Report,
    Status,
)
from worker.feedback import to_wire

Inputs = TypeVar("Inputs")
Result = TypeVar("Result")


class Analysis(Protocol, Generic[Inputs, Result]):
    def read(self, session: Session, claimed: Claim) -> Inputs: ...
    def analyse(self, engine: Engine, inputs: Inputs, report: Report) -> Result: ...
    def store(self, session: Session, claimed: Claim, result: Result) -> None: ...
    def costs(self, result: Result) -> dict[str, float | None]: ...


# --- answer_feedback --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AnswerInputs:
    answer: str
    question: QuestionSpec
    time_taken_seconds: float | None
    wants_follow_up: bool
    job_description: str


@dataclass(frozen=True, slots=True)
class Judged:
    """`follow_up` is a question that the engine itself worded; None leaves it to the bank."""

    assessment: Assessment
    follow_up: str | None = None


@runtime_checkable
class AsksFollowUps(Protocol):
    """What an engine that words follow-up questions by itself can do besides judging."""

    def follow_up(
        self,
        answer: str,
        question: QuestionSpec,
        assessment: Assessment,
        job_description: str = "",
        *,
        usage: dict[str, float] | None = None,
    ) -> str | None: ...


class AnswerFeedback:
    """Judge one response, and ask one question more where the interview wants it."""

    def read(self, session: Session, claimed: Claim) -> AnswerInputs:
        response = session.scalars(
            sa.select(Response)
            .where(Response.id == claimed.response_id)
            .options(joinedload(Response.question))
        ).one()
        interview = session.get_one(Interview, claimed.interview_id)
        return AnswerInputs(
            response.user_answer,
            question_spec(response.question),
            response.time_taken_seconds,
            wants_follow_up=_wants_follow_up(interview, response.question, response),
            job_description=interview.job_description or "",
        )

    def analyse(self, engine: Engine, inputs: AnswerInputs, report: Report) -> Judged:
        assessment = engine.assess(
            inputs.answer, inputs.question, time_taken_seconds=inputs.time_taken_seconds, report=report
        )
        if not inputs.wants_follow_up or not isinstance(engine, AsksFollowUps):
            return Judged(assessment)
        report(0.9, "asking on")
        usage = dict(assessment.usage)
        try:
            follow_up = engine.follow_up(
                inputs.answer, inputs.question, assessment, inputs.job_description, usage=usage
            )
        except JobCancelledError:
            raise
        except AnalysisError:
            # The feedback is made; the bank has a follow-up for every question.
            follow_up = None
        return Judged(replace(assessment, usage=usage), follow_up)

    def store(self, session: Session, claimed: Claim, result: Judged) -> None:
        assessment = result.assessment
        response = session.get_one(Response, claimed.response_id)
        response.score = Decimal(str(round(assessment.score, 2)))
        response.feedback = to_wire(assessment)
        session.flush()
        interview = interviews.lock_interview(session, claimed.interview_id)
        question = session.get_one(Question, response.question_id)
        if _wants_follow_up(interview, question, response):
            _append_follow_up(session, question, result)
        if _analysis_is_done(session, claimed.interview_id):
            # Practice after the interview, or feedback that came late: the standing follows at once.
            gaps = SkillGapAnalysis()
            gaps.store(session, claimed, standing(gaps.read(session, claimed)))

    def costs(self, result: Judged) -> dict[str, float | None]:
        return {
            name: result.assessment.usage.get(name) for name in ("input_tokens", "output_tokens", "cost_usd")
        }


def _wants_follow_up(interview: Interview, question: Question, response: Response) -> bool:
    """One follow-up a question, while the interview goes on, and none to a follow-up."""
    return (
        interview.follow_ups
        and interview.status is InterviewStatus.IN_PROGRESS
        and response.attempt == 1
        and question.parent_question_id is None
    )


def _append_follow_up(session: Session, question: Question, result: Judged) -> None:
    """Ask on about the heaviest criterion that the answer missed, in the engine's words or the bank's.

    None where it missed nothing, or where the bank has no follow-up for what it missed.
    """
    weights = {
        finding.criterion.key: finding.criterion.weight * (2 if finding.status is Status.MISSING else 1)
        for finding in result.assessment.findings
        if finding.status is not Status.COVERED
    }
    candidates = (
        [{"aims_at": key, "text": result.follow_up} for key in weights]
        if result.follow_up
        else [follow_up for follow_up in question.rubric["follow_ups"] if follow_up["aims_at"] in weights]
    )
    if not candidates:
        return
    best = max(candidates, key=lambda follow_up: weights[follow_up["aims_at"]])
    rubric = question.rubric | {
        "criteria": [c for c in question.rubric["criteria"] if c["key"] == best["aims_at"]],
        "follow_ups": [],
    }
    interviews.append_follow_up(session, question, best["text"], rubric)


def question_spec(question: Question) -> QuestionSpec:
    """A question's snapshot as the engines take it."""
    return rubric_spec(
        question.rubric,
        text=question.question_text,
        question_type=question.question_type,
        level=question.difficulty,
        skill=question.skill_category,
    )


def rubric_spec(
    rubric: Mapping[str, Any], *, text: str, question_type: str, level: str, skill: str
) -> QuestionSpec:
    """A question as the engines take it; `rubric` has the bank's criteria, misconceptions and model_answer."""
    return QuestionSpec(
        text=text,
        question_type=QuestionType(question_type),
        level=Level(level),
        skill=skill,
        criteria=tuple(
            Criterion(
                text=criterion["text"],
                weight=criterion["weight"],
                key=criterion["key"],
                aspect=Aspect(criterion.get("aspect", "concept")),
                paraphrases=tuple(criterion.get("paraphrases", ())),
            )
            for criterion in rubric["criteria"]
        ),
        model_answer=rubric["model_answer"],
        misconceptions=tuple(rubric["misconceptions"]),
    )


# --- skill_gap_analysis -----------------------------------------------------------------------------


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
        interview = session.get_one(Interview, claimed.interview_id)
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

    def analyse(self, engine: Engine, inputs: SkillInputs, report: Report) -> Standing:
        report(0.1, "weighing")
        return standing(inputs)

    def store(self, session: Session, claimed: Claim, result: Standing) -> None:
        interview = interviews.lock_interview(session, claimed.interview_id)
        inputs = self.read(session, claimed)
        if inputs != result.inputs:
            # Feedback came while this one was drawn up; under the lock, none comes.
            result = standing(inputs)
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

    def costs(self, result: Standing) -> dict[str, float | None]:
        return {}


def _analysis_is_done(session: Session, interview_id: uuid.UUID) -> bool:
    done = sa.select(Job.id).where(
        Job.interview_id == interview_id,
        Job.kind == JobKind.SKILL_GAP_ANALYSIS,
        Job.state == JobState.SUCCEEDED,
    )
    return bool(session.scalar(sa.select(done.exists())))


def _judged(response: Response, question: Question) -> JudgedAnswer:
    feedback: dict[str, Any] = response.feedback or {}
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
            )
            for criterion in feedback["criteria"]
        ),
        resources=tuple(question.rubric.get("resources", ())),
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


ANALYSES: dict[JobKind, Analysis[Any, Any]] = {
    JobKind.ANSWER_FEEDBACK: AnswerFeedback(),
    JobKind.SKILL_GAP_ANALYSIS: SkillGapAnalysis(),
}
