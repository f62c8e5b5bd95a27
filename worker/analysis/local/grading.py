"""Short answers to a question with one expected point, as bench and training read them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from worker.analysis.local.texts import Reals
from worker.analysis.types import Criterion, Level, QuestionSpec, QuestionType

QUESTIONS_KEPT = 512

OPPOSITE_CHANCE, OPPOSITE_GRADE = 0.25, 0.35
"""What is left of a probability, and of a grade, where the answer says the opposite."""


@dataclass(frozen=True, slots=True)
class RowMeasure:
    """What bench and training read of one answer against one expected point; `opposite`: it says the contrary."""

    features: Reals
    likeness: float
    opposite: bool


@dataclass(frozen=True, slots=True)
class Grade:
    """`score`: the share of full marks a person would give (0-1); `probability`: of calling it right; `low`-`high`: 90 %."""

    score: float
    probability: float
    low: float
    high: float


@lru_cache(maxsize=QUESTIONS_KEPT)
def row_question(question: str, references: tuple[str, ...]) -> QuestionSpec:
    criterion = Criterion(references[0], 3.0, paraphrases=tuple(references[1:]))
    return QuestionSpec(question, QuestionType.TECHNICAL, Level.INTERMEDIATE, "", (criterion,), references[0])


def softened(probability: float, score: float) -> tuple[float, float]:
    """What an answer that says the opposite still gets."""
    return min(probability, OPPOSITE_CHANCE), min(score, OPPOSITE_GRADE)
