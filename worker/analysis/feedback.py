"""What the candidate is told: strengths, improvements, comments and a summary, each about this answer and no other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from worker.analysis.gates import Screening
from worker.analysis.scoring import DIMENSIONS, credit, share
from worker.analysis.types import Delivery, Finding, Point, QuestionSpec, QuestionType, Status

SHOWN = 4
"""The most strengths, and the most improvements, that one answer is told."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """`comments` has one sentence or two per dimension; `summary` has two to four sentences."""

    strengths: tuple[Point, ...]
    improvements: tuple[Point, ...]
    summary: str
    comments: dict[str, str]


def write(
    answer: str,
    question: QuestionSpec,
    findings: Sequence[Finding],
    scores: dict[str, float],
    score: float,
    screening: Screening,
    notes: Sequence[str],
    delivery: Delivery,
) -> Feedback:
    """The feedback on an answer, from what was found in it and how it scored."""
    if screening.insufficient:
        reason = screening.insufficient.reason
        wanted = _ranked(findings, question)
        ask = (
            f"A good answer would say, for instance, that {_claim(wanted[0])}."
            if wanted
            else "Try again in two or three full sentences."
        )
        return Feedback(
            (), (Point(reason), *(Point(f"Say that {_claim(finding)}.") for finding in wanted[:2])), f"{reason} {ask}",
            dict.fromkeys(DIMENSIONS, "There was nothing to judge."),
        )  # fmt: skip
    covered = [finding for finding in _ranked(findings, question) if finding.status is Status.COVERED]
    partial = [finding for finding in _ranked(findings, question) if finding.status is Status.PARTIAL]
    wrong = [finding for finding in _ranked(findings, question) if finding.contradicted]
    missing = [
        finding
        for finding in _ranked(findings, question)
        if finding.status is Status.MISSING and not finding.contradicted
    ]
    strengths = tuple(
        Point(f"You say that {_claim(finding)}.", finding.evidence) for finding in covered[:SHOWN]
    )
    improvements = [
        Point(f"This says the opposite of what holds: {_claim(finding)}.", finding.evidence)
        for finding in wrong
    ]
    improvements += [
        Point(f"You touch on this without finishing it: {_claim(finding)}.", finding.evidence)
        for finding in partial
    ]
    improvements += [Point(f"Not said: {_claim(finding)}.") for finding in missing]
    improvements += [Point(note) for note in (*screening.notes, *notes)]
    return Feedback(
        strengths,
        tuple(improvements[: SHOWN + 1]),
        _summary(covered, partial, missing, wrong),
        _comments(question, covered, partial, missing, wrong, scores, delivery),
    )


def _ranked(findings: Sequence[Finding], question: QuestionSpec) -> list[Finding]:
    """Findings with those first that count most at this level."""
    return sorted(
        findings, key=lambda finding: (-share(finding.criterion.weight, question.level), -credit(finding))
    )


def _claim(finding: Finding) -> str:
    """A criterion's text as the end of a sentence."""
    text = finding.criterion.text.strip().rstrip(".")
    first = text.split(" ", 1)[0]
    if re.fullmatch(r"[A-Z][a-z]+|A", first) and first not in ("I",):
        text = text[0].lower() + text[1:]
    return text


def _summary(
    covered: list[Finding], partial: list[Finding], missing: list[Finding], wrong: list[Finding]
) -> str:
    total = len(covered) + len(partial) + len(missing) + len(wrong)
    parts = [f"You cover {len(covered)} of the {total} points this question asks for."]
    if covered:
        parts.append(f"Your strongest is that {_claim(covered[0])}.")
    if wrong:
        parts.append(f"One claim is the wrong way round: it should be that {_claim(wrong[0])}.")
    elif missing:
        parts.append(f"What is missing most is that {_claim(missing[0])}.")
    elif partial:
        parts.append(f"Say more about this: {_claim(partial[0])}.")
    if len(parts) < 2:
        parts.append("Nothing of it can be credited yet.")
    return " ".join(parts)


def _comments(
    question: QuestionSpec,
    covered: list[Finding],
    partial: list[Finding],
    missing: list[Finding],
    wrong: list[Finding],
    scores: dict[str, float],
    delivery: Delivery,
) -> dict[str, str]:
    gap = (wrong or missing or partial or covered)[0]
    behavioral = question.question_type is QuestionType.BEHAVIORAL
    return {
        "relevance": "You answer what was asked."
        if scores["relevance"] >= 60
        else "Much of this does not answer the question.",
        "correctness": f"{len(covered)} points stand; next: {_claim(gap)}.",
        "depth": f"{len(partial)} points are begun and not finished."
        if partial
        else "What you say, you say fully."
        if covered
        else "Nothing is explained in depth.",
        "structure": "The parts of a story are there."
        if behavioral and scores["structure"] >= 60
        else f"{delivery.words} words over {len(covered) + len(partial)} points.",
        "clarity": f"Your longest sentence has {delivery.longest_sentence_words} words.",
    }
