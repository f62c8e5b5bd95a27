"""Redis away, emptied or frozen, and the web killed before it could tell Redis."""

from __future__ import annotations

import signal
import statistics
import time
import uuid

import httpx
import pytest
from candidates import new_candidate
from service_stack import eventually

from stack.servers import free_port

MAY_COST_SECONDS = 0.25


@pytest.fixture(scope="module")
def worker(stack):
    """One worker for all of these: none of them may make a restart of it necessary."""
    return stack.worker()


def timed_answer(candidate, question):
    began = time.monotonic()
    response = candidate.submit(question=question)
    return response.status_code, time.monotonic() - began


def test_answers_are_taken_while_redis_is_down_and_judged_once_it_is_back(
    stack, worker, candidate, account_for, long_run
):
    candidate.answer()
    stack.stop_redis()
    questions = [candidate.question() for _ in range(12)]
    took = [timed_answer(candidate, question) for question in questions]
    assert {status for status, _ in took} == {202}
    assert statistics.median(seconds for _, seconds in took) < MAY_COST_SECONDS
    if long_run:
        # Long enough for every back-off in it to have grown.
        time.sleep(60)
    else:
        time.sleep(3)
    stack.restart_redis()
    account_for("Redis down at publish", 1, candidate)
    assert worker.is_alive


def test_a_queue_that_redis_has_forgotten_is_judged_all_the_same(stack, worker, candidate, account_for):
    jobs = [candidate.answer("[[slow 0.3]]") for _ in range(12)]
    with stack.broker() as broker:
        broker.flushall()
    assert any(candidate.job(job)["state"] == "queued" for job in jobs), "nothing was left to forget"
    account_for("Redis emptied in mid-run", 1, candidate)
    assert worker.is_alive


def test_a_frozen_redis_costs_an_answer_at_most_a_quarter_of_a_second(stack, worker, account_for):
    # With the rate limits on, which count in Redis as well; on a port of its own, beside the module's web.
    limited = stack.web(RATE_LIMITS="on", PORT=str(free_port()))
    candidate = new_candidate(stack, limited.address)
    questions = [candidate.question() for _ in range(45)]
    worst = []
    with stack.running(limited):
        usual = statistics.median(timed_answer(candidate, questions.pop())[1] for _ in range(9))
        for _round in range(3):
            stack.redis.process.send_signal(signal.SIGSTOP)
            try:
                # Enough of them to meet each web process, each before and after it has noticed.
                took = [timed_answer(candidate, questions.pop()) for _ in range(12)]
            finally:
                stack.redis.process.send_signal(signal.SIGCONT)
            assert {status for status, _ in took} == {202}
            worst.append(max(seconds for _, seconds in took) - usual)
            time.sleep(2)
        # The worst answer of a round; of three rounds the middle one, because a busy machine costs something too.
        assert statistics.median(worst) < MAY_COST_SECONDS, f"usual {usual:.3f} s, worst {worst}"
        assert max(worst) < 4 * MAY_COST_SECONDS
        account_for("Redis frozen (SIGSTOP) at publish", 3, candidate)
        assert worker.is_alive
    candidate.http.close()


def test_a_web_killed_between_commit_and_publish_leaves_a_job_that_the_sweeper_publishes(
    stack, worker, candidate, account_for
):
    key, question = str(uuid.uuid4()), candidate.question()
    body = {"user_answer": f"A queue in between takes up the peaks. ({key})"}
    (stack.faults / "die-before-publish").touch()
    with pytest.raises(httpx.HTTPError):
        candidate.call("POST", f"/api/questions/{question}/answer", key=key, json=body)
    assert not (stack.faults / "die-before-publish").exists()
    committed = stack.rows("SELECT id FROM jobs WHERE question_id = %s", question)
    assert len(committed) == 1

    def sent_again():
        try:
            return candidate.call("POST", f"/api/questions/{question}/answer", key=key, json=body)
        except httpx.TransportError:
            return None

    replayed = eventually(sent_again, "the web is back")
    assert replayed.status_code == 202
    assert replayed.json()["job"]["id"] == str(committed[0]["id"])
    assert replayed.headers["Idempotency-Replayed"] == "true"
    candidate.accepted.append(replayed.json()["job"]["id"])
    account_for("web killed between commit and publish", 1, candidate)
    assert candidate.job(candidate.accepted[0])["state"] == "succeeded"
