"""What the judgement makes of wordings: the same claim said otherwise, its opposite, and words without a claim."""

from __future__ import annotations

import pytest

from bench.attacks.cases import every_case, sentences, wordings
from tests.unit.analysis.test_properties import ENGINE, QUESTION
from worker.analysis.screening import Screening, screen
from worker.analysis.screening.mentions import mentioned, only_mentions
from worker.analysis.scoring import COVERED, PARTIAL, status_of
from worker.analysis.types import Aspect, Status

NEGATED = sorted(wordings("negations"))
REWORDED = sorted(wordings("paraphrases"))
SAID_OTHERWISE = (
    (
        "A hash function turns the key into the index of a bucket.",
        "The key is hashed, and the hash gives the slot of the array.",
    ),
    (
        "When the table is too full it is enlarged and all entries are rehashed.",
        "Past a load factor the array grows and every key is hashed again.",
    ),
)


def test_nine_of_ten_paraphrases_move_the_score_by_at_most_seven() -> None:
    moved = []
    for name in REWORDED:
        case = every_case()[name]
        before = ENGINE.assess(case.model_answer, case.spec).score
        moved.append(abs(ENGINE.assess(wordings("paraphrases")[name], case.spec).score - before))
    assert sum(change <= 7 for change in moved) >= 0.9 * len(moved), moved


@pytest.mark.parametrize(("one", "other"), SAID_OTHERWISE)
def test_the_same_point_in_other_words_covers_the_same_criterion(one: str, other: str) -> None:
    def best(answer: str) -> str:
        findings = ENGINE.assess(answer, QUESTION).findings
        return max(findings, key=lambda finding: finding.credit or 0.0).criterion.key

    assert best(one) == best(other)


@pytest.mark.parametrize(
    ("credit", "status"),
    [
        (0.0, Status.MISSING),
        (PARTIAL - 0.01, Status.MISSING),
        (PARTIAL, Status.PARTIAL),
        (COVERED - 0.01, Status.PARTIAL),
        (COVERED, Status.COVERED),
        (1.0, Status.COVERED),
    ],
)
def test_a_status_is_what_its_credit_says(credit: float, status: Status) -> None:
    assert status_of(credit) is status
    assert status_of(credit, contradicted=True) is Status.MISSING


def test_covered_points_are_likelier_than_partial_ones_and_these_than_missing_ones() -> None:
    coverage: dict[Status, list[float]] = {status: [] for status in Status}
    for name in REWORDED[:6]:
        case = every_case()[name]
        half = " ".join(sentences(case.model_answer)[::2])
        for finding in ENGINE.assess(half, case.spec).findings:
            coverage[finding.status].append(finding.coverage)
    covered, missing = coverage[Status.COVERED], coverage[Status.MISSING]
    assert sum(covered) / len(covered) > 2 * sum(missing) / len(missing)


@pytest.mark.parametrize("name", NEGATED)
def test_an_answer_that_turns_every_point_round_earns_little(name: str) -> None:
    answer = " ".join(wordings("negations")[name].values())
    assert ENGINE.assess(answer, every_case()[name].spec).score <= 40


@pytest.mark.parametrize("name", REWORDED[::3])
def test_an_honest_answer_with_negations_contradicts_nothing_much(name: str) -> None:
    case = every_case()[name]
    findings = ENGINE.assess(wordings("paraphrases")[name], case.spec).findings
    assert sum(finding.contradicted for finding in findings) <= 1


@pytest.mark.parametrize(
    "sentence",
    [
        "Locks, transactions and indexes are important.",
        "Deadlock: a key concept.",
        "One has to think of latency, throughput and cost.",
    ],
)
def test_a_sentence_that_only_names_terms_is_a_mention(sentence: str) -> None:
    assert mentioned(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Locks keep two writers from changing a row at once.",
        "An index speeds up reads and slows down writes.",
        "Latency falls because the cache answers most reads.",
    ],
)
def test_a_sentence_that_claims_something_is_no_mention(sentence: str) -> None:
    assert not mentioned(sentence)


def test_no_model_answer_only_mentions() -> None:
    assert not [name for name, case in every_case().items() if only_mentions(case.model_answer)]


def test_a_list_in_sentences_is_capped_and_told_why() -> None:
    answer = (
        "Hash, bucket and key are important. One has to think of collisions, chains and probing. There are "
        "tables, load and rehashing to consider."
    )
    screening = screen(answer, QUESTION)
    assert screening.cap <= 40
    assert "keyword_list" in screening.flags
    assert screening.notes


def test_words_shared_with_another_point_do_not_cover_it() -> None:
    spec = every_case()["sql-inner-left-join"].spec
    answer = (
        "An inner join returns only the rows that match in both tables. "
        "A left join returns all rows of the left table, with nulls where nothing matches on the right."
    )
    statuses = {finding.criterion.key: finding.status for finding in ENGINE.assess(answer, spec).findings}
    assert statuses["left"] is Status.COVERED
    assert statuses["where-filter"] is not Status.COVERED
    assert statuses["on-clause"] is Status.MISSING


def test_feedback_on_a_story_speaks_to_its_teller() -> None:
    case = every_case()["leadership-delegating-under-deadline"]
    assessment = ENGINE.assess("Lea led the equipment work of the next clinic.", case.spec)
    assert assessment.improvements
    assert not any("that I " in point.text for point in assessment.improvements)
    assert " 0 of " not in assessment.summary
    covered = ENGINE.assess(case.model_answer, case.spec)
    assert all(point.evidence for point in covered.strengths)
    assert any(finding.criterion.aspect is Aspect.ACTION for finding in covered.findings)


STORY_QUESTION = every_case()["conflict-resolution-how-to-do-a-task"]
OPINION = (
    "Conflicts between colleagues are normal and should be handled with respect. Good communication is the key to every "
    "conflict, both sides should listen to each other and agree on criteria. A fair test of both ways is usually best. "
    "In the end the work and the relation matter more than who wins."
)


def test_opinions_about_a_theme_are_no_story_of_it() -> None:
    story = ENGINE.assess(STORY_QUESTION.model_answer, STORY_QUESTION.spec).score
    assert ENGINE.assess(OPINION, STORY_QUESTION.spec).score < min(30, story / 2)


def test_a_part_of_the_story_more_never_lowers_the_score() -> None:
    parts = sentences(STORY_QUESTION.model_answer)
    scores = [
        ENGINE.assess(" ".join(parts[:count]), STORY_QUESTION.spec).score
        for count in range(2, len(parts) + 1)
    ]
    assert scores == sorted(scores)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("containers-graceful-shutdown", "stream-processing-batch-vs-stream"),
        ("agile-delivery-wip-limits", "adaptability-priorities-changed"),
        ("interaction-design-heuristic-review", "learning-and-growth-new-skill-quickly"),
    ],
)
def test_the_words_of_a_trade_do_not_make_a_point_of_another_subject(said: str, asked: str) -> None:
    assert ENGINE.assess(every_case()[said].model_answer, every_case()[asked].spec).score <= 30


def test_what_the_question_gives_away_earns_nothing() -> None:
    for case in list(every_case().values())[::80]:
        found = ENGINE.extract(Screening(case.spec.text), case.spec).findings
        assert not [finding.criterion.key for finding in found if finding.status is Status.COVERED], case.id
