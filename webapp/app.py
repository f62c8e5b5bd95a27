"""create_app(settings): the one place where the parts of the web service meet."""

from __future__ import annotations

import flask_smorest
from flask import Flask
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp import __version__, headers, limits, logs, openapi, problems, queue
from webapp.accounts import routes as accounts
from webapp.accounts import tokens
from webapp.blueprint import ProblemSchema
from webapp.catalog import routes as catalog
from webapp.database import db, engine_options
from webapp.interviews import routes as interviews
from webapp.jobs import routes as jobs
from webapp.jobs.waiting import WaitingRoom
from webapp.operations import docs, metrics
from webapp.operations import routes as operations
from webapp.reports import routes as reports
from webapp.rewording import Rewording
from webapp.settings import Settings, read_settings

DESCRIPTION = """
Practise job interviews. Start an interview, answer its questions, and poll the job of each answer for its
feedback: what a good answer covers, whether yours does, and the words of yours that show it.

Log in with `POST /api/auth/login` and send the access token as `Authorization: Bearer <token>`. Every error is
`application/problem+json` with a `detail` that says what to do and a `request_id` to report.
"""


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application. Raises SettingsError for settings that cannot work."""
    settings = settings or read_settings()
    logs.configure()
    app = Flask("webapp", static_folder=None)
    app.extensions["settings"] = settings
    app.config.update(
        SECRET_KEY=settings.secret_key,
        # One more than is taken: werkzeug cuts a body without a declared length off here (headers.py refuses it).
        MAX_CONTENT_LENGTH=settings.max_body_bytes + 1,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(pool_size=settings.web_threads),
    )
    # A slash at the end makes no difference.
    app.url_map.strict_slashes = False
    # A redirect for `//` would be an absolute one, to whatever host the request named.
    app.url_map.merge_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]

    db.init_app(app)
    Migrate(app, db)
    job_queue = queue.make_queue(settings)
    queue.connect(db.session, job_queue)
    # The embedded engine words nothing; with it, no start of an interview waits for anybody.
    app.extensions["rewording"] = (
        Rewording(settings, job_queue, places=settings.web_threads // 4)
        if settings.analysis_provider != "local"
        else None
    )
    app.extensions["waiting_room"] = WaitingRoom(settings.web_threads // 2)

    headers.register(app, settings)
    logs.register(app)
    metrics.register(app)
    tokens.register(app, settings)
    limits.register(app, settings)
    _register_api(app)
    app.register_blueprint(docs.blueprint)
    # Last, so that these win over the handlers that the extensions install.
    problems.register(app)
    return app


def _register_api(app: Flask) -> None:
    app.config.update(
        API_TITLE="AI Interview Simulator",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        # Served by operations/docs.py, with an ETag.
        OPENAPI_URL_PREFIX=None,
        API_SPEC_OPTIONS={
            "servers": [{"url": "/", "description": "The host that serves this schema."}],
            "info": {"description": DESCRIPTION.strip()},
            "security": [{"access_token": []}],
            "components": {
                "securitySchemes": {
                    "access_token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                    "refresh_token": {
                        "type": "http",
                        "scheme": "bearer",
                        "bearerFormat": "JWT",
                        "description": "The refresh token; only for /api/auth/refresh.",
                    },
                }
            },
        },
    )
    api = _Api(app)
    for blueprint in (
        operations.blueprint,
        accounts.auth,
        accounts.profile,
        reports.stats,
        catalog.blueprint,
        interviews.interviews,
        reports.reports,
        interviews.questions,
        interviews.responses,
        jobs.blueprint,
        reports.skill_gaps,
    ):
        api.register_blueprint(blueprint)
    document = openapi.complete(api.spec)
    app.extensions["openapi"] = app.json.dumps(document, separators=(",", ":")).encode()
    openapi.refuse_unknown_queries(app, document)


class _Api(flask_smorest.Api):
    ERROR_SCHEMA = ProblemSchema
    # Every operation documents the problems it may answer with; a catch-all would say nothing.
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Left to problems.py."""
