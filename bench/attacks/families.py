"""Every family of attacks with what is required of the judgement."""

from __future__ import annotations

import random
from dataclasses import dataclass

from bench.attacks import copies, junk, negation, pleas, rewordings
from bench.attacks.cases import Case, Make, bank, every_case, wordings
from bench.attacks.requirements import (
    Requirement,
    lies_between,
    moves_little,
    never_above,
    never_raises,
    not_punished,
    stays_high,
    stays_low,
)

UNRELATED = 5
# By which the judgement says that an answer speaks to the grader.
ACCUSATION = "aimed_at_grader"
JUNK = stays_low(5, p95=15)


@dataclass(frozen=True, slots=True)
class Family:
    """`clean` makes the honest answer that `make`'s is compared with; `only` are the questions it has texts for."""

    name: str
    make: Make
    requirement: Requirement
    clean: Make | None = None
    only: tuple[str, ...] = ()
    times: int = 1


def other_question(case: Case, rng: random.Random, _turn: int) -> str:
    """The model answer of a question on an unrelated skill."""
    return rng.choice(unrelated(case)).model_answer


def unrelated(case: Case) -> list[Case]:
    """Questions on skills that build on the case's skill in no way; of two behavioral ones each may fit the other."""
    needs = {skill["id"]: set(skill["prerequisites"]) for skill in bank().skills}
    near = (
        {case.skill} | needs[case.skill] | {skill for skill, needed in needs.items() if case.skill in needed}
    )
    near |= {skill for skill, needed in needs.items() if needed & near}
    return [
        other
        for other in every_case().values()
        if other.skill not in near and not case.spec.question_type == other.spec.question_type == "behavioral"
    ]


def families() -> list[Family]:
    return [
        *(
            Family(f"junk: {make.__name__.replace('_', ' ')}", make, JUNK)
            for make in (
                junk.random_letters,
                junk.keyboard_mashing,
                junk.invented_words,
                junk.random_words,
                junk.lorem_ipsum,
                junk.repeated_word,
                junk.symbols,
                junk.numbers,
                junk.empty_talk,
                junk.empty_talk_on_topic,
                junk.dont_know,
                junk.question_verbatim,
                junk.question_echoed,
                junk.question_reordered,
                junk.question_as_statement,
                junk.other_language,
                junk.other_subject,
            )
        ),
        Family("keywords: comma list", copies.keywords_comma, stays_low(40)),
        Family("keywords: bullet list", copies.keywords_bullets, stays_low(40)),
        Family("keywords: sentence salad", copies.keywords_salad, stays_low(40)),
        Family("keywords: glossary", copies.keywords_glossary, stays_low(40)),
        Family("shuffled words of the model answer", copies.shuffled, stays_low(40)),
        Family("shuffled words in each sentence", copies.shuffled_in_sentences, stays_low(40)),
        Family("criteria verbatim", copies.criteria_verbatim, never_above(40)),
        Family("criteria verbatim, connected", copies.criteria_connected, never_above(40)),
        Family(
            "negated by hand", negation.by_hand, stays_low(40), only=tuple(wordings("negations")), times=2
        ),
        Family("criteria negated by rule", negation.criteria_negated, stays_low(40)),
        Family("criteria denied", negation.criteria_denied, stays_low(40)),
        Family("model answer negated by rule", negation.model_answer_negated, stays_low(40)),
        Family("red flags stated", copies.red_flags, stays_low(40)),
        Family("plea alone", pleas.alone, stays_low(5), times=2),
        Family("pleas in a row", pleas.several, stays_low(5)),
        *(
            Family(f"{what} answer, plea {where.__name__}", where(base), never_raises(2), clean=base)
            for what, base in (("good", pleas.good), ("middling", pleas.middling))
            for where in (pleas.appended, pleas.prepended, pleas.inside)
        ),
        Family(
            "honest about prompt injection",
            pleas.honest_on_injection,
            not_punished(ACCUSATION),
            only=tuple(entry["question"] for entry in wordings("injection_answers")),
        ),
        Family("half of the model answer", copies.half, lies_between(35, 65), times=2),
        Family(
            "case, white space, punctuation", rewordings.looks, moves_little(3, 1), clean=pleas.good, times=2
        ),
        Family("paraphrased by synonyms", rewordings.by_synonyms, moves_little(7, 0.9), clean=pleas.good),
        Family(
            "paraphrased by hand",
            rewordings.by_hand,
            moves_little(7, 0.9),
            clean=pleas.good,
            only=tuple(wordings("paraphrases")),
        ),
        Family("padded to three times the length", rewordings.padded, never_raises(2), clean=pleas.good),
        Family("model answer", pleas.good, stays_high(85)),
        Family("model answer to another question", other_question, stays_low(30), times=UNRELATED),
    ]
