"""What holds of every judgement, whatever the answer."""

from __future__ import annotations

from statistics import fmean

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.analysis.judge.engine import JudgeEngine
from worker.analysis.scoring import DIMENSIONS, dimension_scores, overall, weights_for
from worker.analysis.types import (
    Criterion,
    Evidence,
    Finding,
    Level,
    Mistake,
    QuestionSpec,
    QuestionType,
    RedFlag,
)

ENGINE = JudgeEngine()
QUESTION = QuestionSpec(
    text="How does a hash table find a value by its key, and what happens when two keys meet in one slot?",
    question_type=QuestionType.TECHNICAL,
    level=Level.INTERMEDIATE,
    skill="Data structures",
    criteria=(
        Criterion("A hash function turns the key into the number of a bucket", 3, "hash"),
        Criterion("Lookup takes constant time on average because only one bucket is searched", 3, "constant"),
        Criterion("Keys that collide are kept in a chain or moved to another free slot", 2, "collision"),
        Criterion("The table is enlarged and rehashed when it gets too full", 1, "resize"),
    ),
    model_answer=(
        "The key is run through a hash function, and the hash says which bucket of the array the entry lives in. "
        "Only that bucket has to be searched, so on average a lookup takes constant time however large the table is. "
        "When two keys collide, the entries are either chained in a list or the second one probes for another free slot. "
        "Once the load factor passes a threshold the table is enlarged and every entry is rehashed."
    ),
    red_flags=(RedFlag("A hash table keeps its keys in sorted order", "It is not so."),),
)
POINTS = (
    "The hash function turns the key into a bucket number.",
    "Only one bucket is searched, so lookup is constant time on average.",
    "Colliding keys are chained in a list or go to another free slot.",
    "When it is too full the table grows and all keys are rehashed.",
    "I have used such tables for caching user sessions.",
)
SLOW = settings(
    max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


def score(answer: str) -> float:
    return ENGINE.assess(answer, QUESTION).score


def test_a_correct_point_more_raises_the_score_on_average() -> None:
    changes = [score(f"{one} {more}") - score(one) for one in POINTS for more in POINTS[:4] if one != more]
    assert fmean(changes) > 5


def test_saying_a_whole_answer_three_times_raises_nothing() -> None:
    answer = QUESTION.model_answer
    assert score(f"{answer} {answer} {answer}") <= score(answer) + 2


@SLOW
@given(st.lists(st.sampled_from(POINTS), min_size=2, max_size=4, unique=True))
def test_case_white_space_and_punctuation_hardly_matter(points: list[str]) -> None:
    answer = " ".join(points)
    for same in (answer.upper(), answer.replace(" ", "  "), answer.replace(",", "")):
        assert abs(score(same) - score(answer)) <= 5


@SLOW
@given(st.text(max_size=300).filter(str.strip))
def test_any_text_is_judged_and_every_quote_stands_in_it(answer: str) -> None:
    assessment = ENGINE.assess(answer, QUESTION)
    assert 0 <= assessment.score <= 100
    assert set(assessment.dimensions) == set(DIMENSIONS)
    points = [*assessment.findings, *assessment.strengths, *assessment.improvements]
    for evidence in (point.evidence for point in points if point.evidence):
        assert answer[evidence.start : evidence.end] == evidence.quote


@given(
    st.lists(st.floats(0, 1), min_size=4, max_size=4),
    st.integers(0, 3),
    st.floats(0, 1),
    st.sampled_from(QuestionType),
)
def test_more_credit_never_lowers_any_dimension(
    earned: list[float], at: int, more: float, kind: QuestionType
) -> None:
    def scored(values: list[float]) -> dict[str, float]:
        findings = [Finding(c, v) for c, v in zip(QUESTION.criteria, values, strict=True)]
        return dimension_scores(findings, (), 0.8, Level.ADVANCED)

    higher = [*earned]
    higher[at] = max(higher[at], more)
    low, high = scored(earned), scored(higher)
    assert all(high[name] >= low[name] - 1e-9 for name in DIMENSIONS)
    assert overall(high, kind, Level.ADVANCED) >= overall(low, kind, Level.ADVANCED)


@given(st.lists(st.floats(0, 1), max_size=4), st.floats(0, 1), st.sampled_from(QuestionType))
def test_a_mistake_more_or_a_graver_one_never_raises_the_score(
    severities: list[float], more: float, kind: QuestionType
) -> None:
    findings = [Finding(criterion, 0.8) for criterion in QUESTION.criteria]
    mistakes = [Mistake("", "", Evidence("x", 0, 1), severity) for severity in severities]

    def scored(held: list[Mistake]) -> float:
        return overall(dimension_scores(findings, held, 1.0, Level.BEGINNER), kind, Level.BEGINNER)

    assert scored([*mistakes, Mistake("", "", Evidence("x", 0, 1), more)]) <= scored(mistakes)


@pytest.mark.parametrize("kind", QuestionType)
@pytest.mark.parametrize("level", Level)
def test_dimension_weights_sum_to_one(kind: QuestionType, level: Level) -> None:
    assert sum(weights_for(kind, level).values()) == pytest.approx(1)


def test_the_same_answer_gets_the_same_assessment_from_another_engine() -> None:
    assert JudgeEngine().assess(POINTS[0], QUESTION) == ENGINE.assess(POINTS[0], QUESTION)
