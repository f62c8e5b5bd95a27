"""Interviews, questions and responses over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import current_app
from flask.views import MethodView

from webapp import limits
from webapp.accounts.tokens import current_user, require_access_token
from webapp.blueprint import Blueprint
from webapp.database import db
from webapp.errors import NotFoundError
from webapp.identity import current_user_id
from webapp.interviews import service
from webapp.interviews.models import Interview, Response
from webapp.interviews.schemas import (
    AnswerCreateSchema,
    InterviewCreateSchema,
    InterviewPageSchema,
    InterviewQuerySchema,
    InterviewSchema,
    QuestionListSchema,
    ResponseDetailSchema,
    SubmissionSchema,
)
from webapp.jobs.models import Job
from webapp.jobs.routes import ACCEPTED, RETRY_AFTER_SECONDS
from webapp.jobs.routes import blueprint as jobs
from webapp.jobs.schemas import JobSchema
from webapp.paging import Page
from webapp.rewording import Rewording
from webapp.settings import Settings
from webapp.transactions import idempotent, transactional

interviews = Blueprint(
    "Interviews", __name__, url_prefix="/api/interviews", description="Practising an interview."
)
questions = Blueprint(
    "Questions", __name__, url_prefix="/api/questions", description="Answering its questions."
)
responses = Blueprint(
    "Responses", __name__, url_prefix="/api/responses", description="Answers and their feedback."
)


def _max_attempts() -> int:
    settings: Settings = current_app.extensions["settings"]
    return settings.job_max_attempts


def _job_headers(job: Job) -> dict[str, str]:
    return {"Location": f"/api/jobs/{job.id}", "Retry-After": RETRY_AFTER_SECONDS}


@interviews.route("/start")
class InterviewStart(MethodView):
    @require_access_token
    @limits.accepted_only(limits.START_BY_USER, limits.by_user)
    @idempotent
    @interviews.arguments(InterviewCreateSchema)
    @interviews.response(201, InterviewSchema, headers={"Location": {}})
    @interviews.problems(400, 401, 403, 415, 422, 429, 503)
    def post(self, payload: dict[str, Any]) -> tuple[Interview, int, dict[str, str]]:
        """Start an interview

        Any job title will do: `matched_roles` says how it was understood, and `notice` what could not be as asked. The
        questions are those of the bank that fit role, level, type, topics and job description; questions that you have
        not been asked before come first. A title that the bank does not know gets behavioral questions.
        """
        rewording: Rewording = current_app.extensions["rewording"]

        def reword(question_ids: Sequence[str], job_description: str) -> list[str] | None:
            # It waits for a provider: no transaction may be open meanwhile. So far this one has only read.
            db.session.commit()
            return rewording(question_ids, job_description)

        interview = service.start_interview(
            db.session(), current_user(), **payload, reword=reword if rewording else None
        )
        return interview, 201, {"Location": f"/api/interviews/{interview.id}"}


@interviews.route("")
class Interviews(MethodView):
    @require_access_token
    @interviews.arguments(InterviewQuerySchema, location="query")
    @interviews.response(200, InterviewPageSchema)
    @interviews.problems(401, 403, 422, 503)
    def get(self, query: dict[str, Any]) -> Page[Interview]:
        """My interviews, newest first"""
        return service.list_interviews(db.session(), current_user_id(), **query)


@interviews.route("/user/<uuid:user_id>")
class InterviewsOfUser(MethodView):
    @require_access_token
    @interviews.arguments(InterviewQuerySchema, location="query")
    @interviews.response(200, InterviewPageSchema)
    @interviews.problems(401, 403, 404, 422, 503)
    def get(self, query: dict[str, Any], user_id: UUID) -> Page[Interview]:
        """My interviews by my user id

        The id of anybody else is answered with 404.
        """
        if user_id != current_user_id():
            raise NotFoundError
        return service.list_interviews(db.session(), user_id, **query)


@interviews.route("/<uuid:interview_id>")
class InterviewById(MethodView):
    @require_access_token
    @interviews.response(200, InterviewSchema)
    @interviews.problems(401, 403, 404, 503)
    def get(self, interview_id: UUID) -> Interview:
        """One interview, with its questions and each question's response"""
        return service.get_interview(db.session(), current_user_id(), interview_id)


