"""Turns the corpora into examples for fitting: a claim, a passage in sentences, and what the passage says of the claim.

A reading is a distribution over READINGS. "Half makes it" is written as half `makes`, half `silent`. Each call of
`build` draws anew (mixtures, negatives, cuts), so that every pass over the data is a different one; the same seed gives
the same examples.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from training.corpus import GradedAnswer, Statements, public_rows
from worker.analysis.passages import sentences

ROUGHENED = 0.1
"""The share of examples whose passage loses its punctuation."""

READINGS = ("silent", "makes", "opposes")
Reading = tuple[float, float, float]
SILENT: Reading = (1.0, 0.0, 0.0)
MAKES: Reading = (0.0, 1.0, 0.0)
OPPOSES: Reading = (0.0, 0.0, 1.0)
HALF: Reading = (0.5, 0.5, 0.0)
NOT_MADE: Reading = (0.65, 0.0, 0.35)
"""Silent or opposed: it is not known which."""

BY_KIND = {"yes": MAKES, "part": HALF, "wrong": OPPOSES, "near": SILENT}


@dataclass(frozen=True, slots=True)
class Example:
    """`whole` is what the passage as a whole says; `each` what each of its sentences says, None where unknown."""

    claim: str
    sentences: tuple[str, ...]
    whole: Reading
    each: tuple[Reading | None, ...]
    weight: float
    source: str


def cut(text: str) -> tuple[str, ...]:
    """The sentences of a passage, as the judge cuts them."""
    return tuple(span.of(text) for span in sentences(text)) or (text.strip(),)


def mark(share: float) -> Reading:
    """A partial credit of 0-1 as a reading."""
    return (1.0 - share, share, 0.0)


def passage(claim: str, text: str, reading: Reading, weight: float = 1.0, source: str = "passage") -> Example:
    """An example of one passage; a sentence's reading is known where there is one, or where nothing is said."""
    parts = cut(text)
    known = reading if len(parts) == 1 or reading == SILENT else None
    return Example(claim, parts, reading, (known,) * len(parts), weight, source)


_OPENINGS = (
    "",
    "",
    "",
    "I think ",
    "Basically, ",
    "So ",
    "Well, ",
    "The point is that ",
    "First of all, ",
    "In my view ",
)


def loosely(text: str, rng: random.Random) -> str:
    """A text as somebody may type it: a word dropped now and then, an opening, no full stop."""
    words = text.split()
    if len(words) > 6 and rng.random() < 0.4:
        words.pop(rng.randrange(len(words)))
    opening = rng.choice(_OPENINGS)
    text = " ".join(words).rstrip(".")
    if opening and not text[:2].isupper() and not text.startswith("I "):
        text = text[0].lower() + text[1:]
    return opening + text + rng.choice((".", ".", ""))


_DENIALS = (
    "It is a myth that {}.", "It is wrong to say that {}.", "I disagree that {}.", "Contrary to what people say, it is not so that {}.",
    "Nobody can claim that {}.", "It's simply false that {}.", "There is no truth in the idea that {}.",
)  # fmt: skip


_AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|must|should|will|has|have|does|do|may|needs|lets|keeps|makes)\b(?!\s+not\b)"
)
_NEGATION = re.compile(r"\b(?:not|never)\s+|(?<=\w)n't\b|\bno\s+(?=\w)")
_DO = {"needs": "does not need", "lets": "does not let", "keeps": "does not keep", "makes": "does not make"}


def negated(sentence: str) -> str | None:
    """The sentence with its claim turned round: its negation dropped, or one put in; None where no verb is known."""
    if _NEGATION.search(sentence):
        return _NEGATION.sub("", sentence, count=1)
    if not _AUXILIARY.search(sentence):
        return None
    return _AUXILIARY.sub(lambda match: _DO.get(match.group(), f"{match.group()} not"), sentence, count=1)


