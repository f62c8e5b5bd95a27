"""An interview whose every commit is real, for tests in which several workers see each other's transactions."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from webapp.accounts.models import User
from webapp.interviews import service as interviews
from webapp.interviews.models import (
    DifficultyLevel,
    Interview,
    InterviewType,
    Question,
    QuestionType,
    Response,
)
from webapp.jobs.models import Job, JobAttempt
from worker.analysis.assess import judge
from worker.analysis.types import (
    Assessment,
    Extraction,
    Finding,
    ProgressCallback,
    QuestionSpec,
    ignore_progress,
)

RUBRIC = {
    "criteria": [{"key": "order", "text": "Says that the keys are kept in order.", "weight": 3}],
    "model_answer": "An index keeps its keys in order.",
    "red_flags": [],
    "follow_ups": [],
    "resources": [],
}


@dataclass
class Sent(list[uuid.UUID]):
    """The sending end of a queue that only remembers; `is_up` says whether the broker can be reached."""

    is_up: bool = True

    def publish(self, job_id: uuid.UUID) -> bool:
        if self.is_up:
            self.append(job_id)
        return self.is_up


@dataclass
class TestEngine:
    """Implements types.Engine: finds nothing, after doing what the test wants done in the middle of it."""

    __test__ = False
    provider: str = "test"
    model: str = "test-1"
    meanwhile: Callable[[ProgressCallback], None] = field(default=lambda _report: None)
    usage: dict[str, float] = field(default_factory=dict)

    def load(self) -> None:
        """There is nothing to load."""

    def assess(
        self,
        answer: str,
        question: QuestionSpec,
        *,
        time_taken_seconds: float | None = None,
        report: ProgressCallback = ignore_progress,
    ) -> Assessment:
        self.meanwhile(report)
        findings = tuple(Finding(criterion, 0.0) for criterion in question.criteria)
        extraction = Extraction(findings, (), 0.5, 0.5, self.provider, self.model)
        return judge(answer, question, extraction, time_taken_seconds, usage=self.usage)


class Practice:
    """A user in the middle of an interview; `sessions` make sessions that really commit.

    The user is a new one, or the one of an earlier practice.
    """

    def __init__(
        self,
        sessions: sessionmaker[Session],
        *,
        max_attempts: int = 5,
        user_id: uuid.UUID | None = None,
        **wishes: Any,
    ) -> None:
        self._sessions = sessions
        self.max_attempts = max_attempts
        with sessions.begin() as session:
            interview = Interview(
                user_id=user_id or _new_user(session),
                job_role="Backend Engineer",
                matched_roles=[],
                difficulty_level=DifficultyLevel.INTERMEDIATE,
                interview_type=InterviewType.MIXED,
                topics=[],
                **wishes,
            )
            session.add(interview)
            session.flush()
            self.user_id, self.interview_id = interview.user_id, interview.id
            self._asked = 0
            # One that a test leaves unanswered, so that the interview goes on until it is completed.
            self.open_question = self._ask(session)

    def _ask(self, session: Session) -> uuid.UUID:
        self._asked += 1
        question = Question(
            interview_id=self.interview_id,
            order_number=self._asked,
            question_text="What does an index do?",
            question_type=QuestionType.TECHNICAL,
            difficulty=DifficultyLevel.INTERMEDIATE,
            skill_id="sql",
            skill_category="SQL",
            rubric=RUBRIC,
        )
        session.add(question)
        session.flush()
        return question.id

    def answer(self, question_id: uuid.UUID | None = None) -> uuid.UUID:
        """Answer the question, or one more that is asked for it; the id of its job."""
        with self._sessions.begin() as session:
            submission = interviews.submit_answer(
                session,
                session.get_one(User, self.user_id),
                question_id or self._ask(session),
                user_answer=f"It keeps the keys in order, which makes finding one quick ({self._asked}).",
                time_taken_seconds=None,
                max_attempts=self.max_attempts,
            )
            return submission.job.id

    def retry(self, question_id: uuid.UUID) -> uuid.UUID:
        """Answer the question once more; the id of its job."""
        with self._sessions.begin() as session:
            submission = interviews.retry_answer(
                session,
                session.get_one(User, self.user_id),
                question_id,
                user_answer="It keeps the keys in order, and a range of them is read in one go.",
                time_taken_seconds=None,
                max_attempts=self.max_attempts,
            )
            return submission.job.id

    def cancel(self, session: Session, job_id: uuid.UUID) -> None:
        user = session.get_one(User, self.user_id)
        interviews.cancel_job(session, user, job_id, max_attempts=self.max_attempts)

    def complete(self) -> uuid.UUID:
        with self._sessions.begin() as session:
            user = session.get_one(User, self.user_id)
            return interviews.complete_interview(
                session, user, self.interview_id, max_attempts=self.max_attempts
            ).id

    def job(self, job_id: uuid.UUID) -> Job:
        with self._sessions() as session:
            return session.get_one(Job, job_id)

    def outcomes(self, job_id: uuid.UUID) -> list[str | None]:
        """Of a job's attempts, oldest first; None for the one under way."""
        with self._sessions() as session:
            query = (
                sa.select(JobAttempt.outcome)
                .where(JobAttempt.job_id == job_id)
                .order_by(JobAttempt.started_at)
            )
            return list(session.scalars(query))

    def has_feedback(self, job_id: uuid.UUID) -> bool:
        with self._sessions() as session:
            query = (
                sa.select(Response.feedback).join(Job, Job.response_id == Response.id).where(Job.id == job_id)
            )
            return session.scalar(query) is not None

    def time_passes(self, amount: float) -> None:
        """The database's clock goes on, as far as this interview's jobs can see."""
        interval = sa.func.make_interval(0, 0, 0, 0, 0, 0, amount)
        with self._sessions.begin() as session:
            session.execute(
                sa.update(Job)
                .where(Job.interview_id == self.interview_id)
                .values(
                    run_at=Job.run_at - interval,
                    published_at=Job.published_at - interval,
                    lease_until=Job.lease_until - interval,
                )
            )

    def remove(self) -> None:
        with self._sessions.begin() as session:
            session.execute(sa.delete(User).where(User.id == self.user_id))


def _new_user(session: Session) -> uuid.UUID:
    name = f"practice-{uuid.uuid4().hex}"
    user = User(email=f"{name}@example.com", username=name[:40], full_name="Mary Shaw", password_hash="-")
    session.add(user)
    session.flush()
    return user.id
