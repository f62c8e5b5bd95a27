"""What is compared: a claim with its weights beside the question, and the passages of an answer.

A passage is a window of 1-3 consecutive sentences, or the answer's first 4-8. Each sentence is encoded by itself, and each
window is made from its sentences by maxima and sums; so a sentence added at the end changes no passage that was
there before, and the best passage can only get better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from worker.analysis.local.encoder import Floats
from worker.analysis.local.texts import Flags, Reals, Text

WINDOW = 3
LONGEST_PREFIX = 8

DEMOTION = 0.85
"""How much of a claim token's weight is lost where the question says it already (times their similarity)."""

QUIET = 0.15
"""Tokens that tell less than this (function words, punctuation) are not looked for in the question."""


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

    @property
    def short(self) -> int:
        """How many windows, the first ones, have up to WINDOW sentences."""
        return sum(last - first <= WINDOW for first, last in self.spans)


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


def cut(passages: Passages, window: int) -> Passages:
    """The passages with that window alone, and none of the sentences outside it."""
    first, last = passages.spans[window]
    token_ends = np.append(passages.token_starts, len(passages.idf))
    word_ends = np.append(passages.word_starts, len(passages.words))
    tokens = slice(int(token_ends[first]), int(token_ends[last]))
    at_word = slice(int(word_ends[first]), int(word_ends[last]))
    return replace(
        passages,
        texts=passages.texts[first:last],
        index=np.arange(last - first, dtype=np.int64)[None],
        spans=((0, last - first),),
        token_starts=passages.token_starts[first:last] - tokens.start,
        word_starts=passages.word_starts[first:last] - at_word.start,
        vectors={layer: vectors[tokens] for layer, vectors in passages.vectors.items()},
        idf=passages.idf[tokens],
        token_negated=passages.token_negated[tokens],
        token_asked=passages.token_asked[tokens],
        words=passages.words[at_word],
        stems=passages.stems[at_word],
        grams=passages.grams[at_word],
        fresh=passages.fresh[at_word],
        word_negated=passages.word_negated[at_word],
        pooled=passages.pooled[first:last],
    )


def pooled(passages: Passages, index: npt.NDArray[np.int64]) -> Reals:
    """The sentence embedding of every window: its sentences' embeddings weighed by their tokens."""
    sizes = np.diff(np.append(passages.token_starts, len(passages.idf))).astype(np.float64)
    rows = np.concatenate([passages.pooled * sizes[:, None], np.zeros((1, passages.pooled.shape[1]))])
    summed = rows[index].sum(axis=1)
    unit: Reals = summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-9)
    return unit


def best_token(
    values: npt.NDArray[np.floating], starts: npt.NDArray[np.int64], index: npt.NDArray[np.int64]
) -> Reals:
    """(r, tokens) -> (r, windows): the best token of each window."""
    best = np.maximum.reduceat(values, starts, axis=1).astype(np.float64)
    padded = np.concatenate([best, np.full((len(best), 1), -1.0)], axis=1)
    highest: Reals = padded[:, index].max(axis=2)
    return highest
