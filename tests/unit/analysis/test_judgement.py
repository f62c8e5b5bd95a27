"""What the judge makes of wordings: the same claim in other words, its opposite, and words without a claim."""

from __future__ import annotations

from statistics import fmean

import pytest

from bench.attacks.cases import every_case, sentences, wordings
from tests.unit.analysis.test_properties import ENGINE, QUESTION
from worker.analysis.screening import Screening, screen
from worker.analysis.screening.mentions import mentioned, only_mentions
from worker.analysis.types import COVERED, PARTIAL, Aspect, Criterion, Finding, Status

TAKEN_FOR_A_STORY = pytest.mark.xfail(
    strict=True, reason="A fluent technical answer can still be taken for the story that a question asks for."
)
NEGATED = sorted(wordings("negations"))
REWORDED = sorted(wordings("paraphrases"))


def test_nine_of_ten_paraphrases_move_the_score_by_at_most_seven() -> None:
    moved = []
    for name in REWORDED:
        case = every_case()[name]
        before = ENGINE.assess(case.model_answer, case.spec).score
        moved.append(abs(ENGINE.assess(wordings("paraphrases")[name], case.spec).score - before))
    assert sum(change <= 7 for change in moved) >= 0.9 * len(moved), moved


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
    assert Finding(Criterion("A claim", 1), credit).status is status


def test_a_half_of_a_model_answer_covers_some_points_and_not_others() -> None:
    statuses = []
    for name in REWORDED[:6]:
        case = every_case()[name]
        parts = sentences(case.model_answer)
        half = " ".join(parts[: len(parts) // 2])
        statuses += [finding.status for finding in ENGINE.assess(half, case.spec).findings]
    assert statuses.count(Status.COVERED) >= 5
    assert statuses.count(Status.MISSING) >= 3


@pytest.mark.parametrize("name", NEGATED)
def test_an_answer_that_turns_every_point_round_earns_little_and_is_told_why(name: str) -> None:
    answer = " ".join(wordings("negations")[name].values())
    assessment = ENGINE.assess(answer, every_case()[name].spec)
    assert assessment.score <= 40
    assert assessment.mistakes
    for mistake in assessment.mistakes:
        assert answer[mistake.evidence.start : mistake.evidence.end] == mistake.evidence.quote
        assert mistake.why.strip()


def test_hardly_any_honest_answer_is_told_of_a_mistake() -> None:
    accused = [
        name
        for name in REWORDED
        if ENGINE.assess(wordings("paraphrases")[name], every_case()[name].spec).mistakes
    ]
    assert len(accused) <= 2, accused


def test_red_flags_that_are_stated_earn_little_on_average_and_are_explained() -> None:
    scores, explained = [], 0
    for name in REWORDED[:8]:
        spec = every_case()[name].spec
        assessment = ENGINE.assess(" ".join(f"{flag.text}." for flag in spec.red_flags), spec)
        scores.append(assessment.score)
        explained += bool({m.text for m in assessment.mistakes} & {flag.text for flag in spec.red_flags})
    assert fmean(scores) <= 40, scores
    assert explained >= 4


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


def test_a_list_in_sentences_is_capped_and_the_candidate_reads_why() -> None:
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
    assert statuses["on-clause"] is not Status.COVERED


def test_feedback_on_a_story_speaks_to_the_candidate() -> None:
    case = every_case()["leadership-delegating-under-deadline"]
    assessment = ENGINE.assess("Lea led the equipment work of the next clinic.", case.spec)
    assert assessment.improvements
    assert not any("that I " in point.text for point in assessment.improvements)
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
    assert ENGINE.assess(OPINION, STORY_QUESTION.spec).score < min(35, story / 2)


def test_a_whole_story_scores_higher_than_its_beginning() -> None:
    parts = sentences(STORY_QUESTION.model_answer)
    beginning = ENGINE.assess(" ".join(parts[:2]), STORY_QUESTION.spec).score
    assert beginning + 10 <= ENGINE.assess(STORY_QUESTION.model_answer, STORY_QUESTION.spec).score


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("containers-graceful-shutdown", "stream-processing-batch-vs-stream"),
        pytest.param("agile-delivery-wip-limits", "adaptability-priorities-changed", marks=TAKEN_FOR_A_STORY),
        pytest.param(
            "interaction-design-heuristic-review",
            "learning-and-growth-new-skill-quickly",
            marks=TAKEN_FOR_A_STORY,
        ),
    ],
)
def test_the_words_of_a_trade_do_not_make_a_point_of_another_subject(said: str, asked: str) -> None:
    assert ENGINE.assess(every_case()[said].model_answer, every_case()[asked].spec).score <= 30


def test_what_the_question_gives_away_earns_hardly_anything() -> None:
    found = [
        finding.credit
        for case in list(every_case().values())[::80]
        for finding in ENGINE.extract(Screening(case.spec.text), case.spec).findings
    ]
    assert fmean(found) <= 0.1


def test_code_alone_is_judged_at_what_it_shows_and_asked_for_words() -> None:
    case = every_case()["sql-group-having"]
    code = (
        "SELECT customer_id, COUNT(*) AS orders, SUM(total) AS spent\nFROM orders\n"
        "WHERE status = 'completed'\n  AND created_at >= '2023-01-01' AND created_at < '2024-01-01'\n"
        "GROUP BY customer_id\nHAVING COUNT(*) >= 5\nORDER BY spent DESC;"
    )
    assessment = ENGINE.assess(code, case.spec)
    assert 30 <= assessment.score <= 96
    assert any("code stands alone" in point.text for point in assessment.improvements)
