"""The embedded engine: no network, no key, no GPU. The same answer and question give the same assessment.

An answer is cut into sentences, each encoded by itself; windows of sentences are compared with every wording of
every criterion (features.py). The likeness of the best window earns the credit; it can only rise when a sentence is
added. The calibrated probability and whether the window says the opposite come from the window's features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from worker.analysis.assess import judge
from worker.analysis.gates import Screening, screen
from worker.analysis.local.contradiction import said_wrong
from worker.analysis.local.encoder import Encoder, Floats
from worker.analysis.local.features import NAMES, measure
from worker.analysis.local.grading import Grade, RowMeasure, row_question, softened
from worker.analysis.local.head import Head, load_head
from worker.analysis.local.likeness import Claims, Met, about, apart, likeness, meet, ramp, stack
from worker.analysis.local.passages import (
    Asked,
    Claim,
    Passages,
    claim_of,
    cut,
    passages_of,
    pooled,
)
from worker.analysis.local.repeated import first_said
from worker.analysis.local.spelling import corrected, terms
from worker.analysis.local.stories import as_story, fit, notes_on
from worker.analysis.local.texts import Flags, Reals, Text, read
from worker.analysis.quotes import Span, evidence_at, sentences, words
from worker.analysis.scoring import COVERED, status_of
from worker.analysis.types import (
    Assessment,
    Criterion,
    Evidence,
    Extraction,
    Finding,
    QuestionSpec,
    QuestionType,
    Report,
    unreported,
)

MODEL = "minilm-evidence-2"


@dataclass(frozen=True, slots=True)
class Scale:
    """What a likeness earns. `nothing`: what any text on the subject reaches; `astray`: how much more it takes off the subject;
    `least` - `most`: what earns everything, by what the model answer itself reaches for the criterion; `straying`: what a
    window loses that is about something else (likeness.about). Chosen on the bank, see bench/data-provenance.md.
    """

    nothing: float
    astray: float
    least: float
    most: float
    straying: float

    def credit(self, value: float, subject: float, given: float, full: float) -> float:
        """0-1, where the question's own text reaches `given`: what it gives away earns nothing."""
        nothing = max(self.nothing + self.astray * (1 - subject), GIVEN * given)
        return ramp(value, nothing, max(full, nothing + NARROWEST))

    def full(self, reached: float) -> float:
        return min(self.most, max(self.least, REACHED * reached))


FACTS = Scale(nothing=0.19, astray=0.12, least=0.24, most=0.55, straying=0.8)
STORIES = Scale(nothing=0.18, astray=0.07, least=0.22, most=0.46, straying=0.0)
"""The criteria of stories are told in the abstract ("I asked before I acted"), so that theirs lie lower."""

NARROWEST = 0.05
"""The least distance between the likeness that earns nothing and the one that earns all."""

GIVEN = 0.9
"""The share of the likeness that the question's own text reaches which earns nothing."""

REACHED = 0.97
"""The share of the model answer's own likeness that earns everything."""

OPPOSITE_LIKENESS = 0.45
"""How like a claim a passage must be for its opposite polarity to count as a contradiction."""

RELEVANT_FROM, RELEVANT_FULL = 0.28, 0.52
"""Cosine to the question or the model answer between which a passage counts as about the subject."""

QUESTIONS_KEPT = 32
"""How many questions stay prepared, at about 4 MB each; preparing one anew takes about as long as judging an answer."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A question as the engine reads it. `claims` are all wordings of all criteria (`wordings`, those of criterion i being
    `parts[i]`), the model answer's sentences (up to `truths`), and the misconceptions; `full` is the likeness that earns
    everything for each criterion, `given` the one that the question's own text reaches.
    """

    asked: Asked
    claims: Claims
    parts: tuple[slice, ...]
    wordings: int
    truths: int
    full: tuple[float, ...]
    given: tuple[float, ...]
    subject: Floats
    scale: Scale
    terms: tuple[str, ...]


