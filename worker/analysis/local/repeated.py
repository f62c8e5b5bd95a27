"""Sentences that only say again what stands before them: they would make new windows, but no new point."""

from __future__ import annotations

from collections.abc import Sequence

from worker.analysis.local.lexicon import NEGATIONS
from worker.analysis.quotes import Span, words

FEWEST, MORE = 5, 4
"""A sentence of at least so many words is the same one when it comes again with at most so many words around it."""


def first_said(text: str, spans: Sequence[Span]) -> list[Span]:
    """The spans without those that repeat an earlier one; a denial of it ("It is false that ...") is no repetition."""
    kept: list[Span] = []
    told: list[list[str]] = []
    for span in spans:
        said = words(span.of(text))
        if not any(_again(said, before) for before in told):
            kept.append(span)
            told.append(said)
    return kept


def _again(said: list[str], before: list[str]) -> bool:
    more = len(said) - len(before)
    if len(before) < FEWEST or not 0 <= more <= MORE:
        return False
    starts = [at for at in range(more + 1) if said[at : at + len(before)] == before]
    return any(not NEGATIONS.intersection(said[:at] + said[at + len(before) :]) for at in starts)
