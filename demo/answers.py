"""The candidate: answers of a known quality, made from the question bank's model answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from worker.content.bank import read_bank

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'“(])")


class Quality(StrEnum):
    """How good an answer is meant to be; the service is not told."""

    STRONG = "strong"
    MIDDLING = "middling"
    WEAK = "weak"
    WRONG = "wrong"
    NONE = "none"


# In the order in which they are played; a longer interview begins anew.
PLAYED = (Quality.STRONG, Quality.MIDDLING, Quality.WEAK, Quality.WRONG, Quality.NONE)


@dataclass(frozen=True, slots=True)
class PlayedAnswer:
    """`recipe` says, for the viewer, how the text was made."""

    quality: Quality
    recipe: str
    text: str
    seconds: float


class Candidate:
    """Knows the bank's questions by their text."""

    def __init__(self) -> None:
        self._questions = {_key(question["text"]): question for question in read_bank().questions}

    def play(self, question_text: str, quality: Quality) -> PlayedAnswer:
        """Raises KeyError for a question that this bank does not hold."""
        question = self._questions[_key(question_text)]
        sentences = _SENTENCE_END.split(" ".join(question["model_answer"].split()))
        if quality is Quality.STRONG:
            recipe = "the bank's model answer, one sentence dropped and two swapped"
            text = " ".join(_reworked(sentences))
        elif quality is Quality.MIDDLING:
            recipe = "every other sentence of the model answer"
            text = " ".join(["I have some experience with this.", *sentences[::2]])
        elif quality is Quality.WEAK:
            recipe = "the shortest sentence of the model answer among generalities"
            text = (
                "Well, I think it depends a lot on the situation and on the team. "
                f"{min(sentences, key=len)} Basically I would look it up and ask a colleague who has done it before."
            )
        elif quality is Quality.WRONG:
            recipe = "the bank's red flags, said with confidence"
            claims = [flag["text"].rstrip(".") for flag in question["red_flags"]]
            text = " ".join(["I have done this for years.", *(f"{claim}." for claim in claims)])
        else:
            recipe = "a plain “I don't know”"
            text = "I don't know, sorry. I have not worked with this so far."
        return PlayedAnswer(quality, recipe, text, seconds=round(len(text.split()) / 2.2, 1))


def _reworked(sentences: list[str]) -> list[str]:
    """Without the sentence in the middle, and with the last but one moved before its neighbour."""
    kept = [*sentences]
    if len(kept) > 4:
        del kept[len(kept) // 2]
    if len(kept) > 3:
        kept[-3], kept[-2] = kept[-2], kept[-3]
    return kept


def _key(text: str) -> str:
    return " ".join(text.split())
