"""Errors to `application/problem+json` (RFC 9457). The one place where a failure gets its status and words.

No stack trace, no SQL and no library's message reaches a client: what is not known here is a plain 500.
"""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import Any

import psycopg2.errors
import sqlalchemy.exc
from flask import Flask, Response, g, json
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from webapp.database import db
from webapp.errors import (
    AlreadyAnsweredError,
    DomainError,
    EmailTakenError,
    InvalidFieldsError,
    ServiceUnavailableError,
    UsernameTakenError,
)

MEDIA_TYPE = "application/problem+json"

logger = logging.getLogger(__name__)

# A violated constraint is a domain error by its name: the database has the last word on uniqueness.
CONSTRAINT_ERRORS: dict[str, type[DomainError]] = {
    "uq_users_email": EmailTakenError,
    "uq_users_username_lower": UsernameTakenError,
    "uq_responses_question_id_attempt": AlreadyAnsweredError,
}

# What the client should do, for the statuses that the framework itself answers with.
DETAILS = {
    400: "The request could not be understood. Check that the body is valid JSON.",
    401: "Not authenticated",
    404: "There is nothing at this address. The documentation is at /api/docs.",
    405: "This address does not take that method. The Allow header lists those it takes.",
    406: "This address has nothing in a format that the Accept header allows.",
    414: "The address with its query is too long: at most 4096 bytes are accepted.",
    415: "Send the body as JSON, with the header Content-Type: application/json.",
    431: "The headers are too large: at most 100 headers of at most 8192 bytes each are accepted.",
    500: "Something went wrong in the service. Report the request_id if it happens again.",
}
# Added where it is known which of the two is so.
NOTHING_CHANGED = "Nothing was changed, so the request can be sent again."
CHANGES_SAVED = (
    "What the request changed was saved before that, so look at it before you send the request again."
)


def problem(
    status: int,
    detail: str,
    *,
    title: str | None = None,
    kind: str = "about:blank",
    errors: dict[str, list[str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """A problem+json response; `errors` maps a field's path to what is wrong with it."""
    body: dict[str, Any] = {
        "type": kind,
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "request_id": g.get("request_id"),
    }
    if errors is not None:
        body["errors"] = errors
    response = Response(json.dumps(body), status=status, mimetype=MEDIA_TYPE)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    response.headers.update(headers or {})
    return response


def register(app: Flask) -> None:
    """Install the handlers. Every failed request leaves its transaction rolled back."""
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(sqlalchemy.exc.IntegrityError, _integrity_error)
    app.register_error_handler(sqlalchemy.exc.DBAPIError, _database_error)
    app.register_error_handler(sqlalchemy.exc.TimeoutError, _pool_exhausted)
    app.register_error_handler(RateLimitExceeded, _rate_limited)
    app.register_error_handler(HTTPException, _http_exception)
    app.register_error_handler(Exception, _unexpected)


def _domain_error(error: DomainError) -> Response:
    db.session.rollback()
    slug = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(error).__name__.removesuffix("Error")).lower()
    return problem(
        error.status,
        error.detail,
        title=error.title,
        kind=f"urn:interview-simulator:problem:{slug}",
        errors=error.errors if isinstance(error, InvalidFieldsError) else None,
        headers={"Retry-After": str(error.retry_after)} if error.retry_after else None,
    )


def _integrity_error(error: sqlalchemy.exc.IntegrityError) -> Response:
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    domain_error = CONSTRAINT_ERRORS.get(name or "")
    if domain_error is None:
        return _unexpected(error)
    return _domain_error(domain_error())


def _database_error(error: sqlalchemy.exc.DBAPIError) -> Response:
    """A database that is away, restarting, full or read-only is a 503; anything else it says is a bug of ours."""
    if isinstance(error, sqlalchemy.exc.OperationalError | sqlalchemy.exc.InterfaceError) or (
        error.connection_invalidated or isinstance(error.orig, _UNWRITABLE)
    ):
        code = getattr(error.orig, "pgcode", None)
        logger.error("database unavailable", extra={"error": type(error.orig).__name__, "pgcode": code})
        return _unavailable()
    return _unexpected(error)


_UNWRITABLE = (
    psycopg2.errors.ReadOnlySqlTransaction,
    psycopg2.errors.DiskFull,
    psycopg2.errors.IoError,
    psycopg2.errors.AdminShutdown,
)


def _pool_exhausted(_error: sqlalchemy.exc.TimeoutError) -> Response:
    logger.error("database connection pool exhausted")
    return _unavailable()


def _unavailable() -> Response:
    if g.get("has_committed"):
        return _domain_error(ServiceUnavailableError(f"The database went away. {CHANGES_SAVED}"))
    return _domain_error(ServiceUnavailableError())


def _rate_limited(error: RateLimitExceeded) -> Response:
    _rollback()
    return problem(429, f"Too many requests: at most {error.description}. Wait as long as Retry-After says.")


def _http_exception(error: HTTPException) -> Response:
    _rollback()
    status = error.code or 500
    if status < HTTPStatus.BAD_REQUEST:
        return Response(error.get_response().data, status=status, headers=dict(error.get_headers()))
    if isinstance(error, RequestEntityTooLarge):
        return problem(413, "The request body is too large: at most 256 KiB are accepted.")
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return problem(status, DETAILS.get(status, HTTPStatus(status).phrase), headers=headers)


def _unexpected(error: Exception) -> Response:
    _rollback()
    logger.error("unexpected error", exc_info=error)
    return problem(500, f"{DETAILS[500]} {CHANGES_SAVED if g.get('has_committed') else NOTHING_CHANGED}")


def _rollback() -> None:
    db.session.rollback()
