"""Which sentences of an answer say the opposite of what holds, as far as words show it.

A sentence is compared with every true claim that the question carries (its criteria, the model answer's sentences) and
with the misconceptions that it names. What comes nearest decides: a claim met under the other polarity or with an
opposite word in its place, or a misconception, counts against the sentence; a claim met as it stands, or a
misconception denied, speaks for it.

One sentence may differ from a claim in its negations and mean the same ("nobody may", "only owners may"). A whole answer
that keeps doing so does not: where it does on average, every sentence that meets a claim so is taken as wrong; and
where it does not, a single sentence must differ beyond doubt.
"""

from __future__ import annotations

import numpy as np

from worker.analysis.local.lexicon import NEGATIONS, opposed
from worker.analysis.local.likeness import Claims, Met, likeness, polarity
from worker.analysis.local.passages import Passages
from worker.analysis.local.texts import Flags, Reals

NEAR, NEARLY_VERBATIM = 0.36, 0.55
"""Likeness from which a claim is met at all, and from which so closely that one "not" more is telling."""

FLIPPED, FLIPPED_VERBATIM = 0.22, 0.04
"""The share of a claim's weight that must be met under the other polarity, at either likeness."""

SWAPPED_LIKENESS = 0.65
MISCONCEPTION_LIKENESS, MARGIN = 0.75, 0.2
"""How like a misconception a sentence must be, and how much more than to anything true, to count as saying it."""

TURNED = (2.26, 1.04, 0.97, 3.2, 2.69, 1.37, -1.94)
"""Logistic regression: root of the gap, gap, difference in negations, opposite word, more negations, fewer; intercept.
Fitted on the bank's criteria and model answers as they are and negated by rule (bench/data-provenance.md)."""

SURE = 0.94
"""The probability from which a single sentence counts in a longer answer that does not contradict throughout."""

TURNED_ANSWER, TURNED_SENTENCE, FEWEST_MET = 0.56, 0.3, 3
"""The mean over at least so many sentences from which an answer contradicts throughout, and which sentences then count."""


def said_wrong(passages: Passages, claims: Claims, met: Met, truths: int) -> Flags:
    """(sentences,): True where a sentence says the opposite of one of the first `truths` claims, or one of the others,
    which are misconceptions.
    """
    alike, gap = likeness(claims, met), polarity(claims, met)
    negations = np.array([sum(word in NEGATIONS for word in text.words) for text in passages.texts])
    odd = (negations[None, :] + claims.negations[:, None]) % 2 > 0
    true, false = alike[:truths], alike[truths:]
    flipped = odd[:truths] & (
        ((gap[:truths] >= FLIPPED) & (true >= NEAR))
        | ((gap[:truths] >= FLIPPED_VERBATIM) & (true >= NEARLY_VERBATIM))
    )
    for claim, sentence in np.argwhere(~odd[:truths] & (true >= SWAPPED_LIKENESS)):
        flipped[claim, sentence] |= (
            opposed(claims.each[claim].text.words, passages.texts[sentence].words) >= 1
        )
    turned = _turned(passages, claims, true, gap[:truths], negations)
    met_at_all = true.max(axis=0) > NEAR
    throughout = np.zeros(len(negations), dtype=bool)
    if met_at_all.sum() >= FEWEST_MET:
        if float(turned[met_at_all].mean()) >= TURNED_ANSWER:
            throughout = met_at_all & (turned > TURNED_SENTENCE)
        else:
            flipped &= turned >= SURE
    against = np.where(flipped, true, 0.0).max(axis=0)
    straight = np.where(flipped, 0.0, true).max(axis=0)
    if len(false):
        denied = odd[truths:] & (gap[truths:] >= FLIPPED_VERBATIM) & (false >= NEAR)
        said = np.where(~denied & (false >= MISCONCEPTION_LIKENESS), false - MARGIN, 0.0)
        against = np.maximum(against, said.max(axis=0))
        straight = np.maximum(straight, np.where(denied, false, 0.0).max(axis=0))
    wrong: Flags = against > straight + 1e-6
    return wrong | throughout


def _turned(
    passages: Passages,
    claims: Claims,
    alike: Reals,
    gap: Reals,
    negations: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> Reals:
    """(sentences,): the probability that each differs in polarity from the claim that it is most like."""
    nearest, at = alike.argmax(axis=0), np.arange(alike.shape[1])
    like = alike[nearest, at]
    near = np.clip((like - 0.3) / 0.3, 0, 1)
    share = np.minimum(gap[nearest, at], 0.4) / 0.4
    more = negations - claims.negations[nearest]
    opposite = np.array(
        [
            opposed(claims.each[claim].text.words, text.words) > 0
            for claim, text in zip(nearest, passages.texts, strict=True)
        ]
    )
    told = np.stack(
        [np.sqrt(share), share, np.minimum(np.abs(more), 2) / 2, opposite, more > 0, more < 0], axis=1
    )
    *weights, intercept = TURNED
    turned: Reals = 1 / (1 + np.exp(-(near * (told.astype(np.float64) @ np.array(weights)) + intercept)))
    return turned
