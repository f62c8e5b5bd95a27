"""What is measured between a claim and the windows of an answer, as arrays over the windows: the input of head.py."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from worker.analysis.local.encoder import Floats
from worker.analysis.local.lexicon import NEGATIONS, OPPOSITES
from worker.analysis.local.passages import DEMOTION, Asked, Claim, Passages, best_token, pooled
from worker.analysis.local.texts import Reals

NAMES = (
    "recall_6", "recall_3", "recall_0", "recall_6_plain", "precision_6", "precision_0", "cosine", "cosine_new", "stems", "stems_plain", "grams",
    "stem_precision", "held", "weakest", "pairs", "fresh", "length", "negation", "opposite", "numbers", "asked_cosine", "polar", "order",
    "best_sentence", "recall_6_0", "gain_3", "gain_6", "own_words", "claim_words", "load", "given_0", "given_3", "given_6",
)  # fmt: skip


def _sum(
    values: npt.NDArray[np.floating], starts: npt.NDArray[np.int64], index: npt.NDArray[np.int64]
) -> Reals:
    """(tokens,) -> (windows,): the sum over each window."""
    sums = np.append(np.add.reduceat(values.astype(np.float64), starts), 0.0)
    total: Reals = sums[index].sum(axis=1)
    return total


def _ratio(top: Reals, bottom: Reals | float) -> Reals:
    """Division that gives 0 where there is nothing to divide by."""
    divided: Reals = top / np.maximum(bottom, 1e-9)
    return divided


def measure(claim: Claim, passages: Passages, asked: Asked, rows: Sequence[int]) -> Reals:
    """The features of a claim against the windows of those numbers, (rows, len(NAMES)), in the order of NAMES."""
    text, index = claim.text, passages.index[list(rows)]
    tokens, at_word = passages.token_starts, passages.word_starts
    similar = {layer: text.encoded.vectors[layer] @ vectors.T for layer, vectors in passages.vectors.items()}
    best = {layer: np.clip(best_token(values, tokens, index), 0, 1) for layer, values in similar.items()}
    weight, plain = claim.weight / max(claim.weight.sum(), 1e-9), claim.plain / max(claim.plain.sum(), 1e-9)
    recall_6, recall_3, recall_0 = (weight @ best[layer] for layer in (6, 3, 0))

    told = passages.idf * (1 - DEMOTION * passages.token_asked)
    said = np.maximum(_sum(told, tokens, index), 1e-9)
    precision_6 = _sum(told * np.clip(similar[6].max(axis=0), 0, 1), tokens, index) / said
    precision_0 = _sum(told * np.clip(similar[0].max(axis=0), 0, 1), tokens, index) / said

    window_vectors = pooled(passages, index)
    cosine = window_vectors @ text.encoded.pooled.astype(np.float64)
    question = asked.text.encoded.pooled.astype(np.float64)
    cosine_new = (
        _without(window_vectors, question)
        @ _without(text.encoded.pooled.astype(np.float64)[None], question)[0]
    )
    best_sentence = best_token(
        (passages.pooled @ text.encoded.pooled)[None], np.arange(len(passages.pooled)), index
    )[0]
    asked_cosine = window_vectors @ question

    equal = np.array([[piece == other for other in passages.stems] for piece in text.stems], dtype=np.float64)
    grams = np.maximum(equal, text.grams @ passages.grams.T)
    has, like = (
        np.clip(best_token(equal, at_word, index), 0, 1),
        np.clip(best_token(grams, at_word, index), 0, 1),
    )
    word_weight = claim.word_weight / max(claim.word_weight.sum(), 1e-9)
    word_plain = claim.word_plain / max(claim.word_plain.sum(), 1e-9)
    claimed = np.isin(
        passages.stems, [piece for piece, kept in zip(text.stems, text.content, strict=True) if kept]
    )
    fresh = _sum(passages.fresh.astype(np.float64), at_word, index)
    stem_precision = _ratio(_sum((passages.fresh & claimed).astype(np.float64), at_word, index), fresh)

    strong = np.clip((best[6] - 0.45) / 0.3, 0, 1)
    held = weight @ strong
    weakest = _weakest(weight, best[6])
    length = np.log((fresh + 1) / (float(claim.own_word.sum()) + 1))
    negation, polar = _polarity(claim, passages, index)
    context = weight @ np.sqrt(np.clip(best[6], 0, 1) * np.clip(best[0], 0, 1))
    columns = [
        recall_6, recall_3, recall_0, plain @ best[6], precision_6, precision_0, cosine, cosine_new, word_weight @ has, word_plain @ has,
        word_weight @ like, stem_precision, held, weakest, _pairs(claim, best[0]), np.minimum(fresh, 12) / 12, np.clip(length, -2, 2),
        negation, opposites(claim, passages, index), _numbers(claim, passages, index), asked_cosine, polar, _order(claim, passages, similar[6], index),
        best_sentence, context, _gain(claim, best, 3), _gain(claim, best, 6), *_of_claim(claim, len(index)),
    ]  # fmt: skip
    return np.stack(columns, axis=1)


def _gain(claim: Claim, best: dict[int, Reals], layer: int) -> Reals:
    """How much nearer to the claim the window comes than the question did already."""
    near = claim.asked[layer]
    weight = claim.plain * (1 - near)
    gained = np.clip(best[layer] - near[:, None], 0, 1) / (1 - near)[:, None]
    return _ratio(weight @ gained, max(weight.sum(), 1e-9))


def _of_claim(claim: Claim, windows: int) -> list[Reals]:
    """What a claim asks for, whatever the answer: its own words, its length, its weight, and what the question gave away."""
    total = max(claim.plain.sum(), 1e-9)
    values = [
        np.log1p(float(claim.own_word.sum())),
        np.log1p(len(claim.text.words)),
        float(claim.weight.sum()) / 10,
        *(float(claim.plain @ claim.asked[layer]) / total for layer in (0, 3, 6)),
    ]
    return [np.full(windows, value) for value in values]


def _without(vectors: Reals, direction: Reals) -> Reals:
    """The vectors with what they share with a direction taken out, of unit length."""
    rest = vectors - (vectors @ direction)[:, None] * direction
    unit: Reals = rest / np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-9)
    return unit


def _weakest(weight: Reals, best: Reals) -> Reals:
    """How well the worst-met quarter (by weight) of the claim is met."""
    order = np.argsort(best, axis=0, kind="stable")
    ranked = np.take_along_axis(best, order, axis=0)
    mass = weight[order]
    before = np.cumsum(mass, axis=0) - mass
    used = np.clip(0.25 - before, 0, mass)
    return _ratio((used * ranked).sum(axis=0), used.sum(axis=0))


def _polarity(claim: Claim, passages: Passages, index: npt.NDArray[np.int64]) -> tuple[Reals, Reals]:
    """How much of the claim is met under the other polarity, and whether the two count negations differently."""
    similar = claim.text.encoded.vectors[6] @ passages.vectors[6].T
    differs = claim.text.token_negated[:, None] != passages.token_negated[None, :]
    carrying = claim.plain > 0.4
    same = best_token(np.where(differs, 0.0, similar), passages.token_starts, index)
    other = best_token(np.where(differs, similar, 0.0), passages.token_starts, index)
    weight = claim.plain * carrying
    gap = np.clip(other - np.maximum(same, 0.3), 0, 1)
    negation = _ratio(weight @ gap, max(weight.sum(), 1e-9))
    mine = sum(word in NEGATIONS for word in claim.text.words) % 2
    flips = np.array([word in NEGATIONS for word in passages.words], dtype=np.float64)
    theirs = _sum(flips, passages.word_starts, index) % 2
    return negation, np.abs(theirs - mine)


def opposites(claim: Claim, passages: Passages, index: npt.NDArray[np.int64]) -> Reals:
    """The share of the claim's words that have an opposite which the window says in their place."""
    total = np.zeros(len(index))
    counted = 0
    here = set(claim.text.words)
    for word in dict.fromkeys(claim.text.words):
        opposite = OPPOSITES.get(word)
        if not opposite or opposite & here:
            continue
        counted += 1
        has = (
            _sum(
                np.array([other == word for other in passages.words], dtype=np.float64),
                passages.word_starts,
                index,
            )
            > 0
        )
        flipped = (
            _sum(
                np.array([other in opposite for other in passages.words], dtype=np.float64),
                passages.word_starts,
                index,
            )
            > 0
        )
        total += flipped & ~has
    return np.minimum(total, 2.0) / 2