_NAMING = (
    "{} and {} matter a lot here, and {} too.", "You need to know {}, {} and {}.", "{}, {}, {}.", "I am very familiar with {} and {}, also {}.",
    "The keywords are {}, {} and {}.", "{} is a big topic, just like {} and {}.",
)  # fmt: skip


_SYLLABLES = [
    "ba",
    "ko",
    "ri",
    "nu",
    "tel",
    "mor",
    "vin",
    "sa",
    "do",
    "per",
    "lum",
    "ex",
    "ta",
    "qui",
    "ne",
    "gra",
    "fil",
    "os",
    "um",
    "dre",
    "pla",
    "sti",
    "ver",
    "con",
]
_GENERALITIES = (
    "It depends on many factors.", "There are many ways to look at this.", "Communication is very important here.",
    "I always try to do my best.", "This is a really interesting topic.", "You have to find the right balance.",
    "In general one should plan ahead and be careful.", "Quality matters a lot in every project.", "I have a lot of experience with this.",
    "Every company does it a little differently.", "It is a key part of success.", "I work well in a team and on my own.",
    "Best practices should be followed at all times.", "Technology changes quickly, so one must keep learning.",
    "With the right tools everything gets easier.", "I would look at the details and then decide.", "The most important thing is the user.",
    "This has always been a passion of mine.", "There are advantages and disadvantages to everything.", "I would ask a colleague about it.",
)  # fmt: skip


def junk(text: str, rng: random.Random) -> tuple[str, ...]:
    """Something that says nothing: a text's words out of order or as a list, invented words, generalities."""
    words = text.split()
    kind = rng.randrange(5)
    if kind == 0:
        rng.shuffle(words)
        return cut(" ".join(words[:120]))
    if kind == 1:
        parts = []
        for part in cut(text):
            inner = part.rstrip(".?!").split()
            rng.shuffle(inner)
            parts.append(" ".join(inner).capitalize() + ".")
        return tuple(parts)
    if kind == 2:
        terms = [word.strip(".,;:()") for word in words if len(word) > 4]
        mark = rng.choice((", ", "\n- ", "; ", "\n* "))
        return cut(mark.join(rng.sample(terms, min(len(terms), rng.randint(8, 40)))))
    if kind == 3:
        made = ["".join(rng.choices(_SYLLABLES, k=rng.randint(1, 3))) for _ in range(rng.randint(8, 60))]
        return cut(" ".join(made).capitalize() + ".")
    return tuple(rng.sample(_GENERALITIES, rng.randint(1, 6)))


