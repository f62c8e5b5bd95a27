"""Rows of questions as the engines take them."""

from __future__ import annotations

from webapp.interviews.models import Question
from worker.analysis import rubric
from worker.analysis.types import QuestionSpec


def question_spec(question: Question) -> QuestionSpec:
    """A question's snapshot as the engines take it."""
    return rubric.question_spec(
        question.rubric,
        text=question.question_text,
        question_type=question.question_type,
        level=question.difficulty,
        skill=question.skill_category,
    )
