"""Chooses the numbers of the judge's calibration on the held-out answers: `python -m training.calibrate`.

The exported model reads the answers as the service does. Logistic regressions turn readings into the credit that a
grader gives and the chance of a false claim; the thresholds are the best of a small grid by the error of the whole
score, with no more than a few honest answers accused. Writes weights/calibration.json.
"""

from __future__ import annotations

import argparse
import itertools
import json
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
    findings_of,
    passages_of,
    relevance_of,
)
from worker.analysis.passages import Span, sentences
from worker.analysis.rubric import bank_question_spec
from worker.analysis.scoring import dimension_scores, overall
from worker.analysis.types import Finding, Mistake, QuestionSpec
from worker.content.bank import read_bank

MOST_ACCUSED = 0.04
"""The share of answers in which the graders found nothing false that may be told of a mistake."""


@dataclass(frozen=True, slots=True)
class Read:
    """A graded answer with what it says of each criterion."""

    graded: GradedAnswer
    spec: QuestionSpec
    spans: list[Span]
    readings: list[ClaimReading]

    def findings(self, calibration: Calibration) -> tuple[Finding, ...]:
        return findings_of(self.graded.answer, self.spans, self.spec, self.readings, calibration)

    def mistakes(self, calibration: Calibration) -> tuple[Mistake, ...]:
        return contradictions_of(self.graded.answer, self.spans, self.spec, self.readings, calibration)


def read_all(answers: Sequence[GradedAnswer], engine: JudgeEngine) -> list[Read]:
    """Every answer read once, without the screening."""
    bank = {question["id"]: bank_question_spec(question) for question in read_bank().questions}
    done = []
    for graded in answers:
        spec = bank[graded.question_id]
        spans = sentences(graded.answer)
        readings = engine.read_claims(
            [criterion.text for criterion in spec.criteria], passages_of(graded.answer, spans)
        )
        done.append(Read(graded, spec, spans, readings))
    return done


def logistic(features: Sequence[Sequence[float]], targets: Sequence[float]) -> Logistic:
    """The regression of targets of 0-1 on the features."""
    x, y = np.array(features), np.array(targets)
    model = LogisticRegression(C=1.0, max_iter=1000).fit(
        np.vstack([x, x]), np.r_[np.ones(len(y)), np.zeros(len(y))], sample_weight=np.r_[y, 1 - y] + 1e-9
    )
    return Logistic(round(float(model.intercept_[0]), 4), tuple(round(float(v), 4) for v in model.coef_[0]))


def fit(read: Sequence[Read]) -> Calibration:
    """The calibration with the least error of the score on these answers."""
    features, given, opposed = [], [], []
    for item in read:
        for criterion, reading in zip(item.spec.criteria, item.readings, strict=True):
            features.append(reading.features)
            given.append(item.graded.credits[criterion.key])
            opposed.append(float(criterion.key in item.graded.opposite))
    best = base = Calibration(
        logistic(features, given),
        logistic(features, opposed),
        Logistic(0.0, (0.0, 0.0, 0.0)),
        0.1,
        0.9,
        0.5,
    )
    least = float("inf")
    for nothing, full, opposite_from in itertools.product(
        (0.03, 0.06, 0.1, 0.15, 0.2), (0.6, 0.7, 0.8, 0.9), (0.3, 0.4, 0.5, 0.6, 0.7)
    ):
        tried = replace(base, nothing=nothing, full=full, opposite_from=opposite_from)
        scores, accused = scored(read, tried)
        error = float(
            np.sqrt(fmean((score - item.graded.mark) ** 2 for score, item in zip(scores, read, strict=True)))
        )
        if accused <= MOST_ACCUSED and error < least:
            best, least = tried, error
    near = [
        float(abs(score - item.graded.mark) <= 15)
        for score, item in zip(scored(read, best)[0], read, strict=True)
    ]
    sure = [confidence_features(item.findings(best), item.mistakes(best)) for item in read]
    return replace(best, confidence=logistic(sure, near))


def scored(read: Sequence[Read], calibration: Calibration) -> tuple[list[float], float]:
    """Every answer's score, and the share of answers graded without a false claim that are told of a mistake."""
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
    read = read_all(answers, JudgeEngine())
    calibration = fit(read)
    content = {
        name: {"bias": value.bias, "weights": list(value.weights)} if isinstance(value, Logistic) else value
        for name in Calibration.__slots__
        for value in (getattr(calibration, name),)
    }
    options.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    scores, accused = scored(read, calibration)
    marks = [item.graded.mark for item in read]
    print(f"{len(read)} held-out answers: Pearson {np.corrcoef(scores, marks)[0, 1]:.3f}, RMSE "
          f"{np.sqrt(np.mean((np.array(scores) - marks) ** 2)):.1f}; {accused:.1%} of honest answers told of a mistake")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
