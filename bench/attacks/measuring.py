"""Runs families of attacks through an engine."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.attacks.cases import Case, Make, every_case
from bench.attacks.families import Family
from bench.attacks.requirements import Outcome
from worker.analysis.types import Assessment, Engine


@dataclass(frozen=True, slots=True)
class Result:
    family: Family
    outcomes: tuple[Outcome, ...]

    @property
    def met(self) -> bool:
        return self.family.requirement.met(self.outcomes)

    def worst(self, count: int) -> list[Outcome]:
        return sorted(self.outcomes, key=self.family.requirement.worse, reverse=True)[:count]


class Bench:
    """Asks the engine once for each answer; what the families share, such as the clean answers, is remembered."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._known: dict[tuple[str, str], Assessment] = {}

    def assess(self, answer: str, case: Case) -> Assessment:
        key = (case.id, answer)
        if key not in self._known:
            self._known[key] = self.engine.assess(answer, case.spec)
        return self._known[key]

    def run(self, family: Family, cases: Sequence[Case], seed: int) -> Result:
        return Result(family, tuple(self._outcomes(family, cases, seed)))

    def _outcomes(self, family: Family, cases: Sequence[Case], seed: int) -> Iterator[Outcome]:
        asked = [every_case()[name] for name in family.only][: len(cases)] if family.only else cases
        # An odd step, so that a question meets another of the family's variants in each round.
        step = len(asked) | 1
        for turn, case in (
            (step * round_ + at, case) for round_ in range(family.times) for at, case in enumerate(asked)
        ):
            answer = _made(family.make, family, case, turn, seed)
            assessment = self.assess(answer, case)
            clean = None
            if family.clean:
                clean = self.assess(_made(family.clean, family, case, turn, seed), case).score
            yield Outcome(
                case_id=case.id,
                answer=answer,
                score=assessment.score,
                flags=assessment.flags,
                insufficient=assessment.insufficient.code if assessment.insufficient else None,
                clean_score=clean,
            )


def _made(make: Make, family: Family, case: Case, turn: int, seed: int) -> str:
    """The honest answer and the attack made from it draw the same random numbers."""
    return make(case, random.Random(f"{seed} {family.name} {case.id} {turn}"), turn)
