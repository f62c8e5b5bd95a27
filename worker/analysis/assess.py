"""Where an extraction becomes an assessment; both engines end here, so both are scored alike."""

from __future__ import annotations

from dataclasses import replace

from worker.analysis import feedback, scoring
from worker.analysis.delivery import deliver
from worker.analysis.passages import verified
from worker.analysis.screening import Screening, screen
from worker.analysis.types import Assessment, Dimension, Extraction, Finding, Mistake, QuestionSpec, Status


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

    Quotes that are not in the answer, or that lie in a part which the screening left out, are dropped; a finding
    without its quote counts as missing, a mistake without its quote is no mistake. `screening` is
    `screen(answer, question)`, made here when the caller has none.
    """
    screening = screening or screen(answer, question)
    findings = tuple(_checked(answer, screening, finding) for finding in extraction.findings)
    mistakes = tuple(mistake for mistake in extraction.mistakes if _stands(answer, screening, mistake))
    relevance = 0.0 if screening.insufficient else extraction.relevance
    scores = scoring.dimension_scores(findings, mistakes, relevance, question.level)
    if screening.cap < 100.0:
        scores = {name: min(score, screening.cap) for name, score in scores.items()}
    score = scoring.overall(scores, question.question_type, question.level, screening.cap)
    weights = scoring.weights_for(question.question_type, question.level)
    delivery = deliver(answer, time_taken_seconds)
    written = feedback.write(
        answer, question, findings, mistakes, scores, score, screening, relevance, delivery
    )
    confidence = 0.95 if screening.insufficient else extraction.confidence
    return Assessment(
        score=score,
        dimensions={
            name: Dimension(scores[name], weights[name], written.comments[name])
            for name in scoring.DIMENSIONS
        },
        findings=findings,
        mistakes=mistakes,
        strengths=written.strengths,
        improvements=written.improvements,
        summary=written.summary,
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


def _checked(answer: str, screening: Screening, finding: Finding) -> Finding:
    """The finding with a quote that stands in what may be judged, else as missing."""
    finding = replace(finding, credit=round(min(1.0, max(0.0, finding.credit)), 4))
    if finding.status is Status.MISSING:
        return replace(finding, evidence=None)
    evidence = verified(answer, finding.evidence)
    if (
        screening.insufficient
        or evidence is None
        or not screening.text[evidence.start : evidence.end].strip()
    ):
        return replace(finding, credit=0.0, evidence=None)
    return replace(finding, evidence=evidence)


def _stands(answer: str, screening: Screening, mistake: Mistake) -> bool:
    evidence = verified(answer, mistake.evidence)
    return bool(
        evidence and not screening.insufficient and screening.text[evidence.start : evidence.end].strip()
    )
