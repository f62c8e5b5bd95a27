"""The shape in which a model reports what it found, and the strict reading of it.

A report holds evidence and nothing that could pass for a score. Exactly one JSON object is taken, with each
criterion exactly once and no field that was not asked for; anything else is no report.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from worker.analysis.errors import ProviderInvalidOutputError
from worker.analysis.types import Status

TOPIC = {"yes": 1.0, "partly": 0.5, "no": 0.0}
"""How relevant (0-1) a text is by what the model says of its topic."""

_FENCE = re.compile(r"\A```(?:json)?[ \t]*\n(.*)\n```\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a model says of one criterion; the quote is "" where it gives none, and is not verified yet."""

    status: Status
    quote: str
    contradicted: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model says of an answer: `relevance` 0-1, and a claim for each criterion's number."""

    relevance: float
    claims: Mapping[int, Claim]


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


# The quote comes before the status: a model that has to show its evidence first claims less without any.
READING_SCHEMA: Mapping[str, Any] = _object(
    {
        "on_topic": {"type": "string", "enum": list(TOPIC)},
        "criteria": {
            "type": "array",
            "items": _object(
                {
                    "criterion": {"type": "integer"},
                    "quote": {"type": "string"},
                    "contradicted": {"type": "boolean"},
                    "status": {"type": "string", "enum": [status.value for status in Status]},
                }
            ),
        },
    }
)

TEXTS_SCHEMA: Mapping[str, Any] = _object({"texts": {"type": "array", "items": {"type": "string"}}})
"""A list of texts: one follow-up question, or reworded questions in order."""


def read_reading(text: str, numbers: Collection[int]) -> Reading:
    """The report in a model's output, on these criteria. Raises ProviderInvalidOutputError."""
    report = _fields(_one_object(text), "on_topic", "criteria")
    if not isinstance(report["on_topic"], str) or report["on_topic"] not in TOPIC:
        _invalid("names no topic it knows")
    claims: dict[int, Claim] = {}
    for entry in _list(report["criteria"]):
        fields = _fields(entry, "criterion", "quote", "contradicted", "status")
        number = fields["criterion"]
        if type(number) is not int or number not in numbers or number in claims:
            _invalid("names a criterion twice or one that was not asked about")
        if type(fields["contradicted"]) is not bool or not isinstance(fields["quote"], str):
            _invalid("has a field of the wrong type")
        if not isinstance(fields["status"], str) or fields["status"] not in set(Status):
            _invalid("names no status it knows")
        claims[number] = Claim(Status(fields["status"]), fields["quote"], fields["contradicted"])
    if set(claims) != set(numbers):
        _invalid("leaves out a criterion")
    return Reading(TOPIC[report["on_topic"]], claims)


def read_texts(text: str, count: int) -> tuple[str, ...]:
    """So many texts from a model's output. Raises ProviderInvalidOutputError."""
    texts = _list(_fields(_one_object(text), "texts")["texts"])
    if len(texts) != count or not all(isinstance(entry, str) for entry in texts):
        _invalid("does not hold the texts asked for")
    return tuple(texts)


def _one_object(text: str) -> object:
    """The JSON in a text that holds nothing else. A fence around the whole of it is taken off."""
    bare = text.strip()
    fenced = _FENCE.match(bare)
    if fenced:
        bare = fenced.group(1).strip()
    try:
        value, end = json.JSONDecoder(object_pairs_hook=_unrepeated, parse_constant=_no_constant).raw_decode(
            bare
        )
    except (ValueError, RecursionError):
        _invalid("is not valid JSON")
    if end != len(bare):
        _invalid("holds more than one object")
    return value


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose fields are there once each: of two, readers disagree on which one counts."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field is there twice")
    return fields


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _fields(value: object, *names: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != set(names):
        _invalid("does not have the fields asked for")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        _invalid("has a field of the wrong type")
    return value


def _invalid(what: str) -> NoReturn:
    raise ProviderInvalidOutputError(f"The model's output {what}.") from None
