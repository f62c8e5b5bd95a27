"""Spans of an answer: its sentences and words, where a quote stands, and whether it stands there at all."""

from __future__ import annotations

import re
from dataclasses import dataclass

from worker.analysis.types import Evidence

WORD = re.compile(r"[^\W_]+(?:['’.\-+#/][^\W_]+)*[+#]*")
"""A word as a reader counts them: `don't`, `C++`, `O/n`, `re-use` and `3.5` are one each."""

_BREAK = re.compile(r"(?<=[.!?…])[\"')\]]*\s+|\s*[\r\n]+\s*|;\s+")
_SOFT_BREAK = re.compile(r",\s+|\s+[-–—]+\s+|:\s+|\s+(?=(?:and|but|so|because|which|then|while|whereas)\s)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|Mr|Ms|Mrs|Dr|No|Fig)\.|^\W*[\w]{1,2}[.)])$", re.IGNORECASE
)
LONG_SENTENCE_WORDS = 45
"""Beyond this a sentence is cut at its commas and conjunctions: one passage is one thought."""

CODE_LINE = re.compile(
    r"[{};=]\s*$|^\s*(?:def|class|return|for|while|if|else|elif|import|from|SELECT|FROM|WHERE|GROUP BY|HAVING|ORDER BY|LEFT JOIN|JOIN|WITH|"
    r"const|let|var|public|private|static|func|fn|try|except|catch)\b.*[:;(){}=,]|^\s{4,}\S|^\s*(?:SELECT|FROM|WHERE|GROUP BY|HAVING|ORDER BY)\b"
)
"""A line that looks like code."""

CODE_BLOCK_WORDS = 40
"""Lines of code are read together up to this many words: a single line says little."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text, in characters: `text[start:end]`."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


def words(text: str) -> list[str]:
    """The words of a text in lower case, in order."""
    return [match.group().lower().replace("’", "'") for match in WORD.finditer(text)]


def sentences(text: str) -> list[Span]:
    """The sentences of a text in order, trimmed of white space; run-on sentences come in pieces."""
    spans: list[Span] = []
    start = 0
    for match in _BREAK.finditer(text):
        if (
            _ABBREVIATION.search(text[max(start, match.start() - 8) : match.start()])
            and "\n" not in match.group()
        ):
            continue
        spans.extend(_pieces(text, start, match.start()))
        start = match.end()
    spans.extend(_pieces(text, start, len(text)))
    return _code_joined(text, spans)


def _code_joined(text: str, spans: list[Span]) -> list[Span]:
    """Neighbouring lines of code as one span each block."""
    joined: list[Span] = []
    open_block = False
    for span in spans:
        line = text[text.rfind("\n", 0, span.start) + 1 : span.end]
        code = "\n" in text and bool(CODE_LINE.search(line))
        if code and open_block:
            together = Span(joined[-1].start, span.end)
            if len(WORD.findall(together.of(text))) <= CODE_BLOCK_WORDS:
                joined[-1] = together
                continue
        joined.append(span)
        open_block = code
    return joined


def _pieces(text: str, start: int, end: int) -> list[Span]:
    """The trimmed span, or several where it holds more words than one thought takes."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start >= end or not WORD.search(text, start, end):
        return []
    if len(WORD.findall(text, start, end)) <= LONG_SENTENCE_WORDS:
        return [Span(start, end)]
    middle = (start + end) // 2
    cuts = [
        match
        for match in _SOFT_BREAK.finditer(text, start, end)
        if start < match.start() and match.end() < end
    ]
    if not cuts:
        cuts = list(re.finditer(r"\s+", text[start:end]))
        if not cuts:
            return [Span(start, end)]
        nearest = min(cuts, key=lambda match: abs(start + match.start() - middle))
        left, right = start + nearest.start(), start + nearest.end()
    else:
        nearest = min(cuts, key=lambda match: abs(match.start() - middle))
        left, right = nearest.start(), nearest.end()
    return _pieces(text, start, left) + _pieces(text, right, end)


def evidence_at(answer: str, span: Span, limit: int = 400) -> Evidence:
    """The evidence that quotes a span, cut at a word boundary where it is longer than a reader needs."""
    end = span.end
    if end - span.start > limit:
        end = span.start + limit
        while end > span.start + 1 and not answer[end].isspace():
            end -= 1
        if end <= span.start + 1:
            end = span.start + limit
    return Evidence(quote=answer[span.start : end], start=span.start, end=end)


def _loose(word: str) -> str:
    """A pattern for a word that takes any kind of quote mark for any other."""
    return "".join(
        "['’‘`]" if char in "'’‘`" else '["“”]' if char in '"“”' else re.escape(char) for char in word
    )


def find_quote(answer: str, quote: str) -> Evidence | None:
    """Where a quote stands in an answer: exactly, else but for case, white space and kinds of quote marks."""
    wanted = quote.strip()
    if not wanted:
        return None
    start = answer.find(wanted)
    if start >= 0:
        return Evidence(wanted, start, start + len(wanted))
    pattern = r"\s+".join(_loose(part) for part in wanted.split())
    match = re.search(pattern, answer, re.IGNORECASE)
    return Evidence(match.group(), match.start(), match.end()) if match else None


def verified(answer: str, evidence: Evidence | None) -> Evidence | None:
    """The evidence if it says what stands in the answer at that place, else None."""
    if evidence is None or not evidence.quote.strip():
        return None
    if not 0 <= evidence.start < evidence.end <= len(answer):
        return None
    return evidence if answer[evidence.start : evidence.end] == evidence.quote else None
