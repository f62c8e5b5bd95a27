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


MOST_SENTENCES = 4
ESSENTIAL = 3
ON_POINT = 60.0
LONG_SENTENCE = 40


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
        Point(f"This reads as the opposite of what holds, which is that {_claim(finding)}.", finding.evidence)
        for finding in wrong
    ]
    improvements += [
        Point(f"You touch on this; say it in full: {_claim(finding)}.", finding.evidence)
        for finding in partial
    ]
    improvements += [Point(f"Add that {_claim(finding)}.") for finding in missing]
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
    if re.fullmatch(r"[A-Z][a-z]+|A", first) and first != "I":
        text = text[0].lower() + text[1:]
    return text


def _summary(
    covered: list[Finding], partial: list[Finding], missing: list[Finding], wrong: list[Finding]
) -> str:
    total = len(covered) + len(partial) + len(missing) + len(wrong)
    if covered:
        begun = f" and touch on {_counted(len(partial))} more" if partial else ""
        parts = [f"You make {_counted(len(covered))} of the {total} points this question looks for{begun}."]
        parts.append(f"What comes across best is that {_claim(covered[0])}.")
    elif partial:
        parts = [
            f"You are on the way: {_counted(len(partial))} of the {total} points are begun, none is finished."
        ]
    else:
        parts = [f"None of the {total} points this question looks for could be found in what you wrote."]
    if wrong:
        parts.append(f"One claim reads the wrong way round: in fact, {_claim(wrong[0])}.")
    if missing and len(parts) < MOST_SENTENCES:
        parts.append(f"The most valuable thing to add is that {_claim(missing[0])}.")
    elif partial and len(parts) < MOST_SENTENCES:
        parts.append(f"Finish this thought next: {_claim(partial[0])}.")
    elif len(parts) < MOST_SENTENCES:
        parts.append("Nothing that was looked for is missing.")
    return " ".join(parts)


def _counted(count: int) -> str:
    """A small number in words."""
    return (
        ("none", "one", "two", "three", "four", "five", "six", "seven", "eight")[count]
        if count <= 8
        else str(count)
    )


def _comments(
    question: QuestionSpec,
    covered: list[Finding],
    partial: list[Finding],
    missing: list[Finding],
    wrong: list[Finding],
    scores: dict[str, float],
    delivery: Delivery,
) -> dict[str, str]:
    total = len(covered) + len(partial) + len(missing) + len(wrong)
    if wrong:
        correctness = f"Check this one again: {_claim(wrong[0])}."
    elif missing:
        correctness = f"{len(covered)} of {total} points hold up; still open is that {_claim(missing[0])}."
    elif partial:
        correctness = f"Nothing is wrong, but this needs saying in full: {_claim(partial[0])}."
    else:
        correctness = "Every point that was looked for is there."
    deep = [finding for finding in missing + partial if finding.criterion.weight < ESSENTIAL]
    if deep:
        depth = f"To go deeper, explain that {_claim(deep[0])}."
    elif missing or partial:
        depth = "Beyond the essentials you leave nothing out; the essentials themselves need more."
    else:
        depth = "You go beyond the essentials."
    parts = (
        "situation, task, action and result"
        if question.question_type is QuestionType.BEHAVIORAL
        else "the parts of the question"
    )
    told = len(covered) + len(partial)
    return {
        "relevance": "You answer what was asked."
        if scores["relevance"] >= ON_POINT
        else "You are on the subject, and answer part of what was asked."
        if told
        else "Little of this bears on the question.",
        "correctness": correctness,
        "depth": depth,
        "structure": f"You take up {parts}."
        if scores["structure"] >= ON_POINT
        else f"Not all of {parts} come up: say each in its own sentence, in order.",
        "clarity": f"Your longest sentence runs to {delivery.longest_sentence_words} words; cut it in two."
        if delivery.longest_sentence_words > LONG_SENTENCE
        else "Your sentences are easy to follow."
        if told
        else "Say one point per sentence, and name the thing you mean.",
    }
