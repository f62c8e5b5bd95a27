"""Where an extraction becomes an assessment; both engines end here, so both are scored alike."""

from __future__ import annotations

from dataclasses import replace

from worker.analysis import feedback, scoring
from worker.analysis.delivery import deliver
from worker.analysis.gates import Screening, screen
from worker.analysis.quotes import verified
from worker.analysis.types import (
    Assessment,
    Dimension,
    Extraction,
    Finding,
    QuestionSpec,
    Status,
)


def judge(
    answer: str,
    question: QuestionSpec,
    extraction: Extraction,
    time_taken_seconds: float | None = None,
    *,
    screening: Screening | None = None,
    usage: dict[str, float] | None = None,
) -> Assessment:
    """The assessment of an answer from what an engine found in it.

    Quotes that are not in the answer, or that lie in a part which the gates left out, are dropped, and a
    finding without its quote counts as missing. `screening` is `gates.screen(answer, question)`, made here
    when the caller has none.
    """
    screening = screening or screen(answer, question)
    findings = tuple(_settled(answer, screening, finding) for finding in extraction.findings)
    relevance = 0.0 if screening.insufficient else extraction.relevance
    scores = scoring.dimension_scores(findings, relevance, question.level)
    if screening.cap < 100.0:
        scores = {name: min(score, screening.cap) for name, score in scores.items()}
    score = scoring.overall(scores, question.question_type, question.level, screening.cap)
    weights = scoring.weights_for(question.question_type, question.level)
    delivery = deliver(answer, time_taken_seconds)
    told = feedback.write(question, findings, scores, screening, extraction.notes, delivery)
    confidence = 0.95 if screening.insufficient else extraction.confidence
    return Assessment(
        score=score,
        dimensions={
            name: Dimension(scores[name], weights[name], told.comments[name]) for name in scoring.DIMENSIONS
        },
        findings=findings,
        strengths=told.strengths,
        improvements=told.improvements,
        summary=told.summary,
        model_answer=question.model_answer,
        delivery=delivery,
        confidence=round(min(1.0, max(0.0, confidence)), 2),
        insufficient=screening.insufficient,
        provider=extraction.provider,
        model=extraction.model,
        rubric_version=scoring.RUBRIC_VERSION,
        flags=tuple(dict.fromkeys((*screening.flags, *extraction.flags))),
        usage=dict(usage or {}),
    )


def _settled(answer: str, screening: Screening, finding: Finding) -> Finding:
    """The finding with a quote that stands in what may be judged, else as missing."""
    evidence = verified(answer, finding.evidence)
    if evidence and not screening.text[evidence.start : evidence.end].strip():
        evidence = None
    coverage = round(min(1.0, max(0.0, finding.coverage)), 4)
    if screening.insufficient or (
        evidence is None and (finding.status is not Status.MISSING or finding.contradicted)
    ):
        return replace(
            finding, status=Status.MISSING, coverage=0.0, evidence=None, contradicted=False, credit=0.0
        )
    earned = coverage if finding.credit is None else finding.credit
    status = scoring.status_of(earned, contradicted=finding.contradicted)
    if evidence is None:
        coverage = min(coverage, scoring.NOTHING)
    keep = evidence if finding.contradicted or status is not Status.MISSING else None
    return replace(finding, status=status, coverage=coverage, evidence=keep)
