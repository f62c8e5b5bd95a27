"""What every error of the API must look like, checked in one place."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse

MEMBERS = {"type", "title", "status", "detail", "request_id"}
# What would show that somebody else's words reached the client.
LEAKS = ("Traceback", "psycopg2", "sqlalchemy", "SELECT ", "INSERT ", "marshmallow", "werkzeug", 'File "')


def problem_of(response: TestResponse, status: int) -> dict[str, Any]:
    """The response's body, once it is known to be a well-formed problem with this status."""
    assert response.status_code == status, (response.status_code, response.get_data(as_text=True))
    assert response.mimetype == "application/problem+json"
    body: dict[str, Any] = response.json
    assert set(body) == MEMBERS | ({"errors"} if "errors" in body else set())
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["request_id"] == response.headers["X-Request-ID"]
    text = response.get_data(as_text=True)
    assert not [leak for leak in LEAKS if leak in text]
    return body


def errors_of(response: TestResponse) -> dict[str, list[str]]:
    """What a 422 says of each field."""
    errors: dict[str, list[str]] = problem_of(response, 422)["errors"]
    assert errors
    for messages in errors.values():
        assert messages
        assert all(isinstance(message, str) and message for message in messages)
    return errors
