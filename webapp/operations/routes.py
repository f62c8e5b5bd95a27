"""Root, health, readiness, info, metrics."""

from __future__ import annotations

import hmac
import ipaddress
from http import HTTPStatus
from typing import Any

import marshmallow as ma
from flask import Response, current_app, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask.views import MethodView

from webapp import __version__, limits
from webapp.blueprint import Blueprint
from webapp.database import db
from webapp.errors import NotFoundError
from webapp.operations import metrics, service
from webapp.settings import Settings

NAME = "AI Interview Simulator"
# Of these, a proxy adds one at least; a scraper on this host adds none.
PROXY_HEADERS = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")

blueprint = Blueprint("Service", __name__, description="Root, health and information.")


class LinksSchema(ma.Schema):
    docs = ma.fields.String(required=True)
    redoc = ma.fields.String(required=True)
    openapi = ma.fields.String(required=True)
    health = ma.fields.String(required=True)
    catalog = ma.fields.String(required=True)


class RootSchema(ma.Schema):
    name = ma.fields.String(required=True)
    version = ma.fields.String(required=True)
    status = ma.fields.String(required=True)
    links = ma.fields.Nested(LinksSchema, required=True)


class HealthSchema(ma.Schema):
    status = ma.fields.String(required=True, metadata={"example": "healthy"})
    name = ma.fields.String(required=True)
    version = ma.fields.String(required=True)


class DependencySchema(ma.Schema):
    name = ma.fields.String(required=True)
    up = ma.fields.Boolean(required=True)
    detail = ma.fields.String(required=True)


class ReadinessSchema(ma.Schema):
    status = ma.fields.String(required=True, metadata={"example": "ready"})
    dependencies = ma.fields.List(ma.fields.Nested(DependencySchema), required=True)


class ProviderSchema(ma.Schema):
    provider = ma.fields.String(required=True, metadata={"example": "local"})
    model = ma.fields.String(required=True, allow_none=True)


class RateLimitsSchema(ma.Schema):
    login_by_address = ma.fields.String(required=True, metadata={"example": "60 per minute"})
    register_by_address = ma.fields.String(required=True)
    start_by_user = ma.fields.String(required=True)
    answer_by_user = ma.fields.String(required=True)
    retry_by_user = ma.fields.String(required=True)


class LimitsSchema(ma.Schema):
    max_body_bytes = ma.fields.Integer(required=True)
    max_answer_characters = ma.fields.Integer(required=True)
    max_job_description_characters = ma.fields.Integer(required=True)
    max_questions = ma.fields.Integer(required=True)
    max_page_size = ma.fields.Integer(required=True)
    max_wait_seconds = ma.fields.Integer(required=True)
    job_retention_days = ma.fields.Integer(
        required=True, allow_none=True, metadata={"description": "null where finished jobs are kept."}
    )
    rate_limits = ma.fields.Nested(
        RateLimitsSchema, required=True, allow_none=True, metadata={"description": "null where they are off."}
    )


class TotalsSchema(ma.Schema):
    analyses = ma.fields.Integer(required=True)
    mean_engine_seconds = ma.fields.Float(required=True, allow_none=True)
    input_tokens = ma.fields.Integer(required=True)
    output_tokens = ma.fields.Integer(required=True)
    cost_usd = ma.fields.Float(required=True, allow_none=True)


class InfoSchema(ma.Schema):
    name = ma.fields.String(required=True)
    version = ma.fields.String(required=True)
    analysis = ma.fields.Nested(ProviderSchema, required=True)
    limits = ma.fields.Nested(LimitsSchema, required=True)
    totals = ma.fields.Nested(TotalsSchema, required=True)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def _welcome() -> dict[str, Any]:
    return {
        "name": NAME,
        "version": __version__,
        "status": "running",
        "links": {
            "docs": "/api/docs",
            "redoc": "/api/redoc",
            "openapi": "/api/openapi.json",
            "health": "/api/health",
            "catalog": "/api/catalog",
        },
    }


