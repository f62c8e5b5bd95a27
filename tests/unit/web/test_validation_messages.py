"""What a 422 says, field by field; and the fields' own rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import marshmallow as ma
import pytest

from webapp.blueprint import flatten_messages
from webapp.fields import Flag, Instant, Number, Score, Text


@pytest.mark.parametrize(
    ("messages", "flat"),
    [
        ({}, {}),
        ({"a": ["x", "y"]}, {"a": ["x", "y"]}),
        ({"a": {0: ["x"], 2: ["y"]}}, {"a.0": ["x"], "a.2": ["y"]}),
        ({"a": {"b": {"c": ["x"]}}, "d": ["y"]}, {"a.b.c": ["x"], "d": ["y"]}),
    ],
)
def test_nested_messages_become_paths(messages, flat):
    assert dict(flatten_messages(messages)) == flat


@pytest.mark.parametrize("text", ["", " ", "a", "\n", "👩‍👩‍👧", "\ufeff", "\u202e", "a" * 10_000])
def test_a_text_that_the_database_can_hold_is_kept(text):
    assert Text().deserialize(text) == text


@pytest.mark.parametrize("value", ["\x00", "a\x00b", "\ud800", "a\udfff", 7, None, [], b"x\xff"])
def test_a_text_that_it_cannot_hold_is_refused(value):
    with pytest.raises(ma.ValidationError):
        Text().deserialize(value)


@pytest.mark.parametrize("value", [0, 1, 1.5, -2])
def test_a_number_is_a_number(value):
    assert Number().deserialize(value) == value


@pytest.mark.parametrize("value", ["1", True, False, None, [], float("nan"), float("inf")])
def test_what_only_looks_like_a_number_is_none(value):
    with pytest.raises(ma.ValidationError):
        Number().deserialize(value)


def test_a_flag_is_true_or_false_and_nothing_like_it():
    assert Flag().deserialize(True) is True
    assert Flag().deserialize(False) is False
    for value in (0, 1, "true", "yes", "", None, []):
        with pytest.raises(ma.ValidationError):
            Flag().deserialize(value)


def dump(field, value):
    return field.serialize("x", {"x": value})


def test_a_score_has_two_decimals_at_most_and_null_is_no_zero():
    assert dump(Score(), Decimal("66.67")) == 66.67
    assert dump(Score(), 66.66666) == 66.67
    assert dump(Score(), 0) == 0
    assert dump(Score(), None) is None


def test_a_moment_is_told_in_utc_with_its_offset():
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))
    assert dump(Instant(), moment) == "2026-01-02T01:04:05+00:00"
    assert dump(Instant(), moment.astimezone(UTC)) == "2026-01-02T01:04:05+00:00"
    assert dump(Instant(), None) is None
