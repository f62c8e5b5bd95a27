"""What a candidate says again adds nothing, unless it takes it back."""

from __future__ import annotations

import pytest

from worker.analysis.local.repeated import first_said
from worker.analysis.quotes import sentences

FIRST = "The index makes such lookups fast."


def kept(text: str) -> list[str]:
    return [span.of(text) for span in first_said(text, sentences(text))]


@pytest.mark.parametrize(
    "again", [FIRST, FIRST.upper(), f"As I said: {FIRST}", "Well, the index makes such lookups fast, indeed."]
)
def test_a_sentence_that_comes_again_is_left_out(again: str):
    assert kept(f"{FIRST} {again} It costs writes.") == [FIRST, "It costs writes."]


@pytest.mark.parametrize(
    "other",
    [
        "It is false that the index makes such lookups fast.",
        "The index makes such inserts fast.",
        "The index makes such lookups fast, as it keeps the keys in order.",
    ],
    ids=["denied", "another claim", "with its reason"],
)
def test_what_says_something_else_stays(other: str):
    assert kept(f"{FIRST} {other}") == [FIRST, other]


def test_short_remarks_may_come_again():
    assert kept("It depends. I test it. It depends.") == ["It depends.", "I test it.", "It depends."]
