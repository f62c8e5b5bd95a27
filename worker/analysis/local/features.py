"""What is measured between a claim and every passage of an answer, as arrays over the passages.

A passage is a window of 1-3 consecutive sentences, or the answer's first 4-8. Each sentence is encoded by itself, and each
window is made from its sentences by maxima and sums; so a sentence added at the end changes no passage that was
there before, and the best passage can only get better.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.analysis.gates import FUNCTION_WORDS
from worker.analysis.local.encoder import Encoded, Floats
from worker.analysis.local.lexicon import NEGATIONS, OPPOSITES, is_content, negated, stem
from worker.analysis.quotes import WORD

Reals = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

WINDOW = 3
LONGEST_PREFIX = 8
LENGTH_PRICE = 0.04
"""What each sentence beyond the first costs a window, so that the shortest one that shows a point is quoted."""

DEMOTION = 0.85
"""How much of a claim token's weight is lost where the question says it already (times their similarity)."""

FIRST_WORD_ID = 1996
"""The vocabulary lists whole words from here on by falling frequency, which stands in for a frequency table."""

GRAM_DIMENSIONS = 512

QUIET = 0.15
"""Tokens that tell less than this (function words, punctuation) are not looked for in the question."""

NAMES = (
    "recall_6", "recall_3", "recall_0", "recall_6_plain", "precision_6", "precision_0", "cosine", "cosine_new", "stems", "stems_plain", "grams",
    "stem_precision", "held", "weakest", "pairs", "fresh", "length", "negation", "opposite", "numbers", "asked_cosine", "polar", "order",
    "best_sentence", "recall_6_0", "gain_3", "gain_6", "own_words", "claim_words", "load", "given_0", "given_3", "given_6",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """A text as the features see it; per token (n) and per word (m). `sentence` numbers run from 0."""

    encoded: Encoded
    idf: Reals
    token_word: npt.NDArray[np.int64]
    token_negated: Flags
    words: tuple[str, ...]
    stems: tuple[str, ...]
    content: Flags
    word_negated: Flags
    grams: Floats
    numbers: frozenset[str]


def read(text: str, encoded: Encoded) -> Text:
    """Joins a text's words with its tokens."""
    matches = list(WORD.finditer(text))
    found = [match.group().lower().replace("’", "'") for match in matches]
    states = negated(found)
    word_of_char = np.full(len(text) + 1, -1, dtype=np.int64)
    for index, match in enumerate(matches):
        word_of_char[match.start() : match.end()] = index
    token_word = word_of_char[encoded.offsets[:, 0]] if len(encoded.ids) else np.zeros(0, dtype=np.int64)
    flags = np.array([*states, False], dtype=bool)
    return Text(
        encoded=encoded,
        idf=_idf(encoded.ids, token_word, found),
        token_word=token_word,
        token_negated=flags[token_word],
        words=tuple(found),
        stems=tuple(stem(word) for word in found),
        content=np.array([is_content(word) for word in found], dtype=bool),
        word_negated=np.array(states, dtype=bool),
        grams=_grams(found),
        numbers=frozenset(word for word in found if re.fullmatch(r"\d[\d.,%]*", word)),
    )


def _idf(ids: npt.NDArray[np.int64], token_word: npt.NDArray[np.int64], found: Sequence[str]) -> Reals:
    """How much a token tells: 0 for punctuation, little for function words, up to 1 for rare words."""
    rank = np.maximum(ids - FIRST_WORD_ID, 1).astype(np.float64)
    weight = 0.2 + 0.8 * np.log(rank + 1) / np.log(30522 - FIRST_WORD_ID)
    for index, word in enumerate(token_word):
        if word < 0:
            weight[index] = 0.0
        elif found[word] in NEGATIONS:
            weight[index] = 0.35
        elif found[word] in FUNCTION_WORDS:
            weight[index] = 0.12
    told: Reals = weight
    return told


def _grams(found: Sequence[str]) -> Floats:
    """Hashed letter trigrams per word, (m, GRAM_DIMENSIONS), of unit length; zero for function words."""
    rows = np.zeros((len(found), GRAM_DIMENSIONS), dtype=np.float32)
    for index, word in enumerate(found):
        if not is_content(word):
            continue
        padded = f"^{word}$"
        for at in range(len(padded) - 2):
            a, b, c = padded[at : at + 3].encode("utf-8", "replace")[:3]
            rows[index, (a * 961 + b * 31 + c) % GRAM_DIMENSIONS] += 1
    norms = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    scaled: Floats = rows / np.maximum(norms, 1e-9)
    return scaled


@dataclass(frozen=True, slots=True)
class Asked:
    """The question, for demoting what it gives away."""

    text: Text
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim with the weight that each of its tokens (n) and words (m) has beside the question."""

    text: Text
    weight: Reals
    plain: Reals
    word_weight: Reals
    word_plain: Reals
    own_word: Flags
    asked: dict[int, Reals]


def claim_of(text: Text, asked: Asked) -> Claim:
    """The claim with the question's words demoted; where nothing would be left, they keep a little."""
    known = {layer: _near(text, asked.text, layer) for layer in text.encoded.vectors}
    weight = text.idf * (1 - DEMOTION * np.clip((known[0] - 0.4) / 0.5, 0.0, 1.0))
    word_plain = np.where(text.content, 1.0, 0.0)
    own = np.array([piece not in asked.stems for piece in text.stems], dtype=bool) & text.content
    word_weight = word_plain * np.where(own, 1.0, 1 - DEMOTION)
    return Claim(text, weight, text.idf, word_weight, word_plain, own, known)


def _near(text: Text, question: Text, layer: int) -> Reals:
    """(n,): how near each token of a text is to the nearest telling token of the question, 0-1."""
    keep = question.idf > QUIET
    if not keep.any() or not len(text.idf):
        return np.zeros(len(text.idf))
    near = (text.encoded.vectors[layer] @ question.encoded.vectors[layer][keep].T).max(axis=1)
    clipped: Reals = np.clip(near.astype(np.float64), 0.0, 0.98)
    return clipped


@dataclass(frozen=True, slots=True)
class Passages:
    """An answer's sentences joined end to end, and its windows: `index` (w, longest) holds sentence numbers, padded
    by the number of sentences.
    """

    texts: tuple[Text, ...]
    index: npt.NDArray[np.int64]
    spans: tuple[tuple[int, int], ...]
    token_starts: npt.NDArray[np.int64]
    word_starts: npt.NDArray[np.int64]
    vectors: dict[int, Floats]
    idf: Reals
    token_negated: Flags
    token_asked: Reals
    words: tuple[str, ...]
    stems: tuple[str, ...]
    grams: Floats
    fresh: Flags
    word_negated: Flags
    pooled: Floats


def passages_of(texts: Sequence[Text], asked: Asked) -> Passages:
    """The windows over an answer's sentences; sentences without a token or a word must be left out before."""
    count = len(texts)
    spans = [(i, j) for size in range(1, WINDOW + 1) for i in range(count - size + 1) for j in (i + size,)]
    spans += [(0, j) for j in range(WINDOW + 1, min(count, LONGEST_PREFIX) + 1)]
    index = np.full((len(spans), max(j - i for i, j in spans)), count, dtype=np.int64)
    for row, (i, j) in enumerate(spans):
        index[row, : j - i] = np.arange(i, j)
    vectors = {
        layer: np.concatenate([text.encoded.vectors[layer] for text in texts])
        for layer in texts[0].encoded.vectors
    }
    known = np.concatenate([np.clip((_near(text, asked.text, 0) - 0.4) / 0.5, 0.0, 1.0) for text in texts])
    stems = tuple(piece for text in texts for piece in text.stems)
    content = np.concatenate([text.content for text in texts])
    return Passages(
        texts=tuple(texts),
        index=index,
        spans=tuple(spans),
        token_starts=np.cumsum([0, *(len(text.idf) for text in texts[:-1])]),
        word_starts=np.cumsum([0, *(len(text.words) for text in texts[:-1])]),
        vectors=vectors,
        idf=np.concatenate([text.idf for text in texts]),
        token_negated=np.concatenate([text.token_negated for text in texts]),
        token_asked=known,
        words=tuple(word for text in texts for word in text.words),
        stems=stems,
        grams=np.concatenate([text.grams for text in texts]),
        fresh=np.array([piece not in asked.stems for piece in stems], dtype=bool) & content,
        word_negated=np.concatenate([text.word_negated for text in texts]),
        pooled=np.stack([text.encoded.pooled for text in texts]),
    )


def _max(
    values: npt.NDArray[np.floating], starts: npt.NDArray[np.int64], index: npt.NDArray[np.int64]
) -> Reals:
    """(r, tokens) -> (r, windows): the best token of each window."""
    best = np.maximum.reduceat(values, starts, axis=1).astype(np.float64)
    padded = np.concatenate([best, np.full((len(best), 1), -1.0)], axis=1)
    highest: Reals = padded[:, index].max(axis=2)
    return highest


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


def likeness(claim: Claim, passages: Passages, index: npt.NDArray[np.int64] | None = None) -> Reals:
    """(windows,): how fully each window says the claim, 0-1, before any learning.

    The mean of four recalls of the claim's tokens by the window's, each token counting by how rare it is and
    not by what the question gave away: by two layers of token vectors, and by their gain over the question.
    Of all that was tried it is what carried over best to questions of another corpus (bench/data-provenance.md).
    """
    index = passages.index if index is None else index
    best = {layer: _best(claim, passages, layer, index) for layer in (3, 6)}
    weight = claim.weight / max(claim.weight.sum(), 1e-9)
    values = [weight @ best[3], weight @ best[6], _gain(claim, best, 3), _gain(claim, best, 6)]
    sizes = (index < len(passages.texts)).sum(axis=1)
    mean: Reals = sum(values) / len(values) - LENGTH_PRICE * (sizes - 1)
    return np.clip(mean, 0.0, 1.0)


def _best(claim: Claim, passages: Passages, layer: int, index: npt.NDArray[np.int64]) -> Reals:
    """(n, windows): the nearest token of each window to each token of the claim."""
    similar = claim.text.encoded.vectors[layer] @ passages.vectors[layer].T
    return np.clip(_max(similar, passages.token_starts, index), 0, 1)


def measure(claim: Claim, passages: Passages, asked: Asked, rows: Sequence[int]) -> Reals:
    """The features of a claim against the windows of those numbers, (rows, len(NAMES)), in the order of NAMES."""
    text, index = claim.text, passages.index[list(rows)]
    tokens, at_word = passages.token_starts, passages.word_starts
    similar = {layer: text.encoded.vectors[layer] @ vectors.T for layer, vectors in passages.vectors.items()}
    best = {layer: np.clip(_max(values, tokens, index), 0, 1) for layer, values in similar.items()}
    weight, plain = claim.weight / max(claim.weight.sum(), 1e-9), claim.plain / max(claim.plain.sum(), 1e-9)
    recall_6, recall_3, recall_0 = (weight @ best[layer] for layer in (6, 3, 0))

    told = passages.idf * (1 - DEMOTION * passages.token_asked)
    said = np.maximum(_sum(told, tokens, index), 1e-9)
    precision_6 = _sum(told * np.clip(similar[6].max(axis=0), 0, 1), tokens, index) / said
    precision_0 = _sum(told * np.clip(similar[0].max(axis=0), 0, 1), tokens, index) / said

    window_vectors = _pooled(passages, index)
    cosine = window_vectors @ text.encoded.pooled.astype(np.float64)
    question = asked.text.encoded.pooled.astype(np.float64)
    cosine_new = (
        _without(window_vectors, question)
        @ _without(text.encoded.pooled.astype(np.float64)[None], question)[0]
    )
    best_sentence = _max(
        (passages.pooled @ text.encoded.pooled)[None], np.arange(len(passages.pooled)), index
    )[0]
    asked_cosine = window_vectors @ question

    equal = np.array([[piece == other for other in passages.stems] for piece in text.stems], dtype=np.float64)
    grams = np.maximum(equal, text.grams @ passages.grams.T)
    has, like = np.clip(_max(equal, at_word, index), 0, 1), np.clip(_max(grams, at_word, index), 0, 1)
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
    negation, polar = polarity(claim, passages, index)
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


def window_embeddings(passages: Passages) -> Reals:
    """(w, 384): the sentence embedding of every window of up to WINDOW sentences, of unit length."""
    short = [row for row, (first, last) in enumerate(passages.spans) if last - first <= WINDOW]
    return _pooled(passages, passages.index[short])


def _pooled(passages: Passages, index: npt.NDArray[np.int64]) -> Reals:
    """The sentence embedding of every window: its sentences' embeddings weighed by their tokens."""
    sizes = np.diff(np.append(passages.token_starts, len(passages.idf))).astype(np.float64)
    rows = np.concatenate([passages.pooled * sizes[:, None], np.zeros((1, passages.pooled.shape[1]))])
    summed = rows[index].sum(axis=1)
    unit: Reals = summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-9)
    return unit


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


def polarity(claim: Claim, passages: Passages, index: npt.NDArray[np.int64]) -> tuple[Reals, Reals]:
    """How much of the claim is met under the other polarity, and whether the two count negations differently."""
    similar = claim.text.encoded.vectors[6] @ passages.vectors[6].T
    differs = claim.text.token_negated[:, None] != passages.token_negated[None, :]
    carrying = claim.plain > 0.4
    same = _max(np.where(differs, 0.0, similar), passages.token_starts, index)
    other = _max(np.where(differs, similar, 0.0), passages.token_starts, index)
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
    lacking: Reals = 1 - np.clip(_max(said, passages.word_starts, index), 0, 1).mean(axis=0)
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
