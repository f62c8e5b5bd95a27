"""What a candidate reads, from findings made by hand: no engine takes part."""

from __future__ import annotations

import re

import pytest

from worker.analysis.delivery import deliver
from worker.analysis.feedback import Feedback, write
from worker.analysis.mistakes import contradiction
from worker.analysis.phrases import first_sentence, listed, quoted, reason, whole
from worker.analysis.scoring import DIMENSIONS
from worker.analysis.screening import screen
from worker.analysis.types import (
    Aspect,
    Criterion,
    Evidence,
    Finding,
    Level,
    Mistake,
    QuestionSpec,
    QuestionType,
)

ANSWER = (
    "A WHERE filter on the right table drops the rows that have no match. "
    "An index never slows down a write, so I add one to every column. "
    "I would read the plan before and after."
)
JOIN = Criterion(
    "A WHERE condition on the right table removes the unmatched rows",
    3,
    topic="why a WHERE filter undoes a left join",
    matters="it is the trap in this question",
)
WRITES = Criterion(
    "Every index must be updated on each write",
    3,
    topic="the price of an index on writes",
    matters="indexes are not free",
)
PLAN = Criterion("The plan is read before and after", 2, topic="the reading of the plan")
COST = Criterion("A full scan reads every row", 1, topic="the cost of a full scan", aspect=Aspect.COMPLEXITY)
RUMOURS = Criterion(
    "I told my colleagues what I knew",
    2,
    aspect=Aspect.ACTION,
    topic="how you dealt with rumours",
    matters="calm people are worth a great deal",
)


def at(quote: str, answer: str = ANSWER) -> Evidence:
    start = answer.index(quote)
    return Evidence(quote, start, start + len(quote))


def sentence_at(number: int) -> Evidence:
    return at(re.split(r"(?<=\.) ", ANSWER)[number])


def feedback(
    *findings: Finding,
    mistakes: tuple[Mistake, ...] = (),
    score: float = 60.0,
    answer: str = ANSWER,
    kind: QuestionType = QuestionType.TECHNICAL,
    relevance: float = 0.9,
) -> Feedback:
    question = QuestionSpec(
        "Why is it slow?", kind, Level.INTERMEDIATE, "SQL", tuple(f.criterion for f in findings), ""
    )
    scores = dict.fromkeys(DIMENSIONS, score)
    screening = screen(answer, question)
    return write(
        answer, question, findings, mistakes, scores, score, screening, relevance, deliver(answer, None)
    )


def sentences(text: str) -> int:
    """The sentences of a summary; what stands in quotation marks is part of the sentence around it."""
    return len(re.findall(r"[.!?](?=\s|$)", re.sub(r"“[^”]*”(?=$| [A-Z])", "quote.", text)))


WRONG_WRITES = contradiction(WRITES, sentence_at(1), 0.9)


def all_of(written: Feedback) -> list[str]:
    points = [p.text for p in (*written.strengths, *written.improvements)]
    return [written.summary, *points, *written.comments.values()]


def test_words_that_hold_a_mistake_are_not_praised() -> None:
    written = feedback(
        Finding(JOIN, 0.9, sentence_at(0)), Finding(PLAN, 0.9, sentence_at(1)), mistakes=(WRONG_WRITES,)
    )
    assert [point.evidence for point in written.strengths] == [sentence_at(0)]


def test_a_point_that_a_mistake_speaks_of_is_not_asked_for_again() -> None:
    written = feedback(
        Finding(JOIN, 0.9, sentence_at(0)), Finding(WRITES, 0.0), Finding(COST, 0.0), mistakes=(WRONG_WRITES,)
    )
    assert not any(WRITES.topic in text for text in all_of(written))
    assert sum(WRITES.text in point.text for point in written.improvements) == 1


def test_a_point_that_is_only_begun_is_not_praised_as_made() -> None:
    written = feedback(Finding(JOIN, 0.5, sentence_at(0)), Finding(COST, 0.0), score=30)
    assert not written.strengths
    assert not re.search(r"do best|you explain|line to keep|works well|strongest", written.summary)


def test_no_topic_is_told_twice_in_summary_and_comments() -> None:
    written = feedback(Finding(JOIN, 0.9, sentence_at(0)), Finding(COST, 0.0), Finding(WRITES, 0.0))
    told = " ".join((written.summary, *written.comments.values()))
    assert told.count(COST.topic) <= 1
    assert told.count(WRITES.topic) <= 1


