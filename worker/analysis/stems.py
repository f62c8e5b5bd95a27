"""Words that carry meaning, cut to what their forms share, for comparing texts without a model."""

from __future__ import annotations

from worker.analysis.screening import content_words

_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "ers", "ed", "es", "ly", "er", "s", "e")


def stems(text: str) -> frozenset[str]:
    """The stems of a text's content words."""
    return frozenset(_stem(word) for word in content_words(text))


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
