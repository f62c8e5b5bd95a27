"""Jobs over HTTP: /api/jobs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, current_app, jsonify, make_response, request
from flask.views import MethodView

from webapp import limits
from webapp.accounts.tokens import require_access_token
from webapp.blueprint import IF_NONE_MATCH, NOT_MODIFIED, Blueprint
from webapp.database import db
from webapp.identity import current_user_id
from webapp.jobs import service
from webapp.jobs.models import Job
from webapp.jobs.schemas import JobDetailSchema, JobPageSchema, JobQuerySchema, JobSchema
from webapp.jobs.waiting import WaitingRoom, wanted_wait
from webapp.paging import Page
from webapp.transactions import idempotent

RETRY_AFTER_SECONDS = "1"
# The headers of an answer with a job, for the schema.
ACCEPTED: dict[str, dict[str, str]] = {"Location": {}, "Retry-After": {}}

blueprint = Blueprint(
    "Jobs", __name__, url_prefix="/api/jobs", description="Every analysis, and how far it is."
)


@blueprint.route("")
class Jobs(MethodView):
    @require_access_token
    @blueprint.arguments(JobQuerySchema, location="query")
    @blueprint.response(200, JobPageSchema)
    @blueprint.problems(401, 403, 422, 503)
    def get(self, query: dict[str, Any]) -> Page[Job]:
        """My jobs, newest first"""
        return service.list_jobs(db.session(), current_user_id(), **query)


@blueprint.route("/<uuid:job_id>")
class JobById(MethodView):
    @require_access_token
    @blueprint.doc(
        parameters=[
            {
                "name": "Prefer",
                "in": "header",
                "required": False,
                "description": "`wait=N` (at most 30) holds the answer until the job is finished or N seconds passed.",
                "schema": {"type": "string", "example": "wait=10"},
            },
            IF_NONE_MATCH,
        ]
    )
    @blueprint.response(
        200, JobDetailSchema, headers={"ETag": {}, "Retry-After": {}, "Preference-Applied": {}}
    )
    @blueprint.alt_response(
        304, description=NOT_MODIFIED, headers={"ETag": {}, "Retry-After": {}, "Preference-Applied": {}}
    )
    @blueprint.problems(401, 403, 404, 503)
    def get(self, job_id: UUID) -> Response:
        """The status of a job

        Poll it as Retry-After says, or send `Prefer: wait=N` to be answered as soon as it is finished.
        The ETag changes with every change of the job. A job whose result is stored is deleted after the retention
        that `GET /api/info` gives, and is a 404 then; its result stays.
        """
        session, user_id = db.session(), current_user_id()
        job = service.get_job(session, user_id, job_id)
        waited = False
        seconds = wanted_wait(request.headers.get("Prefer", ""))
        if seconds and not job.is_finished:
            room: WaitingRoom = current_app.extensions["waiting_room"]
            waited = room.wait_until_finished(session, job_id, seconds)
            session.expire_all()
            job = service.get_job(session, user_id, job_id)
        response = make_response(jsonify(JobDetailSchema().dump(job)))
        response.set_etag(f"{job.id}-{job.version}")
        response.headers["Cache-Control"] = "private, no-cache"
        if not job.is_finished:
            response.headers["Retry-After"] = RETRY_AFTER_SECONDS
        if waited or (seconds and job.is_finished):
            response.headers["Preference-Applied"] = f"wait={seconds}"
        response.make_conditional(request)
        return response


@blueprint.route("/<uuid:job_id>/retry")
class JobRetry(MethodView):
    @require_access_token
    @limits.accepted_only(limits.CHANGE_BY_USER, limits.by_user)
    @idempotent
    @blueprint.response(202, JobSchema, headers=ACCEPTED)
    @blueprint.problems(401, 403, 404, 409, 422, 429, 503)
    def post(self, job_id: UUID) -> tuple[Job, int, dict[str, str]]:
        """Queue a failed or cancelled job again"""
        job = service.retry(db.session(), current_user_id(), job_id)
        return job, 202, {"Location": f"/api/jobs/{job.id}", "Retry-After": RETRY_AFTER_SECONDS}
