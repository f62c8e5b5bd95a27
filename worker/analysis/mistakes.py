"""How a false claim, or conduct that speaks against a candidate, becomes a mistake of the assessment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from worker.analysis.phrases import inner, is_story, sentence
from worker.analysis.types import Criterion, Evidence, Mistake, RedFlag

CENTRALITY = {3: 1.0, 2: 0.7, 1: 0.45}
"""What contradicting a criterion of this weight counts."""


def contradiction(criterion: Criterion, place: Evidence, chance: float) -> Mistake:
    """The answer says the opposite of a criterion, or something false about it, with this probability."""
    weight = min(3, max(1, round(criterion.weight)))
    named = f": {criterion.topic}" if criterion.topic else ""
    if is_story(criterion):
        text = f"This shows the opposite of what the question looks for{named}."
        why = f"Interviewers hope for a story in which you can say: “{inner(sentence(criterion.text))}”"
    else:
        text = f"This contradicts a point that a good answer makes{named}."
        why = f"What holds is this: {sentence(criterion.text)}"
    return Mistake(text, why, place, round(chance * CENTRALITY[weight], 4), criterion)


def explained(mistake: Mistake, flag: RedFlag) -> Mistake:
    """The same mistake in the words of the red flag that it states: its reason was written for it."""
    return replace(mistake, text=flag.text, why=flag.why)


def apart(mistakes: Sequence[Mistake]) -> tuple[Mistake, ...]:
    """One mistake for each place of the answer, the gravest first."""
    kept: list[Mistake] = []
    for mistake in sorted(mistakes, key=lambda m: -m.severity):
        place = mistake.evidence
        if all(place.start >= other.evidence.end or place.end <= other.evidence.start for other in kept):
            kept.append(mistake)
    return tuple(kept)
