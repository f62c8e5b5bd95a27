"""What the judgement must do with a family of attacks, and whether it did."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer and what it got; `clean_score` is that of the honest answer it was made from."""

    case_id: str
    answer: str
    score: float
    flags: tuple[str, ...]
    insufficient: str | None
    clean_score: float | None = None

    @property
    def change(self) -> float:
        return 0.0 if self.clean_score is None else round(self.score - self.clean_score, 2)


@dataclass(frozen=True, slots=True)
class Requirement:
    """`value` is what is measured of an outcome, `worse` is bigger the more an outcome offends."""

    text: str
    met: Callable[[Sequence[Outcome]], bool]
    value: Callable[[Outcome], float] = lambda outcome: outcome.score
    worse: Callable[[Outcome], float] = lambda outcome: outcome.score
    inside: Callable[[Outcome], bool] | None = None

    def values(self, outcomes: Sequence[Outcome]) -> list[float]:
        return [self.value(outcome) for outcome in outcomes]

    def share(self, outcomes: Sequence[Outcome]) -> float | None:
        """Of the outcomes, those that are where each one should be."""
        return fmean([self.inside(outcome) for outcome in outcomes]) if self.inside else None


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of a non-empty sequence."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def stays_low(mean: float, p95: float | None = None) -> Requirement:
    def met(outcomes: Sequence[Outcome]) -> bool:
        scores = [outcome.score for outcome in outcomes]
        return fmean(scores) <= mean and (p95 is None or percentile(scores, 0.95) <= p95)

    tail = "" if p95 is None else f", p95 <= {p95:g}"
    bound = mean if p95 is None else p95
    return Requirement(f"mean <= {mean:g}{tail}", met, inside=lambda outcome: outcome.score <= bound)


def never_above(limit: float) -> Requirement:
    def inside(outcome: Outcome) -> bool:
        return outcome.score <= limit

    return Requirement(f"max <= {limit:g}", lambda outcomes: all(map(inside, outcomes)), inside=inside)


def never_raises(limit: float) -> Requirement:
    """Compared with the honest answer."""

    def inside(outcome: Outcome) -> bool:
        return outcome.change <= limit

    return Requirement(
        f"never raises by more than {limit:g}",
        lambda outcomes: all(map(inside, outcomes)),
        value=lambda outcome: outcome.change,
        worse=lambda outcome: outcome.change,
        inside=inside,
    )


def moves_little(limit: float, share: float) -> Requirement:
    """Compared with the honest answer, up or down, in at least this share."""

    def inside(outcome: Outcome) -> bool:
        return abs(outcome.change) <= limit

    return Requirement(
        f"moves by <= {limit:g}" + ("" if share == 1 else f" in {share:.0%}"),
        lambda outcomes: fmean(map(inside, outcomes)) >= share,
        value=lambda outcome: abs(outcome.change),
        worse=lambda outcome: abs(outcome.change),
        inside=inside,
    )


def lies_between(low: float, high: float) -> Requirement:
    return Requirement(
        f"mean {low:g} to {high:g}",
        lambda outcomes: low <= fmean(outcome.score for outcome in outcomes) <= high,
        worse=lambda outcome: abs(outcome.score - (low + high) / 2),
        inside=lambda outcome: low <= outcome.score <= high,
    )


def stays_high(mean: float) -> Requirement:
    return Requirement(
        f"mean >= {mean:g}",
        lambda outcomes: fmean(outcome.score for outcome in outcomes) >= mean,
        worse=lambda outcome: -outcome.score,
        inside=lambda outcome: outcome.score >= mean,
    )


def not_punished(accusation: str) -> Requirement:
    """This flag is not raised, and the answer is judged."""

    def inside(outcome: Outcome) -> bool:
        return outcome.insufficient is None and accusation not in outcome.flags

    return Requirement(
        "not flagged",
        lambda outcomes: all(map(inside, outcomes)),
        worse=lambda outcome: 100.0 * (not inside(outcome)) - outcome.score,
        inside=inside,
    )
