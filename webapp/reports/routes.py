"""Statistics, skill gaps and reports over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask.views import MethodView

from webapp.accounts.tokens import current_user, require_access_token
from webapp.blueprint import Blueprint
from webapp.database import db
from webapp.errors import NotFoundError
from webapp.identity import current_user_id
from webapp.reports import rendering, service
from webapp.reports.models import ReportFormat
from webapp.reports.schemas import ReportQuerySchema, ReportSchema, SkillGapListSchema, StatsSchema

stats = Blueprint("Statistics", __name__, url_prefix="/api/user", description="What the practice adds up to.")
skill_gaps = Blueprint(
    "Skill gaps", __name__, url_prefix="/api/skill-gaps", description="What to learn next."
)
reports = Blueprint(
    "Reports", __name__, url_prefix="/api/interviews", description="An interview, put together."
)


@stats.route("/stats")
class Stats(MethodView):
    @require_access_token
    @stats.response(200, StatsSchema)
    @stats.problems(401, 403, 503)
    def get(self) -> dict[str, Any]:
        """The dashboard's numbers"""
        return service.user_stats(db.session(), current_user())


@skill_gaps.route("/user/<uuid:user_id>")
class SkillGapsOfUser(MethodView):
    @require_access_token
    @skill_gaps.response(200, SkillGapListSchema)
    @skill_gaps.problems(401, 403, 404, 503)
    def get(self, user_id: UUID) -> dict[str, Any]:
        """My newest standing per skill, weakest first"""
        if user_id != current_user_id():
            raise NotFoundError
        return service.standing_of_user(db.session(), user_id)


@skill_gaps.route("/interview/<uuid:interview_id>")
class SkillGapsOfInterview(MethodView):
    @require_access_token
    @skill_gaps.response(200, SkillGapListSchema)
    @skill_gaps.problems(401, 403, 404, 503)
    def get(self, interview_id: UUID) -> dict[str, Any]:
        """What one interview's analysis found, weakest first"""
        return service.gaps_of_interview(db.session(), current_user_id(), interview_id)


@reports.route("/<uuid:interview_id>/report")
class Report(MethodView):
    @require_access_token
    @reports.arguments(ReportQuerySchema, location="query")
    @reports.response(200, ReportSchema, headers={"Content-Disposition": {}})
    @reports.alt_response(200, schema={"type": "string"}, content_type="text/markdown")
    @reports.alt_response(200, schema={"type": "string"}, content_type="text/csv")
    @reports.problems(401, 403, 404, 422, 503)
    def get(self, query: dict[str, Any], interview_id: UUID) -> Response:
        """The report of an interview

        Overall, per dimension, per question with quotes, strengths, gaps and the study plan: as JSON, as Markdown
        to read, or as CSV with a line per question, in UTF-8 with a byte order mark. A cell of the CSV that a
        spreadsheet could take for a formula has an apostrophe before it.
        """
        report = ReportSchema().dump(service.interview_report(db.session(), current_user_id(), interview_id))
        kind: ReportFormat = query["format"]
        if kind is ReportFormat.JSON:
            return jsonify(report)
        text, media_type = (
            (rendering.to_markdown(report), "text/markdown")
            if kind is ReportFormat.MARKDOWN
            else (rendering.to_csv(report), "text/csv")
        )
        response = Response(text, content_type=f"{media_type}; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="interview-{interview_id}.{kind}"'
        return response
