"""From readings to credits, quotes and mistakes.

An answer is read whole where it fits the network, else in overlapping passages; a claim is made where any passage makes
it. Calibrated on answers that nothing was fitted on (training/calibrate.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.analysis.judge.calibration import Calibration, Logistic
from worker.analysis.judge.reader import Reading
from worker.analysis.mistakes import apart, contradiction
from worker.analysis.passages import Span, evidence_at, words
from worker.analysis.stems import stems
from worker.analysis.types import Evidence, Finding, Mistake, QuestionSpec, Status

PASSAGE_WORDS = 280
"""Words that the network reads at once; code and rare words need more tokens, and what is too long is cut there."""

OVERLAP = 2
"""Sentences that one passage shares with the next."""

SHOWN_FROM = 0.5
"""Probability from which a neighbouring sentence belongs to the quote as well."""

Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Passage:
    """Sentences `start` to `stop` of the answer, as texts."""

    start: int
    stop: int
    texts: tuple[str, ...]


def passages_of(text: str, spans: Sequence[Span]) -> list[Passage]:
    """The whole answer, or overlapping passages of a longer one."""
    texts = [span.of(text) for span in spans]
    counts = [len(words(sentence)) for sentence in texts]
    passages: list[Passage] = []
    start = 0
    while True:
        stop, total = start, 0
        while stop < len(texts) and (stop == start or total + counts[stop] <= PASSAGE_WORDS):
            total += counts[stop]
            stop += 1
        passages.append(Passage(start, stop, tuple(texts[start:stop])))
        if stop == len(texts):
            return passages
        start = max(start + 1, stop - OVERLAP)


@dataclass(frozen=True, slots=True)
class ClaimReading:
    """What the answer says of one claim: probabilities of (silent, makes, opposes) for the passage that is surest to
    make it and the one that is surest to oppose it, and for each sentence of the answer (N, 3).
    """

    making: Probabilities
    opposing: Probabilities
    sentences: Probabilities

    @property
    def features(self) -> tuple[float, float, float, float]:
        """Log-odds: the passage makes it, opposes it; the best sentence makes it, the worst opposes it."""
        return (
            _log_odds(float(self.making[1])),
            _log_odds(float(self.opposing[2])),
            _log_odds(float(self.sentences[:, 1].max())),
            _log_odds(float(self.sentences[:, 2].max())),
        )


def claim_reading(passages: Sequence[Passage], readings: Sequence[Reading]) -> ClaimReading:
    """Sums up a claim's readings over the passages of an answer."""
    wholes = [probabilities(reading.whole) for reading in readings]
    sentences = np.tile(np.array([1.0, 0.0, 0.0]), (passages[-1].stop, 1))
    for passage, reading in zip(passages, readings, strict=True):
        for index, chances in enumerate(probabilities(reading.each), passage.start):
            if chances[0] < sentences[index, 0]:
                sentences[index] = chances
    return ClaimReading(
        max(wholes, key=lambda whole: float(whole[1])),
        max(wholes, key=lambda whole: float(whole[2])),
        sentences,
    )


def probability(logistic: Logistic, features: Sequence[float]) -> float:
    """See calibration.Logistic."""
    exponent = logistic.bias + math.fsum(w * f for w, f in zip(logistic.weights, features, strict=True))
    return 1 / (1 + math.exp(-min(40.0, max(-40.0, exponent))))


def credit_features(readings: Sequence[ClaimReading], subject: float) -> list[tuple[float, ...]]:
    """For each criterion its own features, and two of the whole answer: how surely it makes its surest point, and whether
    it speaks of the question's subject (`on_subject`).
    """
    strongest = max((reading.features[0] for reading in readings), default=0.0)
    return [(*reading.features, strongest, subject) for reading in readings]


def on_subject(text: str, question: QuestionSpec) -> float:
    """The logarithm of the share of the answer's words that the question's texts hold too.

    It tells a good answer to another question from an answer to this one; the network alone is misled by quality.
    """
    said = stems(text)
    texts = [question.text, question.model_answer, *(flag.text for flag in question.red_flags)]
    texts += [
        part
        for criterion in question.criteria
        for part in (criterion.text, criterion.topic, *criterion.paraphrases)
    ]
    shared = len(said & stems(" ".join(texts)))
    return math.log((shared + 0.5) / (len(said) + 5))


def findings_of(
    text: str,
    spans: Sequence[Span],
    question: QuestionSpec,
    readings: Sequence[ClaimReading],
    calibration: Calibration,
) -> tuple[Finding, ...]:
    """How fully each criterion is made, with the words that show it."""
    findings = []
    wide = credit_features(readings, on_subject(text, question))
    for criterion, reading, features in zip(question.criteria, readings, wide, strict=True):
        chance = probability(calibration.credit, features)
        credit = _ramp(chance, calibration.nothing, calibration.full)
        place = _quote(text, spans, reading.sentences[:, 1])
        findings.append(Finding(criterion, round(credit, 4), place, round(abs(2 * chance - 1), 4)))
    return tuple(findings)


def contradictions_of(
    text: str,
    spans: Sequence[Span],
    findings: Sequence[Finding],
    readings: Sequence[ClaimReading],
    calibration: Calibration,
) -> tuple[Mistake, ...]:
    """Where the answer says something false about a criterion that it does not make; one mistake for each place."""
    found = []
    for finding, reading in zip(findings, readings, strict=True):
        chance = probability(calibration.opposite, reading.features)
        if chance >= calibration.opposite_from and finding.status is not Status.COVERED:
            place = _quote(text, spans, reading.sentences[:, 2])
            found.append(contradiction(finding.criterion, place, chance))
    return apart(found)


def relevance_of(findings: Sequence[Finding]) -> float:
    """0-1: an answer that makes two points of the question is about the question."""
    made = sorted((finding.credit for finding in findings), reverse=True)[:2]
    return min(1.0, sum(made))


def confidence_of(
    findings: Sequence[Finding], mistakes: Sequence[Mistake], calibration: Calibration
) -> float:
    """The chance that a person's grade lies within 15 points, from how sure the weightiest findings are."""
    return probability(calibration.confidence, confidence_features(findings, mistakes))


def confidence_features(
    findings: Sequence[Finding], mistakes: Sequence[Mistake]
) -> tuple[float, float, float]:
    """The mean certainty and the mean credit by weight, and whether a mistake was found."""
    total = sum(finding.criterion.weight for finding in findings) or 1.0
    sure = sum(finding.criterion.weight * finding.certainty for finding in findings) / total
    mean = sum(finding.criterion.weight * finding.credit for finding in findings) / total
    return sure, mean, float(bool(mistakes))


def _quote(text: str, spans: Sequence[Span], chances: Probabilities) -> Evidence:
    """The sentence that shows a claim best, with a neighbour that shows it too."""
    best = int(chances.argmax())
    first, last = best, best
    if best + 1 < len(spans) and chances[best + 1] >= SHOWN_FROM:
        last = best + 1
    elif best > 0 and chances[best - 1] >= SHOWN_FROM:
        first = best - 1
    return evidence_at(text, Span(spans[first].start, spans[last].end))


def probabilities(logits: npt.NDArray[np.float64]) -> Probabilities:
    """The softmax over the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    chances: Probabilities = shifted / shifted.sum(axis=-1, keepdims=True)
    return chances


def _log_odds(chance: float) -> float:
    chance = min(1 - 1e-4, max(1e-4, chance))
    return math.log(chance / (1 - chance))


def _ramp(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))
