"""The embedded engine: reads every criterion of the question against the answer.

A reading says whether the answer makes the point, says the opposite, or is silent; evidence.py turns readings into
credits, quotes and mistakes. The words of a mistake are then read beside the question's red flags, which explain it.
"""

from __future__ import annotations

from collections.abc import Sequence

from worker.analysis.assess import judge
from worker.analysis.judge.calibration import Calibration, load_calibration
from worker.analysis.judge.evidence import (
    ClaimReading,
    Passage,
    claim_reading,
    confidence_of,
    contradictions_of,
    findings_of,
    passages_of,
    probabilities,
    relevance_of,
)
from worker.analysis.judge.reader import Pair, Reader
from worker.analysis.mistakes import explained
from worker.analysis.passages import sentences
from worker.analysis.screening import Screening, screen
from worker.analysis.types import (
    Assessment,
    Extraction,
    Finding,
    Mistake,
    ProgressCallback,
    QuestionSpec,
    ignore_progress,
)
from worker.analysis.visible import visible

MODEL = "minilm-judge-1"

STATED_FROM = 0.5
"""Probability from which the words of a mistake state a red flag."""


class JudgeEngine:
    """Implements types.Engine. `load()` reads the model (23 MB); call it before forking to share its memory."""

    provider = "local"
    model = MODEL

    def __init__(self) -> None:
        self._reader: Reader | None = None
        self._calibration: Calibration | None = None

    def load(self) -> None:
        """Loads what the engine needs; safe to call again, and done by the first use otherwise."""
        if self._reader is None:
            self._reader = Reader()

    @property
    def reader(self) -> Reader:
        self.load()
        assert self._reader is not None  # noqa: S101 - load() has just made it
        return self._reader

    @property
    def calibration(self) -> Calibration:
        if self._calibration is None:
            self._calibration = load_calibration()
        return self._calibration

    def assess(
        self,
        answer: str,
        question: QuestionSpec,
        *,
        time_taken_seconds: float | None = None,
        report: ProgressCallback = ignore_progress,
    ) -> Assessment:
        report(0.05, "reading")
        seen = visible(answer)
        screening = screen(seen.text, question)
        extraction = self.extract(screening, question)
        report(0.9, "writing")
        assessment = judge(seen.text, question, extraction, time_taken_seconds, screening=screening)
        report(1.0, "done")
        return seen.original(assessment)

    def extract(self, screening: Screening, question: QuestionSpec) -> Extraction:
        """What the text that passed the screening says of each claim."""
        nothing = tuple(Finding(criterion, 0.0) for criterion in question.criteria)
        spans = [] if screening.insufficient else sentences(screening.text)
        if not spans:
            return Extraction(nothing, (), 0.0, 0.95, self.provider, self.model)
        passages = passages_of(screening.text, spans)
        criteria = self.read_claims([criterion.text for criterion in question.criteria], passages)
        findings = findings_of(screening.text, spans, question, criteria, self.calibration)
        mistakes = contradictions_of(screening.text, spans, findings, criteria, self.calibration)
        mistakes = self._explained(mistakes, question)
        confidence = confidence_of(findings, mistakes, self.calibration)
        return Extraction(
            findings,
            mistakes,
            round(relevance_of(findings), 4),
            round(confidence, 2),
            self.provider,
            self.model,
        )

    def _explained(self, mistakes: tuple[Mistake, ...], question: QuestionSpec) -> tuple[Mistake, ...]:
        """Mistakes with the red flags that their words state: each red flag is read against each mistake's words."""
        flags = question.red_flags
        readings = iter(
            self.reader.read(
                [Pair(flag.text, (mistake.evidence.quote,)) for mistake in mistakes for flag in flags]
            )
        )
        done = []
        for mistake in mistakes:
            chance, flag = max(
                ((probabilities(next(readings).whole)[1], flag) for flag in flags),
                key=lambda pair: pair[0],
                default=(0.0, None),
            )
            done.append(explained(mistake, flag) if flag and chance >= STATED_FROM else mistake)
        return tuple(done)

    def read_claims(self, claims: Sequence[str], passages: Sequence[Passage]) -> list[ClaimReading]:
        """What the answer says of each claim."""
        readings = self.reader.read([Pair(claim, passage.texts) for claim in claims for passage in passages])
        size = len(passages)
        return [claim_reading(passages, readings[at * size : (at + 1) * size]) for at in range(len(claims))]
