"""Slips of the pen in an answer: put right toward the question's words, and nothing else touched."""

from __future__ import annotations

import pytest

from tests.unit.analysis.test_properties import ENGINE, QUESTION
from worker.analysis.local.spelling import corrected, terms

KNOWN = terms(
    (
        "The optimizer estimates cardinality from the statistics of an immutable, asynchronous repository.",
        "A mutable synchronous precondition; `idempotency_key` and HashMap.",
    )
)
VOCABULARY = frozenset({"estimated", "because", "static"})


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("the optimzier looks at it", "the optimizer looks at it"),
        ("Cardinalty is off", "cardinality is off"),
        ("in the reposotory", "in the repository"),
    ],
)
def test_a_slip_in_a_word_of_the_question_is_put_right(said: str, meant: str):
    assert corrected(said, KNOWN, VOCABULARY) == meant


@pytest.mark.parametrize(
    "text",
    [
        "estimated because static",
        "it optimizes and optimized",
        "an unsynchronous thing, unmutable",
        "the postcondition holds",
        "call `optimzier()` or reposotory.find(x), see optimzier_name",
        "kubernetes schedules pods",
    ],
    ids=["known words", "other forms", "turned round", "its counterpart", "code", "unlike any"],
)
def test_what_is_no_slip_stays_as_it_is(text: str):
    assert corrected(text, KNOWN, VOCABULARY) == text


def test_the_quote_of_a_misspelt_answer_is_the_candidates_own():
    answer = "The hash fucntion turns the key into the number of a buckett, so lookup is constnat on average."
    finding = ENGINE.assess(answer, QUESTION).findings[0]
    assert finding.evidence is not None
    assert "buckett" in finding.evidence.quote


def test_slips_cost_an_answer_little():
    right = (
        "The hash function turns the key into the index of a bucket. Keys that collide are chained in a list."
    )
    slips = right.replace("function", "funciton").replace("bucket", "buckett").replace("collide", "colllide")
    assert ENGINE.assess(slips, QUESTION).score >= ENGINE.assess(right, QUESTION).score - 7
