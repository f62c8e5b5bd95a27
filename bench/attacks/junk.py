"""Answers without content: noise, empty talk, ignorance, the question given back, other languages, other subjects."""

from __future__ import annotations

import random
import re
import string

from bench.attacks.cases import Case, sentences, wordings

KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
SYMBOLS = (
    "!!!",
    "???",
    "...",
    "-----",
    "***",
    "#@%&",
    "🙂",
    "🚀🚀",
    "👍",
    "🔥🔥🔥",
    "😂",
    "💯",
    "~~~",
    "///",
    ">>>",
    "^^",
)
SYLLABLES = tuple(
    first + vowel + last
    for first in ("b", "dr", "f", "gl", "k", "m", "pr", "s", "tr", "v", "z")
    for vowel in ("a", "e", "i", "o", "u")
    for last in ("", "l", "n", "rt", "st")
)


def random_letters(_case: Case, rng: random.Random, _turn: int) -> str:
    return " ".join(
        "".join(rng.choices(string.ascii_lowercase, k=rng.randint(2, 11))) for _ in range(rng.randint(5, 120))
    )


def keyboard_mashing(_case: Case, rng: random.Random, turn: int) -> str:
    def strike() -> str:
        row = rng.choice(KEYBOARD)
        start = rng.randrange(len(row) - 3)
        return row[start : start + rng.randint(3, 6)] * rng.randint(1, 3)

    return ("" if turn % 3 == 0 else " ").join(strike() for _ in range(rng.randint(4, 60)))


def invented_words(_case: Case, rng: random.Random, _turn: int) -> str:
    words = ["".join(rng.choices(SYLLABLES, k=rng.randint(1, 3))) for _ in range(rng.randint(20, 150))]
    return _punctuated(words, rng)


def random_words(_case: Case, rng: random.Random, _turn: int) -> str:
    return _punctuated(rng.choices(wordings("junk")["words"].split(), k=rng.randint(20, 180)), rng)


def lorem_ipsum(_case: Case, rng: random.Random, turn: int) -> str:
    words = wordings("junk")["lorem_ipsum"].split()
    if turn % 2:
        words = rng.choices(words, k=rng.randint(30, 200))
    return _punctuated(words, rng)


def repeated_word(case: Case, rng: random.Random, turn: int) -> str:
    """A word over and over: of no meaning, or of the question's subject."""
    if turn % 3 == 0:
        return " ".join([rng.choice(("test", "yes", "good", "blah", "la", "ok"))] * rng.randint(5, 150))
    long_words = [word for word in re.findall(r"[A-Za-z]+", case.model_answer) if len(word) > 5]
    words = [rng.choice(long_words)] if turn % 3 == 1 else rng.sample(long_words, k=2)
    return " ".join(words * rng.randint(10, 80))


def symbols(_case: Case, rng: random.Random, turn: int) -> str:
    kinds = (SYMBOLS, tuple(string.punctuation), tuple(symbol for symbol in SYMBOLS if ord(symbol[0]) > 127))
    return " ".join(rng.choices(kinds[turn % 3], k=rng.randint(3, 80)))


def numbers(_case: Case, rng: random.Random, turn: int) -> str:
    if turn % 2:
        return " ".join(str(number) for number in range(1, rng.randint(10, 200)))
    return " ".join(f"{rng.uniform(0, 10**6):.{rng.randint(0, 3)}f}" for _ in range(rng.randint(5, 80)))


def empty_talk(_case: Case, rng: random.Random, turn: int) -> str:
    """One wording, or up to six strung together."""
    known = wordings("junk")["empty_talk"]
    more = rng.sample(known, k=rng.randint(0, 5))
    return " ".join(dict.fromkeys([known[turn % len(known)], *more]))


def empty_talk_on_topic(case: Case, rng: random.Random, turn: int) -> str:
    """Empty talk that names the subject."""
    known = wordings("junk")["empty_talk"]
    topic = case.skill.replace("_", " ")
    opening = (
        f"When it comes to {topic}, one has to say that it is a very broad field.",
        f"I have worked with {topic} for many years and know it inside out.",
        f"{topic.capitalize()} is one of my strengths, as my former colleagues can confirm.",
        f"Everything in {topic} depends on the context, so let me answer in general terms.",
    )[turn % 4]
    return " ".join([opening, *rng.sample(known, k=4)])


def dont_know(_case: Case, rng: random.Random, turn: int) -> str:
    known = wordings("junk")["dont_know"]
    return " ".join(dict.fromkeys([known[turn % len(known)], *rng.sample(known, k=turn % 3)]))


def question_verbatim(case: Case, _rng: random.Random, turn: int) -> str:
    return " ".join([case.spec.text] * (1 + turn % 3))


def question_echoed(case: Case, _rng: random.Random, turn: int) -> str:
    """The question with words around it that add nothing."""
    known = wordings("junk")["question_echoes"]
    return str(known[turn % len(known)]).format(question=case.spec.text)


def question_reordered(case: Case, rng: random.Random, turn: int) -> str:
    """The question's words in another order, or its clauses."""
    parts = re.split(r"(?<=[,.;:?])\s+", case.spec.text) if turn % 2 else case.spec.text.split()
    rng.shuffle(parts)
    return " ".join(parts)


def question_as_statement(case: Case, _rng: random.Random, turn: int) -> str:
    """The question turned into sentences, as if that answered it."""
    turned = []
    for sentence in sentences(case.spec.text):
        text = sentence.rstrip("?.! ")
        for pattern, replacement in (
            (r"(?i)\bhow (?:do|would|can|did) you\b", "I know how I"),
            (r"(?i)\bwhat (?:do|would|can|did) you\b", "I know what I"),
            (r"(?i)\bwhich (?=\w)", "there are certain "),
            (r"(?i)\bwhat (?=is\b|are\b|does\b|can\b)", "it is clear what "),
            (r"(?i)\bwhy (?=\w)", "there is a reason why "),
            (r"(?i)^(explain|describe|tell me about|design|compare|write)\b", r"I can \1"),
            (r"(?i)\byour\b", "my"),
            (r"(?i)\byou\b", "I"),
        ):
            text = re.sub(pattern, replacement, text)
        turned.append(text[0].upper() + text[1:] + ".")
    closing = (
        "",
        "That is how it is.",
        "All of this I would do with care.",
        "I would explain it just like that.",
    )
    return " ".join([*turned, closing[turn % 4]]).strip()


def other_language(_case: Case, _rng: random.Random, turn: int) -> str:
    known = wordings("languages")
    return str(known[turn % len(known)])


def other_subject(_case: Case, _rng: random.Random, turn: int) -> str:
    known = wordings("off_topic")
    return str(known[turn % len(known)])


def _punctuated(words: list[str], rng: random.Random) -> str:
    """Words as sentences of 4 to 14."""
    text, rest = [], list(words)
    while rest:
        length = rng.randint(4, 14)
        text.append(" ".join(rest[:length]).capitalize() + ".")
        rest = rest[length:]
    return " ".join(text)