@pytest.mark.parametrize("score", [3.0, 30.0, 50.0, 70.0, 95.0])
@pytest.mark.parametrize("kind", [QuestionType.TECHNICAL, QuestionType.BEHAVIORAL])
@pytest.mark.parametrize("mistakes", [(), (WRONG_WRITES,)])
@pytest.mark.parametrize("shares", [(0.9, 0.9, 0.9), (0.9, 0.5, 0.0), (0.5, 0.0, 0.0), (0.0, 0.0, 0.0)])
def test_a_summary_has_two_to_four_sentences(
    score: float, kind: QuestionType, mistakes: tuple[Mistake, ...], shares: tuple[float, ...]
) -> None:
    findings = [
        Finding(criterion, credit, sentence_at(n) if credit else None)
        for n, (criterion, credit) in enumerate(zip((JOIN, COST, PLAN), shares, strict=True))
    ]
    written = feedback(*findings, mistakes=mistakes, score=score, kind=kind)
    assert 2 <= sentences(written.summary) <= 4, written.summary
    for text in all_of(written):
        assert not re.search(r"\bNone\b(?! of)|  |\.\.|;\.|: \.|[a-z]”[a-z]", text), text


def test_what_was_missed_is_not_vouched_for() -> None:
    written = feedback(Finding(JOIN, 0.9, sentence_at(0)), score=95)
    assert not any("nothing you say is wrong" in text.lower() for text in all_of(written))


def test_a_wrong_answer_is_told_that_it_took_up_the_question() -> None:
    written = feedback(Finding(WRITES, 0.0), mistakes=(WRONG_WRITES,), score=3, relevance=0.1)
    assert "take up the question" in written.comments["relevance"]
    assert "order" in written.comments["structure"]


def test_an_answer_beside_the_point_is_not_told_what_it_is_about() -> None:
    written = feedback(Finding(JOIN, 0.0), score=3, relevance=0.1)
    assert "something else" not in written.summary
    assert "different question" not in written.summary


def test_prose_that_begins_like_code_is_not_called_code() -> None:
    answer = (
        "SELECT a\nFROM t;\nWHERE filters the rows before they are grouped, and HAVING filters groups after."
    )
    written = feedback(Finding(JOIN, 0.0), answer=answer)
    assert not any("Your code stands alone" in point.text for point in written.improvements)


def test_a_mistake_of_conduct_quotes_what_one_would_like_to_hear() -> None:
    told = contradiction(RUMOURS, sentence_at(1), 0.8)
    assert told.why.endswith("you can say: “I told my colleagues what I knew.”")


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        (
            "Class final so no mutable subclass sneaks in. And final fields matter.",
            "“Class final so no mutable subclass sneaks in”",
        ),
        ("I keep it short, as ever", "“I keep it short, as ever”"),
        ('She said "no" to me twice', "“She said ‘no’ to me twice”"),
        ("A relay then publishes: either polling, `SELECT", "“A relay then publishes: either polling …”"),
        ("It holds for every row (see the", "“It holds for every row …”"),
        ("$computers = Get-Content computers.txt", None),
        ("map.get(a)[i] -> list.of(b).stream() -> c", None),
        ("Two words", None),
        ("", None),
    ],
)
def test_a_quote_is_one_whole_thought(text: str, quote: str | None) -> None:
    assert quoted(text) == quote


def test_a_long_quote_is_cut_at_a_word_and_says_so() -> None:
    quote = quoted(" ".join(f"word{n}" for n in range(40)))
    assert quote == "“" + " ".join(f"word{n}" for n in range(16)) + " …”"


def test_a_cut_leaves_no_small_word_dangling() -> None:
    text = "Normal Linux is not real-time so I would use a microcontroller with FreeRTOS for the 1 kHz loop and a Raspberry Pi"
    assert (quoted(text) or "").endswith("with FreeRTOS …”")


def test_evidence_holds_all_of_the_code_that_it_begins() -> None:
    answer = "I poll with `SELECT ... FOR UPDATE` every second."
    assert whole(answer, at("I poll with `SELECT ...", answer)) == at(
        "I poll with `SELECT ... FOR UPDATE`", answer
    )
    fenced = "Every state has a tag:\n\n```ts\ntype S = 1;\n```"
    assert whole(fenced, at("Every state has a tag:\n\n```ts", fenced)) == at(
        "Every state has a tag:", fenced
    )
    assert whole(answer, None) is None


def test_names_with_a_comma_are_set_apart() -> None:
    assert listed(["a", "b"]) == "a and b"
    assert listed(["a", "cause, event and effect"]) == "a, and cause, event and effect"
    assert listed(["a, b", "c", "d"]) == "a, b; c; and d"


def test_a_reason_follows_its_clause() -> None:
    assert reason("it shows care") == "; it shows care"
    assert reason("indexes are not free") == ", which counts because indexes are not free"
    assert reason("indexes are not free", 1) == ", and that matters: indexes are not free"
    assert reason("") == ""


def test_the_first_sentence_keeps_its_stop() -> None:
    assert first_sentence("Clocks differ. Let the server decide") == "Clocks differ."
    assert first_sentence("Clocks differ") == "Clocks differ."
    assert first_sentence("One would say: “I asked them.”") == "One would say: “I asked them.”"
