"""The embedded engine: reads every claim of the question against the answer, passage by passage.

The claims are the question's criteria and its red flags. A reading says whether a passage makes the claim, says the
opposite, or is silent; evidence.py turns readings into credits, quotes and mistakes.
"""

from __future__ import annotations

from worker.analysis.assess import judge
from worker.analysis.judge.calibration import Calibration, load_calibration
from worker.analysis.judge.evidence import Passage, passages_of, summed
from worker.analysis.judge.reader import Pair, Reader, Reading
from worker.analysis.passages import sentences, words
from worker.analysis.screening import Screening, screen
from worker.analysis.types import (
    Assessment,
    Extraction,
    Finding,
    ProgressCallback,
    QuestionSpec,
    ignore_progress,
)

MODEL = "minilm-judge-1"


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
        screening = screen(answer, question)
        extraction = self.extract(screening, question)
        report(0.9, "writing")
        assessment = judge(answer, question, extraction, time_taken_seconds, screening=screening)
        report(1.0, "done")
        return assessment

    def extract(self, screening: Screening, question: QuestionSpec) -> Extraction:
        """What the text that passed the screening says of each claim."""
        nothing = tuple(Finding(criterion, 0.0) for criterion in question.criteria)
        spans = [] if screening.insufficient else sentences(screening.text)
        if not spans:
            return Extraction(nothing, (), 0.0, 0.95, self.provider, self.model)
        passages = passages_of(screening.text, spans)
        claims = [criterion.text for criterion in question.criteria] + [flag.text for flag in question.red_flags]
        readings = self.read_claims(claims, passages)
        count = len(question.criteria)
        findings, mistakes, relevance, confidence = summed(
            screening.text, spans, passages, question, readings[:count], readings[count:], self.calibration
        )
        if len(words(screening.text)) < 15:
            confidence *= 0.8
        return Extraction(
            findings, mistakes, round(relevance, 4), round(confidence, 2), self.provider, self.model
        )

    def read_claims(self, claims: list[str], passages: list[Passage]) -> list[list[Reading]]:
        """A reading for each claim and passage."""
        readings = self.reader.read([Pair(claim, passage.texts) for claim in claims for passage in passages])
        size = len(passages)
        return [readings[at * size : (at + 1) * size] for at in range(len(claims))]
