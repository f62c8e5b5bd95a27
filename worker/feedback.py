"""An assessment in the wire's shape, which is how it is stored (FeedbackSchema in webapp/interviews/schemas.py)."""

from __future__ import annotations

from typing import Any

from worker.analysis.types import Assessment, Evidence, Finding, Mistake, Point


def to_wire(assessment: Assessment) -> dict[str, Any]:
    """JSON-ready; `user_answer[start:end] == quote` holds for every evidence in it."""
    insufficient = assessment.insufficient
    return {
        "score": round(assessment.score, 2),
        "dimensions": {
            name: {"score": round(d.score, 2), "weight": d.weight, "comment": d.comment}
            for name, d in assessment.dimensions.items()
        },
        "criteria": [_criterion(finding) for finding in assessment.findings],
        "mistakes": [_mistake(mistake) for mistake in assessment.mistakes],
        "strengths": [_point(point) for point in assessment.strengths],
        "improvements": [_point(point) for point in assessment.improvements],
        "summary": assessment.summary,
        "model_answer": assessment.model_answer,
        "delivery": {
            "words": assessment.delivery.words,
            "words_per_minute": assessment.delivery.words_per_minute,
            "fillers": dict(assessment.delivery.fillers),
            "longest_sentence_words": assessment.delivery.longest_sentence_words,
        },
        "confidence": assessment.confidence,
        "insufficient": insufficient is not None,
        "insufficient_reason": {"code": insufficient.code, "reason": insufficient.reason}
        if insufficient
        else None,
        "provider": assessment.provider,
        "model": assessment.model,
        "rubric_version": assessment.rubric_version,
        "flags": list(assessment.flags),
    }


def _criterion(finding: Finding) -> dict[str, Any]:
    return {
        "text": finding.criterion.text,
        "topic": finding.criterion.topic,
        "weight": finding.criterion.weight,
        "status": finding.status.value,
        "credit": round(finding.credit, 4),
        "evidence": _evidence(finding.evidence),
    }


def _mistake(mistake: Mistake) -> dict[str, Any]:
    return {"text": mistake.text, "evidence": _evidence(mistake.evidence), "why": mistake.why}


def _point(point: Point) -> dict[str, Any]:
    return {"text": point.text, "evidence": _evidence(point.evidence)}


def _evidence(evidence: Evidence | None) -> dict[str, Any] | None:
    if evidence is None:
        return None
    return {"quote": evidence.quote, "start": evidence.start, "end": evidence.end}
