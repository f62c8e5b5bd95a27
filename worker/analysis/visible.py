"""An answer as a reader sees it: without invisible characters, and with look-alike letters as the letters they imitate.

Judging works on this text; `original` carries every quote back to the answer as it was typed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from worker.analysis.types import Assessment, Evidence, Finding, Mistake, Point

_LOOK_ALIKES = str.maketrans(
    "АВЕКМНОРСТХаеорсухіјѕԁһԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοναıɡ",
    "ABEKMHOPCTXaeopcyxijsdhqwABEZHIKMNOPTYXovaig",
)
_WORD = re.compile(r"\w+")


def hidden(char: str) -> bool:
    """Formatting, control and unassigned characters, and selectors of a glyph's variant."""
    if char in "\n\r\t":
        return False
    selector = 0xFE00 <= ord(char) <= 0xFE0F or 0xE0100 <= ord(char) <= 0xE01EF
    return (
        selector
        or unicodedata.category(char) in ("Cf", "Cc", "Co", "Cn", "Cs")
        or char in "\u115f\u1160\u3164\uffa0\u034f"
    )


@dataclass(frozen=True, slots=True)
class Visible:
    """`text` as a reader sees it; its character i stands at `positions[i]` of the answer."""

    answer: str
    text: str
    positions: tuple[int, ...]

    def original(self, assessment: Assessment) -> Assessment:
        """The same assessment with its evidence in the answer as it was typed."""
        if self.text == self.answer:
            return assessment

        def back(evidence: Evidence | None) -> Evidence | None:
            return None if evidence is None else self._back(evidence)

        def finding(one: Finding) -> Finding:
            return replace(one, evidence=back(one.evidence))

        def point(one: Point) -> Point:
            return replace(one, evidence=back(one.evidence))

        def mistake(one: Mistake) -> Mistake:
            return replace(one, evidence=self._back(one.evidence))

        return replace(
            assessment,
            findings=tuple(map(finding, assessment.findings)),
            mistakes=tuple(map(mistake, assessment.mistakes)),
            strengths=tuple(map(point, assessment.strengths)),
            improvements=tuple(map(point, assessment.improvements)),
        )

    def _back(self, evidence: Evidence) -> Evidence:
        start, end = self.positions[evidence.start], self.positions[evidence.end - 1] + 1
        return Evidence(self.answer[start:end], start, end)


def visible(answer: str) -> Visible:
    """The answer as a reader sees it."""
    kept = [(at, char) for at, char in enumerate(answer) if not hidden(char)]
    text = "".join(char for _, char in kept)
    if not text.isascii():
        text = _WORD.sub(lambda match: _latin(match.group()), text)
    return Visible(answer, text, tuple(at for at, _ in kept))


def _latin(word: str) -> str:
    """A word of mixed scripts in Latin letters alone, where look-alikes are all that mixes it."""
    folded = word.translate(_LOOK_ALIKES)
    return folded if folded != word and folded.isascii() and re.search(r"[A-Za-z]", word) else word
