"""Marshmallow fields and schema parts that every feature's wire shapes use."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import marshmallow as ma
from marshmallow import validate

from webapp.text import has_control_characters, visible_length


class Text(ma.fields.String):
    """A string that PostgreSQL and every client can hold: no NUL, no lone surrogate."""

    default_error_messages = {
        "nul": "Must not contain NUL characters.",
        "surrogate": "Must be valid Unicode text (it contains a lone surrogate).",
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if "\x00" in text:
            raise self.make_error("nul")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise self.make_error("surrogate") from None
        return text


class Pattern(validate.Regexp):
    """A pattern, anchored at both ends, that means the same to Python and to ECMA-262, which OpenAPI uses."""

    def __call__(self, value: str) -> str:  # type: ignore[override]
        # Not match(): Python's $ also matches before a last line break.
        if re.fullmatch(str(self.regex.pattern), value) is None:
            raise ma.ValidationError(self._format_error(value))
        return value


class Choice(ma.fields.Enum[Any]):
    """A member of an enumeration, by its value; the OpenAPI schema names the enumeration (webapp/openapi.py)."""

    def __init__(self, enum: type[StrEnum], **kwargs: Any) -> None:
        metadata = {"x-enum-name": enum.__name__, **kwargs.pop("metadata", {})}
        super().__init__(enum, by_value=ma.fields.String, metadata=metadata, **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        # Stored JSON holds the value itself.
        return None if value is None else str(self.enum(value).value)


class QueryInteger(ma.fields.Integer):
    """A whole number in a query, written in the digits 0 to 9."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        # int() also takes `1_0`, ` 10` and the digits of other scripts.
        if not re.fullmatch(r"-?[0-9]{1,18}", str(value)):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Flag(ma.fields.Boolean):
    """JSON true or false; not the words and numbers that may stand for them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Number(ma.fields.Float):
    """A JSON number; not a text with one in it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Instant(ma.fields.AwareDateTime):
    """A moment in UTC, ISO 8601 with an offset."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", default_timezone=UTC, **kwargs)

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return super()._serialize(value.astimezone(UTC) if value else None, attr, obj, **kwargs)


class Score(ma.fields.Float):
    """0-100 with two decimals at most; null until known."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"minimum": 0, "maximum": 100, **kwargs.pop("metadata", {})}
        super().__init__(metadata=metadata, **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> float | None:
        return None if value is None else round(float(value), 2)


def not_blank(text: str) -> None:
    if not visible_length(text):
        raise ma.ValidationError("Must contain something that can be seen, not only white space.")


def printable(text: str) -> None:
    # White space comes with copying; where a role is shown, it is one blank.
    if has_control_characters(text, allowed="\t\r\n\u2028\u2029"):
        raise ma.ValidationError("Must not contain control characters, such as ESC.")


MAX_PAGE = 1_000_000


class PageQuerySchema(ma.Schema):
    page = QueryInteger(load_default=1, validate=validate.Range(1, MAX_PAGE))
    page_size = QueryInteger(load_default=20, validate=validate.Range(1, 100))


class PageSchema(ma.Schema):
    total = ma.fields.Integer(required=True, metadata={"minimum": 0})
    page = ma.fields.Integer(required=True, metadata={"minimum": 1})
    page_size = ma.fields.Integer(required=True, metadata={"minimum": 1, "maximum": 100})


class MessageSchema(ma.Schema):
    message = ma.fields.String(required=True)