@interviews.route("/<uuid:interview_id>/complete")
class InterviewComplete(MethodView):
    @require_access_token
    @limits.accepted_only(limits.CHANGE_BY_USER, limits.by_user)
    @idempotent
    @interviews.response(202, JobSchema, headers=ACCEPTED)
    @interviews.problems(401, 403, 404, 409, 422, 429, 503)
    def post(self, interview_id: UUID) -> tuple[Job, int, dict[str, str]]:
        """End an interview with what has been answered

        Answers with the skill-gap job. When the last question is answered this happens by itself; asking
        again gives the same job.
        """
        job = service.complete_interview(
            db.session(), current_user(), interview_id, max_attempts=_max_attempts()
        )
        return job, 202, _job_headers(job)


@interviews.route("/<uuid:interview_id>/abandon")
class InterviewAbandon(MethodView):
    @require_access_token
    @transactional
    @interviews.response(200, InterviewSchema)
    @interviews.problems(401, 403, 404, 409, 503)
    def post(self, interview_id: UUID) -> Interview:
        """End an interview without an analysis"""
        session = db.session()
        service.abandon_interview(session, current_user(), interview_id)
        return service.get_interview(session, current_user_id(), interview_id)


@jobs.route("/<uuid:job_id>/cancel")
class JobCancel(MethodView):
    """Here and not in jobs/: the end of a job moves its interview on, and jobs know nothing of interviews."""

    @require_access_token
    @limits.accepted_only(limits.CHANGE_BY_USER, limits.by_user)
    @transactional
    @jobs.response(200, JobSchema)
    @jobs.problems(401, 403, 404, 409, 429, 503)
    def post(self, job_id: UUID) -> Job:
        """Cancel a job that is not finished"""
        return service.cancel_job(db.session(), current_user(), job_id, max_attempts=_max_attempts())


@questions.route("/<uuid:interview_id>")
class QuestionsOfInterview(MethodView):
    @require_access_token
    @questions.response(200, QuestionListSchema)
    @questions.problems(401, 403, 404, 503)
    def get(self, interview_id: UUID) -> dict[str, Any]:
        """The questions of an interview, in their order"""
        return {"items": service.get_interview(db.session(), current_user_id(), interview_id).questions}


@questions.route("/<uuid:question_id>/answer")
class QuestionAnswer(MethodView):
    @require_access_token
    @limits.accepted_only(limits.ANSWER_BY_USER, limits.by_user)
    @idempotent
    @questions.arguments(AnswerCreateSchema)
    @questions.response(202, SubmissionSchema, headers=ACCEPTED)
    @questions.problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
    def post(
        self, payload: dict[str, Any], question_id: UUID
    ) -> tuple[service.Submission, int, dict[str, str]]:
        """Answer a question

        The answer is kept at once; its feedback is computed by the job that is answered with.
        """
        submission = service.submit_answer(
            db.session(), current_user(), question_id, **payload, max_attempts=_max_attempts()
        )
        return submission, 202, _job_headers(submission.job)


@questions.route("/<uuid:question_id>/retry")
class QuestionRetry(MethodView):
    @require_access_token
    @limits.accepted_only(limits.RETRY_BY_USER, limits.by_user)
    @idempotent
    @questions.arguments(AnswerCreateSchema)
    @questions.response(202, SubmissionSchema, headers=ACCEPTED)
    @questions.problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
    def post(
        self, payload: dict[str, Any], question_id: UUID
    ) -> tuple[service.Submission, int, dict[str, str]]:
        """Answer a question once more

        A further attempt, also after the interview ended. The interview's score keeps the first one.
        """
        submission = service.retry_answer(
            db.session(), current_user(), question_id, **payload, max_attempts=_max_attempts()
        )
        return submission, 202, _job_headers(submission.job)


@responses.route("/<uuid:response_id>")
class ResponseById(MethodView):
    @require_access_token
    @responses.response(200, ResponseDetailSchema)
    @responses.problems(401, 403, 404, 503)
    def get(self, response_id: UUID) -> Response:
        """A response with its feedback, and the question's other attempts"""
        return service.get_response(db.session(), current_user_id(), response_id)
