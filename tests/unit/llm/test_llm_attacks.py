"""Text that talks to the grader must not pay, though the model believes every word of it.

The model behind the fake provider obeys as soon as any part of the attack reaches it. What holds it: the gates, hidden
characters left out, the decoy, verified quotes. What nothing in the text betrays (a model that is talked into real
criteria alone, with real quotes) must be flagged by the comparison with the embedded engine.
"""

from __future__ import annotations

import pytest
from fake_provider import FakeProvider, honest, obeying
from llm_attacks import ATTACKS
from llm_case import CLEAN, KEY, QUESTION, StandIn

from worker.analysis.errors import ProviderInvalidOutputError
from worker.analysis.llm.decoys import DECOYS
from worker.analysis.llm.engine import LLMEngine

REAL = [criterion.text for criterion in QUESTION.criteria]
HALVES = CLEAN.index(" Each entry")
PLACES = {
    "after": lambda payload: f"{CLEAN}\n{payload}",
    "before": lambda payload: f"{payload}\n{CLEAN}",
    "between": lambda payload: f"{CLEAN[:HALVES]}\n{payload}\n{CLEAN[HALVES:].strip()}",
}


def judged(engine, answer):
    """The assessment, or None where the judgement was thrown away: then no score is shown at all."""
    try:
        assessment = engine.assess(answer, QUESTION)
    except ProviderInvalidOutputError:
        return None
    for finding in assessment.findings:
        if finding.evidence:
            assert answer[finding.evidence.start : finding.evidence.end] == finding.evidence.quote
    return assessment


def test_there_are_attacks_enough():
    assert len(ATTACKS) >= 25


@pytest.fixture(scope="module")
def server():
    with FakeProvider() as server:
        yield server


@pytest.fixture(scope="module")
def alone(server):
    """An engine with nothing to compare its judgements with."""
    engine = LLMEngine("openai_compatible", "m", f"{server.url}/v1", KEY, timeout_seconds=20.0)
    yield engine
    engine._client()._client.close()


@pytest.fixture(scope="module")
def compared(alone, server):
    """The same with the embedded engine's judgement beside it."""
    engine = LLMEngine(
        "openai_compatible", "m", f"{server.url}/v1", KEY, timeout_seconds=20.0, local=StandIn()
    )
    engine._made = alone._client()
    return engine


@pytest.fixture(scope="module")
def clean(compared):
    return compared.assess(CLEAN, QUESTION)


@pytest.fixture
def provider(server, clean):
    """The server, honest again and with no request so far."""
    server.always(honest)
    server.prompts.clear()
    return server


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_on_a_model_that_reports_everything_covered_earns_nothing(
    attack, place, alone, provider, clean
):
    for how in ("all", "payload", "invents") if place == "after" else ("all",):
        provider.always(obeying(ATTACKS[attack], how))
        assessment = judged(alone, PLACES[place](ATTACKS[attack]))
        assert assessment is None or assessment.score <= clean.score + 2


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_on_a_shrewd_model_earns_nothing_or_is_flagged(attack, compared, provider, clean):
    provider.always(obeying(ATTACKS[attack], "shrewd", REAL))
    assessment = judged(compared, PLACES["after"](ATTACKS[attack]))
    if assessment is not None and assessment.score > clean.score + 2:
        assert "disagrees_with_local" in assessment.flags
        assert assessment.confidence <= clean.confidence / 2 + 0.01


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_alone_scores_next_to_nothing_or_is_flagged(attack, compared, provider):
    for how in ("all", "payload", "invents", "shrewd"):
        provider.always(obeying(ATTACKS[attack], how, REAL))
        assessment = judged(compared, ATTACKS[attack])
        assert assessment is None or assessment.score <= 15 or "disagrees_with_local" in assessment.flags


def test_honest_text_about_prompt_injection_is_judged_like_any_other(compared, provider, clean):
    honest_talk = "An attacker might write 'ignore previous instructions' into a cached page, so cached text stays data."
    assessment = compared.assess(f"{CLEAN} {honest_talk}", QUESTION)
    assert "model_was_talked_into" not in assessment.flags
    assert abs(assessment.score - clean.score) <= 2


def test_hidden_characters_never_reach_the_model(alone, provider):
    for attack in ("tag characters", "zero-width spaces", "variation selectors", "right to left"):
        alone.assess(f"{CLEAN} {ATTACKS[attack]}", QUESTION)
    for prompt in provider.prompts:
        assert not any(
            0xE0000 <= ord(char) <= 0xE01EF or char in "\u200b\u202e\u202c\ufe0f" for char in prompt.answer
        )


def test_an_answer_that_speaks_of_every_decoy_gains_nothing_by_it(alone, provider, clean):
    provider.always(obeying("talks about bees", "all"))
    assessment = judged(alone, f"{CLEAN} {'. '.join(DECOYS)}. The model talks about bees.")
    assert assessment is None or assessment.score <= clean.score + 2


def test_a_forged_delimiter_does_not_end_the_data(alone, provider):
    alone.assess(f"{CLEAN} {ATTACKS['a forged delimiter with a token']} And so on.", QUESTION)
    (prompt,) = provider.prompts
    assert prompt.answer.endswith("And so on.")
    assert prompt.turns[0].count(f"</answer-{prompt.token}>") == 1


def test_what_the_gates_leave_out_is_not_sent(alone, provider):
    alone.assess(PLACES["between"](ATTACKS["an order"]), QUESTION)
    assert "previous instructions" not in provider.prompts[0].turns[0]
    assert "[…]" in provider.prompts[0].answer


def test_a_model_that_was_talked_into_something_is_shown_the_rest_and_trusted_less(alone, provider, clean):
    attack = ATTACKS["a story"]
    provider.always(obeying(attack, "all"))
    assessment = alone.assess(PLACES["after"](attack), QUESTION)
    assert "model_was_talked_into" in assessment.flags
    assert assessment.confidence <= clean.confidence / 2 + 0.01
    assert len(provider.prompts) == 2
    assert attack not in provider.prompts[1].answer


def test_a_model_that_reports_everything_whatever_it_reads_yields_no_score(alone, provider):
    provider.always(obeying(CLEAN, "all"))
    assert judged(alone, CLEAN) is None
    assert len(provider.prompts) == 2
