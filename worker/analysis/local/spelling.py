"""Slips of the pen in an answer, put right before it is encoded: a misspelt term falls into pieces that mean nothing.

Only a word that nobody knows is changed, and only to a word of the question that it nearly is. Both begin alike, so that no
prefix that turns a meaning round ("immutable", "asynchronous") is ever taken for a slip.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from difflib import get_close_matches

from worker.analysis.local.lexicon import stem

WORD = re.compile(r"(?<![\w.`/])[A-Za-z][a-z]{4,}(?![\w`(/]|\.\w)")
"""Words as people write them; what looks like code is left alone."""

NEARLY = 0.85
"""difflib's ratio from which two words count as the same one with a slip."""


def terms(texts: Iterable[str]) -> tuple[str, ...]:
    """The words that slips are put right to: those of a question and of all that is expected of its answer."""
    return tuple(sorted({word.lower() for text in texts for word in WORD.findall(text)}))


def corrected(text: str, known: tuple[str, ...], vocabulary: Container[str]) -> str:
    """The text with its slips put right; words of the vocabulary, and other forms of known words, stay as they are."""

    def right(match: re.Match[str]) -> str:
        word = match.group().lower()
        if word in vocabulary or word in known:
            return match.group()
        alike = [term for term in known if term[:2] == word[:2] and abs(len(term) - len(word)) < 3]
        nearest = get_close_matches(word, alike, 1, NEARLY)
        return nearest[0] if nearest and stem(nearest[0]) != stem(word) else match.group()

    return WORD.sub(right, text)
