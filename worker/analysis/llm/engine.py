"""The provider engine: a language model finds evidence, code verifies it, scoring.py scores it.

    screening -> k readings of the answer by the model -> quotes verified, asked for once more, dropped -> median
          -> the published formula -> compared with the embedded engine, which cannot be talked to

docs/providers.md says what is sent to whom, and what each failure becomes.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import Any

from worker.analysis.assess import judge
from worker.analysis.errors import AnalysisError, ProviderInvalidOutputError
from worker.analysis.llm import questions as wording
from worker.analysis.llm.client import Message, ModelClient, Spending, make_client
from worker.analysis.llm.prices import cost_usd
from worker.analysis.llm.reader import DISTRUST, Reader, fresh_token
from worker.analysis.llm.schema import TEXTS_SCHEMA, read_texts
from worker.analysis.llm.shown import show
from worker.analysis.llm.waiting import wait_for
from worker.analysis.scoring import dimension_scores
from worker.analysis.screening import screen
from worker.analysis.types import (
    Assessment,
    Engine,
    Extraction,
    Finding,
    ProgressCallback,
    QuestionSpec,
    Status,
    ignore_progress,
)
from worker.analysis.visible import visible

FAR_APART = 35.0
"""Points between this engine's score and the embedded one's from which a judgement is flagged."""

ONE_TEMPERATURE, MANY_TEMPERATURE = 0.0, 0.7
"""One reading is to be the likeliest; several are to show how far they spread."""


def _token() -> str:
    return secrets.token_hex(8)


class LLMEngine:
    """Implements types.Engine by a model of a provider.

    `provider` is openai, anthropic or openai_compatible (which needs a `base_url`); `samples` is how often
    each answer is read; `timeout_seconds` bounds each call, and no call is retried here. `local` is the
    engine that judgements are compared with, or None. `token` makes an unguessable word for each request.
    """

    def __init__(
        self,
        provider: str,
        model: str,
        base_url: str = "",
        api_key: str = "",
        samples: int = 1,
        timeout_seconds: float = 60.0,
        local: Engine | None = None,
        *,
        max_output_tokens: int | None = None,
        token: Callable[[], str] = _token,
    ) -> None:
        if samples < 1:
            raise ValueError("At least one sample is needed.")
        self.provider = provider
        self.model = model
        self._samples = samples
        self._local = local
        self._token = token
        self._temperature = ONE_TEMPERATURE if samples == 1 else MANY_TEMPERATURE
        self._make_client: Callable[[], ModelClient] = partial(
            make_client, provider, model, base_url, api_key, timeout_seconds, max_output_tokens
        )
        self._made: ModelClient | None = None
        self._making = Lock()

    def load(self) -> None:
        """Loads the provider's library and the embedded engine, before a fork; opens no connection."""
        self._client()
        load = getattr(self._local, "load", None)
        if load is not None:
            load()

    def assess(
        self,
        answer: str,
        question: QuestionSpec,
        *,
        time_taken_seconds: float | None = None,
        report: ProgressCallback = ignore_progress,
    ) -> Assessment:
        """The assessment of an answer; see types.Engine. `usage` says what its calls took and cost.

        `report` is called during a slow call too, so that a cancelled job does not wait for the provider.
        """
        told = (0.05, "reading")

        def tell(progress: float, stage: str) -> None:
            nonlocal told
            told = progress, stage
            report(progress, stage)

        def beat() -> None:
            report(*told)

        tell(*told)
        seen = visible(answer)
        answer = seen.text
        screening = screen(answer, question)
        if screening.insufficient:
            nothing = tuple(Finding(criterion, 0.0) for criterion in question.criteria)
            extraction = Extraction(nothing, (), 0.0, 1.0, self.provider, self.model)
            return seen.original(judge(answer, question, extraction, time_taken_seconds, screening=screening))
        spending = Spending()
        reader = Reader(partial(self._ask, spending, beat), self._samples, self._token)
        try:
            extraction = reader.read(answer, screening, question, tell)
            report(0.85, "checking")
            extraction = replace(extraction, provider=self.provider, model=self.model)
            usage = self._usage(spending)
            assessment = judge(
                answer, question, extraction, time_taken_seconds, screening=screening, usage=usage
            )
            assessment = self._compared(assessment, answer, question, capped=screening.cap < 100.0)
            report(1.0, "done")
        except AnalysisError as error:
            # A job that is cancelled when all is read was paid for as well.
            error.usage = self._usage(spending)
            raise
        return seen.original(assessment)

    def _compared(
        self, assessment: Assessment, answer: str, question: QuestionSpec, *, capped: bool
    ) -> Assessment:
        """The assessment, flagged and trusted less where the embedded engine judges very differently."""
        if self._local is None:
            return assessment
        other = self._local.assess(answer, question)
        if _apart(assessment, other, question, capped=capped) <= FAR_APART:
            return assessment
        return replace(
            assessment,
            flags=(*assessment.flags, "disagrees_with_local"),
            confidence=round(assessment.confidence * DISTRUST, 2),
        )

    def follow_up(
        self,
        answer: str,
        question: QuestionSpec,
        assessment: Assessment,
        job_description: str = "",
        *,
        usage: dict[str, float] | None = None,
    ) -> str | None:
        """One question aimed at the heaviest criterion that the answer missed; adds its cost to `usage`.

        None where nothing was missed or judged, and where the model words no question that keeps the
        criterion to itself, in two tries. Raises AnalysisError like assess.
        """
        missed = _missed(assessment)
        if missed is None or assessment.insufficient:
            return None
        token = fresh_token(self._token, answer, job_description)
        shown = show(answer, screen(answer, question).text)
        messages = [wording.follow_up_request(question, shown.text, missed, job_description, token)]
        spending = Spending()
        try:
            for _ in range(2):
                try:
                    text = self._ask(spending, None, wording.FOLLOW_UP_SYSTEM, messages, TEXTS_SCHEMA)
                    (proposed,) = read_texts(text, 1)
                except ProviderInvalidOutputError:
                    return None
                usable = wording.usable_follow_up(proposed, question, answer)
                if usable:
                    return usable
                messages += [Message("assistant", text), wording.again_request(1)]
            return None
        finally:
            _add(usage, self._usage(spending))

    def tailor(
        self,
        questions: Sequence[QuestionSpec],
        job_description: str,
        *,
        usage: dict[str, float] | None = None,
    ) -> tuple[str, ...]:
        """The questions' texts in the terms of a job, in order; its own text where a rewording leaks.

        Criteria stay as they are and are not sent. One call; adds its cost to `usage`. Raises AnalysisError.
        """
        if not questions or not job_description.strip():
            return tuple(question.text for question in questions)
        token = fresh_token(self._token, job_description)
        spending = Spending()
        try:
            request = wording.tailor_request(questions, job_description, token)
            text = self._ask(spending, None, wording.TAILOR_SYSTEM, [request], TEXTS_SCHEMA)
            texts = read_texts(text, len(questions))
        finally:
            _add(usage, self._usage(spending))
        return tuple(
            wording.usable_rewording(reworded, question)
            for reworded, question in zip(texts, questions, strict=True)
        )

    def _ask(
        self,
        spending: Spending,
        beat: Callable[[], None] | None,
        system: str,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
    ) -> str:
        """What the model writes, whole; its tokens are added to the spending. `beat` may end the wait for it."""
        call = partial(self._client().complete, system, messages, schema, temperature=self._temperature)
        try:
            completion = call() if beat is None else wait_for(call, beat)
        except AnalysisError as error:
            spending.add_failed(error.usage)
            raise
        spending.add(completion)
        return completion.text

    def _client(self) -> ModelClient:
        # Threads that begin at once share one client, and what it has learned of the server.
        with self._making:
            if self._made is None:
                self._made = self._make_client()
            return self._made

    def _usage(self, spending: Spending) -> dict[str, float]:
        """Tokens and cost as in Assessment.usage; what was not told, or nobody knows, is absent."""
        if spending.untold:
            return {}
        usage: dict[str, float] = {
            "input_tokens": spending.input_tokens,
            "output_tokens": spending.output_tokens,
        }
        cost = cost_usd(self.provider, self.model, spending.input_tokens, spending.output_tokens)
        return usage if cost is None else {**usage, "cost_usd": cost}


def _apart(one: Assessment, other: Assessment, question: QuestionSpec, *, capped: bool) -> float:
    """How many points two judgements of one answer are apart; under a cap, in correctness.

    A cap holds both scores down, and would hide that one of them found everything.
    """
    if not capped:
        return abs(one.score - other.score)
    correctness = [
        dimension_scores(judged.findings, judged.mistakes, 0.0, question.level)["correctness"]
        for judged in (one, other)
    ]
    return abs(correctness[0] - correctness[1])


def _missed(assessment: Assessment) -> Finding | None:
    """The heaviest criterion that is not covered; a missing one counts twice a partial one."""
    return max(
        (finding for finding in assessment.findings if finding.status is not Status.COVERED),
        key=lambda finding: finding.lack,
        default=None,
    )


def _add(total: dict[str, float] | None, usage: Mapping[str, float]) -> None:
    if total is not None:
        for name, amount in usage.items():
            total[name] = total.get(name, 0) + amount
