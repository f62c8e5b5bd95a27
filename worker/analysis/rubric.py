"""The bank's entry for a question as the engines take it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.analysis.types import Aspect, Criterion, Level, QuestionSpec, QuestionType, RedFlag


def question_spec(
    rubric: Mapping[str, Any], *, text: str, question_type: str, level: str, skill: str
) -> QuestionSpec:
    """`rubric` has the bank's criteria, red_flags and model_answer; an interview's snapshot of it will do."""
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
                topic=criterion.get("topic", ""),
                matters=criterion.get("matters", ""),
            )
            for criterion in rubric["criteria"]
        ),
        model_answer=rubric["model_answer"],
        # Interviews that began before the bank had red flags have none.
        red_flags=tuple(RedFlag(flag["text"], flag["why"]) for flag in rubric.get("red_flags", ())),
    )


def bank_question_spec(question: Mapping[str, Any]) -> QuestionSpec:
    """The same for an entry of `worker.content.bank.read_bank().questions`."""
    return question_spec(
        question,
        text=question["text"],
        question_type=question["type"],
        level=question["level"],
        skill=question["skill"],
    )
