"""How feedback names a point of the rubric and quotes an answer, in natural English."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from worker.analysis.passages import CODE_LINE, WORD
from worker.analysis.types import Aspect, Criterion, Evidence

STORY_ASPECTS = frozenset({Aspect.SITUATION, Aspect.TASK, Aspect.ACTION, Aspect.RESULT, Aspect.REFLECTION})
LONGEST_QUOTE, SHORTEST_QUOTE, SHORTEST_SENTENCE = 18, 3, 6
"""Words of an answer that are quoted back in a sentence of feedback; of several sentences, the first of that length."""

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z“\"(])")
_CODE_MARK = re.compile(r"->|::|[(){}\[\]=<>;$|&_]")
_PRONOUNS = frozenset({"it", "this", "that", "these", "those", "they", "you"})
_DANGLING = re.compile(r"(?:[\s,;:(]+(?:and|but|or|so|the|an?|of|to|in|on|at|for|with|by|\d+))+$")
_CLAUSE_END = re.compile(r"[,;:)]\s|\s[-–—]\s|\s(?=(?:and|but|so|because|which|while|then)\s)")


class Variants:
    """Chooses among wordings: the same for the same answer and question, different from one answer to the next."""

    def __init__(self, *seeds: str) -> None:
        self._state = int.from_bytes(
            hashlib.sha256("\n".join(seeds).encode("utf-8", "replace")).digest()[:8], "big"
        )

    def pick(self, options: Sequence[str]) -> str:
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) % 2**64
        return options[(self._state >> 33) % len(options)]


def is_story(criterion: Criterion) -> bool:
    """Whether a criterion speaks of what the candidate did."""
    return criterion.aspect in STORY_ASPECTS


def topic_of(criterion: Criterion) -> str:
    """The point as it stands after "You explain"; its own sentence in quotation marks where the bank names no topic."""
    return criterion.topic or f"this point: “{sentence(criterion.text).rstrip('.')}”"


def sentence(text: str) -> str:
    """A text as one sentence with its full stop."""
    text = " ".join(text.split())
    return text if text.rstrip("”").endswith((".", "!", "?", "…")) else f"{text}."


def first_sentence(text: str) -> str:
    """The first sentence of a text, with its full stop."""
    return sentence(_SENTENCE_END.split(" ".join(text.split()), maxsplit=1)[0])


def reason(matters: str, turn: int = 0) -> str:
    """What makes a point matter, to stand behind a main clause; empty where the bank does not say."""
    if not matters:
        return ""
    if matters.split(maxsplit=1)[0] in _PRONOUNS:
        return f"; {matters}"
    return f", and that matters: {matters}" if turn % 2 else f", which counts because {matters}"


def short_quote(evidence: Evidence | None) -> str | None:
    """A few telling words of a quote, in quotation marks; None for code, and for what is too short to say anything."""
    return None if evidence is None or "\n" in evidence.quote.strip() else quoted(evidence.quote)


def quoted(text: str) -> str | None:
    """One sentence of a text in quotation marks, cut where its clauses end; None for code and for a word or two."""
    text = " ".join(text.split()).strip(" -–—•*")
    pieces = _SENTENCE_END.split(text)
    text = next((piece for piece in pieces if len(WORD.findall(piece)) >= SHORTEST_SENTENCE), text)
    text = text.rstrip(".,;: ")
    found = list(WORD.finditer(text))
    if not found or CODE_LINE.search(text):
        return None
    if len(found) > LONGEST_QUOTE:
        limit = found[LONGEST_QUOTE].start()
        ends = [match.start() for match in _CLAUSE_END.finditer(text, found[5].start(), limit)]
        cut = ends[-1] if ends else found[LONGEST_QUOTE - 3].end()
        text = text[:cut] if text[cut] in ",;:" else _DANGLING.sub("", text[:cut])
    short = _closed(text).rstrip(" ,;:(")
    if len(WORD.findall(short)) < max(SHORTEST_QUOTE, 2 * len(_CODE_MARK.findall(short))):
        return None
    return f"“{inner(short)}”" if found[-1].end() <= len(short) else f"“{inner(short)} …”"


def whole(answer: str, evidence: Evidence | None) -> Evidence | None:
    """The evidence without the start of a fenced block at its end, and with all of a piece of code that it begins."""
    if evidence is None or evidence.quote.count("`") % 2 == 0:
        return evidence
    start, end = evidence.start, evidence.end
    if "```" in evidence.quote:
        end = start + len(evidence.quote[: evidence.quote.rindex("```")].rstrip())
    elif (close := answer.find("`", end)) >= 0 and "\n" not in answer[end:close]:
        end = close + 1
    return Evidence(answer[start:end], start, end) if end > start else evidence


def _closed(text: str) -> str:
    """The text up to a bracket or a piece of code that it leaves open."""
    if text.count("`") % 2:
        text = text[: text.rindex("`")].rstrip()
    return text[: text.rindex("(")].rstrip() if text.count("(") > text.count(")") else text


def inner(text: str) -> str:
    """A text for use inside quotation marks: its own double marks become single ones."""
    marks = iter("‘’" * text.count('"'))
    return re.sub('"', lambda _: next(marks), text).replace("“", "‘").replace("”", "’")


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`; where a name holds a comma, a comma or semicolons set the names apart."""
    if len(names) < 2:
        return "".join(names)
    if any("," in name for name in names):
        return (
            f"{names[0]}, and {names[1]}" if len(names) == 2 else f"{'; '.join(names[:-1])}; and {names[-1]}"
        )
    return ", ".join(names[:-1]) + f" and {names[-1]}"


def capital(text: str) -> str:
    """With a capital first letter, unless the first word is code or a name in its own case (`iOS`, `lower_bound`)."""
    first = text.split(" ", 1)[0]
    if first[:1] in "`“" or re.search(r"[A-Z0-9_(]", first[1:]):
        return text
    return text[:1].upper() + text[1:]
