"""A text as the features see it: its tokens with their vectors and weights, joined to its words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.analysis.gates import FUNCTION_WORDS
from worker.analysis.local.encoder import Encoded, Floats
from worker.analysis.local.lexicon import NEGATIONS, is_content, negated, stem
from worker.analysis.quotes import WORD

Reals = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FIRST_WORD_ID = 1996
"""The vocabulary lists whole words from here on by falling frequency, which stands in for a frequency table."""

GRAM_DIMENSIONS = 512


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
