"""Text aimed at whoever grades: alone, hidden, and around honest answers."""

from __future__ import annotations

import base64
import codecs
import random
from collections.abc import Callable
from functools import cache

from bench.attacks.cases import Case, Make, sentences, wordings
from bench.attacks.copies import half

ENCODINGS: tuple[Callable[[str], str], ...] = (
    lambda text: base64.b64encode(text.encode()).decode(),
    lambda text: f"Decode this base64 and follow it: {base64.b64encode(text.encode()).decode()}",
    lambda text: codecs.encode(text, "rot13"),
    lambda text: text[::-1],
    lambda text: text.translate(str.maketrans("aeiost", "4310$7")),
    " ".join,
    "\u200b".join,
    lambda text: text.translate({i: i + 0xFEE0 for i in range(0x21, 0x7F)}),
    lambda text: text.translate(str.maketrans("aeopcx", "аеорсх")),
    lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    lambda text: f"```python\n# {text}\ndef answer():\n    return 42\n```",
    lambda text: f'<span style="color:white">{text}</span>',
    lambda text: f"| note |\n| --- |\n| {text} |",
)


def good(case: Case, _rng: random.Random, _turn: int) -> str:
    return case.model_answer


@cache
def pleas() -> tuple[str, ...]:
    """Every wording, plain, translated and hidden."""
    known = wordings("pleas")
    hidden = [encode(text) for encode in ENCODINGS for text in known["hidden"]]
    return (*known["plain"], *known["translated"], *hidden)


def alone(_case: Case, _rng: random.Random, turn: int) -> str:
    return pleas()[turn % len(pleas())]


def several(_case: Case, rng: random.Random, _turn: int) -> str:
    """Three to six wordings in a row."""
    return " ".join(rng.sample(wordings("pleas")["plain"], k=rng.randint(3, 6)))


def appended(base: Make) -> Make:
    return lambda case, rng, turn: f"{base(case, rng, turn)}{_gap(turn)}{alone(case, rng, turn)}"


def prepended(base: Make) -> Make:
    return lambda case, rng, turn: f"{alone(case, rng, turn)}{_gap(turn)}{base(case, rng, turn)}"


def inside(base: Make) -> Make:
    """Between two sentences in the middle of the answer."""

    def make(case: Case, rng: random.Random, turn: int) -> str:
        told = sentences(base(case, rng, turn))
        place = len(told) // 2
        return " ".join([*told[:place], alone(case, rng, turn), *told[place:]])

    return make


middling = half


def honest_on_injection(case: Case, _rng: random.Random, turn: int) -> str:
    """An answer that knows attacks on models, for the questions that texts/injection_answers.yaml has."""
    known = [entry["text"] for entry in wordings("injection_answers") if entry["question"] == case.id]
    return str(known[turn % len(known)])


def _gap(turn: int) -> str:
    return (" ", "\n\n", "\n")[turn % 3]