def _numbers(claim: Claim, passages: Passages, index: npt.NDArray[np.int64]) -> Reals:
    """The share of the claim's numbers that the window lacks; 0 where it has none."""
    if not claim.text.numbers:
        return np.zeros(len(index))
    wanted = sorted(claim.text.numbers)
    said = np.array([[word == number for word in passages.words] for number in wanted], dtype=np.float64)
    lacking: Reals = 1 - np.clip(best_token(said, passages.word_starts, index), 0, 1).mean(axis=0)
    return lacking


def _pairs(claim: Claim, best: Reals) -> Reals:
    """The share of neighbouring claim tokens that are both met: whole phrases rather than scattered words."""
    if len(best) < 2:
        single: Reals = best.mean(axis=0)
        return single
    weight = claim.weight[:-1] * claim.weight[1:]
    return _ratio(weight @ np.minimum(best[:-1], best[1:]), float(weight.sum()))


def _order(claim: Claim, passages: Passages, similar: Floats, index: npt.NDArray[np.int64]) -> Reals:
    """0-1: whether the claim's words come in the answer in the claim's order (0.5: no telling); by whole sentences."""
    carrying = np.flatnonzero(claim.weight > 0.3)
    if len(carrying) < 2:
        return np.full(len(index), 0.5)
    ends = np.append(passages.token_starts, similar.shape[1])
    scores = np.full(len(passages.texts) + 1, -1.0)
    for sentence in range(len(passages.texts)):
        part = similar[carrying, ends[sentence] : ends[sentence + 1]]
        where, how = part.argmax(axis=1), part.max(axis=1)
        met = how > 0.45
        places = where[met]
        if len(places) < 2:
            scores[sentence] = 0.5
        else:
            scores[sentence] = float((np.diff(places) > 0).mean())
    best: Reals = scores[index].max(axis=1)
    return best
