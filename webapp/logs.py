"""Structured logs: one JSON object a line, with ids and no text that a person wrote."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, has_request_context, request

# Everything else that a LogRecord carries is either in the line already or of no use to an operator.
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}

request_logger = logging.getLogger("webapp.requests")


class JsonFormatter(logging.Formatter):
    """A record as one JSON line; `extra` fields become keys. Exceptions give type and place, never their message."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
        if has_request_context():
            # What a request caused is found by its id, up to the job that it published.
            line.setdefault("request_id", g.get("request_id"))
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            # A driver's message quotes the values of a row: only the places are kept.
            line["trace"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])
            ]
        return json.dumps(line, default=str)


def configure(level: int = logging.INFO) -> None:
    """Send every log line of this process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Libraries speak of connections and URLs at INFO; what they have to say of trouble comes as warnings.
    for name in ("httpx", "httpcore", "openai", "anthropic", "kombu", "alembic", "flask-limiter", "limits"):
        logging.getLogger(name).setLevel(logging.WARNING)


def register(app: Flask) -> None:
    """One line per request, by route rather than by path."""

    @app.before_request
    def start_clock() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def log_request(response: Response) -> Response:
        if request.endpoint != "Service.Health":
            request_logger.info(
                "request",
                extra={
                    "request_id": g.get("request_id"),
                    "method": request.method,
                    "route": request.url_rule.rule if request.url_rule else None,
                    "status": response.status_code,
                    "duration_ms": round((time.perf_counter() - g.started) * 1000, 1)
                    if "started" in g
                    else None,
                    "user_id": _user_id(),
                },
            )
        return response


def _user_id() -> str | None:
    # The token's word, not the row's: after a commit or a rollback that would ask the database, which may be away.
    loaded = g.get("_jwt_extended_jwt_user", {}).get("loaded_user") is not None
    return str(g.get("_jwt_extended_jwt", {}).get("sub")) if loaded else None
