"""The attacks themselves: their texts fit the bank, they are the same each time, and a miss is told."""

from __future__ import annotations

import random

import pytest

import bench.attacks.__main__ as command
from bench.attacks import negation, rewordings
from bench.attacks.cases import LONGEST_ANSWER, every_case, sample, wordings
from bench.attacks.families import families, unrelated
from bench.attacks.measuring import Bench
from bench.attacks.pleas import pleas
from bench.attacks.requirements import (
    Outcome,
    Requirement,
    lies_between,
    moves_little,
    never_above,
    never_raises,
    not_punished,
    percentile,
    stays_high,
    stays_low,
)
from worker.analysis.judge.engine import JudgeEngine
from worker.analysis.types import Assessment, Delivery, QuestionSpec


def outcome(score: float, clean: float | None = None, *, flags: tuple[str, ...] = ()) -> Outcome:
    return Outcome("a-question", "an answer", score, flags, None, clean)


class GenerousEngine(JudgeEngine):
    """Gives everything full marks."""

    def load(self) -> None:
        """Needs nothing."""

    def assess(self, answer: str, question: QuestionSpec, **_options: object) -> Assessment:
        return Assessment(
            score=100.0,
            dimensions={},
            findings=(),
            mistakes=(),
            strengths=(),
            improvements=(),
            summary="",
            model_answer=question.model_answer,
            delivery=Delivery(0, None, {}, 0),
            confidence=1.0,
            insufficient=None,
            provider="test",
            model="generous",
            rubric_version="0",
        )


def test_there_are_as_many_wordings_as_the_attacks_need():
    junk = wordings("junk")
    assert len(set(junk["empty_talk"])) >= 40
    assert len(set(junk["dont_know"])) >= 40
    assert len(set(wordings("pleas")["plain"])) >= 60
    assert len(set(pleas())) == len(pleas())
    assert len(set(wordings("languages"))) >= 8
    assert len(wordings("paraphrases")) >= 30
    assert sum(map(len, wordings("negations").values())) >= 40


def test_each_negated_question_has_an_opposite_for_each_of_its_criteria():
    for name, opposites in wordings("negations").items():
        assert set(opposites) == {criterion.key for criterion in every_case()[name].spec.criteria}, name


def test_texts_are_written_for_questions_of_the_bank():
    known = every_case().keys()
    assert wordings("paraphrases").keys() <= known
    assert {entry["question"] for entry in wordings("injection_answers")} <= known


def test_a_paraphrase_shares_no_run_of_ten_words_with_the_answer_outside_code_and_speech():
    def runs(text: str) -> set[tuple[str, ...]]:
        kept = "".join(rewordings.CODE_SPAN.split(text)[::2])
        words = "".join(part for i, part in enumerate(kept.split('"')) if i % 2 == 0).split()
        return {tuple(words[i : i + 10]) for i in range(len(words) - 9)}

    for name, text in wordings("paraphrases").items():
        assert not runs(text) & runs(every_case()[name].model_answer), name


def test_every_answer_of_every_family_could_be_sent_and_is_the_same_each_time():
    cases = sample(3, seed=4)
    for family in families():
        asked = [every_case()[name] for name in family.only[:3]] or cases
        for turn, case in enumerate(asked * 4):
            answer = family.make(case, random.Random(f"{family.name} {turn}"), turn)
            assert answer.strip(), family.name
            assert len(answer) <= LONGEST_ANSWER, family.name
            assert answer == family.make(case, random.Random(f"{family.name} {turn}"), turn), family.name


def test_a_sample_takes_each_skill_once_before_any_twice():
    cases = sample(60, seed=2)
    assert len({case.skill for case in cases}) == 60
    assert cases == sample(60, seed=2)
    assert cases != sample(60, seed=3)


def test_an_unrelated_question_shares_no_skill_and_no_prerequisite():
    case = every_case()["python-context-managers"]
    skills = {other.skill for other in unrelated(case)}
    assert "python" not in skills
    assert "machine_learning" not in skills
    assert "leadership" in skills


