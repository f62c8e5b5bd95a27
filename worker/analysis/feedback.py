"""What the candidate is told: strengths, improvements, comments and a summary, each about this answer and no other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from worker.analysis.gates import Screening
from worker.analysis.scoring import DIMENSIONS, credit, share
from worker.analysis.types import (
    Aspect,
    Delivery,
    Finding,
    Level,
    Point,
    QuestionSpec,
    QuestionType,
    Status,
)

SHOWN = 4
"""The most strengths, and the most improvements, that one answer is told."""


MOST_SENTENCES = 4
ESSENTIAL = 3
ON_POINT, ABOUT = 60.0, 20.0
SHORT_ANSWER, MANY_FILLERS = 15, 4
LONG_SENTENCE = 40

_PARTS = {
    Aspect.CONCEPT: "the ideas behind it", Aspect.APPROACH: "the approach", Aspect.COMPLEXITY: "what it costs",
    Aspect.EDGE_CASES: "the cases that need care", Aspect.TRADE_OFFS: "what speaks for and against",
    Aspect.SITUATION: "the situation", Aspect.TASK: "your task", Aspect.ACTION: "what you did",
    Aspect.RESULT: "the outcome", Aspect.REFLECTION: "what you took from it",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Feedback:
    """`comments` has one sentence or two per dimension; `summary` has two to four sentences."""

    strengths: tuple[Point, ...]
    improvements: tuple[Point, ...]
    summary: str
    comments: dict[str, str]


def write(
    question: QuestionSpec,
    findings: Sequence[Finding],
    scores: dict[str, float],
    screening: Screening,
    notes: Sequence[str],
    delivery: Delivery,
) -> Feedback:
    """The feedback on an answer, from what was found in it and how it scored."""
    if screening.insufficient:
        reason = screening.insufficient.reason
        wanted = _ranked(findings, question)
        ask = (
            f"A place to start: {_ask(wanted[0])}" if wanted else "Try again in two or three full sentences."
        )
        return Feedback(
            (), (Point(reason), *(Point(_ask(finding)) for finding in wanted[:2])), f"{reason} {ask}",
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
    reasons = _reasons((*partial, *missing), question)
    strengths = tuple(_strength(finding) for finding in covered[:SHOWN])
    improvements = [
        Point(f"This reads the wrong way round. What holds is this: {_claim(finding)}.", finding.evidence)
        if not _own(finding)
        else Point(
            f"This tells the opposite of what the question hopes for. {_ask(finding)}", finding.evidence
        )
        for finding in wrong
    ]
    improvements += [
        Point(f"You come near this; say it in full. {_ask(finding)}{reasons[id(finding)]}", finding.evidence)
        for finding in partial
    ]
    improvements += [Point(f"{_ask(finding)}{reasons[id(finding)]}") for finding in missing]
    improvements += [Point(note) for note in (*screening.notes, *notes)]
    return Feedback(
        strengths,
        tuple(improvements[: SHOWN + 1]),
        _summary(covered, partial, missing, wrong, scores),
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
    return _to_you(text) if _own(finding) else text


_SECOND_PERSON = {
    "i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself", "i'm": "you're", "i've": "you've",
    "i'd": "you'd", "i'll": "you'll",
}  # fmt: skip
_FIRST_PERSON = re.compile(
    r"\b(?:I'm|I've|I'd|I'll|I|me|my|mine|myself)\b(?:\s+(?:am|was)\b)?", re.IGNORECASE
)

_ASPECT_ASKS = {
    Aspect.SITUATION: "Set the scene first",
    Aspect.TASK: "Say what fell to you",
    Aspect.ACTION: "Tell what you did yourself",
    Aspect.RESULT: "Finish with what came of it",
    Aspect.REFLECTION: "Close with what you took from it",
}
_ASPECT_REASONS = {
    Aspect.COMPLEXITY: "The cost is what a solution is chosen by.",
    Aspect.EDGE_CASES: "It is the unusual input that tells a working solution from one that looks right.",
    Aspect.TRADE_OFFS: "Naming the price shows that you chose and did not just recall.",
    Aspect.RESULT: "Without the outcome nobody can tell whether it worked.",
    Aspect.REFLECTION: "It shows what you would do better next time.",
    Aspect.SITUATION: "Without it the rest of the story is hard to judge.",
    Aspect.ACTION: "This is what an interviewer will ask you about.",
}


def _own(finding: Finding) -> bool:
    """Whether a criterion speaks of what the candidate did: in the first person, or as a part of a story."""
    return finding.criterion.aspect in _ASPECT_ASKS


def _to_you(text: str) -> str:
    """A first-person text as said to the candidate: `I asked my team` -> `you asked your team`."""

    def turned(match: re.Match[str]) -> str:
        first, *verb = match.group().split()
        word = _SECOND_PERSON[first.lower()]
        return " ".join([word, *({"am": "are", "was": "were"}[v.lower()] for v in verb)])

    return _FIRST_PERSON.sub(turned, text)


def _strength(finding: Finding) -> Point:
    """A point made; the quote shows the words, so the text says what it is worth."""
    text = _claim(finding)
    if _own(finding):
        return Point(f"Your story shows this: {text}.", finding.evidence)
    if finding.criterion.weight >= ESSENTIAL:
        return Point(f"This carries the answer: {text}.", finding.evidence)
    if finding.criterion.aspect in (Aspect.EDGE_CASES, Aspect.TRADE_OFFS, Aspect.COMPLEXITY):
        return Point(f"You look beyond the plain case: {text}.", finding.evidence)
    return Point(f"You also bring in that {text}.", finding.evidence)


def _ask(finding: Finding) -> str:
    """What to add, as a sentence or two."""
    aspect = finding.criterion.aspect
    if _own(finding):
        return f"{_ASPECT_ASKS[aspect]}. A strong answer would let an interviewer note: “{finding.criterion.text.strip().rstrip('.')}.”"
    return f"Explain that {_claim(finding)}."


def _why(finding: Finding, question: QuestionSpec) -> str:
    """Why a point matters for this question."""
    reason = _ASPECT_REASONS.get(finding.criterion.aspect)
    if reason:
        return f" {reason}"
    if finding.criterion.weight >= ESSENTIAL:
        return " The rest of the answer rests on it."
    if finding.criterion.weight <= 1 and question.level is not Level.BEGINNER:
        return " Few say this unasked; it shows experience."
    return ""


def _reasons(findings: Sequence[Finding], question: QuestionSpec) -> dict[int, str]:
    """Why each matters, by its id; a reason that has been given is not given again."""
    given: set[str] = set()
    reasons = {}
    for finding in findings:
        why = _why(finding, question)
        reasons[id(finding)] = "" if why in given else why
        given.add(why)
    return reasons


def _summary(
    covered: list[Finding],
    partial: list[Finding],
    missing: list[Finding],
    wrong: list[Finding],
    scores: dict[str, float],
) -> str:
    """Two to four sentences: where the answer stands, what is best in it, and what to do next."""
    total = len(covered) + len(partial) + len(missing) + len(wrong)
    parts: list[str] = []
    if covered and len(covered) == total:
        parts.append("A full answer: every point that this question looks for is there.")
    elif covered:
        begun = f", and {_counted(len(partial))} more in part" if partial else ""
        parts.append(
            f"You make {_counted(len(covered))} of the {_counted(total)} points this question looks for{begun}."
        )
    elif partial:
        parts.append("You are on the way, but no point is made in full yet.")
    elif wrong:
        parts.append("What you say is about the question, but it says the opposite of what holds.")
    elif scores["relevance"] > ABOUT:
        parts.append("You write about the right subject, but do not get to what this question asks.")
    else:
        parts.append("This does not answer the question that was asked.")
    if covered and not wrong:
        parts.append(f"The strongest part is {_topic(covered[0])}.")
    if wrong:
        parts.append(f"Correct this first: {_claim(wrong[0])}.")
    open_points = missing or partial
    if open_points and len(parts) < MOST_SENTENCES:
        lead = "What would lift it most" if covered or partial else "Begin with this"
        parts.append(f"{lead}: {_claim(open_points[0])}.")
    elif len(parts) < MOST_SENTENCES and not wrong:
        parts.append("To make it stronger still, say it in fewer words, or with an example of your own.")
    return " ".join(parts)


def _topic(finding: Finding) -> str:
    """A criterion as the end of a sentence about the answer."""
    if _own(finding):
        words_for = {
            Aspect.SITUATION: "the situation", Aspect.TASK: "your task", Aspect.ACTION: "what you did",
            Aspect.RESULT: "the outcome", Aspect.REFLECTION: "what you learnt",
        }  # fmt: skip
        return f"{words_for[finding.criterion.aspect]}: {_claim(finding)}"
    return f"that {_claim(finding)}"


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
    story = question.question_type is QuestionType.BEHAVIORAL
    if wrong:
        correctness = f"{_counted(len(wrong)).capitalize()} of {_counted(total)} points {'is' if len(wrong) == 1 else 'are'} the wrong way round; what holds, for one, is this: {_claim(wrong[0])}."
    elif missing and not (covered or partial):
        correctness = f"Nothing here can be counted yet. The first thing looked for: {_claim(missing[0])}."
    elif missing:
        correctness = f"{_counted(len(covered)).capitalize()} of {_counted(total)} points hold up; still open: {_claim(missing[0])}."
    elif partial:
        correctness = f"Nothing is wrong, but this needs saying in full: {_claim(partial[0])}."
    else:
        correctness = "Every point that was looked for is there, and nothing speaks against it."
    deep = [finding for finding in missing + partial if finding.criterion.weight < ESSENTIAL]
    told = covered + partial
    if len(wrong) > len(told):
        depth = "Depth can only be judged once the claims are the right way round."
    elif deep and not told:
        depth = (
            f"There is no depth yet; once the essentials stand, this takes you further: {_claim(deep[0])}."
        )
    elif deep:
        depth = f"To go deeper: {_claim(deep[-1])}."
    elif missing or partial or wrong:
        depth = "What goes beyond the essentials is there; the essentials themselves need more."
    else:
        depth = "You go beyond the essentials, to what only practice teaches."
    return {
        "relevance": _relevance(scores["relevance"], told),
        "correctness": correctness,
        "depth": depth,
        "structure": _structure(covered, partial, missing + wrong, story=story),
        "clarity": _clarity(told, delivery),
    }


def _relevance(score: float, told: Sequence[Finding]) -> str:
    if score >= ON_POINT:
        return "You answer what was asked."
    if told:
        return "You are on the subject, and answer a part of what was asked."
    if score > ABOUT:
        return "You are on the subject, but what was asked stays open: read the question again and answer each of its parts."
    return "Little of this bears on the question."


def _structure(
    covered: Sequence[Finding], partial: Sequence[Finding], lacking: Sequence[Finding], *, story: bool
) -> str:
    """Which parts of the question come up and which do not, by their names."""
    there = {finding.criterion.aspect for finding in (*covered, *partial)}
    absent = dict.fromkeys(
        _PARTS[finding.criterion.aspect] for finding in lacking if finding.criterion.aspect not in there
    )
    if absent and (there or len(absent) > 1):
        named = " and ".join(list(absent)[:2])
        return f"Your answer has nothing on {named}; say it in a sentence or two of its own."
    if lacking and not story:
        return "Some points of the question get no sentence at all; take them one by one, so that none is left out."
    if story:
        return "Your story has a beginning, your own part and an outcome, in an order that can be followed."
    return "Each part of the question gets its place."


def _clarity(told: Sequence[Finding], delivery: Delivery) -> str:
    longest = delivery.longest_sentence_words
    if longest > LONG_SENTENCE:
        return f"Your longest sentence runs to {longest} words; cut it in two where the thought turns."
    if delivery.words < SHORT_ANSWER:
        return f"{_counted(delivery.words).capitalize()} words leave little to follow: give each point a sentence with its reason."
    if not told:
        return "The sentences read well; what they lack is a claim that answers the question."
    fillers = sum(delivery.fillers.values())
    if fillers >= MANY_FILLERS:
        most = max(delivery.fillers, key=lambda word: delivery.fillers[word])
        return f"Filler words ({fillers}, “{most}” most of all) blur sentences that are clear without them."
    return f"Your sentences are easy to follow; the longest has {longest} words."
