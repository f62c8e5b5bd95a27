"""The answer_feedback job: judge one response, and ask one question more where the interview wants it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol, runtime_checkable

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from webapp.interviews import lifecycle
from webapp.interviews.models import Interview, InterviewStatus, Question, Response
from webapp.jobs.leases import Claim
from worker.analysis.errors import AnalysisError, JobCancelledError
from worker.analysis.types import Assessment, Engine, ProgressCallback, QuestionSpec, Status
from worker.feedback import to_wire
from worker.questions import question_spec
from worker.skill_gap_analysis import update_standings


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

    def analyse(self, engine: Engine, inputs: AnswerInputs, report: ProgressCallback) -> Judged:
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
        interview = lifecycle.lock_interview(session, claimed.interview_id)
        question = session.get_one(Question, response.question_id)
        if _wants_follow_up(interview, question, response):
            _append_follow_up(session, question, result)
        # Practice after an interview, or feedback that came late: the standing follows at once.
        update_standings(session, question)

    def usage(self, result: Judged) -> dict[str, float]:
        return result.assessment.usage


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
        finding.criterion.key: finding.lack
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
    lifecycle.append_follow_up(session, question, best["text"], rubric)
