"""Numbers that turn logits into credits and probabilities, fitted on the validation answers (training/calibrate.py)."""

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
    """`credit`: the credit a grader would give a criterion; `opposite`: that a passage says something false about a
    criterion; `flag`: that it states a red flag; each from evidence.features. `confidence`: see evidence.confidence.
    """

    credit: Logistic
    opposite: Logistic
    flag: Logistic
    confidence: Logistic


def load_calibration(path: Path = CALIBRATION) -> Calibration:
    """Reads the numbers of a file written by training/calibrate.py."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return Calibration(
        **{
            name: Logistic(content[name]["bias"], tuple(content[name]["weights"]))
            for name in ("credit", "opposite", "flag", "confidence")
        }
    )
