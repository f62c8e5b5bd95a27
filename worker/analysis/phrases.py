"""How feedback names a point of the rubric and quotes an answer, in natural English."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from worker.analysis.passages import CODE_LINE, WORD
from worker.analysis.types import Aspect, Criterion, Evidence

STORY_ASPECTS = frozenset({Aspect.SITUATION, Aspect.TASK, Aspect.ACTION, Aspect.RESULT, Aspect.REFLECTION})
LONGEST_QUOTE, SHORTEST_QUOTE = 18, 3
"""Words of an answer that are quoted back in a sentence of feedback."""

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
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def short_quote(evidence: Evidence | None) -> str | None:
    """A few telling words of a quote, in quotation marks; None for code, and for what is too short to say anything."""
    if evidence is None or "\n" in evidence.quote.strip() or CODE_LINE.search(evidence.quote):
        return None
    text = " ".join(evidence.quote.split()).strip(" -–—•*").rstrip(".,;:")
    found = list(WORD.finditer(text))
    if len(found) < SHORTEST_QUOTE:
        return None
    if len(found) > LONGEST_QUOTE:
        limit = found[LONGEST_QUOTE].start()
        ends = [match.start() for match in _CLAUSE_END.finditer(text, found[5].start(), limit)]
        text = text[: ends[-1]].rstrip(" ,;:(") if ends else text[: found[LONGEST_QUOTE - 3].end()] + " …"
    return f"“{text.replace('“', '‘').replace('”', '’').replace(chr(34), '’')}”"


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`; names that hold a comma are set apart by semicolons."""
    if len(names) < 2:
        return "".join(names)
    if any("," in name for name in names):
        return "; ".join(names[:-1]) + f"; and {names[-1]}"
    return ", ".join(names[:-1]) + f" and {names[-1]}"


def capital(text: str) -> str:
    """With a capital first letter, unless the first word is code or a name in its own case (`iOS`, `lower_bound`)."""
    first = text.split(" ", 1)[0]
    if first[:1] in "`“" or re.search(r"[A-Z0-9_(]", first[1:]):
        return text
    return text[:1].upper() + text[1:]
