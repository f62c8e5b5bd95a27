"""The corpus holds together: every criterion has its passages, every graded answer fits its question."""

from __future__ import annotations

from collections import Counter

import pytest

from training.corpus import CORPUS, read_answers, read_bank, read_stated, read_statements
from training.examples import READINGS, BankExamples
from training.splits import held_out

BANK = read_bank()
STATEMENTS = read_statements()
CRITERIA = {(name, criterion["key"]) for name, question in BANK.items() for criterion in question["criteria"]}
FILES = ("answers.json", "answers-dev.json")
KINDS = {
    "expert", "solid", "junior", "wrong", "terse", "slips", "plain_words", "buzzwords", "other_question",
    "half_then_wrong", "long", "self_correcting",
}  # fmt: skip
LONGEST_RUN = 8


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = text.lower().split()
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}


def test_every_criterion_of_the_bank_has_passages_of_every_kind():
    assert set(STATEMENTS) == CRITERIA
    for at, own in STATEMENTS.items():
        shape = tuple(len(own.of(kind)) for kind in ("yes", "part", "wrong", "near"))
        assert shape == (4, 1, 2, 1), at


def test_passages_are_short_and_differ_from_each_other():
    for at, own in STATEMENTS.items():
        passages = [text for kind in ("yes", "part", "wrong", "near") for text in own.of(kind)]
        assert len(set(passages)) == len(passages), at
        assert all(3 <= len(text.split()) <= 90 for text in passages), at


def test_hardly_any_passage_that_makes_a_point_copies_its_criterion():
    texts = {(name, c["key"]): c["text"] for name, question in BANK.items() for c in question["criteria"]}
    copied = [
        at
        for at, own in STATEMENTS.items()
        for said in own.yes
        if runs(said, LONGEST_RUN) & runs(texts[at], LONGEST_RUN)
    ]
    assert len(copied) <= len(STATEMENTS) / 1000


@pytest.mark.parametrize("name", FILES)
def test_every_graded_answer_fits_its_question(name):
    answers = read_answers(CORPUS / name)
    assert len({answer.aid for answer in answers}) == len(answers)
    for answer in answers:
        keys = {criterion["key"] for criterion in BANK[answer.question_id]["criteria"]}
        assert answer.kind in KINDS, answer.aid
        assert set(answer.credits) == keys, answer.aid
        assert all(0 <= mark <= 100 for mark in answer.overall), answer.aid
        assert all(0 <= credit <= 1 for credit in answer.credits.values()), answer.aid
        places = [
            span
            for spans in (*answer.evidence.values(), *answer.opposite.values(), answer.false_spans)
            for span in spans
        ]
        assert all(0 <= start < end <= len(answer.answer) for start, end in places), answer.aid


def test_answers_to_at_least_200_questions_are_graded():
    graded = {answer.question_id for name in FILES for answer in read_answers(CORPUS / name)}
    assert len(graded) >= 200
    assert not {answer.question_id for answer in read_answers()} & {
        answer.question_id for answer in read_answers(CORPUS / "answers-dev.json")
    }


def test_the_kinds_of_answers_are_graded_as_their_names_say():
    marks: dict[str, list[float]] = {}
    for answer in read_answers():
        marks.setdefault(answer.kind, []).append(sum(answer.overall) / len(answer.overall))
    mean = {kind: sum(values) / len(values) for kind, values in marks.items()}
    assert mean["expert"] > mean["solid"] > mean["junior"] > mean["wrong"]
    assert mean["terse"] > 70
    assert mean["buzzwords"] < 20


def test_a_red_flag_is_stated_by_passages_that_exist():
    stated = read_stated()
    flags = {
        (name, flag["text"].rstrip(".")) for name, question in BANK.items() for flag in question["red_flags"]
    }
    assert set(stated) <= flags
    for (question_id, _), references in stated.items():
        for key, number in references:
            assert 0 <= number < len(STATEMENTS[question_id, key].wrong)


def test_a_twelfth_of_the_questions_is_held_out():
    questions = {answer.question_id for answer in read_answers()}
    share = sum(held_out(question) for question in questions) / len(questions)
    assert 0.03 < share < 0.15


def test_examples_are_distributions_over_the_readings_and_the_same_for_the_same_seed():
    import random

    few = {
        at: own for at, own in STATEMENTS.items() if BANK[at[0]]["skill"] in ("sql", "python", "ownership")
    }
    answers = [answer for answer in read_answers() if (answer.question_id, next(iter(answer.credits))) in few]
    source = BankExamples(BANK, few, answers, read_stated())

    def drawn(seed: int):
        rng = random.Random(seed)
        return [*source.passages(rng), *source.mixtures(rng, 1), *source.red_flags(rng), *source.graded(rng)]

    examples = drawn(3)
    assert examples == drawn(3) != drawn(4)
    for example in examples:
        assert len(example.whole) == len(READINGS)
        assert sum(example.whole) == pytest.approx(1)
        assert len(example.each) == len(example.sentences) > 0
    sources = Counter(example.source for example in examples)
    assert {"passage", "mixture", "red flag", "other criterion"} <= set(sources)