class BankExamples:
    """Examples about the bank's questions."""

    def __init__(
        self,
        bank: dict[str, dict[str, Any]],
        statements: dict[tuple[str, str], Statements],
        answers: Sequence[GradedAnswer],
        stated: dict[tuple[str, str], tuple[tuple[str, int], ...]],
    ) -> None:
        self.bank = bank
        self.stated = stated
        self.statements = statements
        self.keys: dict[str, list[str]] = defaultdict(list)
        for question_id, key in statements:
            self.keys[question_id].append(key)
        self.ids = sorted(self.keys)
        self.by_skill: dict[str, list[str]] = defaultdict(list)
        for question_id in self.ids:
            self.by_skill[bank[question_id]["skill"]].append(question_id)
        self.criteria = {
            (question_id, criterion["key"]): criterion
            for question_id in self.ids
            for criterion in bank[question_id]["criteria"]
        }
        self.answers = answers
        self.answers_of_skill: dict[str, list[GradedAnswer]] = defaultdict(list)
        for answer in answers:
            self.answers_of_skill[bank[answer.question_id]["skill"]].append(answer)

    def claim(self, question_id: str, key: str, rng: random.Random) -> str:
        """A criterion's text, now and then one of its paraphrases."""
        criterion = self.criteria[question_id, key]
        others = criterion.get("paraphrases") or []
        text: str = rng.choice(others) if others and rng.random() < 0.2 else criterion["text"]
        return text

    def sibling(self, question_id: str, rng: random.Random) -> str:
        """Another question, of the same skill where there is one."""
        near = [other for other in self.by_skill[self.bank[question_id]["skill"]] if other != question_id]
        if near and rng.random() < 0.75:
            return rng.choice(near)
        other = question_id
        while other == question_id:
            other = rng.choice(self.ids)
        return other

    def passages(self, rng: random.Random) -> Iterator[Example]:
        """Each criterion with its own passages, with others' as negatives, and with itself said, denied and scrambled."""
        for (question_id, key), own in self.statements.items():
            text = self.criteria[question_id, key]["text"]
            for kind, reading in BY_KIND.items():
                for said in own.of(kind):
                    yield passage(self.claim(question_id, key, rng), said, reading)
            yield passage(text, loosely(self.claim(question_id, key, rng), rng), MAKES, 0.6)
            denied = rng.choice(_DENIALS).format(text[0].lower() + text[1:].rstrip("."))
            if rng.random() < 0.25:
                yield passage(text, denied, OPPOSES, 0.5, "denied")
            if rng.random() < 0.25:
                words = rng.choice(own.yes).split()
                rng.shuffle(words)
                yield passage(text, " ".join(words), SILENT, 0.5, "scrambled")
            others = [other for other in self.keys[question_id] if other != key]
            if others:
                yield passage(
                    text,
                    loosely(self.claim(question_id, rng.choice(others), rng), rng),
                    SILENT,
                    0.8,
                    "other criterion",
                )
                for _ in range(2):
                    other = self.statements[question_id, rng.choice(others)]
                    said = rng.choice(
                        other.of(rng.choices(("yes", "wrong", "near", "part"), (5, 2, 1, 1))[0])
                    )
                    yield passage(text, said, SILENT, 0.6, "other criterion")
            sibling = self.sibling(question_id, rng)
            other = self.statements[sibling, rng.choice(self.keys[sibling])]
            yield passage(text, rng.choice(other.yes + other.wrong), SILENT, 0.5, "other question")

    def mixtures(self, rng: random.Random, rounds: int) -> Iterator[Example]:
        """Answers put together from passages of several criteria, read for every criterion of the question."""
        for question_id in self.ids * rounds:
            keys = self.keys[question_id]
            chosen: list[tuple[str, str, tuple[str, ...]]] = []
            for key in rng.sample(keys, rng.randint(1, min(5, len(keys)))):
                kind = rng.choices(("yes", "claim", "part", "wrong", "near"), (45, 10, 12, 23, 10))[0]
                said = (
                    loosely(self.claim(question_id, key, rng), rng)
                    if kind == "claim"
                    else rng.choice(self.statements[question_id, key].of(kind))
                )
                chosen.append((key, "yes" if kind == "claim" else kind, cut(said)))
            if rng.random() < 0.3:
                sibling = self.sibling(question_id, rng)
                other = self.statements[sibling, rng.choice(self.keys[sibling])]
                chosen.insert(rng.randrange(len(chosen) + 1), ("", "near", cut(rng.choice(other.yes))))
            parts = tuple(part for _, _, said in chosen for part in said)
            kinds = {key: kind for key, kind, _ in chosen}
            for key in keys:
                if key not in kinds and rng.random() < 0.5:
                    continue
                each: list[Reading | None] = []
                for owner, kind, pieces in chosen:
                    reading = BY_KIND[kind] if owner == key else SILENT
                    each += [reading if len(pieces) == 1 or reading == SILENT else None] * len(pieces)
                whole = BY_KIND[kinds[key]] if key in kinds else SILENT
                yield Example(self.claim(question_id, key, rng), parts, whole, tuple(each), 0.8, "mixture")

    def model_answers(self, rng: random.Random) -> Iterator[Example]:
        """The model answer makes every point of its question, and none of another's."""
        for question_id in self.ids:
            answer = cut(self.bank[question_id]["model_answer"])
            for key in rng.sample(self.keys[question_id], min(3, len(self.keys[question_id]))):
                yield Example(
                    self.claim(question_id, key, rng),
                    answer,
                    MAKES,
                    (None,) * len(answer),
                    0.7,
                    "model answer",
                )
            sibling = self.sibling(question_id, rng)
            other = cut(self.bank[sibling]["model_answer"])
            start = rng.randrange(len(other))
            part = other[start : start + rng.randint(1, 6)]
            for key in rng.sample(self.keys[question_id], 2):
                yield Example(
                    self.claim(question_id, key, rng),
                    part,
                    SILENT,
                    (SILENT,) * len(part),
                    0.5,
                    "other question",
                )

    def decoys(self, rng: random.Random) -> Iterator[Example]:
        """Texts that share the words of a criterion and do not make it: the question, terms without a claim, negations."""
        for question_id in self.ids:
            question = self.bank[question_id]
            keys = self.keys[question_id]
            asked = cut(question["text"])
            model = cut(question["model_answer"])
            terms = [
                word.strip(".,;:()")
                for criterion in question["criteria"]
                for word in criterion["text"].split()
                if len(word) > 5
            ]
            for key in rng.sample(keys, min(3, len(keys))):
                claim = self.claim(question_id, key, rng)
                yield Example(claim, asked, SILENT, (SILENT,) * len(asked), 0.6, "question")
                if len(terms) >= 9:
                    named = tuple(
                        rng.choice(_NAMING).format(*rng.sample(terms, 3)).capitalize()
                        for _ in range(rng.randint(1, 4))
                    )
                    yield Example(claim, named, SILENT, (SILENT,) * len(named), 0.5, "terms")
                said = rng.choice(
                    (question["model_answer"], " ".join(c["text"] + "." for c in question["criteria"]))
                )
                empty = junk(said, rng)
                yield Example(claim, empty, SILENT, (SILENT,) * len(empty), 0.8, "junk")
                turned = negated(self.criteria[question_id, key]["text"])
                if turned and rng.random() < 0.5:
                    yield passage(
                        self.criteria[question_id, key]["text"], loosely(turned, rng), OPPOSES, 0.5, "denied"
                    )
            if rng.random() < 0.5:
                against = tuple(negated(part) or f"It is not true that {part}" for part in model)
                for key in rng.sample(keys, min(3, len(keys))):
                    yield Example(
                        self.claim(question_id, key, rng),
                        against,
                        (0.3, 0.0, 0.7),
                        (None,) * len(against),
                        0.5,
                        "denied",
                    )

    def red_flags(self, rng: random.Random) -> Iterator[Example]:
        """A red flag is a claim as well: passages that state it, passages that say what is right, and neither."""
        for question_id in self.ids:
            for flag in self.bank[question_id].get("red_flags") or []:
                stated = self.stated.get((question_id, flag["text"]), ())
                keys = self.keys[question_id]
                about = [key for key, _ in stated if (question_id, key) in self.statements]
                for key, number in stated:
                    if key in about:
                        wrong = self.statements[question_id, key].wrong[number]
                        yield passage(flag["text"], wrong, MAKES, 1.0, "red flag")
                yield passage(flag["text"], loosely(flag["text"], rng), MAKES, 0.5, "red flag")
                for key in {*about, *rng.sample(keys, min(2, len(keys)))}:
                    own = self.statements[question_id, key]
                    said = rng.choice(own.yes + own.near + own.part)
                    yield passage(
                        flag["text"], said, NOT_MADE if key in about else (0.85, 0.0, 0.15), 0.8, "red flag"
                    )
                other = self.statements[question_id, rng.choice([k for k in keys if k not in about] or keys)]
                yield passage(flag["text"], rng.choice(other.wrong), SILENT, 0.3, "red flag")
                model = cut(self.bank[question_id]["model_answer"])
                start = rng.randrange(len(model))
                part = model[start : start + rng.randint(1, 5)]
                yield Example(flag["text"], part, NOT_MADE, (None,) * len(part), 0.5, "red flag")

    def graded(self, rng: random.Random, rounds: int = 1) -> Iterator[Example]:
        """Whole answers and cuts of them, with the graders' findings; a sibling question's criteria are negatives."""
        for answer in list(self.answers) * rounds:
            spans = sentences(answer.answer)
            texts = tuple(span.of(answer.answer) for span in spans)
            if not texts:
                continue
            for key, credit in answer.credits.items():
                if (answer.question_id, key) not in self.criteria:
                    continue
                start, stop = 0, len(texts)
                if rng.random() < 0.5:
                    start = rng.randrange(len(texts))
                    stop = min(len(texts), start + rng.randint(1, 6))
                claim = self.claim(answer.question_id, key, rng)
                if answer.pointed:
                    yield _pointed(answer, claim, key, credit, spans, texts, start, stop)
                else:
                    yield Example(claim, texts, mark(credit), (None,) * len(texts), 1.0, "graded")
            yield from self._elsewhere(answer, texts, rng)

    def _elsewhere(
        self, answer: GradedAnswer, texts: tuple[str, ...], rng: random.Random
    ) -> Iterator[Example]:
        """The answer read for claims that it does not make: other questions' criteria, and red flags where it is right."""
        sibling = self.sibling(answer.question_id, rng)
        start = rng.randrange(len(texts))
        part = texts[start : start + rng.randint(1, 6)]
        key = rng.choice(self.keys[sibling])
        yield Example(
            self.claim(sibling, key, rng), part, SILENT, (SILENT,) * len(part), 0.4, "other question"
        )
        # A good answer to a neighbouring question is no answer to this one.
        for other in (sibling, rng.choice(self.ids)):
            if other != answer.question_id:
                key = rng.choice(self.keys[other])
                yield Example(
                    self.claim(other, key, rng),
                    texts,
                    SILENT,
                    (SILENT,) * len(texts),
                    0.6,
                    "other answer",
                )
        if (
            answer.kind in ("expert", "solid", "terse", "long", "slips", "plain_words")
            and rng.random() < 0.35
        ):
            for flag in self.bank[answer.question_id].get("red_flags") or []:
                yield Example(flag["text"], part, NOT_MADE, (None,) * len(part), 0.5, "red flag")


