"""Puts the rules together: what of an answer may be judged, and up to which score."""

from __future__ import annotations

import re
from dataclasses import dataclass

from worker.analysis.passages import Span, sentences, words
from worker.analysis.screening.aimed import aimed_at_grader
from worker.analysis.screening.copied import copies_criteria, copies_question, shuffles_question
from worker.analysis.screening.mentions import only_mentions
from worker.analysis.screening.vocabulary import GENERIC_WORDS, content_words
from worker.analysis.screening.wording import foreign, gibberish, strung_together
from worker.analysis.types import Insufficient, QuestionSpec

FEWEST_TALK = 6
"""Shorter answers of common words ("It goes up") may be terse rather than empty; they earn what they show."""

SHORT_TALK = frozenset(
    [
        "ok",
        "okay",
        "fine",
        "good",
        "great",
        "nice",
        "cool",
        "sure",
        "thanks",
        "thank",
        "you",
        "hello",
        "hi",
        "test",
        "testing",
        "idk",
        "yes",
        "no",
        "maybe",
        "na",
        "none",
        "nothing",
        "nil",
        "todo",
        "tbd",
        "blank",
        "empty",
        "foo",
        "bar",
        "dunno",
        "n/a",
    ]
)
"""A text of these words alone answers nothing, however short."""

KEYWORD_LIST_CAP = 30.0
"""The most that keywords without a sentence around them can earn."""

COPIED_CRITERIA_CAP = 40.0
"""The most that the criteria's own wording can earn: a candidate who tries again has read it in the feedback."""

_UNKNOWN = re.compile(
    r"\b(?:i\s+(?:really\s+|just\s+|honestly\s+|actually\s+)?(?:do\s*n[o']?t|dont|do not|did\s*n['o]?t|can\s*no?t|can't|cannot|"
    r"have\s+no|haven't|don’t|can’t|wasn't|am\s+not|'?m\s+not)\s*(?:really\s+|even\s+|a\s+|any\s+|quite\s+|exactly\s+)?"
    r"(?:know|no\b|idea|clue|remember|recall|sure|familiar|understand|answer|think\s+of|certain|say|studied|learn(?:ed|t)?|"
    r"able\s+to\s+answer)|no\s+(?:idea|clue)|(?:i'?m|i\s+am)\s+(?:unsure|clueless|lost|stuck)|idk\b|dunno|beats\s+me|"
    r"^\W*(?:do\s*n[o']?t|don’t)\s+(?:know|remember|recall)\b|not\s+(?:really\s+|too\s+|quite\s+)?(?:sure|certain|familiar)|(?:skip|pass)(?:\s+(?:this|on\s+this|please|it))?\s*[.!]*$|"
    r"never\s+(?:heard|learned|used|studied|came\s+across)|no\s+comment|(?:i\s+)?(?:forgot|forget)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Screening:
    """What may be judged of an answer.

    `text`: the answer with what earns nothing blanked out by spaces, of the answer's length; `cap`: the highest
    score it can get (0-100); `notes`: sentences for the candidate; `flags`: codes for operators.
    """

    text: str
    insufficient: Insufficient | None = None
    cap: float = 100.0
    notes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


def screen(answer: str, question: QuestionSpec) -> Screening:  # noqa: C901 - a rule after the other, in their order
    """Applies every rule to an answer; see the module."""
    notes: list[str] = []
    flags: list[str] = []
    text, aimed = _without(answer, [span for span in sentences(answer) if aimed_at_grader(span.of(answer))])
    if aimed:
        flags.append("aimed_at_grader")
        notes.append(
            "Part of your text speaks to whoever scores it instead of answering; that part was left out and earned nothing."
        )
        if len(content_words(text)) < 3:
            return _nothing(
                answer,
                "aimed_at_grader",
                "Your text is addressed to whoever scores it and answers nothing. Answer the question itself.",
                flags,
            )
    found = words(text)
    content = content_words(text)
    if not found:
        return _nothing(answer, "empty", "There are no words here to judge.", flags)
    if gibberish(text):
        return _nothing(
            answer, "gibberish", "This does not read as words, so there is nothing to judge.", flags
        )
    if foreign(text):
        return _nothing(
            answer,
            "other_language",
            "This is not written in English, which this interview is held in.",
            flags,
        )
    unsure = _UNKNOWN.search(text)
    if unsure:
        rest = [word for word in content_words(_UNKNOWN.sub(" ", text)) if word not in GENERIC_WORDS]
        asked = set(words(question.text))
        if len([word for word in rest if word not in asked]) < 4:
            return _nothing(
                answer,
                "dont_know",
                "You say that you do not know. That is honest, but there is nothing here to judge: say what you do know "
                "that is close, or how you would find out.",
                flags,
            )
    disordered = strung_together(text)
    if copies_question(text, question) or shuffles_question(text, question, disordered=disordered):
        return _nothing(answer, "copied_question", "This repeats the question and does not answer it.", flags)
    expected = frozenset(
        words(" ".join((question.model_answer, *(criterion.text for criterion in question.criteria))))
    )
    if (len(found) >= FEWEST_TALK or all(word in SHORT_TALK for word in found)) and all(
        (word in GENERIC_WORDS or word in SHORT_TALK) and word not in expected for word in content
    ):
        return _nothing(
            answer,
            "empty_talk",
            "This could be said about any topic: it names nothing that the question asks about.",
            flags,
        )
    cap = 100.0
    if disordered:
        cap = KEYWORD_LIST_CAP
        flags.append("keyword_list")
        notes.append(
            "This is a list of terms without sentences around them. Say what each one does and why it matters here."
        )
    elif only_mentions(text):
        cap = KEYWORD_LIST_CAP
        flags.append("keyword_list")
        notes.append(
            "Your sentences name the terms but claim nothing about them. Say what each one does, and how one leads to another."
        )
    if copies_criteria(text, question):
        cap = min(cap, COPIED_CRITERIA_CAP)
        flags.append("copied_criteria")
        notes.append(
            "Most of this repeats the expected points word for word. Say it in your own words, with the reasons behind it."
        )
    return Screening(text, None, cap, tuple(notes), tuple(flags))


def _nothing(answer: str, code: str, reason: str, flags: list[str]) -> Screening:
    return Screening(
        " " * len(answer),
        Insufficient(code, reason),
        0.0,
        (),
        (*flags, code) if code not in flags else tuple(flags),
    )


def _without(text: str, spans: list[Span]) -> tuple[str, bool]:
    """The text with the spans blanked out, and whether there were any."""
    for span in spans:
        text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return text, bool(spans)
