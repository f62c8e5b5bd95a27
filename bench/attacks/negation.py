"""Answers that claim the opposite: negated by rule, or by hand as somebody who has it wrong would say it."""

from __future__ import annotations

import random
import re

from bench.attacks.cases import Case, sentences, wordings

DROPPED = (
    (r"\b([Cc])annot\b", r"\1an"),
    (r"\b([Cc])an't\b", r"\1an"),
    (r"\b([Ww])on't\b", r"\1ill"),
    (r"\b(do|does|did|is|are|was|were|would|should|could|has|have|need)n't\b", r"\1"),
    (r"\b(do|does|did|is|are|was|were|would|should|could|must|may|has|have|need|will) not\b", r"\1"),
    (r"\bnever\b", "always"),
    (r"\bNever\b", "Always"),
)
OPPOSITES = (
    ("always", "never"), ("more", "less"), ("before", "after"), ("faster", "slower"), ("safe", "unsafe"),
    ("increases", "decreases"), ("all", "none of"), ("higher", "lower"), ("first", "last"), ("cheap", "expensive"),
    ("few", "many"), ("small", "huge"), ("largest", "smallest"), ("without", "with"), ("same", "opposite"),
    ("only", "not only"), ("needs", "does not need"), ("means", "does not mean"), ("makes", "does not make"),
    ("gives", "does not give"), ("helps", "does not help"), ("keeps", "does not keep"), ("has", "has no"),
    ("lets", "does not let"), ("shows", "does not show"), ("costs", "does not cost"), ("uses", "does not use"),
    ("returns", "does not return"), ("reduces", "does not reduce"), ("prevents", "does not prevent"),
    ("requires", "does not require"), ("allows", "does not allow"), ("runs", "does not run"),
    ("becomes", "does not become"), ("belongs", "does not belong"), ("depends", "does not depend"),
    ("stores", "does not store"), ("holds", "does not hold"), ("catches", "does not catch"),
    ("tells", "does not tell"), ("takes", "does not take"), ("goes", "does not go"), ("gets", "does not get"),
    ("stays", "does not stay"), ("works", "does not work"), ("checks", "does not check"), ("hides", "does not hide"),
)  # fmt: skip
AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|could|must|should|will|would|may|might|does|do|did)\b(?! not)"
)
FIRST_PERSON = re.compile(
    r"^(I|We|we)\s+(?=[a-z]+(?:ed|t|d|ew|ook|ave|ade|aw|old|ent|ought|oke|an|ote|ut)\b)"
)
SUBORDINATE = re.compile(
    r"(?i)^(if|when|while|because|since|as|after|before|although|with|without|by|once|where)\b"
)
DENIALS = (
    "It is not true that {0}",
    "It is a myth that {0}",
    "I do not believe that {0}",
    "It is wrong to say that {0}",
    "Contrary to what people say, it is not the case that {0}",
)


def negated(sentence: str, turn: int = 0) -> str:
    """The sentence with its claim turned round: a negation dropped or put in, an opposite, or a denial."""
    for pattern, replacement in DROPPED:
        if re.search(pattern, sentence):
            return re.sub(pattern, replacement, sentence, count=1)
    if FIRST_PERSON.match(sentence):
        return FIRST_PERSON.sub(r"\1 never ", sentence)
    if not SUBORDINATE.match(sentence):
        auxiliary = AUXILIARY.search(sentence)
        if auxiliary:
            word = auxiliary.group(1)
            return (
                sentence[: auxiliary.start()]
                + ("cannot" if word == "can" else f"{word} not")
                + sentence[auxiliary.end() :]
            )
        for word, opposite in OPPOSITES:
            if re.search(rf"\b{word}\b", sentence):
                return re.sub(rf"\b{word}\b", opposite, sentence, count=1)
    lowered = sentence if sentence.startswith(("I ", "I'")) else sentence[0].lower() + sentence[1:]
    return DENIALS[turn % len(DENIALS)].format(lowered)


def by_hand(case: Case, rng: random.Random, turn: int) -> str:
    """The opposite of each criterion in the words of texts/negations.yaml, for the questions that it has."""
    said = list(wordings("negations")[case.id].values())
    if turn % 2:
        rng.shuffle(said)
    return " ".join(said)


def criteria_negated(case: Case, rng: random.Random, turn: int) -> str:
    """Each criterion negated by rule."""
    said = [negated(c.text, turn + i).rstrip(".") + "." for i, c in enumerate(case.spec.criteria)]
    if turn % 2:
        rng.shuffle(said)
    return " ".join(said)


def criteria_denied(case: Case, _rng: random.Random, turn: int) -> str:
    """Each criterion put into a sentence that denies it."""
    texts = [
        c.text if c.text.startswith("I ") else c.text[0].lower() + c.text[1:] for c in case.spec.criteria
    ]
    return " ".join(DENIALS[(turn + i) % len(DENIALS)].format(text) + "." for i, text in enumerate(texts))


def model_answer_negated(case: Case, _rng: random.Random, turn: int) -> str:
    """Each sentence of the model answer negated by rule."""
    return " ".join(negated(sentence, turn + i) for i, sentence in enumerate(sentences(case.model_answer)))
