"""Small closed lists about English words: stems, negation, opposites. Written for this project."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from worker.analysis.gates import FUNCTION_WORDS

NEGATIONS = frozenset(
    [
        "no",
        "not",
        "never",
        "none",
        "nothing",
        "nobody",
        "nowhere",
        "neither",
        "nor",
        "without",
        "cannot",
        "can't",
        "don't",
        "doesn't",
        "didn't",
        "won't",
        "wouldn't",
        "shouldn't",
        "couldn't",
        "isn't",
        "aren't",
        "wasn't",
        "weren't",
        "haven't",
        "hasn't",
        "hadn't",
        "dont",
        "doesnt",
        "didnt",
        "cant",
        "isnt",
        "arent",
        "wont",
        "wasnt",
        "hardly",
        "barely",
        "rarely",
        "seldom",
        "lack",
        "lacks",
        "lacking",
        "fails",
        "fail",
        "unable",
        "impossible",
        "false",
        "untrue",
        "incorrect",
        "wrong",
    ]
)
CLAUSE_ENDS = frozenset(
    [
        "but",
        "because",
        "so",
        "although",
        "though",
        "while",
        "whereas",
        "which",
        "that",
        "since",
        "unless",
        "if",
        "and",
        "or",
        "then",
    ]
)
DENIALS = frozenset(
    [
        "true",
        "false",
        "untrue",
        "wrong",
        "incorrect",
        "correct",
        "right",
        "case",
        "myth",
        "mistake",
        "misconception",
    ]
)
"""Before "that" they bear on the whole clause, where they deny or are denied themselves."""

NEGATION_REACH = 5
"""How many words after a negation it bears on, unless the clause ends before."""

_PAIRS = """more less|more fewer|most least|increase decrease|increase reduce|increases decreases|raise lower|rise fall|grow shrink|up down
above below|before after|first last|earlier later|early late|fast slow|faster slower|quick slow|high low|higher lower
large small|larger smaller|big small|bigger smaller|big little|long short|longer shorter|strong weak|stronger weaker|hard soft|harder softer
heavy light|heavier lighter|hot cold|hotter colder|hotter cooler|warm cool|warmer cooler|wide narrow|thick thin|thicker thinner|near far|open closed|open close
start stop|start end|begin end|always never|same different|equal different|equal unequal
true false|positive negative|success failure|succeed fail|accept reject|allow prevent|allow forbid|enable disable|include exclude|add remove
insert delete|push pop|lock unlock|encrypt decrypt|encode decode|public private|static dynamic|mutable immutable|sync async
synchronous asynchronous|blocking nonblocking|ordered unordered|sorted unsorted|linear constant|linear logarithmic|linear quadratic|constant logarithmic
horizontal vertical|horizontally vertically|internal external|input output|read write|reads writes|client server|top bottom|front back
best worst|better worse|easy hard|easy difficult|easier harder|simple complex|cheap expensive|cheaper dearer|safe unsafe|safe dangerous|stable unstable
consistent inconsistent|valid invalid|local global|local remote|minimum maximum|minimize maximize|min max|lower upper|ascending descending|connected disconnected
connected separated|complete incomplete|attract repel|absorb reflect|absorb release|gain lose|gains loses|win lose|parent child|single multiple
together separately|unique duplicate|required optional|optional mandatory|eager lazy|stateless stateful|centralized distributed|coupled decoupled|tight loose
optimistic pessimistic|shared exclusive|shared separate|shallow deep|cause prevent|causes prevents|help hurt|improve worsen|improves degrades|benefit harm
present absent|full empty|alive dead|visible hidden|known unknown|temporary permanent|strict loose|compile interpret|greater smaller|greater less
parallel serial|parallel sequential|parallel series|overfit underfit|overfitting underfitting|bias variance|precision recall|supervised unsupervised|stack heap|stack queue"""
OPPOSITES: dict[str, frozenset[str]] = {}

_SUFFIXES = (
    "ationally", "izations", "ization", "isation", "ational", "fulness", "ousness", "ations", "ation", "ments", "ment", "ingly", "ities",
    "ness", "ings", "ing", "edly", "ies", "ied", "ions", "ion", "ity", "ers", "ors", "ed", "es", "ly", "er", "or", "al", "s", "e", "y",
)  # fmt: skip


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A crude stem, the same for most forms of a word: `evaporated`, `evaporation` -> `evapor`."""
    for _ in range(2):
        for ending in _SUFFIXES:
            if word.endswith(ending) and len(word) - len(ending) >= 4:
                word = word[: -len(ending)]
                break
        else:
            break
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] else word


for _pair in re.split(r"[|\n]", _PAIRS):
    _a, _b = _pair.split()
    OPPOSITES[_a] = OPPOSITES.get(_a, frozenset()) | {_b}
    OPPOSITES[_b] = OPPOSITES.get(_b, frozenset()) | {_a}


def negated(found: list[str]) -> list[bool]:
    """For each word, whether a negation before it bears on it; two negations undo each other.

    "It is not true that ..." and "it is false that ..." bear on all that follows.
    """
    states = []
    reach, state, whole = 0, False, False
    for at, word in enumerate(found):
        states.append((state and reach > 0) != whole)
        if word in DENIALS and at + 1 < len(found) and found[at + 1] in ("that", "to"):
            denied = word in NEGATIONS or (state and reach > 0)
            reach, state, whole = 0, False, whole != denied
        elif word in NEGATIONS:
            state = not (state and reach > 0)
            reach = NEGATION_REACH
        elif word in CLAUSE_ENDS:
            reach, state = 0, False
        elif reach:
            reach -= 1
    return states


def opposed(claim: Sequence[str], said: Sequence[str]) -> int:
    """How many of a claim's words are replaced by an opposite in what is said."""
    mine, theirs = set(claim), set(said)
    return sum(
        bool(OPPOSITES[word] & theirs)
        for word in mine
        if word in OPPOSITES and word not in theirs and not OPPOSITES[word] & mine
    )


def is_content(word: str) -> bool:
    return word not in FUNCTION_WORDS and word not in NEGATIONS
