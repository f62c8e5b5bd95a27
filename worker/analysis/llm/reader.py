"""Has a model read an answer: several times if wanted, its quotes checked, talked into nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from worker.analysis.errors import ProviderInvalidOutputError
from worker.analysis.llm import prompt
from worker.analysis.llm.client import Message
from worker.analysis.llm.decoys import choose_decoy
from worker.analysis.llm.samples import NOTHING_FOUND, Judged, Sample, by_number, check, combine
from worker.analysis.llm.schema import READING_SCHEMA, Reading, read_reading
from worker.analysis.llm.shown import Shown, on_topic_only, show
from worker.analysis.screening import Screening
from worker.analysis.types import Criterion, Extraction, ProgressCallback, QuestionSpec, Status

DISTRUST = 0.5
"""What is left of the confidence in a judgement that there is a reason to distrust."""

Ask = Callable[[str, Sequence[Message], Mapping[str, Any]], str]
"""Called with the system's words, the turns so far and the schema of the reply; what the model writes."""


class _TalkedIntoError(Exception):
    """A reading found evidence for a criterion that has nothing to do with the question."""


class Reader:
    """Reads answers with the model behind `ask`, `samples` times each; `token` makes unguessable words."""

    def __init__(self, ask: Ask, samples: int, token: Callable[[], str]) -> None:
        self._ask = ask
        self._samples = samples
        self._token = token

    def read(
        self, answer: str, screening: Screening, question: QuestionSpec, report: ProgressCallback
    ) -> Extraction:
        """What the model finds in the text that passed the screening.

        A model that is talked into something by a sentence is shown the sentences about the question alone,
        once; one that is talked into something by those as well has given nothing that could be scored.
        """
        try:
            return self._read_shown(show(answer, screening.text), question, report)
        except _TalkedIntoError:
            narrowed = on_topic_only(screening.text, question)
        try:
            if narrowed.strip():
                extraction = self._read_shown(show(answer, narrowed), question, report)
                flags = (*extraction.flags, "model_was_talked_into")
                return replace(extraction, confidence=extraction.confidence * DISTRUST, flags=flags)
        except _TalkedIntoError:
            pass
        raise ProviderInvalidOutputError(
            "The model took orders from text in the answer, so its judgement was thrown away."
        )

    def _read_shown(self, shown: Shown, question: QuestionSpec, report: ProgressCallback) -> Extraction:
        """One extraction from as many readings as are configured. Raises _TalkedIntoError."""
        samples = []
        for done in range(self._samples):
            progress = 0.1 + 0.7 * done / self._samples
            report(progress, f"reading {done + 1} of {self._samples}")
            samples.append(self._sample(shown, question, partial(report, progress, "asking again")))
        return combine(samples, question.criteria)

    def _sample(self, shown: Shown, question: QuestionSpec, asking_again: Callable[[], None]) -> Sample:
        """One reading; quotes that are not in the answer are asked for once more, then dropped."""
        token = fresh_token(self._token, shown.text)
        numbered, order, decoy = _numbered(question, shown, random.Random(token))
        request = prompt.reading_request(question, numbered, shown.text, token)
        text, reading = self._reading([request], numbered)
        if reading.claims[decoy].status is not Status.MISSING:
            raise _TalkedIntoError
        checked = {number: check(reading.claims[number], shown) for number in order}
        unfound = [number for number in order if checked[number] is None]
        if unfound:
            asking_again()
            again = [request, Message("assistant", text), prompt.again_request(unfound, token)]
            try:
                _text, second = self._reading(again, unfound)
            except ProviderInvalidOutputError:
                # The first report stands; what it could not quote is dropped.
                second = Reading(reading.relevance, {})
            for number, claim in second.claims.items():
                checked[number] = check(claim, shown)
        settled: dict[int, Judged] = {number: one or NOTHING_FOUND for number, one in checked.items()}
        return Sample(
            reading.relevance,
            by_number(settled, order),
            claimed=sum(one is None or one.evidence is not None for one in checked.values()),
            dropped=sum(one is None for one in checked.values()),
        )

    def _reading(
        self, messages: Sequence[Message], numbers: Mapping[int, Criterion] | Sequence[int]
    ) -> tuple[str, Reading]:
        """The model's own words, and what they report on these criteria."""
        text = self._ask(prompt.SYSTEM, messages, READING_SCHEMA)
        return text, read_reading(text, set(numbers))


def fresh_token(token: Callable[[], str], *texts: str) -> str:
    """A token that none of the texts holds."""
    while True:
        made = token()
        if not any(made in text for text in texts):
            return made


def _numbered(
    question: QuestionSpec, shown: Shown, rng: random.Random
) -> tuple[dict[int, Criterion], list[int], int]:
    """Criteria and a decoy by number, the criteria's numbers in their order, and the decoy's number.

    The order is random: nobody who writes an answer can say by number what to report.
    """
    parts = [shown.text, question.text, *(flag.text for flag in question.red_flags)]
    parts += [text for criterion in question.criteria for text in (criterion.text, *criterion.paraphrases)]
    entries = [*question.criteria, Criterion(choose_decoy(rng, " ".join(parts)), 1.0)]
    places = list(range(len(entries)))
    rng.shuffle(places)
    numbered = {number: entries[place] for number, place in enumerate(places, 1)}
    *order, decoy = [places.index(place) + 1 for place in range(len(entries))]
    return numbered, order, decoy
