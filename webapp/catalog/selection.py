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
) -> list[Entry]:
    """`count` different questions: the topics first, then the skills by weight, at the asked level, unseen ones first.

    Fewer only when the pool has fewer of the type. Where a role's skills have none of the type left, those of
    other skills fill up: a product manager who asks for a coding interview gets one.
    """
    if interview_type == MIXED:
        behavioral = [e for e in pool if e.question_type == BEHAVIORAL]
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
        chosen += _spread(entries, weights, topics, level, wanted, seen, rng)
    return chosen


def _spread(
    entries: Sequence[Entry],
    weights: Mapping[str, float],
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

    def cost(entry: Entry) -> tuple[bool, bool, int, bool, float]:
        on_topic = entry.skill_id in topics
        weight = 1.0 if on_topic else weights.get(entry.skill_id, 0.0)
        return (
            not on_topic,
            weight == 0,
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
