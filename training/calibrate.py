"""Chooses the numbers of the judge's calibration on the held-out answers: `python -m training.calibrate`.

The exported model reads the answers as the service does. Logistic regressions turn readings into the credit that a
grader gives, the chance of a false claim and of a red flag; the thresholds are the best of a small grid by the error of
the whole score, with no more than a few honest answers accused. Writes weights/calibration.json.
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
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from training.corpus import GradedAnswer, read_answers
from training.splits import held_out
from worker.analysis.judge.calibration import CALIBRATION, Calibration, Logistic
from worker.analysis.judge.engine import JudgeEngine
from worker.analysis.judge.evidence import ClaimReading, claim_reading, passages_of, summed
from worker.analysis.judge.reader import Reading
from worker.analysis.passages import Span, sentences
from worker.analysis.rubric import bank_question_spec
from worker.analysis.scoring import dimension_scores, overall
from worker.analysis.types import QuestionSpec
from worker.content.bank import read_bank

HONEST = ("expert", "solid", "terse", "plain_words", "slips", "long", "junior", "buzzwords", "other_question", "self_correcting")
MOST_ACCUSED = 0.04
"""The share of honest answers (graded without a false claim) that may be told of a mistake."""


@dataclass(frozen=True, slots=True)
class Read:
    """A graded answer with its readings by claim."""

    graded: GradedAnswer
    spec: QuestionSpec
    spans: list[Span]
    criteria: list[list[Reading]]
    flags: list[list[Reading]]

    def claims(self, readings: list[list[Reading]]) -> list[ClaimReading]:
        passages = passages_of(self.graded.answer, self.spans)
        return [claim_reading(passages, reading) for reading in readings]


def read_all(answers: Sequence[GradedAnswer], engine: JudgeEngine) -> list[Read]:
    """Every answer read once, without the screening."""
    bank = {question["id"]: bank_question_spec(question) for question in read_bank().questions}
    done = []
    for graded in answers:
        spec = bank[graded.question_id]
        spans = sentences(graded.answer)
        claims = [criterion.text for criterion in spec.criteria] + [flag.text for flag in spec.red_flags]
        readings = engine.read_claims(claims, passages_of(graded.answer, spans))
        count = len(spec.criteria)
        done.append(Read(graded, spec, spans, readings[:count], readings[count:]))
    return done


def logistic(features: Sequence[Sequence[float]], targets: Sequence[float]) -> Logistic:
    """The regression of targets of 0-1 on the features."""
    x, y = np.array(features), np.array(targets)
    model = LogisticRegression(C=1.0, max_iter=1000).fit(
        np.vstack([x, x]), np.r_[np.ones(len(y)), np.zeros(len(y))], sample_weight=np.r_[y, 1 - y] + 1e-9
    )
    return Logistic(round(float(model.intercept_[0]), 4), tuple(round(float(v), 4) for v in model.coef_[0]))


def _overlaps(places: Sequence[tuple[int, int]], span: Span) -> bool:
    return any(a < span.end and span.start < b for a, b in places)


def fit(read: Sequence[Read]) -> Calibration:
    """The calibration with the least error of the score on these answers."""
    credit_x, credit_y, against_x, against_y, flag_x, flag_y = [], [], [], [], [], []
    for item in read:
        for criterion, claim in zip(item.spec.criteria, item.claims(item.criteria), strict=True):
            if criterion.key not in item.graded.credits:
                continue
            credit_x.append(claim.features)
            credit_y.append(item.graded.credits[criterion.key])
            against_x.append(claim.features)
            against_y.append(float(criterion.key in item.graded.opposite))
        for claim in item.claims(item.flags):
            place = item.spans[int(claim.sentences[:, 1].argmax())]
            flag_x.append(claim.features)
            flag_y.append(float(item.graded.false_claim and _overlaps(item.graded.false_spans, place)))
    base = Calibration(
        logistic(credit_x, credit_y), logistic(against_x, against_y), logistic(flag_x, flag_y),
        Logistic(0.0, (0.0, 0.0, 0.0)), 0.1, 0.9, 0.5, 0.5,
    )  # fmt: skip
    best = base
    least = float("inf")
    grid = itertools.product((0.05, 0.1, 0.15, 0.2), (0.65, 0.75, 0.85), (0.4, 0.5, 0.6, 0.7), (0.5, 0.6, 0.7, 0.8))
    for nothing, full, opposite_from, flag_from in grid:
        tried = replace(base, nothing=nothing, full=full, opposite_from=opposite_from, flag_from=flag_from)
        scores, accused = scored(read, tried)
        if accused > MOST_ACCUSED:
            continue
        error = float(np.sqrt(fmean((score - fmean(item.graded.overall)) ** 2 for score, item in zip(scores, read, strict=True))))
        if error < least:
            best, least = tried, error
    return replace(best, confidence=_confidence(read, best))


def scored(read: Sequence[Read], calibration: Calibration) -> tuple[list[float], float]:
    """Every answer's score, and the share of honest answers that are told of a mistake."""
    scores = []
    honest = accused = 0
    for item in read:
        findings, mistakes, relevance, _ = _summed(item, calibration)
        dimensions = dimension_scores(findings, mistakes, relevance, item.spec.level)
        scores.append(overall(dimensions, item.spec.question_type, item.spec.level))
        if item.graded.kind in HONEST and not item.graded.false_claim:
            honest += 1
            accused += bool(mistakes)
    return scores, accused / max(honest, 1)


def _summed(item: Read, calibration: Calibration) -> Any:
    passages = passages_of(item.graded.answer, item.spans)
    return summed(item.graded.answer, item.spans, passages, item.spec, item.criteria, item.flags, calibration)


def _confidence(read: Sequence[Read], calibration: Calibration) -> Logistic:
    """The chance that the score lies within 15 points of the graders' mean."""
    features, near = [], []
    for item, score in zip(read, scored(read, calibration)[0], strict=True):
        findings, mistakes, _, _ = _summed(item, calibration)
        total = sum(finding.criterion.weight for finding in findings)
        features.append((
            sum(finding.criterion.weight * finding.certainty for finding in findings) / total,
            sum(finding.criterion.weight * finding.credit for finding in findings) / total,
            float(bool(mistakes)),
        ))  # fmt: skip
        near.append(float(abs(score - fmean(item.graded.overall)) <= 15))
    return logistic(features, near)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.calibrate", description=(__doc__ or "").splitlines()[0])
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
    marks = [fmean(item.graded.overall) for item in read]
    print(f"{len(read)} held-out answers: Pearson {np.corrcoef(scores, marks)[0, 1]:.3f}, RMSE "
          f"{np.sqrt(np.mean((np.array(scores) - marks) ** 2)):.1f}; {accused:.1%} of honest answers told of a mistake")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
