"""Equal requests, messages and workers at the same moment, beats too many or none, a clock that is wrong."""

from __future__ import annotations

import subprocess
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from candidates import SENTENCE
from faulty_engine import runs_file
from service_stack import ROOT, eventually

from webapp.queue import make_queue
from webapp.settings import read_settings

AT_ONCE = 32
# Long enough for a busy machine to renew it in time: here, a lease that runs out would be an error.
ENVIRONMENT = {"LEASE_SECONDS": "3"}


@pytest.fixture(scope="module")
def workers(stack):
    return [stack.worker(), stack.worker()]


def all_at_once(candidate, path, bodies, key=None):
    """The same call from as many connections as bodies, let go together."""
    barrier = threading.Barrier(len(bodies))
    headers = {**candidate.http.headers, **({"Idempotency-Key": key} if key else {})}

    def call(body):
        with httpx.Client(base_url=candidate.http.base_url, headers=headers, timeout=60) as http:
            barrier.wait()
            return http.post(path, json=body)

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(call, bodies))


def test_equal_requests_at_once_with_one_key_get_one_answer(stack, workers, candidate, account_for):
    question, key = candidate.question(), str(uuid.uuid4())
    responses = all_at_once(
        candidate, f"/api/questions/{question}/answer", [{"user_answer": SENTENCE}] * AT_ONCE, key
    )
    assert {response.status_code for response in responses} == {202}
    assert len({response.text for response in responses}) == 1
    assert len({response.headers["Location"] for response in responses}) == 1
    assert len(stack.rows("SELECT id FROM responses WHERE question_id = %s", question)) == 1
    candidate.accepted.append(responses[0].json()["job"]["id"])
    account_for("32 equal requests at once, one key", 1, candidate)


def test_different_answers_to_one_question_at_once_are_one_answer_and_conflicts(
    stack, workers, candidate, account_for
):
    question = candidate.question()
    bodies = [{"user_answer": f"{SENTENCE} ({number})"} for number in range(AT_ONCE)]
    responses = all_at_once(candidate, f"/api/questions/{question}/answer", bodies)
    assert sorted(response.status_code for response in responses) == [202] + [409] * (AT_ONCE - 1)
    candidate.accepted += [r.json()["job"]["id"] for r in responses if r.status_code == 202]
    assert len(stack.rows("SELECT id FROM responses WHERE question_id = %s", question)) == 1
    account_for("32 answers at once to one question", 1, candidate)


def test_completing_many_times_at_once_gives_one_skill_gap_job(stack, workers, candidate, account_for):
    interview = candidate.start(3)
    candidate.submit(question=interview["questions"][0]["id"])
    responses = all_at_once(candidate, f"/api/interviews/{interview['id']}/complete", [{}] * AT_ONCE)
    assert {response.status_code for response in responses} == {202}
    assert len({response.json()["id"] for response in responses}) == 1
    jobs = stack.rows(
        "SELECT id FROM jobs WHERE interview_id = %s AND kind = 'skill_gap_analysis'", interview["id"]
    )
    assert len(jobs) == 1
    account_for("32 completions at once", 1, candidate)


def test_a_message_delivered_many_times_at_once_gives_one_attempt_and_one_result(
    stack, workers, candidate, account_for
):
    # Enough of them for both workers and all of their processes to have it at the same moment.
    queue = make_queue(read_settings(stack.environment))
    for _ in range(3):
        text = f"{SENTENCE} [[slow 0.5]] ({uuid.uuid4()})"
        path = f"/api/questions/{candidate.question()}/answer"
        job = candidate.call("POST", path, json={"user_answer": text}).json()["job"]["id"]
        candidate.accepted.append(job)
        assert all(queue.publish(uuid.UUID(job)) for _ in range(12))
        eventually(lambda job=job: stack.job(job)["state"] == "succeeded", "it is judged")
        assert stack.attempts(job) == ["succeeded"]
        assert len(runs_file(stack.faults, text).read_text().splitlines()) == 1
    account_for("one message delivered 13 times to 2 workers", 3, candidate)


def test_cancelling_a_running_job_ends_it_and_a_retry_starts_it_over(stack, workers, candidate, account_for):
    job = candidate.answer("[[slow 3]]")
    eventually(lambda: stack.job(job)["progress"] > 0, "it is under way")
    assert candidate.call("POST", f"/api/jobs/{job}/cancel").json()["state"] == "cancelled"
    assert candidate.call("POST", f"/api/jobs/{job}/cancel").status_code == 409
    # At once, while the first attempt may still think: its result must not become the second one's.
    retried = candidate.call("POST", f"/api/jobs/{job}/retry")
    assert retried.status_code == 202
    account_for("job cancelled while it runs, then retried", 1, candidate)
    assert stack.attempts(job) == ["cancelled", "succeeded"]


def readiness(stack, name):
    answer = httpx.get(f"{stack.address}/api/health/ready")
    (found,) = (dependency for dependency in answer.json()["dependencies"] if dependency["name"] == name)
    return answer.status_code, found


def test_without_beat_the_workers_sweep_and_readiness_tells_it(stack, workers, candidate, account_for):
    status, beat = readiness(stack, "beat")
    assert status == 200
    assert beat["up"] is False
    jobs = [candidate.answer("[[slow 0.3]]") for _ in range(8)]
    with stack.broker() as broker:
        broker.flushall()
    assert any(candidate.job(job)["state"] == "queued" for job in jobs)
    account_for("beat dead, messages lost", 1, candidate)


def test_three_beats_double_nothing(stack, workers, candidate, account_for):
    beats = [stack.beat() for _ in range(3)]
    with stack.running(*beats):
        eventually(lambda: readiness(stack, "beat")[1]["up"], "a beat is seen")
        jobs = [candidate.answer("[[slow 0.2]]") for _ in range(12)]
        account_for("three beats at once", 3, candidate)
        for job in jobs:
            assert stack.attempts(job) == ["succeeded"]


@pytest.mark.parametrize("minutes", [10, -10])
def test_a_worker_with_a_wrong_clock_takes_and_keeps_leases_as_any_other(
    stack, workers, candidate, account_for, minutes
):
    wrong = {"PYTHONPATH": str(ROOT / "tests/faults/skewed_clock"), "FAULTS_CLOCK": str(60 * minutes)}
    tells = "import time, datetime; print(time.time(), datetime.datetime.now().timestamp())"
    told = subprocess.run(
        [sys.executable, "-c", tells], env=wrong, capture_output=True, text=True, check=True
    ).stdout.split()
    true = stack.rows("SELECT extract(epoch FROM clock_timestamp())::float8 AS now")[0]["now"]
    assert all(abs(float(clock) - true) > 300 for clock in told), "the clock is not wrong"
    with stack.running(stack.worker(**wrong)):
        (newest,) = stack.rows("SELECT worker FROM worker_heartbeats ORDER BY started_at DESC LIMIT 1")
        # Longer than a lease: both have to renew theirs, and neither may think that the other's has run out.
        jobs = [candidate.answer("[[slow 4]]") for _ in range(6)]
        account_for(f"clock of a worker {minutes:+} minutes off", 1, candidate)
        assert [stack.attempts(job) for job in jobs] == [["succeeded"]] * len(jobs)
        judged = stack.rows("SELECT id FROM job_attempts WHERE worker = %s", newest["worker"])
        assert judged, "the worker with the wrong clock had no job"
