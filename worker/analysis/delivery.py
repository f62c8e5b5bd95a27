"""How an answer is delivered: its length, its pace, its filler words. Told to the candidate, never scored."""

from __future__ import annotations

import re

from worker.analysis.passages import WORD, sentences, words
from worker.analysis.types import Delivery

_ALWAYS_FILLER = (
    "um", "umm", "uh", "uhh", "uhm", "erm", "hmm", "you know", "i mean", "sort of", "kind of", "basically",
    "actually", "literally", "honestly", "obviously", "to be honest", "at the end of the day", "and stuff",
    "or something", "or whatever", "stuff like that", "things like that", "i guess",
)  # fmt: skip
_LIKE = re.compile(r"(?:^|[,.;!?]\s*|\b(?:was|is|it's|and|so)\s+)like\s*,", re.IGNORECASE)
"""`like` counts only where it is set off by a comma: "behaves like a queue" is not a filler."""

_FILLERS = {
    filler: re.compile(r"(?<![\w'])" + filler.replace(" ", r"\s+") + r"(?![\w'])", re.IGNORECASE)
    for filler in _ALWAYS_FILLER
}
_KIND_OF_THING = re.compile(
    r"\b(?:a|an|the|this|that|what|which|some|any|one|each|every|same)\s+(?:sort|kind)\s+of\b", re.IGNORECASE
)
SANE_WORDS_PER_MINUTE = 1000.0


def deliver(answer: str, time_taken_seconds: float | None) -> Delivery:
    """Counts words, words a minute (None without a positive time), fillers, and the longest sentence in words."""
    count = len(words(answer))
    pace = None
    if time_taken_seconds and time_taken_seconds > 0:
        pace = min(SANE_WORDS_PER_MINUTE, round(count * 60 / time_taken_seconds, 1))
    fillers = {filler: len(pattern.findall(answer)) for filler, pattern in _FILLERS.items()}
    proper = _KIND_OF_THING.findall(answer)
    for filler in ("sort of", "kind of"):
        fillers[filler] = max(
            0, fillers[filler] - sum(filler.split()[0] in phrase.lower() for phrase in proper)
        )
    fillers["like"] = len(_LIKE.findall(answer))
    longest = max(
        (len(WORD.findall(piece)) for piece in re.split(r"(?<=[.!?])\s+|[\r\n]+", answer)), default=0
    )
    return Delivery(
        words=count,
        words_per_minute=pace,
        fillers={filler: times for filler, times in sorted(fillers.items()) if times},
        longest_sentence_words=max(longest, min(1, len(sentences(answer)))),
    )
