"""One to four steps of study for a skill, with hours, from what its answers left open. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.analysis.phrases import listed
from worker.analysis.recommendation import OpenPoint, Standing
from worker.analysis.types import Status

STUDY_STEPS = 2
"""Reading steps in one plan; what comes after them is for the next interview to find."""

READ = {
    "book": "Read the chapters on",
    "documentation": "Read the documentation on",
    "course": "Take the lessons on",
    "article": "Read the article on",
    "standard": "Consult the standard on",
}
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True, slots=True)
class SkillProfile:
    """A skill of the bank; `resources` are {key, title, kind, url?, hours?}, `prerequisites` are names."""

    id: str
    name: str
    prerequisites: tuple[str, ...]
    resources: tuple[Mapping[str, Any], ...]


def study_plan(standing: Standing) -> tuple[dict[str, Any], ...]:
    """Steps {title, why, hours, resource}, in the order to take them; their hours grow with 100 - mastery.

    What is missing is read up, then recalled without notes: recalling outlasts rereading (Roediger and Karpicke,
    *Psychological Science* 17, 2006).
    """
    if standing.proficiency == "strong":
        return (_light_step(standing),)
    steps = [*_first_things(standing), *_reading(standing), _recall(standing)]
    return tuple(steps)


def _step(title: str, why: str, hours: float, resource: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {
        "title": title,
        "why": why,
        "hours": max(0.5, round(hours * 2) / 2),
        "resource": ", ".join(filter(None, [resource["title"], resource.get("url")])) if resource else None,
    }


def _light_step(standing: Standing) -> dict[str, Any]:
    title = "Tell one of your stories afresh" if standing.story else "Explain the subject once without notes"
    if not standing.open_points:
        return _step(title, "What is recalled now and then does not fade.", 0.5)
    point = standing.open_points[0]
    return _step(title, f"{_left_out(point)} Bring it in.", 0.5, _resource(point, standing))


def _first_things(standing: Standing) -> list[dict[str, Any]]:
    """The prerequisites of a weak skill, the ones known to be shaky before the unknown ones."""
    names = standing.shaky or standing.untested
    if standing.proficiency != "weak" or not names or not standing.open_points:
        return []
    hours = 1 + 0.03 * (100 - standing.score)
    it = "it" if len(names) == 1 else "them"
    if standing.shaky:
        why = f"This skill builds on {it}, and your answers there were weak too."
        return [_step(f"Firm up {listed(names)} first", why, hours)]
    return [
        _step(
            f"Refresh {listed(names)}",
            f"This skill builds on {it}; skip the step if you know {it} well.",
            hours,
        )
    ]


def _reading(standing: Standing) -> list[dict[str, Any]]:
    """A step per resource, the one for the heaviest losses first."""
    groups: dict[str, list[OpenPoint]] = {}
    sources: dict[str, Mapping[str, Any] | None] = {}
    for point in standing.open_points:
        resource = _resource(point, standing)
        key = resource["title"] if resource else ""
        groups.setdefault(key, []).append(point)
        sources[key] = resource
    heaviest = sorted(groups, key=lambda key: (-sum(point.loss for point in groups[key]), key))[:STUDY_STEPS]
    whole = sum(point.loss for key in heaviest for point in groups[key])
    budget = 1 + 0.06 * (100 - standing.score)
    steps: list[dict[str, Any]] = []
    for key in heaviest:
        points, resource = groups[key], sources[key]
        share = sum(point.loss for point in points) / whole if whole else 1 / len(heaviest)
        # Nobody needs longer for what was missing than for the whole resource.
        hours = min(budget * share, (resource or {}).get("hours") or budget)
        title = "Go through the model answer point by point"
        if resource:
            title = f"{READ.get(resource.get('kind', ''), 'Read up on')} {_subject(points)}"
        if steps:
            title = f"Then {title[0].lower()}{title[1:]}"
        steps.append(_step(title, _why(points), hours, resource))
    return steps


def _subject(points: Sequence[OpenPoint]) -> str:
    if points[0].story:
        return "situations like this"
    begun = all(point.status is Status.PARTIAL for point in points)
    return "what you only touched on" if begun else "what you left out"


def _recall(standing: Standing) -> dict[str, Any]:
    hours = 0.5 + 0.02 * (100 - standing.score)
    if standing.story:
        return _step(
            "Write down two stories of your own and tell them aloud",
            "Such questions ask for a situation, what you yourself did, and what came of it.",
            hours,
        )
    if not standing.open_points:
        return _step(
            "Take another question or two on this", "Each further good answer makes the picture surer.", hours
        )
    again = "Answer the question again" if standing.questions == 1 else "Answer the questions again"
    return _step(
        f"{again}, aloud and without notes",
        "Recalling it in your own words outlasts reading it twice.",
        hours,
    )


def _resource(point: OpenPoint, standing: Standing) -> Mapping[str, Any] | None:
    """Where to read about a point: its question's own resource before the skill's."""
    return next(iter((*point.resources, *standing.resources)), None)


def _why(points: Sequence[OpenPoint]) -> str:
    others = len(points) - 1
    if not others:
        return _left_out(points[0])
    count = NUMBERS[others] if others < len(NUMBERS) else str(others)
    more = "one more point is open there" if others == 1 else f"{count} more points are open there"
    return f"{_left_out(points[0])} {more[0].upper()}{more[1:]}."


def _left_out(point: OpenPoint) -> str:
    """A sentence that says what became of the point."""
    begun = point.status is Status.PARTIAL
    if point.story:
        return f"{'Only hinted at so far' if begun else 'Not shown yet'}: {point.name}."
    return f"You {'only touched on' if begun else 'left out'} {point.name}."
