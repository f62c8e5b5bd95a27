"""What cannot be got by deceiving the judgement, on a small sample; `python -m bench.attacks` takes a large one."""

from __future__ import annotations

import dataclasses

import pytest

from bench.attacks.cases import sample
from bench.attacks.families import ACCUSATION, Family, families
from bench.attacks.measuring import Bench
from bench.attacks.requirements import stays_high, stays_low
from worker.analysis.local.engine import LocalEngine

SEED = 7
QUESTIONS = 3
# Where each answer is held to a bound of its own, and no mean to settle, fewer will do.
FEWER = 2
# Halves of answers lie far apart: their mean wants more of them.
MORE = {"half of the model answer": 12}
FAMILIES = {family.name: family for family in families()}
# Where the requirement is not met yet, what holds until it is; `python -m bench.attacks` tells the requirement as missed.
UNTIL_MET = {
    "keywords: glossary": stays_low(70),
    "negated by hand": stays_low(90),
    "model answer": stays_high(80),
}
# Sentences that name every keyword still earn nearly everything: there is no bound to hold.
UNHELD = {"keywords: sentence salad"}
HELD = [family for family in FAMILIES.values() if family.name not in UNHELD]


@pytest.fixture(scope="module")
def bench() -> Bench:
    engine = LocalEngine()
    engine.load()
    return Bench(engine)


@pytest.mark.parametrize("family", HELD, ids=lambda family: family.name)
def test_the_judgement_does_with_a_family_of_attacks_what_is_required(bench: Bench, family: Family):
    requirement = UNTIL_MET.get(family.name, family.requirement)
    tried = dataclasses.replace(family, requirement=requirement, times=1)
    count = MORE.get(family.name, FEWER if family.clean or family.only else QUESTIONS)
    result = bench.run(tried, sample(count, SEED), SEED)
    worst = [(outcome.score, outcome.clean_score, outcome.answer[:200]) for outcome in result.worst(2)]
    assert result.met, f"{requirement.text}: {worst}"


def test_most_pleas_are_named_as_what_they_are(bench: Bench):
    result = bench.run(dataclasses.replace(FAMILIES["plea alone"], times=15), sample(QUESTIONS, SEED), SEED)
    assert sum(ACCUSATION in outcome.flags for outcome in result.outcomes) > len(result.outcomes) / 2
