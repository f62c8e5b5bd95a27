"""Fits the local engine's head: `python -m bench.fit TRAIN.csv` (SemEval-2013 Task 7, train; see data-provenance.md).

Reads nothing but that file and the question bank, uses one seed, and writes worker/analysis/local/weights/head.npz. What
each choice rests on is told in bench/data-provenance.md.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from worker.analysis.local.engine import LocalEngine
from worker.analysis.local.features import NAMES
from worker.analysis.local.head import FEW, WEIGHTS_PATH

SEED = 20130607
FOLDS = 10
TREES, LEAF, SHARE = 120, 12, 0.4
BLEND = 0.4
"""The trees' share in the probability: they gain within a corpus and lose across corpora, see data-provenance.md."""

PARTIAL = {"correct": 1.0, "incorrect": 0.5, "contradictory": 0.4}
"""What a grader gives, as a share of full marks, for an answer on the topic that is not right: an assumption."""

CLASS_RIGHT = 0.62
"""The share of right answers in the class that grades are meant for, where the mean mark is about four fifths: an assumption.
SemEval's answers, chosen for its task, are right in 42 of 100."""

ELSEWHERE, STRAY_SHARE = 0.0, 0.05
"""What an answer to another question gets, and how common such answers are beside the others."""

OPEN_CORPUS = "sciEntsBank"


def measure(rows: Sequence[dict[str, str]], engine: LocalEngine) -> tuple[Any, Any, Any]:
    """Features (n, len(NAMES)), likeness (n,), number of claims (n,)."""
    features, likeness, claims = [], [], []
    for row in rows:
        references = [
            row["reference"],
            *(part.strip() for part in row["other_references"].split("||") if part.strip()),
        ]
        found = engine.measure_row(row["answer"], row["question"], references)
        features.append(found.features)
        likeness.append(found.likeness)
        claims.append(len(references))
    return np.array(features), np.array(likeness), np.array(claims)


def linear_input(features: Any, likeness: Any, claims: Any) -> Any:
    return np.column_stack([likeness, np.log(claims), *(features[:, NAMES.index(name)] for name in FEW)])


def tree_input(features: Any, likeness: Any, claims: Any) -> Any:
    return np.column_stack([features, np.log(claims), likeness]).astype(np.float32)


def fit_linear(few: Any, right: Any) -> tuple[Any, Any, Any, float]:
    mean, scale = few.mean(axis=0), few.std(axis=0) + 1e-9
    model = LogisticRegression(C=0.01, max_iter=1000).fit((few - mean) / scale, right)
    return mean, scale, model.coef_[0], float(model.intercept_[0])


def fit_trees(rows: Any, right: Any) -> ExtraTreesClassifier:
    model = ExtraTreesClassifier(
        TREES, min_samples_leaf=LEAF, max_features=SHARE, n_jobs=2, random_state=SEED
    )
    return model.fit(rows, right)


def blended(train: Any, test: Any, few: Any, full: Any, right: Any) -> Any:
    mean, scale, coefficients, intercept = fit_linear(few[train], right[train])
    linear = 1 / (1 + np.exp(-(((few[test] - mean) / scale) @ coefficients + intercept)))
    return (1 - BLEND) * linear + BLEND * fit_trees(full[train], right[train]).predict_proba(full[test])[:, 1]


def exported(model: ExtraTreesClassifier) -> dict[str, Any]:
    """Every tree's nodes end to end, with absolute numbers for the children."""
    parts: dict[str, list[Any]] = {
        name: [] for name in ("start", "feature", "threshold", "left", "right", "value")
    }
    at = 0
    for tree in (estimator.tree_ for estimator in model.estimators_):
        parts["start"].append([at])
        parts["feature"].append(np.maximum(tree.feature, -1))
        parts["threshold"].append(tree.threshold)
        parts["left"].append(np.maximum(tree.children_left, 0) + at)
        parts["right"].append(np.maximum(tree.children_right, 0) + at)
        parts["value"].append(tree.value[:, 0, 1] / tree.value[:, 0, :].sum(axis=1))
        at += tree.node_count
    kinds = {
        "start": np.int32,
        "feature": np.int8,
        "threshold": np.float32,
        "left": np.int32,
        "right": np.int32,
        "value": np.float16,
    }
    return {f"trees_{name}": np.concatenate(values).astype(kinds[name]) for name, values in parts.items()}


