"""An interview's rules: how it starts, what may be answered when, when it is over, what its score is.

Every change of an interview first locks its row, so that answers, completion and feedback of one interview
are decided one after the other.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from webapp.accounts.models import User
from webapp.catalog import service as catalog
from webapp.catalog.interview_plan import Wishes
from webapp.database import NOW
from webapp.errors import (
    AlreadyAnsweredError,
    InterviewClosedError,
    NotAnsweredError,
    NotFoundError,
)
from webapp.interviews.lifecycle import (
    complete,
    complete_when_done,
    enqueue_analysis,
    lock_interview,
    refresh_scores,
    settle,
)
from webapp.interviews.models import (
    DifficultyLevel,
    Interview,
    InterviewStatus,
    InterviewType,
    Question,
    QuestionType,
    Response,
)
from webapp.jobs import service as jobs
from webapp.jobs.models import Job, JobKind
from webapp.paging import Page, paginate

Reword = Callable[[Sequence[str], str], list[str] | None]
"""Bank question ids and a job description to texts in the same order, or None."""


@dataclass(frozen=True, slots=True)
class Submission:
    """An answer that was taken, and the job that will judge it."""

    response: Response
    job: Job


# --- reading ----------------------------------------------------------------------------------------

_WITH_RESPONSES = selectinload(Interview.questions).selectinload(Question.responses)


def get_interview(session: Session, user_id: uuid.UUID, interview_id: uuid.UUID) -> Interview:
    """With its questions and their responses. Raises NotFoundError, also for somebody else's."""
    interview = session.scalar(
        sa.select(Interview)
        .where(Interview.id == interview_id, Interview.user_id == user_id)
        .options(_WITH_RESPONSES.selectinload(Response.job))
        .execution_options(populate_existing=True)
    )
    if interview is None:
        raise NotFoundError
    return interview


def list_interviews(
    session: Session, user_id: uuid.UUID, *, page: int, page_size: int, status: InterviewStatus | None = None
) -> Page[Interview]:
    """The user's interviews, newest first."""
    query = (
        sa.select(Interview)
        .where(Interview.user_id == user_id)
        .options(_WITH_RESPONSES.load_only(Response.id, Response.attempt))
        .order_by(Interview.started_at.desc(), Interview.id)
    )
    if status is not None:
        query = query.where(Interview.status == status)
    return paginate(session, query, page=page, page_size=page_size)


def get_response(session: Session, user_id: uuid.UUID, response_id: uuid.UUID) -> Response:
    """Raises NotFoundError, also for somebody else's."""
    response = session.scalar(
        sa.select(Response)
        .join(Response.question)
        .join(Question.interview)
        .where(Response.id == response_id, Interview.user_id == user_id)
        .options(selectinload(Response.job))
    )
    if response is None:
        raise NotFoundError
    return response


# --- changing ---------------------------------------------------------------------------------------


def start_interview(
    session: Session,
    user: User,
    *,
    job_role: str,
    interview_type: InterviewType,
    num_questions: int,
    topics: Sequence[str],
    job_description: str | None,
    follow_ups: bool,
    difficulty_level: DifficultyLevel | None = None,
    reword: Reword | None = None,
) -> Interview:
    """Choose the questions and keep them as snapshots. Raises InvalidFieldsError for an unknown topic.

    Without a `difficulty_level`, the title's rank sets it ("Senior"), else it is intermediate. `reword` puts the
    questions in the terms of the job description, where it can. It may take seconds and end the transaction: what
    comes before it only reads.
    """
    interview_id = uuid.uuid4()
    wishes = Wishes(
        title=job_role,
        interview_type=interview_type.value,
        count=num_questions,
        level=difficulty_level.value if difficulty_level else None,
        topics=topics,
        description=job_description or "",
        seen=_seen_questions(session, user.id),
    )
    planned, selected = catalog.plan_interview(session, wishes, rng=random.Random(interview_id.int))
    interview = Interview(
        id=interview_id,
        user_id=user.id,
        job_role=" ".join(job_role.split()),
        matched_roles=[{"id": r.id, "title": r.title, "similarity": r.similarity} for r in planned.roles],
        notice=planned.notice,
        difficulty_level=DifficultyLevel(planned.level),
        interview_type=interview_type,
        topics=list(topics),
        job_description=job_description,
        follow_ups=follow_ups,
    )
    texts = [str(entry.question.content["text"]) for entry in selected]
    if reword is not None and job_description:
        texts = reword([entry.question.id for entry in selected], job_description) or texts
    for number, (entry, text) in enumerate(zip(selected, texts, strict=True), start=1):
        content = entry.question.content
        interview.questions.append(
            Question(
                order_number=number,
                bank_question_id=entry.question.id,
                question_text=text,
                question_type=QuestionType(entry.question.question_type),
                difficulty=DifficultyLevel(entry.question.level),
                skill_id=entry.skill.id,
                skill_category=entry.skill.name,
                rubric={key: value for key, value in content.items() if key != "text"},
                responses=[],
            )
        )
    session.add(interview)
    session.flush()
    return interview


