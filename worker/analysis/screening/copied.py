"""Whether an answer only gives back what the candidate was shown: the question, or after a first attempt the criteria."""

from __future__ import annotations

from collections.abc import Iterable

from worker.analysis.passages import words
from worker.analysis.screening.vocabulary import GENERIC_WORDS, content_words
from worker.analysis.types import QuestionSpec

FEWEST_COPIED, COPIED = 5, 0.8
"""An answer of at least so many words, such a share of which is the question's, is a copy of it."""

MUCH = 20
"""So many words that the question does not hold are expected of an answer that could have added something."""

RETOLD = 0.6
"""Such a share of an answer's words is the question's where it tells the question again as a statement."""

WHOLE = 0.8
"""Such a share of the question is the whole question, told again before something else."""

QUESTION_RUN, CRITERION_RUN = 3, 5
"""So many words in a row count as taken over; a criterion's terms are short, so that sharing one is no copying."""

FEWEST_STRUNG, STRUNG = 12, 0.5
"""An answer with so many words of the criteria's, and such a share, strings them together; no model answer reaches a tenth."""


def copies_question(text: str, question: QuestionSpec) -> bool:
    """True where what is said stands in the question, and the rest adds nothing of what is expected of an answer."""
    said, asked = words(text), words(question.text)
    if len(said) < FEWEST_COPIED:
        return False
    taken = _taken(said, [asked], QUESTION_RUN)
    run = sum(taken)
    mostly = run / len(said) >= COPIED and (run >= 0.5 * len(asked) or run >= 12 or len(said) >= 12)
    if not mostly and run < WHOLE * len(asked):
        return False
    rest = " ".join(word for word, copied in zip(said, taken, strict=True) if not copied)
    return len(_added(rest, question)) <= 1


def shuffles_question(text: str, question: QuestionSpec, *, disordered: bool) -> bool:
    """True where the words of what is said stand in the question, in whatever order, and what else is said adds nothing;
    where they make sentences, only if nearly all of the question is told again.
    """
    said, asked = words(text), words(question.text)
    if len(said) < FEWEST_COPIED or len(_added(text, question)) > 1:
        return False
    shared = sum(word in asked for word in said) / len(said)
    if disordered:
        return shared >= COPIED
    terms = set(content_words(question.text))
    # Where hardly anything was to be added, an honest answer is made of the question's words as well.
    if len(_added(f"{question.model_answer} {' '.join(c.text for c in question.criteria)}", question)) < MUCH:
        return False
    return shared >= RETOLD and sum(term in said for term in terms) >= WHOLE * len(terms)


def _added(text: str, question: QuestionSpec) -> set[str]:
    """The words of a text that are expected of an answer and were not given by the question."""
    expected = {*words(question.model_answer), *words(" ".join(c.text for c in question.criteria))}
    given = {*words(question.text), *GENERIC_WORDS}
    return {word for word in content_words(text) if word in expected and word not in given}


def copies_criteria(text: str, question: QuestionSpec) -> bool:
    """True where most of what is said is the criteria's own wording."""
    said = words(text)
    # Who says one point in nearly its words has said it; stringing together takes several.
    taken = [
        _taken(said, [words(wording) for wording in (criterion.text, *criterion.paraphrases)], CRITERION_RUN)
        for criterion in question.criteria
    ]
    run = sum(any(at) for at in zip(*taken, strict=True))
    return sum(map(any, taken)) > 1 and run >= FEWEST_STRUNG and run / len(said) >= STRUNG


def _taken(said: list[str], sources: Iterable[list[str]], run: int) -> list[bool]:
    """For each word said, whether it stands in a row of `run` words that a source holds too."""
    held = {tuple(source[at : at + run]) for source in sources for at in range(len(source) - run + 1)}
    taken = [False] * len(said)
    for at in range(len(said) - run + 1):
        if tuple(said[at : at + run]) in held:
            taken[at : at + run] = [True] * run
    return taken
