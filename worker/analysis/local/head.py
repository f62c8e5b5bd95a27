"""From features to a probability and a grade: the learned part, evaluated with numpy alone.

Two learners share the probability: a logistic regression on a few features, which carries over to other subjects,
and averaged trees on all of them. Weights, how they were fitted and on what: bench/fit.py, bench/data-provenance.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from worker.analysis.local.features import NAMES

WEIGHTS_PATH = Path(__file__).parent / "weights" / "head.npz"

FEW = (
    "grams", "weakest", "length", "negation", "stem_precision", "given_3", "own_words", "claim_words",
)  # fmt: skip
"""The features of the logistic regression, after the likeness and the logarithm of the number of claims."""

Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Head:
    """The weights; `trees_*` hold every tree's nodes end to end, a leaf's feature being -1."""

    mean: Reals
    scale: Reals
    coefficients: Reals
    intercept: float
    trees_start: npt.NDArray[np.int64]
    trees_feature: npt.NDArray[np.int64]
    trees_threshold: npt.NDArray[np.float32]
    trees_left: npt.NDArray[np.int64]
    trees_right: npt.NDArray[np.int64]
    trees_value: npt.NDArray[np.float32]
    blend: float
    slope: float
    offset: float
    grade_at: Reals
    grades: Reals
    wrong_below: float
    right_above: float

    def probability(self, features: Reals, likeness: float, claims: int) -> float:
        """That a person would call the claim covered, 0-1, from one row of features and how many wordings were tried."""
        few = np.array([likeness, math.log(claims), *(features[NAMES.index(name)] for name in FEW)])
        linear = float(((few - self.mean) / self.scale) @ self.coefficients) + self.intercept
        linear = 1 / (1 + math.exp(-linear))
        row = np.array([*features, math.log(claims), likeness], dtype=np.float32)
        mixed = (1 - self.blend) * linear + self.blend * self._trees(row)
        mixed = min(0.999, max(0.001, mixed))
        return 1 / (1 + math.exp(-(self.slope * math.log(mixed / (1 - mixed)) + self.offset)))

    def grade(self, likeness: float) -> float:
        """The share of full marks that a person would give, 0-1; never falls as the likeness rises."""
        return float(np.interp(likeness, self.grade_at, self.grades))

    def interval(self, probability: float) -> tuple[float, float]:
        """Where a grade lies nine times in ten: the whole range unless right or wrong can be ruled out."""
        return (
            0.0 if probability <= self.right_above else 1.0,
            1.0 if probability >= self.wrong_below else 0.0,
        )

    def _trees(self, row: npt.NDArray[np.float32]) -> float:
        """The mean of the leaves that the row falls into, all trees walked at once."""
        node = self.trees_start.copy()
        while True:
            feature = self.trees_feature[node]
            inner = feature >= 0
            if not inner.any():
                return float(self.trees_value[node].astype(np.float64).mean())
            left = row[np.maximum(feature, 0)] <= self.trees_threshold[node]
            node = np.where(inner, np.where(left, self.trees_left[node], self.trees_right[node]), node)


def load_head() -> Head:
    """The weights that the repository carries."""
    with np.load(WEIGHTS_PATH) as stored:
        values = {name: stored[name] for name in stored.files}
    whole = ("trees_start", "trees_feature", "trees_left", "trees_right")
    single = ("intercept", "blend", "slope", "offset", "wrong_below", "right_above")
    kinds = dict.fromkeys(whole, np.int64) | {"trees_threshold": np.float32, "trees_value": np.float32}
    arrays: dict[str, Any] = {
        name: value.astype(kinds.get(name, np.float64))
        for name, value in values.items()
        if name not in single
    }
    numbers: dict[str, Any] = {name: float(values[name]) for name in single}
    return Head(**arrays, **numbers)
