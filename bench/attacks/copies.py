"""What the bank says, without the understanding: keywords, shuffled words, the criteria themselves, half of an answer."""

from __future__ import annotations

import random
import re

from bench.attacks.cases import Case, sentences

FUNCTION_WORDS = frozenset(
    """a about after all also an and any are as at be because been before being both but by can cannot could did do does
    each either else even every for from gets had has have how i if in instead into is it its itself just like may me
    might more most must my need needs never no nor not of off on once one only or other otherwise our out over own
    rather should so some such than that the their them then there these they this those through to too under until up
    us very was we well were what when where whereas whether which while who whose why will with without would you your
    """.split()  # noqa: SIM905 - a hundred quoted words would be a page
)


def keywords(case: Case) -> list[str]:
    """The content words of the question's criteria, each once, in their order."""
    words = re.findall(r"[A-Za-z][A-Za-z0-9'_-]*", " ".join(c.text for c in case.spec.criteria))
    return list(dict.fromkeys(word for word in words if word.lower() not in FUNCTION_WORDS and len(word) > 2))


def keywords_comma(case: Case, rng: random.Random, turn: int) -> str:
    words = keywords(case)
    if turn % 2:
        rng.shuffle(words)
    return ", ".join(words)


def keywords_bullets(case: Case, _rng: random.Random, turn: int) -> str:
    words, size = keywords(case), 1 + turn % 3
    chunks = [" ".join(words[i : i + size]) for i in range(0, len(words), size)]
    return "\n".join(f"{'-*•'[turn % 3]} {chunk}" for chunk in chunks)


def keywords_salad(case: Case, rng: random.Random, turn: int) -> str:
    """Sentences that name the words and claim nothing of them."""
    words = keywords(case)
    if turn % 2:
        rng.shuffle(words)
    forms = (
        "{0}, {1} and {2} are important.",
        "One has to think of {0}, {1} and {2}.",
        "It is about {0}, {1} and also {2}.",
        "{0} matters here, as do {1} and {2}.",
        "I know {0}, {1} and {2} very well.",
        "There are {0}, {1} and {2} to consider.",
    )
    filled = [
        forms[(turn + i) % len(forms)].format(*words[3 * i : 3 * i + 3]) for i in range(len(words) // 3)
    ]
    return " ".join(sentence[0].upper() + sentence[1:] for sentence in filled)


def keywords_glossary(case: Case, _rng: random.Random, turn: int) -> str:
    meanings = ("an important term", "a key concept here", "see above", "very relevant to the question")
    return "\n".join(
        f"{word.capitalize()}: {meanings[(i + turn) % 4]}." for i, word in enumerate(keywords(case))
    )


def shuffled(case: Case, rng: random.Random, _turn: int) -> str:
    words = case.model_answer.split()
    rng.shuffle(words)
    return " ".join(words)


def shuffled_in_sentences(case: Case, rng: random.Random, _turn: int) -> str:
    """Each sentence keeps its words and loses their order."""
    told = []
    for sentence in sentences(case.model_answer):
        words = sentence.rstrip(".?!").split()
        rng.shuffle(words)
        told.append(" ".join(words).capitalize() + ".")
    return " ".join(told)


def criteria_verbatim(case: Case, rng: random.Random, turn: int) -> str:
    """The criteria in a row: as they stand, in another order, in one breath, or as a list."""
    texts = [criterion.text for criterion in case.spec.criteria]
    if turn % 2:
        rng.shuffle(texts)
    if turn % 4 == 3:
        return "\n".join(f"{i}. {text}" for i, text in enumerate(texts, 1))
    return "; ".join(texts) if turn % 4 == 2 else ". ".join(texts) + "."


def criteria_connected(case: Case, rng: random.Random, turn: int) -> str:
    """The criteria with a few words between them."""
    links = (
        "First,",
        "Also,",
        "In addition,",
        "I think that",
        "Besides,",
        "It is true that",
        "Moreover,",
        "Finally,",
    )
    texts = [
        c.text[0].lower() + c.text[1:] if not c.text.startswith("I ") else c.text for c in case.spec.criteria
    ]
    if turn % 2:
        rng.shuffle(texts)
    return " ".join(f"{links[i % len(links)]} {text}." for i, text in enumerate(texts))


def red_flags(case: Case, _rng: random.Random, turn: int) -> str:
    """What candidates believe by mistake, said with conviction."""
    openings = ("", "As far as I know, ", "From experience I can say this: ", "Clearly ")
    said = [
        f"{openings[(turn + i) % 4]}{text}."
        for i, text in enumerate(flag.text for flag in case.spec.red_flags)
    ]
    return " ".join(said)


def half(case: Case, _rng: random.Random, turn: int) -> str:
    """The first half of the model answer's words in whole sentences, or every other sentence."""
    told = sentences(case.model_answer)
    if turn % 2:
        return " ".join(told[turn // 2 % 2 :: 2])
    return " ".join(told[: _middle(told)])


def _middle(told: list[str]) -> int:
    """After how many sentences the words said are nearest to half of all."""
    lengths = [len(sentence.split()) for sentence in told]
    total = sum(lengths)
    return min(range(1, len(told) + 1), key=lambda n: (abs(2 * sum(lengths[:n]) - total), n))
