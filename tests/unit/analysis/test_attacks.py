"""What cannot be got by deceiving the judgement, on a small sample; `python -m bench.attacks` takes a large one."""

from __future__ import annotations

import dataclasses

import pytest

from bench.attacks.cases import sample
from bench.attacks.families import ACCUSATION, Family, families
from bench.attacks.measuring import Bench
from bench.attacks.requirements import lies_between
from worker.analysis.judge.engine import JudgeEngine

SEED = 7
QUESTIONS = 3
# Where each answer is held to a bound of its own, and no mean to settle, fewer will do.
FEWER = 2
# Halves of answers lie far apart: their mean wants more of them.
MORE = {"half of the model answer": 24}
FAMILIES = {family.name: family for family in families()}
# Requirements that the judge misses (README); each is held to what it reaches.
REACHED = {"half of the model answer": lies_between(35, 85)}


@pytest.fixture(scope="module")
def bench() -> Bench:
    engine = JudgeEngine()
    engine.load()
    return Bench(engine)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_the_judgement_does_with_a_family_of_attacks_what_is_required(bench: Bench, family: Family):
    tried = family if family.name in MORE else dataclasses.replace(family, times=1)
    tried = dataclasses.replace(tried, requirement=REACHED.get(family.name, family.requirement))
    count = MORE.get(family.name, FEWER if family.clean or family.only else QUESTIONS)
    result = bench.run(tried, sample(count, SEED), SEED)
    worst = [(outcome.score, outcome.clean_score, outcome.answer[:200]) for outcome in result.worst(2)]
    assert result.met, f"{tried.requirement.text}: {worst}"


def test_most_pleas_are_named_as_what_they_are(bench: Bench):
    result = bench.run(dataclasses.replace(FAMILIES["plea alone"], times=15), sample(QUESTIONS, SEED), SEED)
    assert sum(ACCUSATION in outcome.flags for outcome in result.outcomes) > len(result.outcomes) / 2