def _pointed(
    answer: GradedAnswer,
    claim: str,
    key: str,
    credit: float,
    spans: Sequence[Any],
    texts: tuple[str, ...],
    start: int,
    stop: int,
) -> Example:
    """A graded answer whose grader said where; a cut without those places says nothing of the claim."""

    def touches(places: Sequence[tuple[int, int]], index: int) -> bool:
        return any(a < spans[index].end and spans[index].start < b for a, b in places)

    shown, turned = answer.evidence.get(key, ()), answer.opposite.get(key, ())
    each: list[Reading | None] = []
    for index in range(start, stop):
        if touches(turned, index):
            each.append(OPPOSES)
        elif touches(shown, index):
            each.append(mark(credit) if len(shown) == 1 else None)
        else:
            each.append(SILENT)
    found = any(touches(shown, index) for index in range(start, stop))
    against = any(touches(turned, index) for index in range(start, stop))
    if against and credit < 1:
        whole: Reading = OPPOSES if credit == 0 or not found else (0.2, 0.4, 0.4)
    else:
        whole = mark(credit) if found else SILENT
    weight = 1.0 if found or against or (start, stop) == (0, len(texts)) else 0.7
    return Example(claim, texts[start:stop], whole, tuple(each), weight, "graded")


def semeval(rng: random.Random, most: int | None = None) -> Iterator[Example]:
    """SemEval-2013 Task 7, train: reference, answer, three-way label."""
    readings = {"correct": MAKES, "contradictory": OPPOSES, "incorrect": SILENT}
    rows = [
        row
        for row in public_rows("semeval2013-train.csv")
        if row["label"] in readings and row["answer"].strip()
    ]
    rng.shuffle(rows)
    for row in rows[:most]:
        yield passage(row["reference"], row["answer"], readings[row["label"]], 1.0, "semeval")


