"""The same answer, written otherwise: its look, its words, its length."""

from __future__ import annotations

import random
import re

from bench.attacks.cases import LONGEST_ANSWER, Case, sentences, wordings

CODE_SPAN = re.compile(r"(`[^`]*`)")
LOOKS = (
    str.lower,
    str.upper,
    lambda text: re.sub(r" ", "  ", text),
    lambda text: "\n".join(sentences(text)),
    lambda text: "\n\n".join(f"  {sentence}  " for sentence in sentences(text)),
    lambda text: text.replace(", ", " "),
    lambda text: text.replace(";", ".").replace(": ", " - "),
    lambda text: text.replace('"', "“").replace("'", "’"),
    lambda text: text.replace(". ", "! "),
    lambda text: "\n".join(f"- {sentence.rstrip('.')}" for sentence in sentences(text)),
    lambda text: text.replace(". ", " . ").replace(", ", " , "),
    lambda text: text.replace(" ", "\t") + "\n\n",
)


def looks(case: Case, _rng: random.Random, turn: int) -> str:
    """Letter case, white space and punctuation changed; every word is the same."""
    return LOOKS[turn % len(LOOKS)](case.model_answer)


def by_synonyms(case: Case, rng: random.Random, _turn: int) -> str:
    """Words and phrases replaced by others that mean the same, outside code."""
    tables = wordings("synonyms")
    return "".join(
        part if part.startswith("`") else _replaced(part, tables, rng)
        for part in CODE_SPAN.split(case.model_answer)
    )


def by_hand(case: Case, _rng: random.Random, _turn: int) -> str:
    """The whole answer in other words, for the questions that texts/paraphrases.yaml has."""
    return str(wordings("paraphrases")[case.id])


def padded(case: Case, rng: random.Random, turn: int) -> str:
    """The answer at three times its length: said again, or amid text that adds nothing."""
    answer = case.model_answer
    kind = turn % 4
    if kind == 0:
        return "\n\n".join([answer] * 3)[:LONGEST_ANSWER]
    if kind == 1:
        return " ".join(f"{sentence} As I said: {sentence}" for sentence in sentences(answer))[
            :LONGEST_ANSWER
        ]
    fillers = wordings("junk")["empty_talk"] if kind == 2 else wordings("off_topic")
    padding: list[str] = []
    for text in rng.sample(fillers, k=len(fillers)):
        if len(answer) + sum(map(len, padding)) >= 3 * len(answer):
            break
        padding.append(text)
    before = padding[: len(padding) // 2]
    return " ".join([*before, answer, *padding[len(before) :]])[:LONGEST_ANSWER]


def _replaced(text: str, tables: dict[str, dict[str, str]], rng: random.Random) -> str:
    """Each listed word or phrase with its replacement, three times in four."""
    table = {**tables["phrases"], **tables["words"]}
    listed = sorted(table, key=len, reverse=True)
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, listed))})\b")
    return pattern.sub(lambda found: table[found[0]] if rng.random() < 0.75 else found[0], text)
