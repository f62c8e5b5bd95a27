"""Sentences that name terms and claim nothing of them: "X, Y and Z are important", "X: a key concept".

What is said of a term shows as a word that relates it to another: a verb of its own, a preposition, a reason. A sentence
that merely mentions has terms in a row, and around them only words that could be said about anything.
"""

from __future__ import annotations

import re
from itertools import pairwise

from worker.analysis.passages import WORD, sentences
from worker.analysis.screening.vocabulary import FUNCTION_WORDS, GENERIC_WORDS

FEWEST_SENTENCES, FEWEST_TERMS = 3, 8
"""Fewer mentions, or of fewer different terms, may be a terse answer."""

MOSTLY = 0.6
"""The share of a text's terms that stand in mentions from which it is a list with words around it."""

LONGEST_TERM = 2
"""More words without a comma or a conjunction between them say something of each other."""

_PREDICATES = frozenset(
    [
        "term",
        "terms",
        "relevant",
        "relevance",
        "see",
        "mention",
        "mentioned",
        "mind",
        "aware",
        "familiar",
        "keyword",
        "keywords",
        "note",
        "related",
    ]
)
_LINKS = frozenset(
    [
        "and",
        "or",
        "nor",
        "also",
        "as",
        "well",
        "both",
        "plus",
        "too",
        "do",
        "does",
        "is",
        "are",
        "be",
        "was",
        "were",
        "here",
    ]
)
_FRAME = frozenset(["is", "are", "about", "there", "was", "were"])
_BREAK = re.compile(r"[,;:/\n]|(?:\s|^)[-–—](?:\s|$)")


def mentioned(sentence: str) -> list[str]:
    """The terms of a sentence that claims nothing of them; empty for any other sentence."""
    found = [
        (match.group().lower().replace("’", "'"), match.start(), match.end())
        for match in WORD.finditer(sentence)
    ]
    generic = [word in FUNCTION_WORDS or word in GENERIC_WORDS or word in _PREDICATES for word, _, _ in found]
    terms = [at for at, common in enumerate(generic) if not common]
    if not terms:
        return []
    run, longest, runs = 1, 1, 1
    for before, after in pairwise(terms):
        between = [word for word, _, _ in found[before + 1 : after]]
        if any(word in FUNCTION_WORDS and word not in _LINKS for word in between):
            return []
        if between or _BREAK.search(sentence[found[before][2] : found[after][1]]):
            run, runs = 1, runs + 1
        else:
            run += 1
        longest = max(longest, run)
    frame = {word for (word, _, _), common in zip(found, generic, strict=True) if common}
    framed = any(word in _FRAME or word not in FUNCTION_WORDS for word in frame)
    if longest > LONGEST_TERM or not framed or (runs == 1 and longest > 1 and ":" not in sentence):
        return []
    return [found[at][0] for at in terms]


def only_mentions(text: str) -> bool:
    """True where most of a text's terms are mentioned, in several sentences, and nothing is said of them."""
    named: list[str] = []
    count = total = 0
    for span in sentences(text):
        sentence = span.of(text)
        terms = mentioned(sentence)
        named += terms
        count += bool(terms)
        total += sum(
            word not in FUNCTION_WORDS and word not in GENERIC_WORDS and word not in _PREDICATES
            for word in (match.group().lower() for match in WORD.finditer(sentence))
        )
    return (
        count >= FEWEST_SENTENCES and len(set(named)) >= FEWEST_TERMS and len(named) >= MOSTLY * max(total, 1)
    )