@pytest.mark.parametrize(
    ("claim", "opposite"),
    [
        ("A lock is always needed here", "A lock is not always needed here"),
        ("A reader can see stale data", "A reader cannot see stale data"),
        ("A reader cannot see stale data", "A reader can see stale data"),
        ("I asked what was wanted", "I never asked what was wanted"),
        ("Codes from 500 do not blame the client", "Codes from 500 do blame the client"),
        ("Sorting makes it quick", "Sorting does not make it quick"),
        ("When a node is lost, reads go on", "It is not true that when a node is lost, reads go on"),
    ],
)
def test_negating_turns_a_claim_round(claim, opposite):
    assert negation.negated(claim) == opposite


@pytest.mark.parametrize("name", sorted(every_case())[::40])
def test_negating_leaves_no_criterion_as_it_was(name):
    for criterion in every_case()[name].spec.criteria:
        assert negation.negated(criterion.text) != criterion.text


@pytest.mark.parametrize("name", list(wordings("paraphrases")))
def test_synonyms_change_words_and_leave_code_alone(name):
    case = every_case()[name]
    reworded = rewordings.by_synonyms(case, random.Random(1), 0)
    assert reworded != case.model_answer
    assert rewordings.CODE_SPAN.findall(reworded) == rewordings.CODE_SPAN.findall(case.model_answer)


@pytest.mark.parametrize(
    ("requirement", "good", "bad"),
    [
        (stays_low(5), [outcome(0), outcome(10)], [outcome(0), outcome(11)]),
        (stays_low(5, p95=15), [outcome(0)] * 18 + [outcome(15)] * 2, [outcome(0)] * 18 + [outcome(16)] * 2),
        (never_above(40), [outcome(40)] * 9, [outcome(0)] * 9 + [outcome(41)]),
        (never_raises(2), [outcome(50, 48), outcome(0, 90)], [outcome(0, 90), outcome(50.5, 48)]),
        (moves_little(3, 1), [outcome(50, 47), outcome(44, 47)], [outcome(50, 50), outcome(40, 44)]),
        (moves_little(7, 0.5), [outcome(50, 50), outcome(9, 80)], [outcome(50, 50), *[outcome(9, 80)] * 2]),
        (lies_between(35, 65), [outcome(20), outcome(60)], [outcome(20), outcome(40)]),
        (stays_high(85), [outcome(80), outcome(90)], [outcome(79), outcome(90)]),
        (not_punished("accused"), [outcome(0, flags=("other",))], [outcome(99, flags=("accused",))]),
    ],
    ids=lambda value: value.text if isinstance(value, Requirement) else "",
)
def test_a_requirement_is_met_by_what_it_allows_and_missed_by_the_least_more(requirement, good, bad):
    assert requirement.met(good)
    assert not requirement.met(bad)


def test_the_percentile_is_a_value_that_was_measured():
    assert percentile(range(1, 101), 0.95) == 95
    assert percentile([7.0], 0.95) == 7.0


def test_an_answer_is_judged_once_however_many_families_share_it():
    asked = []

    class CountingEngine(GenerousEngine):
        def assess(self, answer: str, question: QuestionSpec, **options: object) -> Assessment:
            asked.append(answer)
            return super().assess(answer, question, **options)

    bench = Bench(CountingEngine())
    cases = sample(2, seed=1)
    for family in families():
        if family.clean and not family.only:
            bench.run(family, cases, 1)
    assert asked.count(cases[0].model_answer) == 1


def test_the_command_ends_with_an_error_when_a_requirement_is_missed(monkeypatch, capsys):
    monkeypatch.setattr(command, "JudgeEngine", GenerousEngine)
    assert command.main(["--questions", "2", "--family", "junk: symbols"]) == 1
    assert "MISSED" in capsys.readouterr().out
    assert command.main(["--questions", "2", "--family", "padded"]) == 0
    assert "1 of 1 met" in capsys.readouterr().out