def fold_probabilities(path: Path) -> dict[str, tuple[Any, Any]]:
    """By corpus: the calibrated probability of each training answer from weights that never saw its question, and
    the human marks (0 or 1); the calibration, two numbers, is fitted on all folds together.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    measured = measure(rows, LocalEngine())
    right = np.array([row["label"] == "correct" for row in rows]).astype(int)
    probability = _calibrated(_held_out(rows, linear_input(*measured), tree_input(*measured), right), right)[
        0
    ]
    corpus = np.array([row["corpus"] for row in rows])
    return {
        f"{name} train": (probability[corpus == name], right[corpus == name].astype(float))
        for name in sorted(set(corpus))
    }


def _held_out(rows: Sequence[dict[str, str]], few: Any, full: Any, right: Any) -> Any:
    groups = np.array([row["question_id"] for row in rows])
    held_out = np.zeros(len(rows))
    for train, test in GroupKFold(FOLDS).split(few, right, groups):
        held_out[test] = blended(train, test, few, full, right)
    return held_out


def _calibrated(held_out: Any, right: Any) -> tuple[Any, float, float]:
    """Platt's scaling: the probabilities, the slope and the offset."""
    clipped = np.clip(held_out, 1e-3, 0.999)
    logits = np.log(clipped / (1 - clipped))
    platt = LogisticRegression(C=1e6).fit(logits[:, None], right)
    slope, offset = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    return 1 / (1 + np.exp(-(slope * logits + offset))), slope, offset


def main(arguments: list[str]) -> int:
    with Path(arguments[0]).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    engine = LocalEngine()
    features, likeness, claims = measure(rows, engine)
    right = np.array([row["label"] == "correct" for row in rows]).astype(int)
    few, full = linear_input(features, likeness, claims), tree_input(features, likeness, claims)
    probability, slope, offset = _calibrated(_held_out(rows, few, full, right), right)

    rng = np.random.default_rng(SEED)
    strays = [
        {**row, "answer": rows[int(other)]["answer"]}
        for row, other in zip(rows, rng.permutation(len(rows)), strict=True)
    ]
    apart = [row for row, own in zip(strays, rows, strict=True) if row["answer"] != own["answer"]][
        : len(rows) // 3
    ]
    _, stray_likeness, _ = measure(apart, engine)
    marks = np.array([PARTIAL[row["label"]] for row in rows] + [ELSEWHERE] * len(apart))
    # Only the corpus with open wording: the other's few fixed phrases are alike whether right or wrong.
    used = np.array([row["corpus"] == OPEN_CORPUS for row in rows])
    levels = np.concatenate([likeness[used], stray_likeness])
    marks = np.concatenate([marks[: len(rows)][used], marks[len(rows) :]])
    class_share = np.where(
        right[used] == 1, CLASS_RIGHT / right[used].sum(), (1 - CLASS_RIGHT) / (1 - right[used]).sum()
    )
    share = np.concatenate([class_share, np.full(len(apart), STRAY_SHARE / len(apart))])
    curve = IsotonicRegression(out_of_bounds="clip").fit(levels, marks, sample_weight=share)
    at = np.linspace(0, 1, 41)
    smooth = np.maximum.accumulate(
        np.convolve(np.pad(curve.predict(at), 3, mode="edge"), np.ones(7) / 7, mode="valid")
    )

    mean, scale, coefficients, intercept = fit_linear(few, right)
    np.savez_compressed(
        WEIGHTS_PATH, mean=mean, scale=scale, coefficients=coefficients, intercept=intercept,
        **exported(fit_trees(full, right)), blend=BLEND, slope=slope, offset=offset, grade_at=at, grades=smooth.round(4),
        wrong_below=np.quantile(probability[right == 1], 0.1), right_above=np.quantile(probability[right == 0], 0.9),
    )  # fmt: skip
    sys.stdout.write(
        f"{WEIGHTS_PATH}: {WEIGHTS_PATH.stat().st_size} bytes; slope {slope:.2f}, offset {offset:.2f}\n"
    )
    sys.stdout.write(
        "grades " + " ".join(f"{a:.2f}:{g:.2f}" for a, g in zip(at[::4], smooth[::4], strict=True)) + "\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