@blueprint.route("/")
class Root(MethodView):
    @blueprint.doc(security=[])
    @blueprint.response(200, RootSchema)
    @blueprint.alt_response(302, description="A browser is sent to the documentation.")
    def get(self) -> ResponseReturnValue:
        """What this is, and where to go"""
        best = request.accept_mimetypes.best_match(["application/json", "text/html"])
        return redirect("/api/docs") if best == "text/html" else jsonify(_welcome())


@blueprint.route("/api")
class ApiRoot(MethodView):
    @blueprint.doc(security=[])
    @blueprint.response(200, RootSchema)
    def get(self) -> dict[str, Any]:
        """What this is, and where to go, always as JSON"""
        return _welcome()


@blueprint.route("/api/health")
class Health(MethodView):
    @blueprint.doc(security=[])
    @blueprint.response(200, HealthSchema)
    def get(self) -> dict[str, str]:
        """Liveness

        Touches nothing outside the process.
        """
        return {"status": "healthy", "name": NAME, "version": __version__}


@blueprint.route("/api/health/ready")
class Readiness(MethodView):
    @blueprint.doc(security=[])
    @blueprint.response(200, ReadinessSchema)
    @blueprint.alt_response(
        503, schema=ReadinessSchema, description="A dependency is away; `dependencies` says which."
    )
    def get(self) -> ResponseReturnValue:
        """Readiness

        A line per dependency: database, broker (which must take a write), workers seen lately, queue (503 when an
        answer is due for 30 s and no job runs or ends), and beat (which is reported, not required).
        """
        found = service.dependencies(db.session(), _settings())
        ready = service.is_ready(found)
        body = ReadinessSchema().dump({"status": "ready" if ready else "not ready", "dependencies": found})
        return jsonify(body), HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE


@blueprint.route("/api/info")
class Info(MethodView):
    # Anybody may ask, and each answer reads the database.
    @limits.limiter.limit(limits.INFO_BY_ADDRESS)
    @blueprint.doc(security=[])
    @blueprint.response(200, InfoSchema)
    @blueprint.problems(429, 503)
    def get(self) -> dict[str, Any]:
        """Name, version, analysis provider, limits and totals"""
        settings = _settings()
        return {
            "name": NAME,
            "version": __version__,
            "analysis": service.engine_in_use(db.session(), settings),
            "limits": {
                "max_body_bytes": settings.max_body_bytes,
                "max_answer_characters": 5000,
                "max_job_description_characters": 20_000,
                "max_questions": 20,
                "max_page_size": 100,
                "max_wait_seconds": 30,
                "job_retention_days": settings.job_retention_days or None,
                "rate_limits": {
                    "login_by_address": limits.LOGIN_BY_ADDRESS,
                    "register_by_address": limits.REGISTER_BY_ADDRESS,
                    "start_by_user": limits.START_BY_USER,
                    "answer_by_user": limits.ANSWER_BY_USER,
                    "retry_by_user": limits.RETRY_BY_USER,
                }
                if settings.rate_limits
                else None,
            },
            "totals": service.analysis_totals(db.session()),
        }


@blueprint.route("/metrics")
class Metrics(MethodView):
    @blueprint.doc(security=[])
    @blueprint.response(200, {"type": "string"}, content_type="text/plain")
    @blueprint.problems(404, 503)
    def get(self) -> Response:
        """Prometheus metrics

        Open to loopback, and to whoever sends the operator's METRICS_TOKEN as Bearer; anybody else gets 404.
        """
        if not _may_read_metrics(_settings()):
            raise NotFoundError
        return Response(
            metrics.render(db.session(), _settings()), content_type="text/plain; version=0.0.4; charset=utf-8"
        )


def _may_read_metrics(settings: Settings) -> bool:
    if settings.metrics_token:
        given = request.authorization
        token = given.token if given and given.type == "bearer" else None
        return hmac.compare_digest((token or "").encode(), settings.metrics_token.encode())
    # Behind a proxy every caller looks like loopback unless TRUSTED_PROXIES says how many to look through.
    return _is_loopback(request.remote_addr) and not any(name in request.headers for name in PROXY_HEADERS)


def _is_loopback(address: str | None) -> bool:
    """127.0.0.0/8 and ::1, and the former as a socket for both families shows it (::ffff:127.0.0.1)."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    return (getattr(parsed, "ipv4_mapped", None) or parsed).is_loopback