_ITEM = re.compile(r"(?<=[.!?;])\s+|\s*\n+\s*|\s+(?=(?:\d+[.)]|[-•●○*])\s)")


def points_of(reference: str) -> list[str]:
    """The points that a long reference makes: its sentences and list items of four words or more."""
    points = [re.sub(r"^(?:\d+[.)]|[-•●○*])\s*", "", part.strip()) for part in _ITEM.split(reference)]
    return [point for point in points if len(point.split()) >= 4] or [reference.strip()]


def exams(rng: random.Random) -> Iterator[Example]:
    """SAF and DigiKlausur, train: the whole reference, and one point of it with less weight, against the answer."""
    for name in ("saf-train.csv", "digiklausur.csv"):
        for row in public_rows(name):
            if not row["answer"].strip():
                continue
            reading = mark(float(row["score"]) / float(row["score_max"]))
            parts = cut(row["answer"])
            unknown = (None,) * len(parts)
            yield Example(row["reference"], parts, reading, unknown, 1.0, "exam")
            points = points_of(row["reference"])
            if len(points) > 1:
                yield Example(rng.choice(points), parts, reading, unknown, 0.4, "exam point")


def entailment(rng: random.Random, share: float = 1.0) -> Iterator[Example]:
    """SNLI, breaking, negation, MED and PAWS: the hypothesis is the claim, the premise the passage."""
    readings = {"entailment": MAKES, "neutral": SILENT, "contradiction": OPPOSES}
    most = {
        "nli/snli-validation.csv": 9000,
        "nli/snli-test.csv": 9000,
        "nli/breaking.csv": 3000,
        "nli/negation.csv": 4000,
        "nli/med.csv": 4000,
    }
    for name, count in most.items():
        rows = [row for row in public_rows(name) if row["label"] in readings]
        rng.shuffle(rows)
        for row in rows[: int(count * share)]:
            yield passage(row["hypothesis"], row["premise"], readings[row["label"]], 0.5, "entailment")
    rows = list(public_rows("nli/paws-wiki.csv"))
    rng.shuffle(rows)
    for row in rows[: int(4000 * share)]:
        yield passage(
            row["sentence1"],
            row["sentence2"],
            MAKES if row["label"] == "paraphrase" else SILENT,
            0.4,
            "entailment",
        )


