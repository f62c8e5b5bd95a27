"""Skill gaps: what the answers say of a skill, and what its owner is told to do next."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.analysis.skill_gaps import (
    Correction,
    Gap,
    JudgedAnswer,
    JudgedCriterion,
    SkillProfile,
    analyse_skills,
    proficiency_of,
)
from worker.analysis.types import Level, Status

TODAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
DOCS = {
    "key": "docs", "title": "PostgreSQL documentation", "kind": "documentation", "url": "https://www.postgresql.org/docs/", "hours": 20,
}  # fmt: skip
BOOK = {"key": "book", "title": "Getting to Yes, Fisher and Ury", "kind": "book", "hours": 6}
SORTED = JudgedCriterion(
    "A B-tree index keeps its keys sorted, so range scans are cheap", 3, Status.MISSING, None
)
WRITES = JudgedCriterion("Each index makes every write a little slower", 2, Status.MISSING, None)
COVERING = JudgedCriterion(
    "An index that holds all the columns avoids reading the table", 1, Status.MISSING, None
)
STORY = (
    JudgedCriterion("I asked for their reasons before I pressed my own", 3, Status.MISSING, None),
    JudgedCriterion("We settled it by a trial that both of us accepted", 2, Status.MISSING, None),
)


def covered(criterion: JudgedCriterion, quote: str = "as I said") -> JudgedCriterion:
    return replace(criterion, status=Status.COVERED, quote=quote)


def partial(criterion: JudgedCriterion, quote: str = "more or less") -> JudgedCriterion:
    return replace(criterion, status=Status.PARTIAL, quote=quote)


def answer(
    score: float, question: str = "q1", *, days_ago: float = 0, interview: str = "now", **fields: Any
) -> JudgedAnswer:
    attempt = fields.get("attempt", 1)
    values: dict[str, Any] = {
        "question_id": question,
        "response_id": f"{interview}-{question}-{attempt}-{fields.get('skill_id', '')}",
        "interview_id": interview,
        "skill_id": "sql",
        "skill_name": "SQL",
        "level": Level.INTERMEDIATE,
        "score": score,
        "confidence": 0.8,
        "answered_at": NOW - timedelta(days=days_ago),
        "attempt": 1,
        "criteria": (SORTED, WRITES, COVERING)
        if score < 75
        else (covered(SORTED), covered(WRITES), covered(COVERING)),
        "resources": (DOCS,),
    }
    return JudgedAnswer(**(values | fields))


def analyse(*answers: JudgedAnswer, skills: dict[str, SkillProfile] | None = None) -> tuple[Gap, ...]:
    return analyse_skills(answers, skills or {}, interview_id="now", today=TODAY)


def only(*answers: JudgedAnswer, skills: dict[str, SkillProfile] | None = None) -> Gap:
    (gap,) = analyse(*answers, skills=skills)
    return gap


def skill(name: str, *prerequisites: str, id_: str = "sql") -> dict[str, SkillProfile]:
    return {id_: SkillProfile(id_, name, prerequisites, (DOCS,))}


def sentences(text: str) -> int:
    unquoted = re.sub(r'"[^"]*"|“[^”]*”', "quoted", text)
    return len(re.findall(r"[.!?](?= |$)", unquoted))


scores = st.floats(0, 100).map(lambda score: round(score, 2))


@st.composite
def histories(draw: st.DrawFn, least: int = 1) -> list[JudgedAnswer]:
    """Answers of one skill, over some interviews, of which at least one belongs to the present one."""
    drawn = [
        answer(
            draw(scores),
            f"q{index}",
            days_ago=draw(st.integers(0, 900)),
            interview=draw(st.sampled_from(["now", "before", "long ago"])) if index else "now",
            level=draw(st.sampled_from(list(Level))),
            confidence=draw(st.floats(0, 1)),
            attempt=draw(st.integers(1, 4)),
        )
        for index in range(draw(st.integers(least, 8)))
    ]
    statuses = st.sampled_from(
        [SORTED, partial(SORTED), covered(SORTED), replace(SORTED, quote="the opposite")]
    )
    return [replace(a, criteria=(draw(statuses), WRITES)) for a in drawn]


# --- mastery ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("score", "least", "most"), [(0, 15, 40), (100, 60, 74.99)])
def test_one_answer_alone_is_neither_nothing_nor_a_strength(score, least, most):
    gap = only(answer(score, confidence=1.0))
    assert least <= gap.gap_score <= most
    assert gap.confidence < 0.5


@given(histories(), st.floats(0, 100), st.sampled_from(list(Level)), st.floats(0, 1), st.integers(0, 400))
def test_adding_an_answer_better_than_the_standing_never_lowers_mastery(
    history, above, level, confidence, age
):
    before = only(*history).gap_score
    better = answer(
        min(100.0, before + 0.01 + above), "another", level=level, confidence=confidence, days_ago=age
    )
    assert only(*history, better).gap_score >= before


@given(histories(), st.data())
def test_a_higher_score_for_the_same_answer_never_lowers_mastery(history, data):
    index = data.draw(st.integers(0, len(history) - 1))
    raised = replace(history[index], score=data.draw(st.floats(history[index].score, 100)))
    assert only(*history[:index], raised, *history[index + 1 :]).gap_score >= only(*history).gap_score


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_the_answers_does_not_matter(history, rng: random.Random):
    shuffled = list(history)
    rng.shuffle(shuffled)
    assert analyse(*shuffled) == analyse(*history)


@given(histories())
def test_every_figure_stays_in_its_bounds(history):
    gap = only(*history)
    assert 0 <= gap.gap_score <= 100
    assert round(gap.gap_score, 2) == gap.gap_score
    assert 0 <= gap.confidence <= 1
    assert gap.proficiency_level == proficiency_of(gap.gap_score)
    assert gap.trend in {"up", "down", "steady", "new"}
    assert len(gap.evidence) <= 4
    assert 1 <= len(gap.study_plan) <= 4
    assert all(0.5 <= step["hours"] <= 20 for step in gap.study_plan)
    assert gap.next_review_on > TODAY
    assert 1 <= sentences(gap.recommendation) <= 3


@pytest.mark.parametrize("score", [5, 30, 90])
def test_two_attempts_at_a_question_weigh_less_than_two_questions(score):
    attempts = only(answer(score), answer(score, attempt=2))
    questions = only(answer(score), answer(score, "q2"))
    one = only(answer(score))
    assert abs(one.gap_score - 50) < abs(attempts.gap_score - 50) < abs(questions.gap_score - 50)
    assert one.confidence < attempts.confidence < questions.confidence


@pytest.mark.parametrize("score", [0, 40, 70, 100])
def test_confidence_rises_with_each_answer_that_agrees(score):
    confidences = [
        only(*(answer(score, f"q{i}") for i in range(count))).confidence for count in (1, 2, 4, 8, 30)
    ]
    assert confidences == sorted(set(confidences))
    assert confidences[-1] > 0.65


def test_answers_that_disagree_leave_less_confidence_than_answers_that_agree():
    split = only(*(answer(100 * (i % 2), f"q{i}") for i in range(6)))
    agreed = only(*(answer(100, f"q{i}") for i in range(6)))
    assert split.confidence < agreed.confidence


def test_what_was_shown_lately_outweighs_what_was_shown_long_ago():
    risen = only(answer(10, "old", days_ago=90, interview="before"), answer(90))
    fallen = only(answer(90, "old", days_ago=90, interview="before"), answer(10))
    assert risen.gap_score > 55
    assert fallen.gap_score < 45


def test_a_judgement_that_the_engine_doubts_moves_mastery_less():
    assert only(answer(90, confidence=0.3)).gap_score < only(answer(90, confidence=0.9)).gap_score
    assert only(answer(10, confidence=0.3)).gap_score > only(answer(10, confidence=0.9)).gap_score


def test_an_advanced_success_says_more_and_a_beginners_failure_says_more():
    def standing(score: float, level: Level) -> float:
        return only(answer(score, level=level)).gap_score

    assert standing(95, Level.BEGINNER) < standing(95, Level.INTERMEDIATE) < standing(95, Level.ADVANCED)
    assert standing(5, Level.BEGINNER) < standing(5, Level.INTERMEDIATE) < standing(5, Level.ADVANCED)


@pytest.mark.parametrize(
    ("score", "level"),
    [(49.99, "weak"), (50.0, "moderate"), (74.99, "moderate"), (75.0, "strong"), (0.0, "weak")],
)
def test_levels_begin_at_fifty_and_seventy_five(score, level):
    assert proficiency_of(score) == level


def test_steady_good_answers_make_a_skill_strong():
    assert only(*(answer(92, f"q{i}") for i in range(3))).proficiency_level == "strong"


# --- which skills -----------------------------------------------------------------------------------


def test_only_skills_that_this_interview_shows_are_listed_and_the_weakest_comes_first():
    gaps = analyse(
        answer(90, "a", skill_id="python", skill_name="Python"),
        answer(10, "b", skill_id="sql"),
        answer(60, "c", skill_id="linux", skill_name="Linux"),
        answer(5, "d", skill_id="caching", skill_name="Caching", interview="before"),
    )
    assert [gap.skill_name for gap in gaps] == ["SQL", "Linux", "Python"]


def test_nothing_answered_gives_no_gaps():
    assert analyse() == ()


def test_a_skill_that_the_bank_dropped_keeps_the_name_it_was_asked_under():
    assert only(answer(40, skill_name="Old SQL")).skill_name == "Old SQL"


# --- trend ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "trend"), [(30, 80, "up"), (80, 30, "down"), (60, 64, "steady"), (60, 53, "steady")]
)
def test_the_trend_compares_this_interview_with_what_came_before(before, now, trend):
    earlier = [answer(before, f"old{i}", days_ago=10, interview="before") for i in range(2)]
    assert only(*earlier, answer(now, "a"), answer(now, "b")).trend == trend


def test_a_skill_never_answered_before_is_new():
    assert only(answer(80), answer(20, "q2")).trend == "new"


def test_harder_questions_with_a_slightly_lower_score_are_no_decline():
    earlier = [answer(85, f"old{i}", days_ago=10, interview="before", level=Level.BEGINNER) for i in range(3)]
    now = [answer(68, f"new{i}", level=Level.ADVANCED) for i in range(3)]
    assert only(*earlier, *now).trend != "down"


def test_a_single_answer_must_differ_more_than_several_to_move_the_trend():
    one = only(answer(60, "old", days_ago=5, interview="before"), answer(74))
    several = only(
        *(answer(60, f"old{i}", days_ago=5, interview="before") for i in range(4)),
        *(answer(74, f"new{i}") for i in range(4)),
    )
    assert (one.trend, several.trend) == ("steady", "up")


# --- evidence ---------------------------------------------------------------------------------------


def test_evidence_shows_this_interview_first_and_each_question_once():
    gap = only(
        answer(20, "old", days_ago=0.1, interview="before"),
        answer(30, "a", days_ago=1),
        answer(60, "a", days_ago=0.5, attempt=2),
        *(answer(50, f"b{i}", days_ago=2) for i in range(2)),
    )
    asked = [item["question_id"] for item in gap.evidence]
    assert asked[-1] == "old"
    assert sorted(asked) == ["a", "b0", "b1", "old"]


def test_evidence_quotes_the_best_point_of_a_good_answer_and_the_error_of_a_poor_one():
    good = answer(80, criteria=(partial(WRITES, "half"), covered(SORTED, "keys are kept in order")))
    poor = answer(
        20, criteria=(covered(COVERING, "it has the columns"), replace(SORTED, quote="indexes are unordered"))
    )
    assert only(good).evidence[0]["quote"] == "keys are kept in order"
    assert only(poor).evidence[0]["quote"] == "indexes are unordered"


def test_an_answer_without_quotes_is_evidence_all_the_same():
    assert only(answer(2)).evidence == (
        {"question_id": "q1", "response_id": answer(2).response_id, "score": 2, "quote": None},
    )


# --- recommendation ---------------------------------------------------------------------------------


def test_the_heaviest_missing_criterion_comes_first_and_one_without_a_topic_is_quoted():
    text = only(answer(20, criteria=(COVERING, SORTED, covered(WRITES)))).recommendation
    assert "“A B-tree index keeps its keys sorted, so range scans are cheap”" in text
    assert text.index("B-tree") < text.index("holds all the columns")
    assert "makes every write" not in text


def test_a_missing_criterion_comes_before_a_partial_one_of_the_same_weight():
    text = only(answer(30, criteria=(partial(SORTED), replace(WRITES, weight=3)))).recommendation
    assert text.index("every write") < text.index("B-tree")


def test_at_most_three_criteria_are_named():
    many = tuple(replace(WRITES, text=f"The point {i} holds") for i in range(8))
    text = only(answer(5, criteria=many)).recommendation
    assert len(re.findall(r"The point \d holds", text)) == 3


def test_what_a_second_attempt_mended_is_not_called_missing():
    text = only(
        answer(20, criteria=(SORTED, WRITES)), answer(60, attempt=2, criteria=(covered(SORTED), WRITES))
    ).recommendation
    assert "B-tree" not in text
    assert "every write" in text


def test_what_an_earlier_interview_missed_is_not_blamed_on_this_one():
    old = answer(10, "old", days_ago=9, interview="before", criteria=(SORTED,))
    assert "B-tree" not in only(old, answer(40, criteria=(WRITES,))).recommendation


def test_a_mistake_is_put_right_first_with_the_candidates_own_words():
    wrong = Correction("a B-tree has no order", "What holds is this: a B-tree keeps its keys sorted.")
    text = only(answer(20, criteria=(SORTED, WRITES), mistakes=(wrong,))).recommendation
    assert "“a B-tree has no order”" in text
    assert "a B-tree keeps its keys sorted" in text
    assert text.index("no order") < text.index("every write")


@pytest.mark.parametrize("topic", ["why a B-tree keeps its keys sorted", "the cost of `INSERT`"])
def test_a_point_is_named_by_its_topic_in_its_own_case(topic):
    text = only(answer(20, criteria=(replace(SORTED, topic=topic),))).recommendation
    assert topic in text
    assert SORTED.text not in text


def test_a_point_of_a_story_is_named_to_the_candidate_by_its_topic():
    story = tuple(
        replace(criterion, topic=topic)
        for criterion, topic in zip(STORY, ("how you asked for their reasons", "what you tried"), strict=True)
    )
    text = only(answer(10, criteria=story, resources=(BOOK,), story=True)).recommendation
    assert "how you asked for their reasons" in text
    assert "I asked" not in text


@pytest.mark.parametrize("criteria", [(SORTED, WRITES), STORY, ()])
def test_dont_know_gets_a_way_to_begin(criteria):
    gap = only(answer(0, criteria=criteria), skills=skill("SQL", "Data structures"))
    assert sentences(gap.recommendation) >= 1
    assert "close" not in gap.recommendation
    assert not re.search(r"\bNone\b|  |\.\.|\{|;\.|^[a-z]", gap.recommendation)


def test_a_weak_skill_names_its_prerequisite_and_a_moderate_one_does_not():
    profiles = skill("SQL", "Data structures")
    assert "Data structures" in only(answer(20), skills=profiles).recommendation
    assert "Data structures" not in only(answer(70), skills=profiles).recommendation


def test_a_prerequisite_that_is_weak_too_comes_first_and_a_good_one_is_not_mentioned():
    profiles = {
        **skill("SQL", "Linux", "Python"),
        **skill("Linux", id_="linux"),
        **skill("Python", id_="python"),
    }
    linux = answer(5, "l", skill_id="linux")
    python = answer(95, "p", skill_id="python")
    gap = next(gap for gap in analyse(answer(10), linux, python, skills=profiles) if gap.skill_name == "SQL")
    assert "builds on Linux, which is weak as well" in gap.recommendation
    assert "Python" not in gap.recommendation


def test_a_strong_skill_is_told_how_to_stay_one():
    gap = only(*(answer(95, f"q{i}") for i in range(4)))
    assert gap.proficiency_level == "strong"
    assert "keep it" in gap.recommendation


def test_a_good_first_answer_is_told_why_it_is_not_yet_a_strength():
    gap = only(answer(96))
    assert gap.proficiency_level == "moderate"
    assert "little to go by" in gap.recommendation


def test_a_good_second_attempt_is_told_that_it_had_seen_the_model_answer():
    assert "model answer" in only(answer(10), answer(95, attempt=2)).recommendation


def test_neighbouring_skills_are_not_told_the_same_sentence():
    gaps = analyse(*(answer(20, f"q{i}", skill_id=f"s{i}", skill_name=f"S{i}") for i in range(3)))
    assert len({gap.recommendation for gap in gaps}) == 3


def test_a_criterion_of_enormous_length_does_not_fill_the_recommendation():
    text = only(
        answer(10, criteria=(replace(SORTED, text="The index " + "is sorted and " * 200),))
    ).recommendation
    assert len(text) < 400


# --- study plan -------------------------------------------------------------------------------------


def test_a_weak_skill_refreshes_its_prerequisite_reads_and_then_recalls():
    gap = only(answer(10), skills=skill("SQL", "Data structures"))
    assert [step["resource"] for step in gap.study_plan] == [
        None, "PostgreSQL documentation, https://www.postgresql.org/docs/", None,
    ]  # fmt: skip
    assert "Data structures" in gap.study_plan[0]["title"]
    assert "B-tree" in gap.study_plan[1]["why"]


def test_a_strong_skill_gets_one_light_step():
    (step,) = only(*(answer(95, f"q{i}") for i in range(4))).study_plan
    assert step["hours"] <= 1


def test_the_reading_for_the_heavier_loss_comes_first():
    light = answer(40, "q1", criteria=(COVERING,), resources=(DOCS,))
    heavy = answer(40, "q2", criteria=(SORTED, WRITES), resources=(BOOK,))
    plan = only(light, heavy).study_plan
    assert [step["resource"] for step in plan][:2] == [BOOK["title"], f"{DOCS['title']}, {DOCS['url']}"]


@given(scores, scores)
def test_a_bigger_gap_never_takes_fewer_hours(one, other):
    def hours(score: float) -> float:
        gap = only(
            *(answer(score, f"q{i}", criteria=(SORTED,)) for i in range(4)), skills=skill("SQL", "Linux")
        )
        return sum(step["hours"] for step in gap.study_plan)

    assert hours(min(one, other)) >= hours(max(one, other))


def test_no_step_takes_longer_than_the_resource_it_reads():
    short = DOCS | {"hours": 1}
    plan = only(answer(0, resources=(short,))).study_plan
    assert next(step for step in plan if step["resource"])["hours"] <= 1


def test_without_any_resource_the_plan_turns_to_the_model_answer():
    plan = only(answer(20, resources=())).study_plan
    assert "model answer" in plan[0]["title"]
    assert all(step["resource"] is None for step in plan)


# --- review date ------------------------------------------------------------------------------------


def test_each_good_interview_in_a_row_moves_the_review_further_away():
    def days(successes: int) -> int:
        history = [
            answer(90, f"q{i}", days_ago=4 * i, interview=f"old{i}" if i else "now") for i in range(successes)
        ]
        return (only(*history).next_review_on - TODAY).days

    assert 3 < days(1) < days(2) < days(3) < days(12) <= 180


def test_a_failed_interview_brings_the_review_back_to_a_few_days():
    history = [answer(95, f"q{i}", days_ago=4 + i, interview=f"old{i}") for i in range(4)]
    assert (only(*history, answer(15)).next_review_on - TODAY).days == 3


def test_greater_mastery_is_reviewed_later():
    def after(score: float) -> date:
        return only(*(answer(score, f"q{i}") for i in range(4))).next_review_on

    assert after(100) > after(62)