def _seen_questions(session: Session, user_id: uuid.UUID) -> frozenset[str]:
    return frozenset(
        bank_id
        for bank_id in session.scalars(
            sa.select(Question.bank_question_id).join(Question.interview).where(Interview.user_id == user_id)
        )
        if bank_id is not None
    )


def submit_answer(
    session: Session,
    user: User,
    question_id: uuid.UUID,
    *,
    user_answer: str,
    time_taken_seconds: float | None,
    max_attempts: int,
) -> Submission:
    """Take the first answer to a question and queue its feedback; the last one completes the interview.

    Raises NotFoundError, InterviewClosedError, AlreadyAnsweredError.
    """
    interview, question, attempts = _lock_question(session, user, question_id)
    if attempts:
        raise AlreadyAnsweredError
    if interview.status is not InterviewStatus.IN_PROGRESS:
        raise InterviewClosedError
    submission = _add_response(session, user, question, 1, user_answer, time_taken_seconds, max_attempts)
    complete_when_done(session, interview, max_attempts=max_attempts)
    return submission


def retry_answer(
    session: Session,
    user: User,
    question_id: uuid.UUID,
    *,
    user_answer: str,
    time_taken_seconds: float | None,
    max_attempts: int,
) -> Submission:
    """Take a further attempt at an answered question, also after the interview. Raises NotAnsweredError."""
    _interview, question, attempts = _lock_question(session, user, question_id)
    if not attempts:
        raise NotAnsweredError
    return _add_response(session, user, question, attempts + 1, user_answer, time_taken_seconds, max_attempts)


def complete_interview(session: Session, user: User, interview_id: uuid.UUID, *, max_attempts: int) -> Job:
    """End an interview with what has been answered; its skill-gap job. Ending it twice gives the same job.

    Raises InterviewClosedError for an abandoned one.
    """
    interview = lock_interview(session, interview_id, user.id)
    if interview.status is InterviewStatus.ABANDONED:
        raise InterviewClosedError("This interview was abandoned, so it cannot be completed.")
    if interview.status is InterviewStatus.COMPLETED:
        job = session.scalar(
            sa.select(Job).where(Job.interview_id == interview.id, Job.kind == JobKind.SKILL_GAP_ANALYSIS)
        )
        # After its retention the job is gone; the analysis can be made again.
        return job or enqueue_analysis(session, interview, max_attempts)
    return complete(session, interview, max_attempts)


def abandon_interview(session: Session, user: User, interview_id: uuid.UUID) -> None:
    """End an interview without an analysis. Raises InterviewClosedError for a completed one."""
    interview = lock_interview(session, interview_id, user.id)
    if interview.status is InterviewStatus.COMPLETED:
        raise InterviewClosedError("This interview is completed already, so it cannot be abandoned.")
    if interview.status is InterviewStatus.IN_PROGRESS:
        interview.status = InterviewStatus.ABANDONED
        interview.completed_at = NOW
        session.flush()
        refresh_scores(session, interview)


def cancel_job(session: Session, user: User, job_id: uuid.UUID, *, max_attempts: int) -> Job:
    """Cancel a job that is not finished, and do for its interview what its end makes possible.

    Raises NotFoundError, JobFinishedError.
    """
    job = jobs.get_job(session, user.id, job_id)
    # The interview before the job, as everywhere, so that two transactions never wait for each other.
    lock_interview(session, job.interview_id)
    job = jobs.cancel(session, user.id, job_id)
    settle(session, job.interview_id, max_attempts=max_attempts)
    return job


# --- inside -----------------------------------------------------------------------------------------


def _lock_question(session: Session, user: User, question_id: uuid.UUID) -> tuple[Interview, Question, int]:
    """The question, its locked interview, and how many attempts it has."""
    interview_id = session.scalar(sa.select(Question.interview_id).where(Question.id == question_id))
    if interview_id is None:
        raise NotFoundError
    interview = lock_interview(session, interview_id, user.id)
    question = session.get_one(Question, question_id)
    attempts = session.scalar(
        sa.select(sa.func.count()).select_from(Response).where(Response.question_id == question_id)
    )
    return interview, question, attempts or 0


def _add_response(
    session: Session,
    user: User,
    question: Question,
    attempt: int,
    user_answer: str,
    time_taken_seconds: float | None,
    max_attempts: int,
) -> Submission:
    response = Response(
        question_id=question.id,
        attempt=attempt,
        user_answer=user_answer,
        time_taken_seconds=time_taken_seconds,
    )
    session.add(response)
    session.flush()
    job = jobs.enqueue(
        session,
        JobKind.ANSWER_FEEDBACK,
        user_id=user.id,
        interview_id=question.interview_id,
        question_id=question.id,
        response_id=response.id,
        max_attempts=max_attempts,
    )
    return Submission(response, job)
