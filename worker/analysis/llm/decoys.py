"""Criteria that no answer to the question can meet: a model that finds one in an answer is not judging it.

Text in an answer can talk a model into reporting every criterion as covered. Code cannot see that in one
report, so one criterion about something else entirely is asked along with the question's own.
"""

from __future__ import annotations

import random

from worker.analysis.stems import stems

DECOYS = (
    "Bread dough has to rest overnight in the refrigerator before it is shaped and baked",
    "A sailing boat reduces its mainsail before the wind reaches gale force",
    "Tomato seedlings are hardened off outdoors for a week before they are planted",
    "The violin is tuned in perfect fifths, starting from the A of the oboe",
    "Sheep are shorn in late spring, once the nights are free of frost",
    "A glacier moves faster at its surface than along its bed of rock",
    "Oil paint is laid on fat over lean, so that the upper coats do not crack",
    "The knight is the only chess piece that leaps over other pieces",
    "Leather boots are dried slowly, stuffed with newspaper, away from the stove",
    "Honey bees find their way back to the hive by the position of the sun",
    "A marathon runner eats mainly carbohydrates during the two days before the race",
    "Hand-made pottery is fired twice, the second time with its glaze",
    "Mountain huts expect climbers to reserve their bunk before the summer season",
    "Cheddar cheese is turned every day during its first weeks in the cellar",
)


def choose_decoy(rng: random.Random, text: str) -> str:
    """One of the decoys that share the fewest words with the text (question, criteria and answer)."""
    said = stems(text)
    common = {decoy: len(stems(decoy) & said) for decoy in DECOYS}
    fewest = min(common.values())
    return rng.choice([decoy for decoy in DECOYS if common[decoy] == fewest])
