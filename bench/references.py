"""Grades short answers against reference answers, as exams are marked; what bench.scoring prints. Not part of the service."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean

from training.examples import points_of
from worker.analysis.judge.engine import JudgeEngine
from worker.analysis.judge.evidence import passages_of
from worker.analysis.passages import sentences
from worker.analysis.screening import screen
from worker.analysis.types import Criterion, Level, QuestionSpec, QuestionType

MOST_POINTS = 12
WHOLE_SHARE = 0.5
"""How much the whole reference, read as one claim, counts beside the mean over its points."""


@dataclass(frozen=True, slots=True)
class Grade:
    """`score`: the share of full marks (0-1); `probability`: of being called right."""

    score: float
    probability: float


@lru_cache(maxsize=512)
def row_question(question: str, references: tuple[str, ...]) -> QuestionSpec:
    criterion = Criterion(references[0], 3.0, paraphrases=tuple(references[1:]))
    return QuestionSpec(question, QuestionType.TECHNICAL, Level.INTERMEDIATE, "", (criterion,), references[0])


def grade_row(
    engine: JudgeEngine, answer: str, question: str, references: Sequence[str], *, screened: bool = True
) -> Grade:
    """The grade of an answer: of several references the one that it meets best."""
    text, cap = answer, 1.0
    if screened:
        screening = screen(answer, row_question(question, tuple(references)))
        if screening.insufficient:
            return Grade(0.0, 0.0)
        text, cap = screening.text, screening.cap / 100
    spans = sentences(text)
    if not spans:
        return Grade(0.0, 0.0)
    passages = passages_of(text, spans)
    best = 0.0
    for reference in references:
        points = points_of(reference)[:MOST_POINTS]
        claims = [reference, *(points if len(points) > 1 else [])]
        made = [float(reading.making[1]) for reading in engine.read_claims(claims, passages)]
        score = made[0] if len(made) == 1 else WHOLE_SHARE * made[0] + (1 - WHOLE_SHARE) * fmean(made[1:])
        best = max(best, score)
    best = min(best, cap)
    return Grade(round(best, 4), round(best, 4)) if math.isfinite(best) else Grade(0.0, 0.0)