class LocalEngine:
    """Implements types.Engine. `load()` reads the model (about 90 MB, mapped); call it before forking to share it.

    `questions_kept`: how many questions stay prepared.
    """

    provider = "local"
    model = MODEL

    def __init__(self, questions_kept: int = QUESTIONS_KEPT) -> None:
        self._encoder: Encoder | None = None
        self._head: Head | None = None
        self._prepared = lru_cache(maxsize=questions_kept)(self._prepare)

    def load(self) -> None:
        """Loads what the engine needs; safe to call again, and done by the first use otherwise."""
        if self._encoder is None:
            self._encoder = Encoder()

    @property
    def encoder(self) -> Encoder:
        self.load()
        assert self._encoder is not None  # noqa: S101 - load() has just seen to it
        return self._encoder

    @property
    def head(self) -> Head:
        if self._head is None:
            self._head = load_head()
        return self._head

    def assess(
        self,
        answer: str,
        question: QuestionSpec,
        *,
        time_taken_seconds: float | None = None,
        report: Report = unreported,
    ) -> Assessment:
        report(0.05, "reading")
        screening = screen(answer, question)
        extraction = self.extract(screening, question)
        report(0.8, "writing")
        assessment = judge(answer, question, extraction, time_taken_seconds, screening=screening)
        report(1.0, "done")
        return assessment

    def extract(self, screening: Screening, question: QuestionSpec) -> Extraction:
        """What the text that passed the gates shows for each criterion."""
        if screening.insufficient:
            nothing = tuple(
                Finding(criterion, status_of(0.0), 0.0, credit=0.0) for criterion in question.criteria
            )
            return Extraction(nothing, 0.0, 0.95, self.provider, self.model)
        prepared = self._prepared(question)
        text = screening.text
        spans, texts = self._sentences(text, prepared.terms)
        if not texts:
            nothing = tuple(
                Finding(criterion, status_of(0.0), 0.0, credit=0.0) for criterion in question.criteria
            )
            return Extraction(nothing, 0.0, 0.6, self.provider, self.model)
        passages = passages_of(texts, prepared.asked)
        windows = pooled(passages, passages.index)
        subject = _subject(windows[: passages.short], prepared.subject)
        met = meet(prepared.claims, passages)
        values = _values(prepared.claims, prepared.parts, prepared.scale, passages, met, windows)
        tainted = _tainted(passages, said_wrong(passages, prepared.claims, met, prepared.truths))
        findings = [
            self._find(text, spans, passages, values, tainted, subject, prepared, index, criterion)
            for index, criterion in enumerate(question.criteria)
        ]
        if question.question_type is QuestionType.BEHAVIORAL:
            near = fit(windows[: passages.short], values, prepared.claims, prepared.parts)
            findings = as_story(text, spans, near, findings)
        relevance = round(subject, 4)
        certainty = [abs(2 * (finding.credit or 0.0) - 1) for finding in findings]
        confidence = 0.45 + 0.45 * (sum(certainty) / len(certainty) if certainty else 0.0)
        if len(words(text)) < 15:
            confidence -= 0.15
        notes = notes_on(text, question)
        return Extraction(tuple(findings), relevance, round(confidence, 2), self.provider, self.model, notes)

    def measure_row(self, answer: str, question: str, references: Sequence[str]) -> RowMeasure:
        """The features of a short answer against one expected point in several wordings, without gates."""
        prepared = self._prepared(row_question(question, tuple(references)))
        _, texts = self._sentences(answer, prepared.terms)
        if not texts:
            return RowMeasure(np.zeros(len(NAMES)), 0.0, False)
        passages = passages_of(texts, prepared.asked)
        met = meet(prepared.claims, passages)
        values = likeness(prepared.claims, met, passages.index, prepared.wordings).round(5)
        claim, window = _peak(values)
        features = self._measured(prepared, passages, claim, window)
        wrong = said_wrong(passages, prepared.claims, met, prepared.truths)
        return RowMeasure(features, float(values[claim, window]), bool(_tainted(passages, wrong)[window]))

    def _measured(self, prepared: _Prepared, passages: Passages, claim: int, window: int) -> Reals:
        features: Reals = measure(prepared.claims.each[claim], cut(passages, window), prepared.asked, [0])[
            0
        ].round(5)
        return features

    def grade_row(
        self, answer: str, question: str, references: Sequence[str], *, gates: bool = True
    ) -> Grade:
        """The grade of a short answer to a question with one expected point: what bench.scoring prints."""
        if gates:
            screening = screen(answer, row_question(question, tuple(references)))
            if screening.insufficient:
                return Grade(0.0, 0.0, 0.0, 0.0)
            answer = screening.text
        row = self.measure_row(answer, question, references)
        probability = self.head.probability(row.features, row.likeness, len(references))
        score = self.head.grade(row.likeness)
        if row.opposite:
            probability, score = softened(probability, score)
        if gates and screening.cap < 100.0:
            score, probability = min(score, screening.cap / 100), min(probability, screening.cap / 100)
        low, high = self.head.interval(probability)
        return Grade(round(score, 4), round(probability, 4), low, high)

    def _find(
        self,
        text: str,
        spans: list[Span],
        passages: Passages,
        values: Reals,
        tainted: Flags,
        subject: float,
        prepared: _Prepared,
        index: int,
        criterion: Criterion,
    ) -> Finding:
        """The finding for one criterion: the best window that says it, or one that says its opposite.

        `tainted` windows hold a sentence that says something wrong: they earn nothing.
        """
        part = values[prepared.parts[index]]
        straight, crossed = np.where(tainted, -1.0, part), np.where(tainted, part, -1.0)
        claim, window = _peak(straight)
        value = float(straight[claim, window])
        _, where = _peak(crossed)
        opposed = float(crossed[:, where].max())
        credit = prepared.scale.credit(value, subject, prepared.given[index], prepared.full[index])
        if opposed >= OPPOSITE_LIKENESS and opposed > value and credit < COVERED:
            shown = _quote(text, spans, passages, where)
            return Finding(
                criterion, status_of(0.0, contradicted=True), 0.05, shown, contradicted=True, credit=0.0
            )
        if value < 0:
            return Finding(criterion, status_of(0.0), 0.0, credit=0.0)
        features = self._measured(prepared, passages, prepared.parts[index].start + claim, window)
        probability = self.head.probability(features, value, len(part))
        evidence = _quote(text, spans, passages, window) if credit > 0 else None
        return Finding(criterion, status_of(credit), round(probability, 4), evidence, credit=round(credit, 4))

    def _sentences(self, text: str, known: tuple[str, ...] = ()) -> tuple[list[Span], list[Text]]:
        """The sentences of a text that hold a word and a token, encoded one by one; slips of known words put right, and
        what was said before left out.
        """
        spans = first_said(text, sentences(text))
        texts = self._read([corrected(span.of(text), known, self.encoder.vocabulary) for span in spans])
        kept = [
            (span, piece) for span, piece in zip(spans, texts, strict=True) if len(piece.idf) and piece.words
        ]
        return [span for span, _ in kept], [piece for _, piece in kept]

    def _read(self, texts: Sequence[str]) -> list[Text]:
        if not texts:
            return []
        return [read(text, encoded) for text, encoded in zip(texts, self.encoder.encode(texts), strict=True)]

    def _prepare(self, question: QuestionSpec) -> _Prepared:
        asked_text = self._read([question.text])[0]
        asked = Asked(asked_text, frozenset(asked_text.stems))
        claims: list[Claim] = []
        parts: list[slice] = []
        for criterion in question.criteria:
            read_texts = self._read([criterion.text, *criterion.paraphrases])
            first = len(claims)
            claims += [claim_of(text, asked) for text in read_texts if len(text.idf)]
            parts.append(slice(first, len(claims)))
        wordings = len(claims)
        _, model = self._sentences(question.model_answer)
        claims += [claim_of(text, asked) for text in model]
        truths = len(claims)
        claims += [claim_of(text, asked) for text in self._read(question.misconceptions) if len(text.idf)]
        stacked = stack(claims, parts)
        scale = STORIES if question.question_type is QuestionType.BEHAVIORAL else FACTS

        def reached(said: list[Text]) -> list[float]:
            passages = passages_of(said, asked)
            windows = pooled(passages, passages.index)
            values = _values(stacked, parts, scale, passages, meet(stacked, passages), windows)
            return [float(values[part].max()) for part in parts]

        _, told = self._sentences(question.text)
        given = reached(told) if told else [0.0] * len(parts)
        full = [scale.most] * len(parts)
        subject = [asked_text.encoded.pooled]
        if model:
            full = [scale.full(value) for value in reached(model)]
            subject.append(_unit(np.sum([text.encoded.pooled for text in model], axis=0)))
        known = terms(
            (
                question.text,
                question.model_answer,
                *question.misconceptions,
                *(
                    text
                    for criterion in question.criteria
                    for text in (criterion.text, *criterion.paraphrases)
                ),
            )
        )
        return _Prepared(
            asked=asked,
            claims=stacked,
            parts=tuple(parts),
            wordings=wordings,
            truths=truths,
            full=tuple(full),
            given=tuple(given),
            subject=np.stack(subject),
            scale=scale,
            terms=known,
        )


