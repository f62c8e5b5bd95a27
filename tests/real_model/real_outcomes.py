"""What may come out of a judgement by any model, however badly it judges, and questions to judge by."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from worker.analysis.errors import AnalysisError
from worker.analysis.llm.client import Completion, Message
from worker.analysis.llm.engine import LLMEngine
from worker.analysis.llm.openai_client import OpenAIClient
from worker.analysis.passages import sentences
from worker.analysis.rubric import bank_question_spec
from worker.analysis.types import Assessment, QuestionSpec, QuestionType
from worker.content.bank import read_bank

PATIENCE = 1800.0
"""Seconds: long enough that a slow machine does not turn every judgement into a time-out."""

BOUND, SHORT = 400, 40
"""Tokens: enough for a report, though a model that never ends its list is cut off soon; and enough to see one begin."""

CODES = {
    "provider_timeout",
    "provider_rate_limited",
    "provider_unavailable",
    "provider_invalid_output",
    "provider_rejected",
}


ENDS: Counter[str] = Counter()
"""How often which end was reached, for the summary of the run."""


class Recorded:
    """A client that notes what each call of another one brought, and waits for calls that nobody waits for."""

    def __init__(self, client: Any) -> None:
        self.client: OpenAIClient = client
        self.completions: list[Completion] = []
        self.begun = 0
        self._running = 0
        self._changed = threading.Condition()

    def complete(
        self, system: str, messages: Sequence[Message], schema: Mapping[str, Any], *, temperature: float
    ) -> Completion:
        with self._changed:
            self.begun += 1
            self._running += 1
        try:
            completion = self.client.complete(system, messages, schema, temperature=temperature)
            self.completions.append(completion)
            return completion
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    @property
    def running(self) -> int:
        return self._running

    def close(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._running)
        self.client._client.close()


@cache
def questions() -> dict[QuestionType, QuestionSpec]:
    """One question of the bank for each type, the one of the fewest words."""
    specs = sorted(map(bank_question_spec, read_bank().questions), key=_length)
    return {wanted: next(spec for spec in specs if spec.question_type is wanted) for wanted in QuestionType}


def _length(spec: QuestionSpec) -> int:
    criteria = sum(len(criterion.text) for criterion in spec.criteria)
    return len(spec.text) + len(spec.model_answer) + criteria


def half_an_answer(question: QuestionSpec) -> str:
    """The first half of the sentences of the question's model answer."""
    spans = sentences(question.model_answer)
    return question.model_answer[: spans[(len(spans) - 1) // 2].end]


def a_very_long_answer() -> str:
    """Some ten thousand tokens. Nothing is said twice: the gates leave out what is."""
    return "\n".join(question["model_answer"] for question in read_bank().questions)[:60_000]


def outcome(engine: LLMEngine, answer: str, question: QuestionSpec) -> Assessment | AnalysisError:
    """The end of a judgement: valid feedback or a coded error. Any other exception, or invalid feedback, fails."""
    try:
        assessment = engine.assess(answer, question)
    except AnalysisError as error:
        check_error(error, answer)
        ENDS[f"{error.code}: {error.message}"] += 1
        return error
    check_feedback(assessment, answer, question)
    ENDS["feedback"] += 1
    return assessment


def check_error(error: AnalysisError, answer: str) -> None:
    assert error.code in CODES
    assert error.message.endswith(".")
    assert answer[:40] not in error.message


def check_feedback(assessment: Assessment, answer: str, question: QuestionSpec) -> None:
    assert 0 <= assessment.score <= 100
    assert all(0 <= dimension.score <= 100 for dimension in assessment.dimensions.values())
    assert 0 <= assessment.confidence <= 1
    assert [finding.criterion for finding in assessment.findings] == list(question.criteria)
    assert assessment.summary
    evidence = [
        *(finding.evidence for finding in assessment.findings),
        *(mistake.evidence for mistake in assessment.mistakes),
        *(point.evidence for point in (*assessment.strengths, *assessment.improvements)),
    ]
    for piece in evidence:
        assert piece is None or answer[piece.start : piece.end] == piece.quote
