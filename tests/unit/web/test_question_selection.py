"""Choosing questions: type, topics, level, unseen ones, weights."""

from __future__ import annotations

import itertools
import random
from collections import Counter

import pytest

from webapp.catalog.selection import Entry, choose

LEVELS = ("beginner", "intermediate", "advanced")
POOL = [
    Entry(f"{skill}-{kind}-{level}-{number}", skill, kind, level)
    for skill, kind, level, number in [
        *itertools.product(("sql", "caching", "python"), ("technical",), LEVELS, range(4)),
        *itertools.product(("python", "algorithms"), ("coding",), LEVELS, range(3)),
        *itertools.product(("teamwork", "ownership"), ("behavioral",), LEVELS, range(4)),
    ]
]
TECHNICAL = {"sql": 1.0, "caching": 0.8, "python": 0.6}
BEHAVIORAL = {"teamwork": 1.0, "ownership": 0.9}


def chosen(seed=1, **wishes):
    defaults = {
        "topics": frozenset(),
        "technical_skills": TECHNICAL,
        "behavioral_skills": BEHAVIORAL,
        "interview_type": "technical",
        "level": "intermediate",
        "count": 5,
        "seen": frozenset(),
    }
    return choose(wishes.pop("pool", POOL), **{**defaults, **wishes}, rng=random.Random(seed))


SEEDS = range(25)


@pytest.mark.parametrize("interview_type", ["technical", "behavioral", "coding", "mixed"])
@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_as_many_different_questions_as_wanted_and_of_the_type(interview_type, count):
    for seed in SEEDS:
        entries = chosen(seed, interview_type=interview_type, count=count)
        assert len({entry.id for entry in entries}) == count
        if interview_type != "mixed":
            assert {entry.question_type for entry in entries} == {interview_type}


def test_there_are_fewer_only_when_the_pool_has_fewer():
    assert len(chosen(interview_type="coding", count=20)) == 18
    assert chosen(interview_type="system_design") == []
    assert chosen(pool=[]) == []


def test_about_a_third_of_a_mixed_interview_is_behavioral_and_comes_last():
    for count, behavioral in ((1, 0), (2, 1), (5, 2), (10, 3)):
        types = [entry.question_type == "behavioral" for entry in chosen(interview_type="mixed", count=count)]
        assert types == [False] * (count - behavioral) + [True] * behavioral


def test_topics_of_one_side_leave_no_room_for_the_other():
    technical = chosen(interview_type="mixed", topics=frozenset({"sql"}), count=10)
    assert {entry.skill_id for entry in technical} == {"sql"}
    behavioral = chosen(interview_type="mixed", topics=frozenset({"teamwork"}), count=10)
    assert {entry.skill_id for entry in behavioral} == {"teamwork"}


def test_topics_come_before_anything_else_and_share_the_places():
    for seed in SEEDS:
        counts = Counter(
            entry.skill_id for entry in chosen(seed, topics=frozenset({"sql", "python"}), count=6)
        )
        assert set(counts) == {"sql", "python"}
        assert min(counts.values()) >= 2


def test_a_topic_that_no_role_has_is_asked_all_the_same():
    entries = chosen(topics=frozenset({"algorithms"}), interview_type="coding", count=3)
    assert {entry.skill_id for entry in entries} == {"algorithms"}


def test_the_asked_level_comes_first_and_its_neighbours_fill_up():
    for level in LEVELS:
        assert {entry.level for entry in chosen(level=level, count=12)} == {level}
    assert Counter(entry.level for entry in chosen(level="beginner", count=20)) == {
        "beginner": 12,
        "intermediate": 8,
    }


def test_unseen_questions_come_first_and_seen_ones_before_none():
    seen = frozenset(entry.id for entry in chosen(seed=1, count=6))
    for seed in SEEDS:
        assert seen.isdisjoint(entry.id for entry in chosen(seed, count=6, seen=seen))
    everything = frozenset(entry.id for entry in POOL)
    assert len(chosen(seen=everything, count=5)) == 5


def test_every_skill_of_the_role_comes_up_before_one_comes_up_thrice():
    for seed in SEEDS:
        counts = Counter(entry.skill_id for entry in chosen(seed, count=3))
        assert len(counts) >= 2


def test_skills_of_other_roles_come_only_when_the_roles_own_have_run_out():
    for seed in SEEDS:
        own = chosen(seed, technical_skills={"sql": 1.0}, count=12)
        assert Counter(entry.skill_id for entry in own) == {"sql": 12}
        assert len(chosen(seed, technical_skills={"sql": 1.0}, count=14)) == 14


def test_the_same_randomness_gives_the_same_questions_and_another_gives_others():
    assert chosen(seed=7) == chosen(seed=7)
    assert len({tuple(chosen(seed)) for seed in SEEDS}) > 10
