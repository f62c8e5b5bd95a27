"""The Blueprint of every feature: strict JSON in, documented problems out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar

import flask_smorest
import marshmallow as ma
from flask import Request, json
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from webapp.errors import InvalidFieldsError
from webapp.problems import DETAILS, MEDIA_TYPE

IF_NONE_MATCH: dict[str, Any] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of an earlier answer; 304 when nothing has changed since.",
    "schema": {"type": "string"},
}
NOT_MODIFIED = "Nothing has changed since the ETag in If-None-Match."

View = TypeVar("View", bound=Callable[..., Any])


class ProblemSchema(ma.Schema):
    """RFC 9457 problem details."""

    type = ma.fields.String(required=True, metadata={"example": "about:blank"})
    title = ma.fields.String(required=True, metadata={"example": "Not found"})
    status = ma.fields.Integer(required=True, metadata={"example": 404})
    detail = ma.fields.String(
        required=True, metadata={"example": "There is nothing here, or it is not yours."}
    )
    request_id = ma.fields.String(required=True, allow_none=True)
    errors = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.List(ma.fields.String()))


class StrictParser(FlaskParser):
    """Bodies must be JSON objects; what is wrong with them is told field by field."""

    DEFAULT_VALIDATION_STATUS = 422

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        if not req.is_json:
            raise UnsupportedMediaType
        try:
            # Not req.get_json(): it lets a RecursionError of a deeply nested body through.
            return json.loads(req.get_data(cache=True), object_pairs_hook=_object_of)
        except (ValueError, RecursionError):
            raise BadRequest from None

    def handle_error(
        self,
        error: ma.ValidationError,
        req: Request,
        schema: ma.Schema,
        *,
        error_status_code: int | None,
        error_headers: Mapping[str, str] | None,
    ) -> NoReturn:
        messages = error.messages_dict
        # {"json": {...}} or {"query": {...}}: the client knows where it put the field.
        fields = dict(
            pair for place in messages.values() if isinstance(place, dict) for pair in flatten_messages(place)
        )
        raise InvalidFieldsError(
            fields or {"_schema": [str(m) for v in messages.values() for m in v]},
            "One or more fields are not right; `errors` says what is wrong with each.",
        )


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. One with a name twice says two things, and which of them is read is a matter of luck."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = sorted(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise InvalidFieldsError(
            {name: ["This field may be given only once."] for name in twice},
            "One or more fields are not right; `errors` says what is wrong with each.",
        )
    return found


def flatten_messages(messages: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """Nested marshmallow messages as ("field.path", ["what is wrong"]) pairs."""
    for key, value in messages.items():
        path = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, Mapping):
            yield from flatten_messages(value, path)
        else:
            yield path, [str(message) for message in value]


class Blueprint(flask_smorest.Blueprint):
    ARGUMENTS_PARSER = StrictParser()

    def problems(self, *statuses: int) -> Callable[[View], View]:
        """Document that the operation may answer with these problems."""
        # Where a body is read it may also be too large.
        told = {*statuses, 413} if 415 in statuses else set(statuses)

        def decorate(view: View) -> View:
            for status in sorted(told, reverse=True):
                view = self.alt_response(
                    status,
                    schema=ProblemSchema,
                    content_type=MEDIA_TYPE,
                    description=DETAILS.get(status) or HTTPStatus(status).phrase,
                )(view)
            return view

        return decorate
