"""How fully the passages of an answer say a question's claims, all claims at once.

The claims of a question are stacked token by token, once per question; then two matrix products with the tokens of an
answer hold all that likeness and polarity need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from worker.analysis.local.encoder import Floats
from worker.analysis.local.lexicon import NEGATIONS
from worker.analysis.local.passages import QUIET, Claim, Passages
from worker.analysis.local.texts import Flags, Reals

LENGTH_PRICE = 0.04
"""What each sentence beyond the first costs a window, so that the shortest one that shows a point is quoted."""

LAYERS = (3, 6)
CARRYING = 0.4
"""Tokens that tell less than this do not count as met under another polarity."""


LEAD, LED = 0.05, 0.8
"""How much more like another criterion a window must be to be about that one, and what each step beyond takes off."""

SHORT, LONG = 20, 40
"""So many words make one point, and from so many on any number of points."""

ABOUT = 0.4
"""The cosine of sentence embeddings from which a window is about what a claim is about."""

SHARED = 0.6
"""How much of a token's weight is lost where another criterion of the question says it as well."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Several claims' tokens end to end (t): `starts` (c,), `vectors` per layer (t, 384), and what each token weighs in
    its claim. `weight`, `gain` and `carrying` are normalised per claim; `near` is the question's nearness.
    """

    each: tuple[Claim, ...]
    starts: npt.NDArray[np.int64]
    vectors: dict[int, Floats]
    weight: Reals
    near: dict[int, Reals]
    gain: dict[int, Reals]
    carrying: Reals
    negated: Flags
    negations: npt.NDArray[np.int64]


def stack(claims: Sequence[Claim], criteria: Sequence[slice] = ()) -> Claims:
    """The claims as one; there must be at least one, each with a token. `criteria` says which claims word the same
    criterion: what it shares with the others counts less, as it does not tell which of them is said.
    """
    shared = _shared(claims, criteria)
    claims_as_read = claims
    claims = [
        replace(claim, weight=claim.weight * (1 - SHARED * part), plain=claim.plain * (1 - SHARED * part))
        for claim, part in zip(claims, shared, strict=True)
    ]
    gains = {
        layer: [
            claim.plain / max(float((claim.plain * (1 - claim.asked[layer])).sum()), 1e-9) for claim in claims
        ]
        for layer in LAYERS
    }
    carrying = [claim.plain * (claim.plain > CARRYING) for claim in claims]
    return Claims(
        each=tuple(claims_as_read),
        starts=np.cumsum([0, *(len(claim.weight) for claim in claims[:-1])]),
        vectors={
            layer: np.concatenate([claim.text.encoded.vectors[layer] for claim in claims]) for layer in LAYERS
        },
        weight=np.concatenate([claim.weight / max(float(claim.weight.sum()), 1e-9) for claim in claims]),
        near={layer: np.concatenate([claim.asked[layer] for claim in claims]) for layer in LAYERS},
        gain={layer: np.concatenate(values) for layer, values in gains.items()},
        carrying=np.concatenate([values / max(float(values.sum()), 1e-9) for values in carrying]),
        negated=np.concatenate([claim.text.token_negated for claim in claims]),
        negations=np.array([sum(word in NEGATIONS for word in claim.text.words) for claim in claims]),
    )


def _shared(claims: Sequence[Claim], criteria: Sequence[slice]) -> list[Reals]:
    """For each claim (n,), 0-1: how surely each of its tokens stands in another criterion too."""
    shared: list[Reals] = [np.zeros(len(claim.weight)) for claim in claims]
    for part in criteria:
        others = [claim for other in criteria if other != part for claim in claims[other]]
        tokens = [claim.text.encoded.vectors[0][claim.text.idf > QUIET] for claim in others]
        if not sum(map(len, tokens)):
            continue
        known = np.concatenate(tokens)
        for at in range(part.start, part.stop):
            nearest = (claims[at].text.encoded.vectors[0] @ known.T).max(axis=1).astype(np.float64)
            shared[at] = np.clip((nearest - 0.5) / 0.4, 0.0, 1.0)
    return shared


@dataclass(frozen=True, slots=True)
class Met:
    """Where an answer's sentences meet the claims: per layer (t, sentences), the nearest token of each sentence; and in
    layer 6 the nearest negated and the nearest plain one.
    """

    nearest: dict[int, Floats]
    negated: Floats
    plain: Floats


def meet(claims: Claims, passages: Passages) -> Met:
    """Compares every token of the claims with every token of the answer."""
    similar = {layer: claims.vectors[layer] @ passages.vectors[layer].T for layer in LAYERS}
    starts, negated = passages.token_starts, passages.token_negated[None, :]
    return Met(
        {layer: np.maximum.reduceat(values, starts, axis=1) for layer, values in similar.items()},
        np.maximum.reduceat(np.where(negated, similar[6], 0), starts, axis=1),
        np.maximum.reduceat(np.where(negated, 0, similar[6]), starts, axis=1),
    )


def likeness(
    claims: Claims, met: Met, index: npt.NDArray[np.int64] | None = None, first: int | None = None
) -> Reals:
    """(claims, windows): how fully each window says each claim, 0-1, before any learning; of the `first` claims alone where
    that is given, and of each sentence by itself where `index` is not.

    The mean of four recalls of the claim's tokens by the window's, each token counting by how rare it is and
    not by what the question gave away: by two layers of token vectors, and by their gain over the question.
    Of all that was tried it is what carried over best to questions of another corpus (bench/data-provenance.md).
    """
    rows = len(claims.weight) if first is None or first >= len(claims.starts) else int(claims.starts[first])
    starts = claims.starts[:first]
    total: Reals | float = 0.0
    for layer in LAYERS:
        nearest = met.nearest[layer][:rows].astype(np.float64)
        if index is not None:
            padded = np.concatenate([nearest, np.full((rows, 1), -1.0)], axis=1)
            nearest = padded[:, index[:, 0]]
            for column in range(1, index.shape[1]):
                np.maximum(nearest, padded[:, index[:, column]], out=nearest)
        best = np.clip(nearest, 0, 1)
        gained = np.clip(best - claims.near[layer][:rows, None], 0, 1)
        told = claims.weight[:rows, None] * best + claims.gain[layer][:rows, None] * gained
        total = total + np.add.reduceat(told, starts, axis=0)
    sentences = met.negated.shape[1]
    extra = 0 if index is None else (index < sentences).sum(axis=1) - 1
    mean: Reals = np.clip(total / 4 - LENGTH_PRICE * extra, 0.0, 1.0)
    return mean


def polarity(claims: Claims, met: Met) -> Reals:
    """(claims, sentences): how much of each claim is met under the other polarity alone."""
    turned = claims.negated[:, None]
    same = np.where(turned, met.negated, met.plain).astype(np.float64)
    other = np.where(turned, met.plain, met.negated).astype(np.float64)
    gap = np.clip(other - np.maximum(same, 0.3), 0, 1)
    summed: Reals = np.add.reduceat(claims.carrying[:, None] * gap, claims.starts, axis=0)
    return summed


def ramp(value: float, low: float, high: float) -> float:
    """0 up to `low`, 1 from `high`, and a straight line between."""
    return min(1.0, max(0.0, (value - low) / (high - low)))


def apart(values: Reals, criteria: Sequence[slice], passages: Passages) -> Reals:
    """(claims, windows): the likeness of each window to each claim, less where the window is plainly about another criterion:
    the words it shares with this one then tell little. A long window may make several points, so it loses less.
    """
    ends = np.append(np.append(passages.word_starts, len(passages.words)), len(passages.words))
    length = np.diff(ends)[passages.index].sum(axis=1)
    led = LED * np.clip((LONG - length) / (LONG - SHORT), 0, 1)
    best = np.stack([values[part].max(axis=0) for part in criteria])
    told = values.copy()
    for at, part in enumerate(criteria):
        others = np.delete(best, at, axis=0)
        if len(others):
            ahead = np.clip(others.max(axis=0) - values[part] - LEAD, 0, 1)
            told[part] = values[part] - led * ahead
    return np.clip(told, 0, 1)


def about(values: Reals, claims: Sequence[Claim], windows: Reals, straying: float) -> Reals:
    """(claims, windows): less where a window, taken as a whole, is about something else than the claim. Words of one trade
    (pool, limit, measure) are met in many a sentence that says nothing of the point.
    """
    wanted = np.stack([claim.text.encoded.pooled for claim in claims]).astype(np.float64)
    away = np.clip(ABOUT - wanted @ windows.T, 0, None)
    return np.clip(values - straying * away, 0, 1)
