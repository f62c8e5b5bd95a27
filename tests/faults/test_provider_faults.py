"""A model provider that fails in every way it can, behind the service's own worker and its own engine."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from fake_provider import FakeProvider, hangs, honest, says, status
from service_stack import eventually

ENVIRONMENT = {"JOB_MAX_ATTEMPTS": "2"}

# An answer names the flower of the failure that it is to meet, and how often.
FAILURES = {
    "snowdrop": (status(429, {"Retry-After": "1"}), 99),
    "crocus": (status(429, {"Retry-After": "4"}), 1),
    "primrose": (status(500), 99),
    "bluebell": (status(503), 1),
    "foxglove": (hangs, 99),
    "cowslip": (says("I would rather write a poem."), 99),
    "hemlock": (says("I cannot judge that.", finish="refusal"), 99),
}


class Temper:
    """What the provider does, by what it is asked to judge."""

    def __init__(self):
        self._met = Counter()
        self._lock = threading.Lock()

    def __call__(self, prompt):
        for flower, (behaviour, times) in FAILURES.items():
            if flower in prompt.answer:
                with self._lock:
                    self._met[flower] += 1
                    is_due = self._met[flower] <= times
                return behaviour(prompt) if is_due else honest(prompt)
        return honest(prompt)


@pytest.fixture(scope="module")
def worker(stack):
    with FakeProvider() as provider:
        provider.always(Temper())
        worker = stack.worker(
            app="worker.celery",
            ANALYSIS_PROVIDER="openai_compatible",
            LLM_BASE_URL=f"{provider.url}/v1",
            LLM_MODEL="fake-1",
            LLM_API_KEY="sk-test-key-1234",
            LLM_TIMEOUT_SECONDS="1.5",
            WORKER_CONCURRENCY="1",
        )
        with stack.running(worker):
            yield worker


def ends(candidate, job_id):
    return eventually(
        lambda: (job := candidate.job(job_id))["state"] in {"failed", "succeeded"} and job, "the job ends"
    )


def test_each_failure_ends_in_its_code_and_none_holds_the_only_slot(stack, worker, candidate, account_for):
    expected = {
        "snowdrop": "provider_rate_limited",
        "primrose": "provider_unavailable",
        "foxglove": "provider_timeout",
        "cowslip": "provider_invalid_output",
        "hemlock": "provider_rejected",
    }
    jobs = {flower: candidate.answer(f"Think of a {flower}.") for flower in expected}
    healthy = candidate.answer()
    ended = {flower: ends(candidate, job) for flower, job in jobs.items()}
    assert {flower: job["error"]["code"] for flower, job in ended.items()} == expected
    assert {job["state"] for job in ended.values()} == {"failed"}
    # A refusal is not put right by asking the same again.
    assert {flower for flower, job in ended.items() if not job["error"]["retryable"]} == {"hemlock"}
    # What may pass is tried twice here; a refusal is one.
    assert {flower: job["attempts"] for flower, job in ended.items()} == {
        **dict.fromkeys(expected, 2),
        "hemlock": 1,
    }
    # The one that came last was judged while those before it waited for their second try.
    assert ends(candidate, healthy)["finished_at"] < max(job["finished_at"] for job in ended.values())
    account_for("provider: 429, 500, hang, invalid output, refusal", 9, candidate)


def test_a_provider_that_recovers_is_asked_again_and_not_before_it_said(
    stack, worker, candidate, account_for
):
    patient, again = candidate.answer("Think of a crocus."), candidate.answer("Think of a bluebell.")
    for job_id in (patient, again):
        job = ends(candidate, job_id)
        assert job["state"] == "succeeded"
        assert [attempt["outcome"] for attempt in job["history"]] == ["failed", "succeeded"]
    waited = stack.rows(
        """SELECT extract(epoch FROM max(started_at) - min(finished_at)) AS seconds
           FROM job_attempts WHERE job_id = %s""",
        patient,
    )
    assert waited[0]["seconds"] >= 4, "Retry-After said four seconds"
    account_for("provider: 429 with Retry-After, 503, then well again", 2, candidate)