HARD = frozenset({"junk", "other answer"})
"""Sources of hard negatives: what shares the subject or the words, and says nothing of the claim."""


def build(
    bank: BankExamples,
    seed: int,
    *,
    mixture_rounds: int = 3,
    graded_rounds: int = 3,
    general: float = 0.3,
    rest: float = 1.0,
) -> list[Example]:
    """One pass over everything, shuffled. `general`: the share of the entailment sets; `rest`: the share of
    what is not HARD (of graded answers four times as much).
    """
    rng = random.Random(seed)
    examples = [
        *bank.passages(rng),
        *bank.mixtures(rng, mixture_rounds),
        *bank.model_answers(rng),
        *bank.red_flags(rng),
        *bank.decoys(rng),
        *bank.graded(rng, graded_rounds),
        *semeval(rng),
        *exams(rng),
        *entailment(rng, general),
    ]
    share = {"graded": min(1.0, 4 * rest), **dict.fromkeys(HARD, 1.0)}
    examples = [example for example in examples if rng.random() < share.get(example.source, rest)]
    rng.shuffle(examples)
    return [_roughened(example, rng) if rng.random() < ROUGHENED else example for example in examples]


def _roughened(example: Example, rng: random.Random) -> Example:
    """The same passage as a hurried person types it: no commas, no apostrophes, no full stops."""
    drop = rng.choice((",", ",.", "'’", ",;:.!?"))
    parts = tuple("".join(char for char in part if char not in drop) or part for part in example.sentences)
    return replace(example, sentences=parts)
