"""The answer as a model gets to see it, and the way back from a quote to the answer's characters."""

from __future__ import annotations

from dataclasses import dataclass

from worker.analysis.passages import Span, evidence_at, find_quote, sentences, words
from worker.analysis.stems import stems
from worker.analysis.types import Evidence, QuestionSpec
from worker.analysis.visible import hidden

LEFT_OUT = "[…]"
"""Stands where text was left out, so that no quote reaches across the gap."""

FEWEST_WORDS, MOST_WORDS = 2, 120
"""A quote of fewer words shows nothing; one of more points nowhere."""

_NOWHERE = -1
_KNOWN_SHARE = 0.25
"""The share of a sentence's content words that must belong to the question for `on_topic_only` to keep it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """`text` is what the model sees; its character i stands at `positions[i]` in `answer`, or at -1."""

    answer: str
    text: str
    positions: tuple[int, ...]

    def find(self, quote: str) -> Evidence | None:
        """The evidence in the answer that a model's quote names; None for what the answer does not say."""
        for wanted in (quote.strip(), quote.strip().strip("\"'“”‘’`").strip()):
            found = find_quote(self.text, _visible(wanted))
            if found is None:
                continue
            positions = self.positions[found.start : found.end]
            if _NOWHERE in positions or not FEWEST_WORDS <= len(words(found.quote)) <= MOST_WORDS:
                return None
            return evidence_at(self.answer, Span(positions[0], positions[-1] + 1))
        return None


def show(answer: str, judged: str) -> Shown:
    """What to show of an answer: `judged` has its length, and spaces where a gate has left something out.

    Characters that a reader cannot see are left out too: they carry messages to a model and to nobody else.
    """
    text: list[str] = []
    positions: list[int] = []
    gap = False
    for at, char in enumerate(answer):
        if judged[at] != char:
            # Spaces inside what was left out look untouched; they belong to the gap that is open.
            if not gap:
                text.extend(LEFT_OUT + " ")
                positions.extend([_NOWHERE] * (len(LEFT_OUT) + 1))
            gap = True
        elif not (gap and char.isspace()) and not hidden(char):
            gap = False
            text.append(char)
            positions.append(at)
    return Shown(answer, "".join(text), tuple(positions))


def on_topic_only(judged: str, question: QuestionSpec) -> str:
    """The text without (by spaces) the sentences that share hardly a word with the question's own texts."""
    texts = [question.text, question.model_answer, *(flag.text for flag in question.red_flags)]
    texts += [text for criterion in question.criteria for text in (criterion.text, *criterion.paraphrases)]
    known = stems(" ".join(texts))
    for span in sentences(judged):
        said = stems(_visible(span.of(judged)))
        if not said or len(said & known) < _KNOWN_SHARE * len(said):
            judged = judged[: span.start] + " " * (span.end - span.start) + judged[span.end :]
    return judged


def _visible(text: str) -> str:
    return "".join(char for char in text if not hidden(char))
