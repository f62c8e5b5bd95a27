"""From findings and mistakes to a score, by a published formula. No engine and no model is ever asked for points.

Each criterion has a *credit* of 0-1. It counts with a *share* of its weight that the level sets (LEVEL_WEIGHTS): a
beginner question asks mostly for the essentials, an advanced one asks for the signs of depth as well.

    trust       = product over the mistakes of (1 - COST x severity), at least LEAST_TRUST
    correctness = 100 x trust x the mean of credits by share
    depth       = 100 x trust x the mean of credits over what goes beyond the essentials (weights 1 and 2, and the
                  aspects complexity, edge cases, trade-offs, result and reflection), see DEPTH_WEIGHTS
    relevance   = 100 x trust x relevance of the text x (GROUND + (1 - GROUND) x mean credit)
    structure   = 100 x trust x the share of the question's parts that are addressed; parts are the aspects it asks for
                  (STAR for behavioral), or its criteria where there is but one aspect; the best credit of a part counts
    clarity     = 100 x root of (the mean of credit x how readable the sentence is that shows it)
    score       = the sum of dimension x weight (DIMENSION_WEIGHTS by type, shifted by level), under any cap

No credit that rises, and no mistake that is taken away, ever lowers a score.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import MappingProxyType

from worker.analysis.passages import words
from worker.analysis.types import Aspect, Finding, Level, Mistake, QuestionType

RUBRIC_VERSION = "2.0"

DIMENSIONS = ("relevance", "correctness", "depth", "structure", "clarity")

COST = 0.55
"""The share of the trust that one central mistake of which the engine is sure takes away."""

LEAST_TRUST = 0.1
GROUND = 0.35

LEVEL_WEIGHTS = MappingProxyType(
    {
        Level.BEGINNER: {3: 3.0, 2: 2.0, 1: 0.5},
        Level.INTERMEDIATE: {3: 3.0, 2: 2.0, 1: 1.0},
        Level.ADVANCED: {3: 3.0, 2: 2.5, 1: 2.0},
    }
)
"""What a criterion of tier 3 (essential), 2 (expected), 1 (a sign of depth) counts at each level."""

DEPTH_WEIGHTS = MappingProxyType({3: 1.0, 2: 2.0, 1: 3.0})
DEEP_ASPECTS = frozenset(
    {Aspect.COMPLEXITY, Aspect.EDGE_CASES, Aspect.TRADE_OFFS, Aspect.RESULT, Aspect.REFLECTION}
)

DIMENSION_WEIGHTS = MappingProxyType(
    {
        QuestionType.TECHNICAL: {
            "relevance": 0.10,
            "correctness": 0.55,
            "depth": 0.20,
            "structure": 0.08,
            "clarity": 0.07,
        },
        QuestionType.BEHAVIORAL: {
            "relevance": 0.10,
            "correctness": 0.40,
            "depth": 0.15,
            "structure": 0.25,
            "clarity": 0.10,
        },
        QuestionType.CODING: {
            "relevance": 0.08,
            "correctness": 0.54,
            "depth": 0.23,
            "structure": 0.10,
            "clarity": 0.05,
        },
        QuestionType.SYSTEM_DESIGN: {
            "relevance": 0.08,
            "correctness": 0.45,
            "depth": 0.27,
            "structure": 0.14,
            "clarity": 0.06,
        },
    }
)
"""The share of each dimension in the overall score; each row sums to 1 at every level."""

LEVEL_SHIFT = MappingProxyType({Level.BEGINNER: -0.05, Level.INTERMEDIATE: 0.0, Level.ADVANCED: 0.05})
"""How much weight moves from correctness to depth."""


def weights_for(question_type: QuestionType, level: Level) -> dict[str, float]:
    """The weight of each dimension; they sum to 1."""
    weights = dict(DIMENSION_WEIGHTS[question_type])
    weights["depth"] = round(weights["depth"] + LEVEL_SHIFT[level], 4)
    weights["correctness"] = round(weights["correctness"] - LEVEL_SHIFT[level], 4)
    return weights


def trust(mistakes: Sequence[Mistake]) -> float:
    """What the mistakes leave of the credits, 0-1; 1 where there are none."""
    left = math.prod(1 - COST * min(1.0, max(0.0, mistake.severity)) for mistake in mistakes)
    return max(LEAST_TRUST, left)


def share(weight: float, level: Level) -> float:
    """What a criterion's weight counts at a level; weights between the tiers count as the nearest tier, in proportion."""
    tier = min((3, 2, 1), key=lambda step: (abs(step - weight), -step))
    return LEVEL_WEIGHTS[level][tier] * max(weight, 0.0) / tier


def dimension_scores(
    findings: Sequence[Finding], mistakes: Sequence[Mistake], relevance: float, level: Level
) -> dict[str, float]:
    """Each dimension, 0-100, from what was found and how relevant (0-1) the text is to the question."""
    if not findings:
        return dict.fromkeys(DIMENSIONS, 0.0)
    shares = [share(finding.criterion.weight, level) for finding in findings]
    earned = [finding.credit for finding in findings]
    mean = _mean(earned, shares)
    trusted = trust(mistakes)
    deep = [
        (1.0 if finding.criterion.aspect not in DEEP_ASPECTS else 1.5)
        * DEPTH_WEIGHTS[min((3, 2, 1), key=lambda t: abs(t - finding.criterion.weight))]
        for finding in findings
    ]
    scores = {
        "relevance": trusted * relevance * (GROUND + (1 - GROUND) * mean),
        "correctness": trusted * mean,
        "depth": trusted * _mean(earned, deep),
        "structure": trusted * _structure(findings, earned, shares),
        "clarity": _mean(
            [part * _readable(finding) for finding, part in zip(findings, earned, strict=True)], shares
        )
        ** 0.5,
    }
    return {name: round(100 * value, 2) for name, value in scores.items()}


def overall(scores: dict[str, float], question_type: QuestionType, level: Level, cap: float = 100.0) -> float:
    """The score of 0-100, with two decimals."""
    weights = weights_for(question_type, level)
    return round(min(cap, sum(weights[name] * scores[name] for name in DIMENSIONS)), 2)


def _mean(values: Sequence[float], shares: Sequence[float]) -> float:
    total = sum(shares)
    return sum(value * part for value, part in zip(values, shares, strict=True)) / total if total > 0 else 0.0


def _structure(findings: Sequence[Finding], earned: Sequence[float], shares: Sequence[float]) -> float:
    """The share of the question's parts that the answer addresses."""
    aspects = {finding.criterion.aspect for finding in findings}
    if len(aspects) < 2:
        return _mean(earned, shares)
    parts: dict[Aspect, float] = {}
    for finding, part in zip(findings, earned, strict=True):
        parts[finding.criterion.aspect] = max(part, parts.get(finding.criterion.aspect, 0.0))
    return sum(parts.values()) / len(parts)


def _readable(finding: Finding) -> float:
    """0.7-1: how easily the sentence that shows a point is followed; 30 words are easy, 60 are not."""
    if finding.evidence is None:
        return 0.85
    longest = max((len(words(part)) for part in finding.evidence.quote.split(". ")), default=0)
    return 1.0 - 0.3 * min(1.0, max(0.0, (longest - 30) / 30))
