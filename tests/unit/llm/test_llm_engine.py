"""How the provider engine judges when all goes well, and what it asks of the provider."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from fake_provider import hangs, honest, report, says, status
from llm_case import CLEAN, FULL, KEY, QUESTION, StandIn

from worker.analysis.errors import JobCancelledError, ProviderUnavailableError
from worker.analysis.llm import waiting
from worker.analysis.llm.samples import ALONE
from worker.analysis.types import Status

PROVIDERS = ("openai", "anthropic", "openai_compatible")


def claim_all(state, quote, *, decoy="missing"):
    """A model that says the same of every criterion of the question."""
    texts = {criterion.text for criterion in QUESTION.criteria}

    def behave(prompt):
        entries = [
            (
                number,
                state if prompt.criteria[number] in texts else decoy,
                quote if prompt.criteria[number] in texts else "",
                False,
            )
            for number in prompt.asked
        ]
        return says(report(entries))(prompt)

    return behave


@pytest.mark.parametrize("name", PROVIDERS)
def test_each_provider_yields_the_same_judgement_of_the_same_evidence(name, make_engine, provider):
    assessment = make_engine(name).assess(CLEAN, QUESTION)
    found = {finding.criterion.key: finding.status for finding in assessment.findings}
    assert found["aside"] is Status.COVERED
    assert found["ttl"] is Status.COVERED
    assert found["behind"] is Status.MISSING
    assert assessment.provider == name
    assert assessment.model == "some-model"
    assert len(provider.prompts) == 1


def test_a_full_answer_scores_higher_than_a_part_of_it(make_engine):
    engine = make_engine()
    assert engine.assess(FULL, QUESTION).score > 85
    assert engine.assess(CLEAN, QUESTION).score < 60


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_piece_of_evidence_stands_in_the_answer(name, make_engine):
    for finding in make_engine(name).assess(FULL, QUESTION).findings:
        assert finding.evidence is not None
        assert FULL[finding.evidence.start : finding.evidence.end] == finding.evidence.quote


def test_the_request_asks_for_evidence_in_a_strict_schema_and_never_for_a_score(make_engine, provider):
    make_engine("openai").assess(CLEAN, QUESTION)
    (prompt,) = provider.prompts
    form = prompt.body["response_format"]["json_schema"]
    assert form["strict"] is True
    entry = form["schema"]["properties"]["criteria"]["items"]
    assert set(entry["properties"]) == {"criterion", "quote", "contradicted", "status"}
    assert entry["additionalProperties"] is False
    assert not {"score", "points", "grade"} & set(json.dumps(form).lower().split('"'))


def test_anthropic_is_asked_by_its_own_structured_output(make_engine, provider):
    make_engine("anthropic").assess(CLEAN, QUESTION)
    (prompt,) = provider.prompts
    assert prompt.path == "/v1/messages"
    assert prompt.body["output_config"]["format"]["type"] == "json_schema"
    assert prompt.headers["authorization"] == f"Bearer {KEY}"


def test_the_model_answer_is_not_sent(make_engine, provider):
    make_engine().assess(CLEAN, QUESTION)
    assert "I would begin with cache-aside" not in json.dumps(provider.prompts[0].body)


def test_one_criterion_that_nobody_can_meet_is_asked_along(make_engine, provider):
    make_engine().assess(CLEAN, QUESTION)
    asked = set(provider.prompts[0].criteria.values())
    assert {criterion.text for criterion in QUESTION.criteria} < asked
    assert len(asked) == len(QUESTION.criteria) + 1


def test_each_request_has_a_delimiter_of_its_own(make_engine, provider):
    make_engine(samples=3).assess(CLEAN, QUESTION)
    assert len({prompt.token for prompt in provider.prompts}) == 3


def test_a_delimiter_that_the_answer_happens_to_hold_is_not_used(make_engine, provider):
    tokens = iter(["loads", "cache", "f00dfeed"])
    make_engine(token=lambda: next(tokens)).assess(CLEAN, QUESTION)
    assert provider.prompts[0].token == "f00dfeed"


@pytest.mark.parametrize("answer", ["asdkjh qweoiu zxmcnb qpwoei alskdj", "I don't know.", QUESTION.text])
def test_an_answer_that_cannot_be_judged_costs_no_call(answer, make_engine, provider):
    assessment = make_engine().assess(answer, QUESTION)
    assert assessment.insufficient is not None
    assert assessment.score == 0
    assert provider.prompts == []
    assert assessment.usage == {}


def test_tokens_and_cost_are_told_where_the_price_is_known(make_engine):
    usage = make_engine("openai", "gpt-6-luna").assess(CLEAN, QUESTION).usage
    assert usage == {"input_tokens": 1000, "output_tokens": 200, "cost_usd": 0.0002}
    assert (
        make_engine("anthropic", "claude-haiku-4-5-20251001").assess(CLEAN, QUESTION).usage["cost_usd"]
        == 0.002
    )


def test_a_cost_that_nobody_knows_is_absent(make_engine, provider):
    assert make_engine("openai", "a-new-model").assess(CLEAN, QUESTION).usage == {
        "input_tokens": 1000,
        "output_tokens": 200,
    }
    assert "cost_usd" not in make_engine("openai_compatible", "gpt-6-luna").assess(CLEAN, QUESTION).usage
    provider.always(lambda prompt: says(honest(prompt).text, tokens=None)(prompt))
    assert make_engine("openai", "gpt-6-luna").assess(CLEAN, QUESTION).usage == {}


def test_the_tokens_of_all_samples_are_summed(make_engine):
    assert make_engine(samples=3).assess(CLEAN, QUESTION).usage == {
        "input_tokens": 3000,
        "output_tokens": 600,
    }


def test_progress_is_told_between_calls_and_grows(make_engine, monkeypatch):
    monkeypatch.setattr(waiting, "BEAT_SECONDS", 60.0)
    told = []
    make_engine(samples=3).assess(
        CLEAN, QUESTION, report=lambda progress, stage: told.append((progress, stage))
    )
    assert [stage for _, stage in told] == [
        "reading", "reading 1 of 3", "reading 2 of 3", "reading 3 of 3", "checking", "done",
    ]  # fmt: skip
    assert [progress for progress, _ in told] == sorted(progress for progress, _ in told)
    assert told[-1][0] == 1.0


def test_a_cancelled_job_makes_no_further_call(make_engine, provider):
    def cancel(_progress, stage):
        if stage == "reading 2 of 3":
            raise JobCancelledError("cancelled")

    with pytest.raises(JobCancelledError):
        make_engine(samples=3).assess(CLEAN, QUESTION, report=cancel)
    assert len(provider.prompts) == 1


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_job_that_is_cancelled_during_a_call_does_not_wait_for_its_end(
    name, make_engine, provider, monkeypatch
):
    monkeypatch.setattr(waiting, "BEAT_SECONDS", 0.01)
    provider.then(honest, hangs)

    def cancel(_progress, stage):
        if stage == "reading 2 of 2" and len(provider.prompts) == 2:
            raise JobCancelledError("cancelled")

    with pytest.raises(JobCancelledError) as caught:
        make_engine(name, samples=2, timeout_seconds=120.0).assess(CLEAN, QUESTION, report=cancel)
    assert caught.value.usage == {"input_tokens": 1000, "output_tokens": 200}


def test_progress_is_told_during_a_slow_call(make_engine, provider, monkeypatch):
    monkeypatch.setattr(waiting, "BEAT_SECONDS", 0.01)
    told = []
    enough = threading.Event()

    def slow(prompt):
        assert enough.wait(60)
        return honest(prompt)

    def note(_progress, stage):
        told.append(stage)
        if told.count("reading 1 of 1") > 3:
            enough.set()

    provider.then(slow)
    assert make_engine().assess(CLEAN, QUESTION, report=note).score > 0
    assert list(dict.fromkeys(told)) == ["reading", "reading 1 of 1", "checking", "done"]


@pytest.mark.parametrize("last", ["checking", "done"])
def test_a_job_that_is_cancelled_when_all_is_read_was_paid_for_as_well(last, make_engine):
    def cancel(_progress, stage):
        if stage == last:
            raise JobCancelledError("cancelled")

    with pytest.raises(JobCancelledError) as caught:
        make_engine().assess(CLEAN, QUESTION, report=cancel)
    assert caught.value.usage == {"input_tokens": 1000, "output_tokens": 200}


def test_the_median_of_the_samples_is_scored(make_engine, provider):
    quote = "Monitoring tells us whether the hit rate justifies the extra memory."
    provider.then(claim_all("covered", quote), claim_all("missing", ""), claim_all("partial", quote))
    assessment = make_engine(samples=3).assess(CLEAN, QUESTION)
    assert {finding.status for finding in assessment.findings} == {Status.PARTIAL}


def test_samples_that_agree_give_more_confidence_than_one_and_than_samples_that_do_not(make_engine, provider):
    agreed = make_engine(samples=3).assess(CLEAN, QUESTION).confidence
    quote = "Monitoring tells us whether the hit rate justifies the extra memory."
    provider.then(claim_all("covered", quote), claim_all("missing", ""), claim_all("partial", quote))
    apart = make_engine(samples=3).assess(CLEAN, QUESTION).confidence
    one = make_engine().assess(CLEAN, QUESTION).confidence
    assert agreed > one == ALONE > apart


def test_one_sample_is_asked_for_at_temperature_0_and_several_above_it(make_engine, provider):
    make_engine(samples=1).assess(CLEAN, QUESTION)
    make_engine(samples=2).assess(CLEAN, QUESTION)
    assert [prompt.body["temperature"] for prompt in provider.prompts] == [0.0, 0.7, 0.7]


def test_a_contradiction_is_kept_with_its_evidence(make_engine, provider):
    wrong = "A time-to-live guarantees that nobody ever reads an outdated value from the cache."

    def contradicts(prompt):
        entries = [
            (number, "missing", wrong, "time-to-live" in prompt.criteria[number]) for number in prompt.asked
        ]
        return says(report(entries))(prompt)

    provider.always(contradicts)
    assessment = make_engine().assess(f"{CLEAN} {wrong}", QUESTION)
    (mistake,) = assessment.mistakes
    assert mistake.criterion.key == "ttl"
    assert mistake.evidence.quote == wrong
    (finding,) = [finding for finding in assessment.findings if finding.criterion.key == "ttl"]
    assert finding.status is Status.MISSING
    assert finding.evidence is None


def test_a_judgement_far_from_the_embedded_one_is_flagged_and_trusted_less(make_engine, provider):
    quote = "Monitoring tells us whether the hit rate justifies the extra memory."
    provider.always(claim_all("covered", quote))
    alone = make_engine().assess(CLEAN, QUESTION)
    compared = make_engine(local=StandIn()).assess(CLEAN, QUESTION)
    assert "disagrees_with_local" in compared.flags
    assert compared.confidence == pytest.approx(alone.confidence / 2, abs=0.01)
    assert compared.score == alone.score


def test_a_judgement_near_the_embedded_one_is_not_flagged(make_engine):
    assert make_engine(local=StandIn()).assess(CLEAN, QUESTION).flags == ()


@pytest.mark.parametrize(
    ("refused", "parameter"),
    [("temperature", "temperature"), ("response_format", "response_format"), ("max_tokens", "max_tokens")],
)
def test_an_optional_parameter_that_a_server_refuses_is_done_without(
    refused, parameter, make_engine, provider
):
    engine = make_engine()
    provider.then(status(400, param=refused, message=f"Unsupported parameter: '{refused}'."))
    first = engine.assess(CLEAN, QUESTION)
    assert first.score > 0
    engine.assess(CLEAN, QUESTION)
    before, after, later = (prompt.body for prompt in provider.prompts)
    assert before.get(parameter) != after.get(parameter)
    assert after.get(parameter) == later.get(parameter)


def test_a_server_that_takes_a_schema_under_another_name_alone_gets_it_there(make_engine, provider):
    # llama-cpp-python calls a type that it does not know an error of its own, as below.
    unknown = (
        "[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type'), 'input': 'json_schema'}]"
    )

    def strict(prompt):
        known = prompt.body["response_format"]["type"] == "json_object"
        refused = status(500, message=unknown, type="internal_server_error", param=None, code=None)
        return honest(prompt) if known else refused(prompt)

    provider.always(strict)
    engine = make_engine()
    assert engine.assess(CLEAN, QUESTION).score > 0
    engine.assess(CLEAN, QUESTION)
    forms = [prompt.body["response_format"] for prompt in provider.prompts]
    assert [form["type"] for form in forms] == ["json_schema", "json_object", "json_object"]
    assert forms[1]["schema"] == forms[0]["json_schema"]["schema"]


def test_a_schema_is_not_done_without_because_several_calls_at_once_were_refused_it(make_engine, provider):
    engine = make_engine()
    together = threading.Barrier(4)

    def strict(prompt):
        if prompt.body["response_format"]["type"] == "json_object":
            return honest(prompt)
        together.wait(60)
        return status(400, param="response_format", message="response_format is not supported")(prompt)

    provider.always(strict)
    with ThreadPoolExecutor(4) as pool:
        judged = list(pool.map(lambda _: engine.assess(CLEAN, QUESTION), range(4)))
    assert all(assessment.score > 0 for assessment in judged)
    assert all("schema" in prompt.body["response_format"] for prompt in provider.prompts[4:])


def test_a_server_that_fails_at_everything_teaches_nothing(make_engine, provider):
    provider.always(status(500, message="response_format: something broke"))
    engine = make_engine()
    with pytest.raises(ProviderUnavailableError):
        engine.assess(CLEAN, QUESTION)
    provider.prompts.clear()
    provider.always(honest)
    engine.assess(CLEAN, QUESTION)
    assert provider.prompts[0].body["response_format"]["type"] == "json_schema"


def test_an_error_of_a_hosted_provider_is_no_refusal_of_a_parameter(make_engine, provider):
    provider.then(status(500, message="response_format: something broke"))
    with pytest.raises(ProviderUnavailableError):
        make_engine("openai").assess(CLEAN, QUESTION)
    assert len(provider.prompts) == 1


def test_anthropic_without_structured_output_is_asked_by_the_words_alone(make_engine, provider):
    provider.then(status(400, message="output_config: this model does not support structured outputs"))
    assert make_engine("anthropic").assess(CLEAN, QUESTION).score > 0
    assert "output_config" not in provider.prompts[1].body
    assert '"additionalProperties": false' in provider.prompts[1].system


def test_nothing_of_the_environment_reaches_a_provider(make_engine, provider, monkeypatch):
    for name in (
        "OPENAI_API_KEY",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
    ):
        monkeypatch.setenv(name, "somebody-elses")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    make_engine().assess(CLEAN, QUESTION)
    make_engine(api_key="").assess(CLEAN, QUESTION)
    make_engine("anthropic").assess(CLEAN, QUESTION)
    assert len(provider.prompts) == 3
    for prompt in provider.prompts:
        assert "somebody-elses" not in json.dumps(prompt.headers)


def test_an_unknown_provider_and_no_samples_are_refused(make_engine):
    with pytest.raises(ValueError, match="no provider"):
        make_engine("somebody").load()
    with pytest.raises(ValueError, match="sample"):
        make_engine(samples=0)


def test_loading_makes_the_client_and_no_call(make_engine, provider):
    make_engine(local=StandIn()).load()
    assert provider.prompts == []


def test_a_worker_without_a_provider_loads_no_providers_library():
    check = (
        "import sys, worker.analysis.llm.engine as e; e.LLMEngine('openai', 'm');"
        "sys.exit(bool({'openai', 'anthropic', 'httpx2', 'pydantic'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
