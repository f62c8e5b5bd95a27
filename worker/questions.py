"""Rows of questions as the engines take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webapp.interviews.models import Question
from worker.analysis.types import Aspect, Criterion, Level, QuestionSpec, QuestionType


def question_spec(question: Question) -> QuestionSpec:
    """A question's snapshot as the engines take it."""
    return rubric_spec(
        question.rubric,
        text=question.question_text,
        question_type=question.question_type,
        level=question.difficulty,
        skill=question.skill_category,
    )


def rubric_spec(
    rubric: Mapping[str, Any], *, text: str, question_type: str, level: str, skill: str
) -> QuestionSpec:
    """A question as the engines take it; `rubric` has the bank's criteria, misconceptions and model_answer."""
    return QuestionSpec(
        text=text,
        question_type=QuestionType(question_type),
        level=Level(level),
        skill=skill,
        criteria=tuple(
            Criterion(
                text=criterion["text"],
                weight=criterion["weight"],
                key=criterion["key"],
                aspect=Aspect(criterion.get("aspect", "concept")),
                paraphrases=tuple(criterion.get("paraphrases", ())),
            )
            for criterion in rubric["criteria"]
        ),
        model_answer=rubric["model_answer"],
        misconceptions=tuple(rubric["misconceptions"]),
    )