def _values(
    claims: Claims, parts: Sequence[slice], scale: Scale, passages: Passages, met: Met, windows: Reals
) -> Reals:
    """(claims, windows): how fully each window says each wording of the criteria, beside the other criteria and the subject."""
    wordings = parts[-1].stop
    values = likeness(claims, met, passages.index, wordings)
    values = apart(values, parts, passages)
    return about(values, claims.each[:wordings], windows, scale.straying).round(5)


def _peak(values: Reals) -> tuple[int, int]:
    """The row and the column of the highest value, the first of several."""
    row, column = divmod(int(values.argmax()), values.shape[1])
    return row, column


def _tainted(passages: Passages, wrong: Flags) -> Flags:
    """(windows,): which windows hold a sentence that is wrong."""
    flags: Flags = np.append(wrong, False)[passages.index].max(axis=1)
    return flags


def _unit(vector: Floats) -> Floats:
    scaled: Floats = vector / max(float(np.linalg.norm(vector)), 1e-9)
    return scaled


def _quote(text: str, spans: list[Span], passages: Passages, window: int) -> Evidence:
    first, last = passages.spans[window]
    return evidence_at(text, Span(spans[first].start, spans[last - 1].end))


def _subject(windows: Reals, subject: Floats) -> float:
    """0-1: how near the nearest window comes to the question or the model answer."""
    nearest = float((windows @ subject.T.astype(np.float64)).max())
    return round(ramp(nearest, RELEVANT_FROM, RELEVANT_FULL), 5)
