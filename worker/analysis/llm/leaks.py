"""Whether a text that a candidate will read gives away what a good answer says."""

from __future__ import annotations

from worker.analysis.passages import words
from worker.analysis.stems import stems
from worker.analysis.types import QuestionSpec

RUN = 5
"""So many words in a row out of a criterion or the model answer are a quote of it."""

SHARE, FEWEST = 0.4, 2
"""A criterion is given away by this share of its own words, and by no fewer than so many of them."""


def leaks(text: str, question: QuestionSpec, known: str) -> bool:
    """True where a text says what a criterion says, beyond the question and what is `known`."""
    said = stems(text)
    had = stems(f"{question.text} {known}")
    claims = [claim for criterion in question.criteria for claim in (criterion.text, *criterion.paraphrases)]
    for claim in claims:
        own = stems(claim) - had
        shared = len(own & said)
        if shared >= FEWEST and shared >= SHARE * len(own):
            return True
    runs = _runs(text) - _runs(f"{question.text} {known}")
    return any(runs & _runs(source) for source in (*claims, question.model_answer))


def _runs(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[at : at + RUN]) for at in range(len(found) - RUN + 1)}
