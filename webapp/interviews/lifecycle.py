"""What moves an interview on: its lock, follow-ups, completion and scores; for the service and for the runner."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webapp.database import NOW
from webapp.errors import NotFoundError
from webapp.interviews.models import Interview, InterviewStatus, Question, Response
from webapp.jobs import leases
from webapp.jobs import service as jobs
from webapp.jobs.models import ACTIVE_STATES, Job, JobKind


def lock_interview(session: Session, interview_id: uuid.UUID, user_id: uuid.UUID | None = None) -> Interview:
    """The interview, locked until the transaction ends; of that user alone, where one is given.

    The lock leaves foreign keys to the interview alone: the standing after it may be written by a transaction that
    holds another interview (worker/skill_gap_analysis.py). Raises NotFoundError.
    """
    query = sa.select(Interview).where(Interview.id == interview_id)
    if user_id is not None:
        query = query.where(Interview.user_id == user_id)
    interview = session.scalar(
        query.with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if interview is None:
        raise NotFoundError
    return interview


def complete_when_done(session: Session, interview: Interview, *, max_attempts: int) -> None:
    """Complete a locked interview once nothing is left to answer.

    With follow-ups on, feedback that is still being made may append a question, so it is waited for.
    """
    if interview.status is not InterviewStatus.IN_PROGRESS:
        return
    unanswered = sa.select(Question.id).where(
        Question.interview_id == interview.id, ~Question.responses.any()
    )
    if session.scalar(sa.select(unanswered.exists())):
        return
    if interview.follow_ups and _feedback_pending(session, interview.id):
        return
    complete(session, interview, max_attempts)


def settle(session: Session, interview_id: uuid.UUID, *, max_attempts: int) -> None:
    """Do what the end of one of its jobs makes possible: complete the interview, score it, wake its analysis."""
    interview = lock_interview(session, interview_id)
    complete_when_done(session, interview, max_attempts=max_attempts)
    refresh_scores(session, interview)
    leases.wake_dependents(session, interview_id)


def append_follow_up(session: Session, parent: Question, text: str, rubric: dict[str, Any]) -> Question:
    """Add one follow-up question after the last one; the interview must be locked and in progress."""
    last = session.scalar(
        sa.select(sa.func.max(Question.order_number)).where(Question.interview_id == parent.interview_id)
    )
    question = Question(
        interview_id=parent.interview_id,
        order_number=(last or 0) + 1,
        parent_question_id=parent.id,
        bank_question_id=parent.bank_question_id,
        question_text=text,
        question_type=parent.question_type,
        difficulty=parent.difficulty,
        skill_id=parent.skill_id,
        skill_category=parent.skill_category,
        rubric=rubric,
    )
    session.add(question)
    session.flush()
    return question


def refresh_scores(session: Session, interview: Interview) -> None:
    """Set a finished interview's scores once no first attempt waits for feedback.

    The mean of the answered questions' scores (attempt 1), overall and per dimension; an unanswered question, or
    one whose analysis failed, is not in it.
    """
    if interview.status is InterviewStatus.IN_PROGRESS or _feedback_pending(session, interview.id):
        return
    judged = session.execute(
        sa.select(Response.score, Response.feedback["dimensions"])
        .join(Response.question)
        .where(Question.interview_id == interview.id, Response.attempt == 1, Response.feedback.is_not(None))
    ).all()
    if not judged:
        return
    interview.overall_score = round(sum(score for score, _ in judged) / len(judged), 2)
    names = judged[0][1].keys()
    interview.dimension_scores = {
        name: round(sum(dimensions[name]["score"] for _, dimensions in judged) / len(judged), 2)
        for name in names
    }
    session.flush()


def complete(session: Session, interview: Interview, max_attempts: int) -> Job:
    """Close a locked interview, score it if all of its feedback is there, and queue its skill-gap job."""
    interview.status = InterviewStatus.COMPLETED
    interview.completed_at = NOW
    session.flush()
    refresh_scores(session, interview)
    return enqueue_analysis(session, interview, max_attempts)


def enqueue_analysis(session: Session, interview: Interview, max_attempts: int) -> Job:
    """Queue the skill-gap job of a completed interview, which must have none."""
    return jobs.enqueue(
        session,
        JobKind.SKILL_GAP_ANALYSIS,
        user_id=interview.user_id,
        interview_id=interview.id,
        max_attempts=max_attempts,
    )


def _feedback_pending(session: Session, interview_id: uuid.UUID) -> bool:
    """Is the feedback of a first attempt still being made?"""
    pending = (
        sa.select(Job.id)
        .join(Response, Response.id == Job.response_id)
        .where(Job.interview_id == interview_id, Response.attempt == 1, Job.state.in_(ACTIVE_STATES))
    )
    return bool(session.scalar(sa.select(pending.exists())))
