"""The numbers that turn readings into credits, mistakes and confidence, chosen by training/calibrate.py."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

CALIBRATION = Path(__file__).parent / "weights" / "calibration.json"


@dataclass(frozen=True, slots=True)
class Logistic:
    """Probability = 1 / (1 + exp(-(bias + weights . features)))."""

    bias: float
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """`credit`: the credit that a grader gives a criterion, from evidence.credit_features; `opposite`: something false is
    said about it, from ClaimReading.features. `nothing` and `full`: the probability up to which a criterion earns nothing, and from which it
    earns all. `opposite_from`: the probability from which something false is a mistake. `confidence`: that the score
    lies within 15 points of a grader's, from evidence.confidence_features.
    """

    credit: Logistic
    opposite: Logistic
    confidence: Logistic
    nothing: float
    full: float
    opposite_from: float


def load_calibration(path: Path = CALIBRATION) -> Calibration:
    """Reads the numbers of a file written by training/calibrate.py."""
    content = json.loads(path.read_text(encoding="utf-8"))
    logistics = {
        name: Logistic(content[name]["bias"], tuple(content[name]["weights"]))
        for name in ("credit", "opposite", "confidence")
    }
    return Calibration(
        **logistics,
        nothing=content["nothing"],
        full=content["full"],
        opposite_from=content["opposite_from"],
    )
