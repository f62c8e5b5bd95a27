"""Closed lists of English words: those that carry grammar, and those that could be said about anything (words.txt)."""

from __future__ import annotations

from pathlib import Path

from worker.analysis.passages import words

WORDS_PATH = Path(__file__).parent / "words.txt"


def _lists() -> dict[str, frozenset[str]]:
    """The words of each part of words.txt, by the name in brackets over it."""
    parts: dict[str, list[str]] = {}
    for line in WORDS_PATH.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            held = parts.setdefault(line.strip("[]"), [])
        else:
            held += line.split()
    return {name: frozenset(held) for name, held in parts.items()}


_LISTS = _lists()
FUNCTION_WORDS = _LISTS["function"]
GENERIC_WORDS = _LISTS["generic"]
"""Words that could be said about any topic."""

FOREIGN_WORDS = _LISTS["foreign"]
"""Frequent words of Spanish, French, German, Italian, Portuguese, Dutch, Polish, Turkish and Swedish."""


def content_words(text: str) -> list[str]:
    """The words that carry meaning, in lower case and in order."""
    return [word for word in words(text) if word not in FUNCTION_WORDS]
