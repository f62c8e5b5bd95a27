"""What every response carries: a request id, and headers that tell browsers to take nothing for granted."""

from __future__ import annotations

import re
import uuid

from flask import Flask, Response, g, request
from flask_cors import CORS
from werkzeug.exceptions import RequestEntityTooLarge, RequestHeaderFieldsTooLarge, RequestURITooLarge

from webapp.settings import Settings

API_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
# Of the path with its query; of a header's name and value together; of all headers.
MAX_TARGET_BYTES = 4096
MAX_HEADER_BYTES = 8192
MAX_HEADERS = 100
_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
EXPOSED = [
    "ETag",
    "Location",
    "Retry-After",
    "Preference-Applied",
    "Idempotency-Replayed",
    "X-Request-ID",
    "Content-Disposition",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "RateLimit-Policy",
]


def register(app: Flask, settings: Settings) -> None:
    @app.before_request
    def take_request_id() -> None:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _SANE_REQUEST_ID.fullmatch(given) else uuid.uuid4().hex

    app.before_request(_refuse_large_heads)

    @app.before_request
    def refuse_large_bodies() -> None:
        # Also where no view would read the body; one that comes in chunks has no length before it is read.
        length = request.content_length
        if length is None and request.environ.get("wsgi.input_terminated"):
            length = len(request.get_data(cache=True))
        if (length or 0) > settings.max_body_bytes:
            raise RequestEntityTooLarge

    @app.after_request
    def set_headers(response: Response) -> Response:
        headers = response.headers
        headers["X-Request-ID"] = g.get("request_id") or uuid.uuid4().hex
        headers.setdefault("Content-Security-Policy", API_POLICY)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Referrer-Policy", "no-referrer")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        headers.setdefault("Cache-Control", "no-store")
        if settings.allowed_origins:
            # Whoever asks: flask-cors leaves it out where one origin alone is allowed.
            response.vary.add("Origin")
        if settings.environment == "production":
            headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        return response

    if settings.allowed_origins:
        CORS(
            app,
            resources={r"/api/.*": {"origins": list(settings.allowed_origins)}},
            expose_headers=EXPOSED,
            allow_headers=[
                "Authorization",
                "Content-Type",
                "Idempotency-Key",
                "If-None-Match",
                "Prefer",
                "X-Request-ID",
            ],
            methods=["GET", "POST", "PUT", "DELETE", "OPTIONS"],
            max_age=600,
        )


def _refuse_large_heads() -> None:
    # gunicorn.conf.py lets twice as much through, so that these answers are the application's, with its headers.
    length = len(request.path.encode()) + 1 + len(request.query_string)
    # As it was sent, which percent-encoding makes longer.
    if max(length, len(request.environ.get("RAW_URI", ""))) > MAX_TARGET_BYTES:
        raise RequestURITooLarge
    headers = list(request.headers.items())
    if len(headers) > MAX_HEADERS or any(
        len(name) + len(value) > MAX_HEADER_BYTES for name, value in headers
    ):
        raise RequestHeaderFieldsTooLarge
