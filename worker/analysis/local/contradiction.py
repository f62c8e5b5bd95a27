"""Which sentences of an answer say the opposite of what holds, as far as words show it.

A sentence is compared with every true claim that the question carries (its criteria, the model answer's sentences) and
with the misconceptions that it names. What comes nearest decides: a claim met under the other polarity or with an
opposite word in its place, or a misconception, counts against the sentence; a claim met as it stands, or a
misconception denied, speaks for it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from worker.analysis.local.features import Claim, Flags, Passages, likeness, opposites, polarity

NEAR, NEARLY_VERBATIM = 0.36, 0.55
"""Likeness from which a claim is met at all, and from which so closely that one "not" more is telling."""

FLIPPED, FLIPPED_VERBATIM = 0.22, 0.04
"""The share of a claim's weight that must be met under the other polarity, at either likeness."""

SWAPPED_LIKENESS = 0.65
MISCONCEPTION_LIKENESS, MARGIN = 0.75, 0.2
"""How like a misconception a sentence must be, and how much more than to anything true, to count as saying it."""


def said_wrong(passages: Passages, claims: Sequence[Claim], misconceptions: Sequence[Claim]) -> Flags:
    """(sentences,): True where a sentence says the opposite of a claim, or a misconception."""
    count = len(passages.texts)
    index = passages.index[:count]
    against, straight = np.zeros(count), np.zeros(count)
    for claim in claims:
        alike = likeness(claim, passages, index)
        if float(alike.max()) < NEAR:
            straight = np.maximum(straight, alike)
            continue
        negation, odd = polarity(claim, passages, index)
        flipped = (odd > 0) & (
            ((negation >= FLIPPED) & (alike >= NEAR))
            | ((negation >= FLIPPED_VERBATIM) & (alike >= NEARLY_VERBATIM))
        )
        if (alike >= SWAPPED_LIKENESS).any():
            flipped |= (odd == 0) & (alike >= SWAPPED_LIKENESS) & (opposites(claim, passages, index) >= 0.5)
        against = np.maximum(against, np.where(flipped, alike, 0.0))
        straight = np.maximum(straight, np.where(flipped, 0.0, alike))
    for claim in misconceptions:
        alike = likeness(claim, passages, index)
        if float(alike.max()) < NEAR:
            continue
        negation, odd = polarity(claim, passages, index)
        denied = (odd > 0) & (negation >= FLIPPED_VERBATIM)
        against = np.maximum(
            against, np.where(~denied & (alike >= MISCONCEPTION_LIKENESS), alike - MARGIN, 0.0)
        )
        straight = np.maximum(straight, np.where(denied, alike, 0.0))
    wrong: Flags = against > straight + 1e-6
    return wrong
