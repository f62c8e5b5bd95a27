"""Chooses the numbers of the judge's calibration on the held-out answers: `python -m training.calibrate`.

The exported model reads the answers as the service does. Logistic regressions turn readings into the credit that a
grader gives and the chance of a false claim; the thresholds are the best of a small grid by the error of the whole
score, with no more than a few honest answers accused. Writes weights/calibration.json.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np
from sklearn.linear_model import LogisticRegression

from training.corpus import GradedAnswer, read_answers
from training.splits import held_out
from worker.analysis.judge.calibration import CALIBRATION, Calibration, Logistic
from worker.analysis.judge.engine import JudgeEngine
from worker.analysis.judge.evidence import (
    ClaimReading,
    confidence_features,
    contradictions_of,
    credit_features,
    findings_of,
    on_subject,
    passages_of,
    relevance_of,
)
from worker.analysis.passages import Span, sentences
from worker.analysis.rubric import bank_question_spec
from worker.analysis.scoring import dimension_scores, overall
from worker.analysis.types import Finding, Mistake, QuestionSpec
from worker.content.bank import read_bank

UNRELATED_MARK = 2.0
"""What graders give an answer to another subject."""

BESIDE_WEIGHT = 0.3
"""What an answer beside the point weighs in the regressions."""

UNRELATED_FREE = 3.0
"""Points that an answer beside the point may get without counting as an error."""

MOST_ACCUSED = 0.04
"""The share of answers in which the graders found nothing false that may be shown a mistake."""


@dataclass(frozen=True, slots=True)
class Read:
    """A graded answer with what it says of each criterion."""

    graded: GradedAnswer
    spec: QuestionSpec
    spans: list[Span]
    readings: list[ClaimReading]

    @property
    def on_the_point(self) -> bool:
        return self.graded.kind != "unrelated"

    def findings(self, calibration: Calibration) -> tuple[Finding, ...]:
        return findings_of(self.graded.answer, self.spans, self.spec, self.readings, calibration)

    def mistakes(self, calibration: Calibration) -> tuple[Mistake, ...]:
        return contradictions_of(
            self.graded.answer, self.spans, self.findings(calibration), self.readings, calibration
        )


def read_all(answers: Sequence[GradedAnswer], engine: JudgeEngine) -> list[Read]:
    """Every answer read once, without the screening."""
    bank = {question["id"]: bank_question_spec(question) for question in read_bank().questions}
    done = []
    for graded in answers:
        spec = bank[graded.question_id]
        spans = sentences(graded.answer)
        if not spans:
            continue
        readings = engine.read_claims(
            [criterion.text for criterion in spec.criteria], passages_of(graded.answer, spans)
        )
        done.append(Read(graded, spec, spans, readings))
    return done


def beside_the_point(answers: Sequence[GradedAnswer], seed: int = 5) -> list[GradedAnswer]:
    """The same answers given to a question of another skill, of which they make no point."""
    rng = random.Random(seed)
    bank = {question["id"]: question for question in read_bank().questions}
    asked = sorted({answer.question_id for answer in answers})
    made = []
    for answer in answers:
        other = rng.choice(
            [name for name in asked if bank[name]["skill"] != bank[answer.question_id]["skill"]]
        )
        made.append(
            replace(
                answer,
                aid=f"{answer.aid}-unrelated",
                question_id=other,
                kind="unrelated",
                overall=(UNRELATED_MARK,),
                credits={criterion["key"]: 0.0 for criterion in bank[other]["criteria"]},
                false_claim=False,
                evidence={},
                opposite={},
            )
        )
    return made


def logistic(
    features: Sequence[Sequence[float]], targets: Sequence[float], weights: Sequence[float] | None = None
) -> Logistic:
    """The weighted regression of targets of 0-1 on the features."""
    x, y = np.array(features), np.array(targets)
    w = np.ones(len(y)) if weights is None else np.array(weights)
    model = LogisticRegression(C=1.0, max_iter=1000).fit(
        np.vstack([x, x]),
        np.r_[np.ones(len(y)), np.zeros(len(y))],
        sample_weight=np.r_[w * y, w * (1 - y)] + 1e-9,
    )
    return Logistic(round(float(model.intercept_[0]), 4), tuple(round(float(v), 4) for v in model.coef_[0]))


def fit(read: Sequence[Read]) -> Calibration:
    """The calibration with the least error of the score on these answers."""
    features, context, given, opposed, weights = [], [], [], [], []
    for item in read:
        for criterion, reading, wide in zip(
            item.spec.criteria,
            item.readings,
            credit_features(item.readings, on_subject(item.graded.answer, item.spec)),
            strict=True,
        ):
            features.append(reading.features)
            context.append(wide)
            given.append(item.graded.credits[criterion.key])
            opposed.append(float(criterion.key in item.graded.opposite))
            weights.append(1.0 if item.on_the_point else BESIDE_WEIGHT)
    best = base = Calibration(
        logistic(context, given, weights),
        logistic(features, opposed, weights),
        Logistic(0.0, (0.0, 0.0, 0.0)),
        0.1,
        0.9,
        0.5,
    )
    least = float("inf")
    for nothing, full, opposite_from in itertools.product(
        (0.05, 0.1, 0.15, 0.2, 0.25, 0.3), (0.6, 0.7, 0.8, 0.9), (0.3, 0.4, 0.5, 0.6, 0.7)
    ):
        tried = replace(base, nothing=nothing, full=full, opposite_from=opposite_from)
        scores, accused = scored(read, tried)
        if accused <= MOST_ACCUSED and (cost := _cost(read, scores)) < least:
            best, least = tried, cost
    read = [item for item in read if item.on_the_point]
    near = [
        float(abs(score - item.graded.mark) <= 15)
        for score, item in zip(scored(read, best)[0], read, strict=True)
    ]
    sure = [confidence_features(item.findings(best), item.mistakes(best)) for item in read]
    return replace(best, confidence=logistic(sure, near))


def _cost(read: Sequence[Read], scores: Sequence[float]) -> float:
    """The error on the graded answers, and half of what answers beside the point get above UNRELATED_FREE."""
    errors = [
        (score - item.graded.mark) ** 2 for score, item in zip(scores, read, strict=True) if item.on_the_point
    ]
    beside = [score for score, item in zip(scores, read, strict=True) if not item.on_the_point]
    return math.sqrt(fmean(errors)) + 0.5 * max(0.0, fmean(beside) - UNRELATED_FREE)


def scored(read: Sequence[Read], calibration: Calibration) -> tuple[list[float], float]:
    """Every answer's score, and the share of answers graded without a false claim that are shown a mistake."""
    scores = []
    honest = accused = 0
    for item in read:
        findings, mistakes = item.findings(calibration), item.mistakes(calibration)
        dimensions = dimension_scores(findings, mistakes, relevance_of(findings), item.spec.level)
        scores.append(overall(dimensions, item.spec.question_type, item.spec.level))
        if not item.graded.false_claim and not item.graded.opposite:
            honest += 1
            accused += bool(mistakes)
    return scores, accused / max(honest, 1)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m training.calibrate", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--out", type=Path, default=CALIBRATION)
    options = parser.parse_args(arguments)
    answers = [answer for answer in read_answers() if held_out(answer.question_id)]
    read = read_all([*answers, *beside_the_point(answers)], JudgeEngine())
    calibration = fit(read)
    content = {
        name: {"bias": value.bias, "weights": list(value.weights)} if isinstance(value, Logistic) else value
        for name in Calibration.__slots__
        for value in (getattr(calibration, name),)
    }
    options.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    scores, accused = scored(read, calibration)
    pairs = [(score, item.graded.mark) for score, item in zip(scores, read, strict=True) if item.on_the_point]
    beside = fmean(score for score, item in zip(scores, read, strict=True) if not item.on_the_point)
    got, marks = np.array(pairs).T
    print(f"{len(pairs)} held-out answers: Pearson {np.corrcoef(got, marks)[0, 1]:.3f}, RMSE "
          f"{np.sqrt(np.mean((got - marks) ** 2)):.1f}; beside the point {beside:.1f}; {accused:.1%} accused wrongly")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
