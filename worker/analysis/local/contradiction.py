"""Whether a passage says the opposite of a claim: the same things under the other polarity, or opposite words."""

from __future__ import annotations

import numpy as np

from worker.analysis.local.features import Claim, Flags, Passages, opposites, polarity

FLIPPED = 0.22
"""The share of a claim's weight that must be met under the other polarity, and not under its own."""

FLIPPED_ODD = 0.10
"""The same where the passage has an odd number of negations more than the claim."""


def contradicts(claim: Claim, passages: Passages) -> Flags:
    """(windows,): which windows contradict the claim, as far as words alone show it."""
    negation, odd = polarity(claim, passages, passages.index)
    swapped = opposites(claim, passages, passages.index)
    single = (passages.index < len(passages.texts)).sum(axis=1) <= 2
    flags: Flags = ((negation >= FLIPPED) | ((negation >= FLIPPED_ODD) & (odd > 0))) != ((swapped >= 0.5) & single)
    return flags & np.ones(len(passages.index), dtype=bool)
