"""Choosing an interview's questions from the bank. Pure: the pool, the wishes and the randomness are arguments."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEVELS = ("beginner", "intermediate", "advanced")
MIXED = "mixed"
BEHAVIORAL = "behavioral"
# Of a mixed interview, about this share is behavioral.
BEHAVIORAL_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Entry:
    """A question of the bank, as far as choosing needs it."""

    id: str
    skill_id: str
    question_type: str
    level: str


def choose(
    pool: Sequence[Entry],
    *,
    topics: frozenset[str],
    technical_skills: Mapping[str, float],
    behavioral_skills: Mapping[str, float],
    interview_type: str,
    level: str,
    count: int,
    seen: frozenset[str],
    rng: random.Random,
    distances: Mapping[str, int] | None = None,
    behavioral_fill_up: bool = False,
) -> list[Entry]:
    """`count` different questions: the topics first, then the skills by weight, at the asked level, unseen ones first.

    Where the weighted skills have none of the type left, other skills fill up, those of a smaller distance first.
    Fewer only when the pool has fewer of the type; with `behavioral_fill_up`, behavioral questions take their place.
    """
    behavioral = [e for e in pool if e.question_type == BEHAVIORAL]
    if interview_type == MIXED:
        others = [e for e in pool if e.question_type != BEHAVIORAL]
        behavioral_count = round(count * BEHAVIORAL_SHARE)
        if topics:
            # Topics of one side only leave no room for the usual share of the other.
            if all(e.skill_id not in topics for e in behavioral):
                behavioral_count = 0
            if all(e.skill_id not in topics for e in others):
                behavioral_count = count
        parts = [
            (others, technical_skills, count - behavioral_count),
            (behavioral, behavioral_skills, behavioral_count),
        ]
    else:
        weights = behavioral_skills if interview_type == BEHAVIORAL else technical_skills
        parts = [([e for e in pool if e.question_type == interview_type], weights, count)]
    chosen: list[Entry] = []
    for entries, weights, wanted in parts:
        chosen += _spread(entries, weights, distances or {}, topics, level, wanted, seen, rng)
    if behavioral_fill_up and len(chosen) < count:
        left = [entry for entry in behavioral if entry not in chosen]
        missing = count - len(chosen)
        chosen += _spread(left, behavioral_skills, {}, topics, level, missing, seen, rng)
    return chosen


def _spread(
    entries: Sequence[Entry],
    weights: Mapping[str, float],
    distances: Mapping[str, int],
    topics: frozenset[str],
    level: str,
    count: int,
    seen: frozenset[str],
    rng: random.Random,
) -> list[Entry]:
    chosen: list[Entry] = []
    taken: Counter[str] = Counter()
    left = list(entries)
    rng.shuffle(left)
    jitter = {skill: rng.uniform(0.8, 1.25) for skill in sorted({entry.skill_id for entry in left})}

    def cost(entry: Entry) -> tuple[bool, int, int, bool, float]:
        on_topic = entry.skill_id in topics
        weight = 1.0 if on_topic else weights.get(entry.skill_id, 0.0)
        return (
            not on_topic,
            0 if weight else distances.get(entry.skill_id, 1),
            abs(LEVELS.index(entry.level) - LEVELS.index(level)),
            entry.id in seen,
            (1 + taken[entry.skill_id]) / (weight * jitter[entry.skill_id]) if weight else 0.0,
        )

    while left and len(chosen) < count:
        best = min(left, key=cost)
        left.remove(best)
        chosen.append(best)
        taken[best.skill_id] += 1
    return chosen
