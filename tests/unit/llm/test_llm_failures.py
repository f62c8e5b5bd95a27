"""What each way in which a provider fails becomes. A failure never becomes a score."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from fake_provider import dribbles, hangs, honest, says, status
from llm_case import CLEAN, KEY, QUESTION

from worker.analysis.errors import (
    ProviderInvalidOutputError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)
from worker.analysis.llm.engine import LLMEngine
from worker.analysis.llm.failures import retry_after

PROTOCOLS = ("openai", "anthropic")


def failure(engine, error):
    """The failure of a judgement, whose message is a sentence that tells nothing it should not."""
    with pytest.raises(error) as caught:
        engine.assess(CLEAN, QUESTION)
    message = caught.value.message
    assert message.endswith(".")
    assert KEY not in message
    assert "sk-" not in message
    assert not any(part in message for part in CLEAN.split(". "))
    return caught.value


@pytest.fixture(params=PROTOCOLS)
def engine(request, make_engine):
    return make_engine(request.param)


def test_a_provider_that_asks_us_to_wait_is_obeyed(engine, provider):
    provider.then(status(429, {"Retry-After": "17"}))
    error = failure(engine, ProviderRateLimitedError)
    assert error.retryable
    assert error.retry_after == 17.0
    assert len(provider.prompts) == 1


def test_a_date_to_wait_for_is_understood(engine, provider):
    provider.then(status(429, {"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"}))
    assert failure(engine, ProviderRateLimitedError).retry_after > 3600


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "2.5"}, 2.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"Retry-After": "Mon, 23 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"Retry-After": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"Retry-After": "-5"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_read_from_seconds_and_dates(headers, seconds):
    assert retry_after(headers, now=datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)) == seconds


@pytest.mark.parametrize("code", [500, 502, 503, 529])
def test_a_failing_provider_is_unavailable_and_is_not_asked_again_at_once(code, engine, provider):
    provider.then(status(code, {"Retry-After": "3"}))
    error = failure(engine, ProviderUnavailableError)
    assert error.retryable
    assert error.retry_after == 3.0
    assert len(provider.prompts) == 1


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_provider_that_is_not_there_is_unavailable(name):
    engine = LLMEngine(name, "m", "http://127.0.0.1:9/v1", KEY, timeout_seconds=5.0)
    assert failure(engine, ProviderUnavailableError).retryable
    engine._made._client.close()


@pytest.mark.parametrize("behaviour", [hangs, dribbles])
@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_call_that_is_not_over_in_time_is_a_timeout(name, behaviour, make_engine, provider):
    provider.then(behaviour)
    assert failure(make_engine(name, timeout_seconds=0.5), ProviderTimeoutError).retryable


@pytest.mark.parametrize("code", [408, 504])
def test_a_gateway_that_gives_up_waiting_is_a_timeout(code, engine, provider):
    provider.then(status(code))
    failure(engine, ProviderTimeoutError)


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 413, 422])
def test_what_no_retry_can_mend_is_rejected_for_good(code, engine, provider):
    provider.then(status(code))
    error = failure(engine, ProviderRejectedError)
    assert not error.retryable
    assert str(code) in error.message


def test_an_account_without_credit_is_rejected_though_it_says_429(make_engine, provider):
    provider.then(status(429, code="insufficient_quota"))
    assert "credit" in failure(make_engine(), ProviderRejectedError).message


def test_a_stopped_prompt_is_rejected_with_its_reason(make_engine, provider):
    provider.then(status(400, code="content_filter"))
    assert "content filter" in failure(make_engine(), ProviderRejectedError).message


def test_a_parameter_refused_in_every_form_is_rejected(make_engine, provider):
    provider.always(status(400, param="response_format", message="response_format is not supported"))
    failure(make_engine(), ProviderRejectedError)
    assert [prompt.body.get("response_format", {}).get("type") for prompt in provider.prompts] == [
        "json_schema", "json_object", "json_object", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "error",
    [
        {"param": "messages", "code": "context_length_exceeded", "message": "Too long."},
        {"code": 400, "type": "exceed_context_size_error", "message": "Too long."},
        {"code": 400, "message": "the request exceeds the available context size. try increasing it"},
        {"code": 400, "message": "This model's maximum context length is 2048 tokens. However, it is 2100."},
    ],
)
def test_a_prompt_that_is_too_long_for_the_model_is_rejected_with_its_reason(error, make_engine, provider):
    provider.then(status(400, **error))
    assert "context" in failure(make_engine(), ProviderRejectedError).message
    assert len(provider.prompts) == 1


@pytest.mark.parametrize("finish", ["refusal", "content_filter"])
def test_a_refusal_is_rejected(finish, engine, provider):
    provider.then(says("I cannot help with that.", finish=finish))
    assert not failure(engine, ProviderRejectedError).retryable


def test_output_that_is_cut_off_is_invalid_even_where_it_happens_to_parse(engine, provider):
    provider.then(lambda prompt: says(honest(prompt).text, finish="length")(prompt))
    assert failure(engine, ProviderInvalidOutputError).retryable


@pytest.mark.parametrize("finish", ["length", "refusal"])
def test_an_answer_that_is_of_no_use_was_paid_for_all_the_same(finish, engine, provider):
    provider.then(lambda prompt: says(honest(prompt).text, finish=finish)(prompt))
    error = failure(engine, (ProviderInvalidOutputError, ProviderRejectedError))
    assert (error.usage["input_tokens"], error.usage["output_tokens"]) == (1000, 200)


def test_a_call_that_was_never_answered_was_paid_nothing(engine, provider):
    provider.then(status(503))
    assert failure(engine, ProviderUnavailableError).usage == {"input_tokens": 0, "output_tokens": 0}


def reported(prompt):
    return json.loads(honest(prompt).text)


def changed(change):
    """A model whose report is changed before it is sent."""

    def behave(prompt):
        body = reported(prompt)
        return says(json.dumps(change(body) or body))(prompt)

    return behave


MALFORMED = {
    "no json": says("The answer is quite good."),
    "a plain refusal": says("I'm sorry, but I can't grade this."),
    "an empty text": says("   "),
    "half an object": lambda prompt: says(honest(prompt).text[:-20])(prompt),
    "two objects": lambda prompt: says(honest(prompt).text * 2)(prompt),
    "two objects on lines": lambda prompt: says(honest(prompt).text + "\n" + honest(prompt).text)(prompt),
    "talk before it": lambda prompt: says("Here it is: " + honest(prompt).text)(prompt),
    "talk after it": lambda prompt: says(honest(prompt).text + "\nHope that helps!")(prompt),
    "a list": lambda prompt: says(f"[{honest(prompt).text}]")(prompt),
    "a field twice": lambda prompt: says(honest(prompt).text.replace("{", '{"on_topic": "no", ', 1))(prompt),
    "NaN": lambda prompt: says(re.sub(r'"criterion": \d+', '"criterion": NaN', honest(prompt).text))(prompt),
    "a million brackets": says("[" * 1_000_000),
    "a score": changed(lambda body: body.update(score=100)),
    "no topic": changed(lambda body: body.pop("on_topic") and body),
    "an unknown topic": changed(lambda body: body.update(on_topic="very much")),
    "criteria as an object": changed(lambda body: body.update(criteria={})),
    "an unknown status": changed(lambda body: body["criteria"][0].update(status="excellent")),
    "a status that is a list": changed(lambda body: body["criteria"][0].update(status=["covered"])),
    "a score in a criterion": changed(lambda body: body["criteria"][0].update(points=10)),
    "a criterion left out": changed(lambda body: body.update(criteria=body["criteria"][1:])),
    "a criterion twice": changed(lambda body: body["criteria"].append(body["criteria"][0])),
    "a criterion too many": changed(
        lambda body: body["criteria"].append({**body["criteria"][0], "criterion": 99})
    ),
    "a number as text": changed(lambda body: body["criteria"][0].update(criterion="1")),
    "a number that is true": changed(lambda body: body["criteria"][0].update(criterion=True)),
    "a quote that is null": changed(lambda body: body["criteria"][0].update(quote=None)),
    "contradicted as text": changed(lambda body: body["criteria"][0].update(contradicted="false")),
}


@pytest.mark.parametrize("what", MALFORMED)
@pytest.mark.parametrize("name", PROTOCOLS)
def test_output_that_is_not_one_report_is_invalid(name, what, make_engine, provider):
    provider.then(MALFORMED[what])
    assert failure(make_engine(name), ProviderInvalidOutputError).retryable


@pytest.mark.parametrize("wrap", ["```json\n{}\n```", "```\n{}\n```", "\n\n {} \n"])
def test_a_fence_around_the_one_object_is_taken_off(wrap, make_engine, provider):
    provider.then(lambda prompt: says(wrap.replace("{}", honest(prompt).text))(prompt))
    assert make_engine().assess(CLEAN, QUESTION).score > 0


BODIES = {
    "html": {"raw": b"<html>Sign in to the Wi-Fi</html>", "content_type": "text/html"},
    "broken json": {"raw": b'{"id": '},
    "another shape": {"raw": b'{"hello": "world"}'},
    "null": {"raw": b"null"},
    "a list": {"raw": b"[]"},
    "no choices": {"raw": b'{"object": "chat.completion", "choices": [], "type": "message", "content": []}'},
    "null fields": {"raw": b'{"choices": null, "content": null, "usage": null}'},
    "choices of null": {"raw": b'{"choices": [null], "content": [null]}'},
    "no text": {
        "raw": b'{"choices": [{"message": {"content": null}}], "content": [{"type": "text", "text": null}]}'
    },
    "two choices": {
        "raw": b'{"choices": [{"message": {"content": "{}"}}, {"message": {"content": "{}"}}], "content": []}'
    },
    "not text": {"raw": b"\xff\xfe\x00", "content_type": "application/json"},
}


@pytest.mark.parametrize("what", BODIES)
@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_body_that_is_no_completion_is_invalid(name, what, make_engine, provider):
    provider.then(says("", **BODIES[what]))
    failure(make_engine(name), ProviderInvalidOutputError)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_half_a_character_in_the_models_output_harms_nothing(name, make_engine, provider):
    def halved(prompt):
        body = reported(prompt)
        next(entry for entry in body["criteria"] if entry["quote"])["quote"] = "half a \ud83d smile"
        return says(json.dumps(body, ensure_ascii=False))(prompt)

    provider.then(halved)
    engine = make_engine(name)
    assert engine.assess(CLEAN, QUESTION).score == engine.assess(CLEAN, QUESTION).score
    assert len(provider.prompts) == 3


def test_a_failure_in_a_later_sample_fails_the_judgement(make_engine, provider):
    provider.then(honest, status(503))
    failure(make_engine(samples=3), ProviderUnavailableError)
    assert len(provider.prompts) == 2
