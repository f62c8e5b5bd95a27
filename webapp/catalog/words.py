"""Words of titles and descriptions: `C++`, `C#`, `.NET`, `Node.js` and `R&D` are one word each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

T = TypeVar("T")

_WORD = re.compile(r"(?:(?<![\w.])\.(?=net\b))?[^\W_]+(?:[.&'’][^\W_]+)*(?:\+\+|#)?", re.IGNORECASE)
# Spellings of one word with and without a space or hyphen.
_JOINED = (
    (re.compile(r"\b(front|back)[\s-]?end\b", re.IGNORECASE), r"\1end"),
    (re.compile(r"\bfull[\s-]?stack\b", re.IGNORECASE), "fullstack"),
    (re.compile(r"\bpre-?sales?\b", re.IGNORECASE), "presales"),
    (re.compile(r"\bcyber[\s-]security\b", re.IGNORECASE), "cybersecurity"),
    (re.compile(r"\bhelpdesk\b", re.IGNORECASE), "help desk"),
    (re.compile(r"\bdata[\s-]?base\b", re.IGNORECASE), "database"),
)


@dataclass(frozen=True, slots=True)
class Word:
    """`text` as written, `key` folded for comparison, `gap` what stands between it and the word before."""

    text: str
    key: str
    gap: str


def read_words(text: str) -> list[Word]:
    text = unicodedata.normalize("NFKC", text)
    for pattern, joined in _JOINED:
        text = pattern.sub(joined, text)
    words, end = [], 0
    for match in _WORD.finditer(text):
        words.append(Word(match[0], match[0].lower(), text[end : match.start()]))
        end = match.end()
    return words


@lru_cache(maxsize=8192)
def keys(text: str) -> tuple[str, ...]:
    """The keys of a name of the bank. Cached, because every start of an interview looks for the same names."""
    return tuple(word.key for word in read_words(text))


class Phrases(Generic[T]):
    """Phrases to look for in a row of words; at each place the longest one counts. Linear in the words."""

    def __init__(self, phrases: Mapping[tuple[str, ...], T]) -> None:
        self._found = dict(phrases)
        self._lengths: dict[str, list[int]] = {}
        for first, length in sorted({(phrase[0], len(phrase)) for phrase in phrases if phrase}):
            self._lengths.setdefault(first, []).insert(0, length)

    def find(self, words: Sequence[str]) -> Iterator[tuple[int, int, T]]:
        """Start, end and value of each phrase found; phrases do not overlap."""
        start = 0
        while start < len(words):
            for length in self._lengths.get(words[start], ()):
                found = self._found.get(tuple(words[start : start + length]))
                if found is not None:
                    yield start, start + length, found
                    start += length
                    break
            else:
                start += 1


def phrases_of(names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """The words of each name, in the singular and plural of its last word."""
    for name in names:
        phrase = keys(name)
        if phrase:
            yield phrase
            last = phrase[-1]
            if len(last) > 3 and last[-1].isalpha():
                yield (*phrase[:-1], last.removesuffix("s") if last.endswith("s") else f"{last}s")
