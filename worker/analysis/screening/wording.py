"""Whether a text reads as English sentences at all: letters, language, and the order of its words.

Two small tables of counts (tables.json, made by bench/fit.py from English answers) stand behind it: which letters
follow which, and which function words and kinds of content word follow which. Words in their usual order
meet more often than chance would have it; shuffled or strung together, they do not.
"""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from worker.analysis.passages import CODE_LINE, sentences, words
from worker.analysis.screening.vocabulary import FOREIGN_WORDS, FUNCTION_WORDS

TABLES_PATH = Path(__file__).parent / "tables.json"

ODD_WORD = -3.45
"""Mean log-probability of a word's letter pairs below which it does not look English."""

ORDER_FLOOR, ORDER_SLACK = -0.12, 0.5
"""A text of n words is out of order where its mean association is below FLOOR - SLACK / sqrt(n)."""

FEW_FUNCTION_WORDS = 0.15
SHORT = 10
"""Texts of fewer words are too short to tell a list from a terse answer."""


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(TABLES_PATH.read_text(encoding="utf-8"))
    return loaded


def without_code(text: str) -> str:
    """The text with code blocks, inline code and lines of code blanked out, in the same length."""
    text = re.sub(
        r"```.*?(?:```|\Z)|`[^`\n]+`", lambda match: " " * len(match.group()), text, flags=re.DOTALL
    )
    lines = text.splitlines(keepends=True)
    return "".join(
        " " * (len(line) - 1) + "\n" if len(lines) > 1 and CODE_LINE.search(line.rstrip("\n")) else line
        for line in lines
    )


def word_class(word: str) -> str:
    """A function word stands for itself, any other word for its ending."""
    if word in FUNCTION_WORDS:
        return word
    if any(char.isdigit() for char in word):
        return "#n"
    for ending in ("ing", "ed", "ly", "tion", "s"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return "#" + ending
    return "#w"


def association(text: str) -> tuple[float, int]:
    """How much more often than by chance each word class follows the one before (mean log-ratio), and over how many pairs."""
    order = _tables()["order"]
    total, first, second, pairs = order["total"], order["first"], order["second"], order["pairs"]
    values = []
    for span in sentences(text):
        classes = [word_class(word) for word in words(span.of(text))]
        for a, b in pairwise(classes):
            expected = first.get(a, 0) * second.get(b, 0) / total
            prior = 0.5 * min(1.0, expected) + 0.05
            values.append(math.log((pairs.get(f"{a} {b}", 0) + prior) / (expected + prior)))
    return (math.fsum(values) / len(values) if values else 0.0), len(values)


NOTES = 0.08
"""Figures and signs per word from which terse text is an expert's notes ("p99 > 200 ms -> shed load"), not a list of terms."""

_NOTE_SIGNS = re.compile(r"\d+|[=<>→≤≥~+%()/&|≈×;]|->")


def strung_together(text: str) -> bool:
    """True for terms in a row without sentences around them, and for words in an order that means nothing."""
    prose = without_code(text)
    found = words(prose)
    if len(found) < SHORT or len(_NOTE_SIGNS.findall(prose)) >= NOTES * len(found):
        return False
    if sum(word in FUNCTION_WORDS for word in found) / len(found) < FEW_FUNCTION_WORDS:
        return True
    mean, count = association(prose)
    return count >= SHORT - 2 and mean < ORDER_FLOOR - ORDER_SLACK / math.sqrt(count)


def letter_score(word: str) -> float:
    """The mean log-probability of a word's letter pairs, with its ends."""
    letters = _tables()["letters"]
    padded = f"^{word}$"
    return math.fsum(letters.get(padded[at : at + 2], -7.0) for at in range(len(padded) - 1)) / (
        len(padded) - 1
    )


def _odd(word: str) -> bool:
    bare = re.sub(r"[^a-z]", "", word)
    if len(bare) < 3:
        return False
    return (
        len(bare) > 24
        or bool(re.search(r"(.)\1{3,}", bare))
        or (len(bare) > 3 and letter_score(bare) < ODD_WORD)
    )


def gibberish(text: str) -> bool:
    """True where most words are no words, or a few words are said over and over."""
    prose = without_code(text)
    found = words(prose)
    letters = [word for word in found if word.isascii() and any(char.isalpha() for char in word)]
    if not found:
        return not words(text)
    if not letters:
        return all(word.isascii() for word in found) and len(found) > 3
    plain = sum(word in FUNCTION_WORDS for word in found) / len(found)
    odd = sum(_odd(word) for word in letters) / len(letters)
    if odd > 0.5 or (odd > 0.3 and plain < 0.15):
        return True
    return len(found) >= 12 and len(set(found)) / len(found) < 0.12


def foreign(text: str) -> bool:
    """True for another language than English: its script, or its function words."""
    prose = without_code(text)
    letters = [char for char in prose if char.isalpha()]
    if len(letters) >= 2 and sum(ord(char) > 0x24F for char in letters) / len(letters) > 0.4:
        return True
    found = words(prose)
    if len(found) < 2:
        return False
    english = sum(word in FUNCTION_WORDS for word in found)
    other = sum(word in FOREIGN_WORDS and word not in FUNCTION_WORDS for word in found)
    return other >= 2 and other / len(found) > (0.15 if len(found) >= 5 else 0.5) and other > 1.5 * english
