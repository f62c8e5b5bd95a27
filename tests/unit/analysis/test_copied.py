"""Giving back what one was shown is no answer; quoting a part of it on the way to one is."""

from __future__ import annotations

import pytest

from bench.attacks.cases import every_case
from worker.analysis.screening import screen
from worker.analysis.screening.screen import COPIED_CRITERIA_CAP

CASES = [every_case()[name] for name in sorted(every_case())[::45]]


def codes(answer, case):
    insufficient = screen(answer, case.spec).insufficient
    return insufficient.code if insufficient else None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
@pytest.mark.parametrize(
    "form", ["{0}", "{0} {0} {0}", "You ask me this: {0} It is a question that I have been asked before."]
)
def test_the_question_given_back_answers_nothing(case, form):
    assert codes(form.format(case.spec.text), case) == "copied_question"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_an_answer_after_the_question_is_judged(case):
    assert codes(f"{case.spec.text}\n\n{case.model_answer}", case) is None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_criteria_in_their_own_wording_are_capped(case):
    screening = screen(". ".join(criterion.text for criterion in case.spec.criteria), case.spec)
    assert screening.cap <= COPIED_CRITERIA_CAP
    assert "copied_criteria" in screening.flags


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_one_criterion_quoted_in_an_answer_of_ones_own_is_no_copy(case):
    screening = screen(f"{case.spec.criteria[0].text}. {case.model_answer}", case.spec)
    assert screening.cap == 100.0
    assert "copied_criteria" not in screening.flags


def test_a_terse_answer_in_nearly_the_words_of_a_criterion_is_no_copy():
    case = every_case()["data-structures-lru-cache"]
    assert "copied_criteria" not in screen("A get counts as use and moves the entry.", case.spec).flags
