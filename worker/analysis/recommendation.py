"""What a candidate should do next for a skill: one to three sentences that name what was missing. Pure.

A point is named by its topic, which reads after "explain" ("why a WHERE filter undoes a left join"), or for a story
after "tell" ("how you listened to their side").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from worker.analysis.mastery import Correction
from worker.analysis.phrases import first_sentence, listed, quoted
from worker.analysis.types import Level, Status

NAMED = 3
"""The most points that one recommendation names."""

CLAIM_LENGTH = 160
"""Characters of a criterion that is quoted because it has no topic."""

STRONG_ANSWER = 75.0
NOTHING_SHOWN = 10.0
"""At or below this score, with every criterion missing, an answer gave nothing to build on."""


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """A criterion that this interview's answers did not cover; `story` says that it is about what the candidate did."""

    text: str
    topic: str
    weight: float
    status: Status
    story: bool
    resources: tuple[Mapping[str, Any], ...]

    @property
    def loss(self) -> float:
        """What it cost: half where the point was begun."""
        return self.weight / 2 if self.status is Status.PARTIAL else self.weight

    @property
    def name(self) -> str:
        """The point as a noun phrase; its own sentence in quotation marks where it has no topic."""
        if self.topic:
            return self.topic
        text = " ".join(self.text.split()).rstrip(".")
        short = (
            text if len(text) <= CLAIM_LENGTH else text[:CLAIM_LENGTH].rsplit(" ", 1)[0].rstrip(",;:") + " …"
        )
        return f"“{short}”"


@dataclass(frozen=True, slots=True)
class Standing:
    """A skill as advice needs it. `score` is mastery 0-100 and `session_score` that of this interview's last attempts.

    `open_points` come heaviest first. `shaky` are prerequisites known to be weak or moderate, `untested` those of which
    nothing is known. `questions` counts those of this interview, `retried` says that one was answered again after its
    model answer was seen. `turn` makes neighbouring skills differ in wording.
    """

    skill_name: str
    proficiency: str
    score: float
    session_score: float
    trend: str
    open_points: tuple[OpenPoint, ...]
    corrections: tuple[Correction, ...]
    story: bool
    nothing_shown: bool
    shaky: tuple[str, ...]
    untested: tuple[str, ...]
    resources: tuple[Mapping[str, Any], ...]
    questions: int
    retried: bool
    hardest: Level
    turn: int


def recommend(standing: Standing) -> str:
    """One to three sentences, about this candidate's answers and no others'."""
    if standing.proficiency == "strong":
        return _keep(standing)
    if not standing.open_points and not standing.corrections:
        return _nothing_open(standing)
    return " ".join([*_open(standing), *(_prerequisites(standing) or _more_evidence(standing))])


def _open(standing: Standing) -> list[str]:
    """One sentence or two: what to put right, and what to add."""
    missing = [p for p in standing.open_points if p.status is Status.MISSING][:NAMED]
    begun = [p for p in standing.open_points if p.status is Status.PARTIAL][:NAMED]
    sentences = []
    if standing.corrections:
        sentences.append(_put_right(standing.corrections[0]))
    if missing:
        names = listed([p.name for p in missing[: 2 if sentences else NAMED]])
        sentences.append(f"Then add {names}." if sentences else _missing(standing, names))
    if begun and len(sentences) < 2:
        sentences.append(_begun(standing, listed([p.name for p in begun[:2]])))
    return sentences


def _put_right(correction: Correction) -> str:
    quote, why = quoted(correction.quote), first_sentence(correction.why)
    return f"Put one thing right first, {quote}: {why}" if quote else f"Put one thing right first: {why}"


def _missing(standing: Standing, names: str) -> str:
    answers = "answer" if standing.questions == 1 else "answers"
    variants: tuple[str, ...]
    if standing.nothing_shown:
        variants = (
            (f"There was little to build on yet, so choose a story from your own work that shows {names}.",)
            if standing.story
            else (f"Start from the ground here: learn to explain {names}.", f"There was little to build on yet; begin with {names}.")
        )  # fmt: skip
    elif standing.story:
        variants = (
            f"Choose a story in which you can tell {names}; your {answers} did not show it yet.",
            f"Interviewers listen here for {names}, which your {answers} did not show.",
            f"Your {answers} would convince more with an example that shows {names}.",
        )
    elif standing.trend == "down":
        return f"You have answered better on this before; this time {names} stayed out."
    elif standing.proficiency == "weak":
        variants = (
            f"Start with what your {answers} left out: {names}.",
            f"Leaving out {names} cost you most.",
            f"Before anything else, be able to explain {names}.",
        )
    else:
        variants = (
            f"You have the base; what an interviewer would still miss is {names}.",
            f"A fuller answer would also explain {names}.",
            f"You gain most by adding {names}.",
        )
    return variants[standing.turn % len(variants)]


def _begun(standing: Standing, names: str) -> str:
    if standing.story:
        return f"You only hinted at {names}: tell it outright, with what you did and what came of it."
    variants = (
        f"You came close on {names}, but did not finish the thought.",
        f"You touched on {names}; next time say it outright.",
    )
    return variants[standing.turn % len(variants)]


def _prerequisites(standing: Standing) -> list[str]:
    """For a weak skill: what comes first."""
    if standing.proficiency != "weak":
        return []
    if standing.shaky:
        weak_too = "which is weak as well" if len(standing.shaky) == 1 else "which are weak as well"
        return [f"It builds on {listed(standing.shaky)}, {weak_too}, so begin there."]
    if standing.untested:
        them = "that is" if len(standing.untested) == 1 else "those are"
        return [f"It builds on {listed(standing.untested)}: unless {them} familiar ground, start there."]
    return []


def _more_evidence(standing: Standing) -> list[str]:
    """For who did well here and is not counted as strong: why not."""
    if standing.session_score < STRONG_ANSWER or standing.retried:
        return []
    return {
        "new": ["You did well here, but it takes a few more good answers before it counts as a strength."],
        "up": ["This went better than before: keep on like this and it becomes a strength."],
    }.get(standing.trend, ["Keep on like this and it becomes a strength."])


def _nothing_open(standing: Standing) -> str:
    answers, them = ("answer", "it") if standing.questions == 1 else ("answers", "them")
    if standing.session_score < STRONG_ANSWER:
        return f"Compare your {answers} with the model {answers}, then give {them} again in your own words."
    if standing.retried:
        return (
            "Your last attempt left out nothing that was asked for, but you had seen the model answer by then:"
            " a new question will show how much has stayed."
        )
    if standing.trend == "new":
        return (
            f"Your {answers} left out nothing that was asked for; that is little to go by yet,"
            " so take another question or two on this to confirm it."
        )
    before = ", unlike earlier ones" if standing.trend == "up" else ""
    return (
        f"Your {answers} left out nothing that was asked for{before}:"
        " keep on like this and it becomes a strength."
    )


def _keep(standing: Standing) -> str:
    """For a strong skill: how it stays one."""
    keep = {
        Level.BEGINNER: "take an intermediate question on it next time",
        Level.INTERMEDIATE: "take an advanced question on it next time",
        Level.ADVANCED: "explain it to somebody once before the review date",
    }[standing.hardest]
    if standing.story:
        keep = "tell one of your stories afresh before the review date"
    if not standing.open_points:
        return f"This is a strength, and nothing important was left out: to keep it, {keep}."
    name = standing.open_points[0].name
    variants = (
        f"This is a strength: to keep it, {keep}. To round it off, add {name}.",
        f"You can rely on this. To keep it so, {keep}, and bring in {name}.",
    )
    return variants[standing.turn % len(variants)]
