"""What a person is told to do next for a skill: one to three sentences that name what was missing. Pure.

A criterion is a whole sentence. Where its first word shows that it can stand after "that", it is woven into the
sentence; otherwise, and always where it speaks in the candidate's own voice ("I asked ..."), it is quoted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.analysis.types import Level, Status

NAMED = 3
"""The most criteria that one recommendation names."""
READABLE = 230
"""Characters of criteria that one recommendation takes beyond the first."""
QUOTE_LENGTH = 110
CLAIM_LENGTH = 200
"""Criteria of the bank are shorter; those that a model wrote may not be."""
STRONG_ANSWER = 75.0
NOTHING_SHOWN = 10.0
"""At or below this score, with every criterion missing, an answer gave nothing to build on."""

OWN_VOICE = re.compile(r"\b(?:I|my|me|we|our|My|We|Our)\b(?!/)")
_SMALL_WORDS = """
    a about above across after against all although among an and another any anyone anything as at because
    before behind below between beyond both by despite during each either even every everybody everyone
    everything few fewer for from given half having here how if in inside instead into it its less like
    many more most much neither no nobody none not nothing of on once one only or other others our out
    outside over people per rather several she since so some someone something such than that the their
    them there these they this those three though through to two under unless unlike until up upon what
    whatever when whenever where whether which whichever while who whoever whose why with within without
    you your
"""
SMALL_WORDS = frozenset(_SMALL_WORDS.split())
"""Words that begin a statement and are written small inside a sentence."""


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """A criterion that this interview's answers did not cover; `opposite` quotes a claim to the contrary."""

    text: str
    weight: float
    status: Status
    opposite: str | None
    own_voice: bool
    resources: tuple[Mapping[str, Any], ...]

    @property
    def loss(self) -> float:
        """What it cost: half where the point was begun."""
        return self.weight / 2 if self.status is Status.PARTIAL else self.weight


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
    own_voice: bool
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
    if not standing.open_points:
        return _nothing_open(standing)
    return " ".join([*_open(standing), *(_prerequisites(standing) or _more_evidence(standing))])


def clause(points: Sequence[OpenPoint]) -> str:
    """Criteria as the object of a verb: `that a; and that b`, or `"A" and "B"`."""
    plain = [_lowered(point) for point in points]
    if all(text is not None for text in plain):
        clauses = [f"that {text}" for text in plain]
        return "; ".join([*clauses[:-1], f"and {clauses[-1]}"]) if len(clauses) > 1 else clauses[0]
    return listed([f'"{_sentence(point.text)}"' for point in points])


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    last = " as well as " if len(names) > 1 and " and " in names[-1] and '"' not in names[-1] else " and "
    return last.join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _sentence(text: str) -> str:
    """A criterion without its full stop, in one line of bearable length."""
    return _shortened(text, CLAIM_LENGTH).rstrip(".").replace('"', "'")


def _shortened(text: str, length: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def _lowered(point: OpenPoint) -> str | None:
    """The criterion as it stands after "that"; None where that might not be English."""
    text = _sentence(point.text)
    first, _, rest = text.partition(" ")
    word = first.rstrip(",")
    if point.own_voice or not rest:
        return None
    if word.lower() in SMALL_WORDS or (re.fullmatch(r"[A-Z][a-z]{2,}ing", word) and not rest[0].isupper()):
        return text[0].lower() + text[1:]
    # An abbreviation, an identifier or a name with a digit is written so anywhere in a sentence.
    return text if re.search(r"[A-Z0-9`_]", word[1:]) or not word[0].isupper() else None


def _named(points: Sequence[OpenPoint]) -> tuple[OpenPoint, ...]:
    """The heaviest few that a person can take in at once; always the first."""
    named: list[OpenPoint] = []
    for point in points[:NAMED]:
        if named and sum(len(other.text) for other in (*named, point)) > READABLE:
            break
        named.append(point)
    return tuple(named)


def _open(standing: Standing) -> list[str]:
    """One sentence or two that name the open points."""
    wrong = next((p for p in standing.open_points if p.opposite and not p.own_voice), None)
    named = _named([p for p in standing.open_points if p is not wrong])
    missing = [p for p in named if p.status is Status.MISSING]
    begun = [p for p in named if p.status is Status.PARTIAL]
    sentences = []
    if wrong:
        sentences.append(_turned_round(wrong))
        missing = missing[: NAMED - 2]
    if missing:
        sentences.append(_also_missing(standing, missing) if wrong else _missing(standing, missing))
    if begun and len(sentences) < 2:
        sentences.append(_begun(standing, begun))
    return sentences


def _turned_round(point: OpenPoint) -> str:
    quote = _shortened(point.opposite or "", QUOTE_LENGTH).rstrip(".").replace('"', "'")
    right = _lowered(point)
    holds = f"in fact {right}" if right else f'what holds is "{_sentence(point.text)}"'
    return f'Set one thing right first: you wrote "{quote}", but {holds}.'


def _also_missing(standing: Standing, points: Sequence[OpenPoint]) -> str:
    return f"Your {'answer' if standing.questions == 1 else 'answers'} also left out {clause(points)}."


def _missing(standing: Standing, points: Sequence[OpenPoint]) -> str:
    answers = "answer" if standing.questions == 1 else "answers"
    what = clause(points)
    if standing.nothing_shown and standing.own_voice:
        return (
            f"Your {answers} gave little to build on yet, so think of something you lived through"
            f" in which you could say {what}."
        )
    if standing.nothing_shown:
        variants = (
            f"Your {answers} gave little to build on yet, so begin with the heart of it: {what}.",
            f"There was not yet much to credit in your {answers}; learn first {what}.",
            f"Little was shown here yet, so start from the ground and learn {what}.",
        )
    elif standing.own_voice:
        variants = (
            f"Choose a story in which you can truthfully say {what}; your {answers} did not show it yet.",
            f"Interviewers listen here for {what}, which your {answers} did not show.",
            f"Your {answers} would be more convincing with an example in which you can say {what}.",
        )
    elif standing.trend == "down":
        return f"You have answered better on this before; this time your {answers} left out {what}."
    elif standing.proficiency == "weak":
        variants = (
            f"Start with what your {answers} left out: {what}.",
            f"What cost you most was leaving out {what}.",
            f"Before anything else, be able to explain {what}.",
        )
    else:
        variants = (
            f"You have the base; what an interviewer would still miss is {what}.",
            f"A fuller answer would also say {what}.",
            f"The quickest gain is to add {what}.",
        )
    return variants[standing.turn % len(variants)]


def _begun(standing: Standing, points: Sequence[OpenPoint]) -> str:
    if standing.own_voice:
        return (
            f"You only hinted at {clause(points)}: tell it outright, with what you did and what came of it."
        )
    variants = (
        f"You came close to saying {clause(points)}, but did not finish the thought.",
        f"Say outright {clause(points)}; you only hinted at it.",
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
    if standing.own_voice:
        keep = "tell one of your stories afresh before the review date"
    if not standing.open_points:
        return f"This is a strength, and nothing important was left out: to keep it, {keep}."
    heaviest = standing.open_points[:1]
    verb = "add" if heaviest[0].status is Status.MISSING else "finish the point you began,"
    variants = (
        f"This is a strength: to keep it, {keep}. To round it off, {verb} {clause(heaviest)}.",
        f"You can rely on this. To keep it so, {keep}, and {verb} {clause(heaviest)}.",
    )
    return variants[standing.turn % len(variants)]
