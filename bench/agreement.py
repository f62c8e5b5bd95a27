"""Measures of agreement between predicted and human marks, with numpy alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]

FEWEST_IN_BIN = 1

DECIDED = 0.5
"""Probability from which an answer is called right."""


def measures(score: Reals, probability: Reals, marks: Reals) -> dict[str, Any]:
    """Everything about n answers: predicted `score` (n,), `probability` of being right (n,), and human `marks` (n,), all 0-1. Accuracy, macro-F1, AUC and calibration come where marks are only 0 and 1."""
    result: dict[str, Any] = {
        "rows": len(marks),
        "human_mean": round(float(marks.mean()), 4),
        "mean": round(float(score.mean()), 4),
        "pearson": round(pearson(score, marks), 4),
        "spearman": round(pearson(ranks(score), ranks(marks)), 4),
        "rmse": round(float(np.sqrt(((score - marks) ** 2).mean())), 4),
        "mae": round(float(np.abs(score - marks).mean()), 4),
        "qwk": round(weighted_kappa(np.rint(score * 4).astype(int), np.rint(marks * 4).astype(int), 5), 4),
    }
    if np.isin(marks, (0.0, 1.0)).all():
        right, said = marks == 1, probability >= DECIDED
        result["accuracy"] = round(float((right == said).mean()), 4)
        result["macro_f1"] = round((f1(right, said) + f1(~right, ~said)) / 2, 4)
        result["auc"] = round(auc(probability, right), 4) if right.any() and not right.all() else None
        result["calibration"] = calibration(probability, marks)
    return result


def pearson(a: Reals, b: Reals) -> float:
    """The correlation; 0 where either does not vary."""
    if len(a) < 2 or a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def ranks(values: Reals) -> Reals:
    """Ranks from 1, ties sharing their mean."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    after = np.cumsum(counts)
    shared: Reals = (after - (counts - 1) / 2)[inverse].astype(np.float64)
    return shared


def weighted_kappa(a: npt.NDArray[np.int_], b: npt.NDArray[np.int_], levels: int) -> float:
    """Quadratic weighted kappa of two gradings in 0..levels-1."""
    observed = np.zeros((levels, levels))
    np.add.at(observed, (a, b), 1)
    weights = (np.arange(levels)[:, None] - np.arange(levels)[None, :]) ** 2
    expected = observed.sum(axis=1)[:, None] * observed.sum(axis=0)[None, :] / max(len(a), 1)
    chance = float((weights * expected).sum())
    return 1 - float((weights * observed).sum()) / chance if chance else 0.0


def f1(right: npt.NDArray[np.bool_], said: npt.NDArray[np.bool_]) -> float:
    both, either = int((right & said).sum()), int(right.sum() + said.sum())
    return 2 * both / either if either else 0.0


def auc(probability: Reals, right: npt.NDArray[np.bool_]) -> float:
    """The chance that a right answer is rated above a wrong one."""
    order = ranks(probability)
    positives = int(right.sum())
    negatives = len(right) - positives
    return float((order[right].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def calibration(probability: Reals, marks: Reals) -> list[dict[str, float]]:
    """For each tenth of predicted probability that has answers: the mean predicted, the share right, how many."""
    bins = np.minimum((probability * 10).astype(int), 9)
    return [
        {
            "predicted": round(float(probability[bins == bin_].mean()), 4),
            "observed": round(float(marks[bins == bin_].mean()), 4),
            "answers": int((bins == bin_).sum()),
        }
        for bin_ in range(10)
        if (bins == bin_).sum() >= FEWEST_IN_BIN
    ]
