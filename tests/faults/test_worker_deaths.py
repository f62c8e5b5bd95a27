"""Workers that are killed, jobs that kill their worker, and deploys."""

from __future__ import annotations

import time

import pytest
from service_stack import eventually


def under_way(stack, *job_ids):
    """Are these jobs in the middle of an analysis that has told its progress?"""
    running = stack.rows("SELECT id FROM jobs WHERE state = 'running' AND progress > 0")
    return set(job_ids) <= {str(row["id"]) for row in running}


@pytest.mark.timeout(1500)
def test_killing_workers_in_mid_analysis_loses_and_doubles_nothing(stack, candidate, account_for, long_run):
    kills, between, seconds = (50, 20, 0.8) if long_run else (3, 8, 0.7)
    workers = [stack.worker() for _ in range(2)]
    with stack.running(*workers):
        for number in range(kills):
            for _ in range(between):
                candidate.answer(f"[[slow {seconds}]]")
            doomed = workers[number % 2]
            eventually(lambda doomed=doomed: stack.works_on(doomed), "it is in the middle of a job")
            doomed.kill()
            workers[number % 2] = stack.worker()
        with stack.running(*workers):
            account_for(
                "worker killed with -9 in mid-analysis", kills, candidate, patience=900 if long_run else 90
            )
    states = {row["state"] for row in stack.rows("SELECT DISTINCT state FROM jobs")}
    assert states == {"succeeded"}
    lost = stack.rows("SELECT count(*) FROM job_attempts WHERE outcome = 'lost'")[0]["count"]
    assert lost >= kills, "a kill that no job noticed proves nothing"


def test_a_job_that_kills_its_worker_fails_as_worker_lost_while_the_queue_goes_on(
    stack, candidate, account_for
):
    with stack.running(stack.worker(WORKER_CONCURRENCY="1")):
        poison = candidate.answer("[[crash 2]]")
        stack.rows("UPDATE jobs SET max_attempts = 2 WHERE id = %s", poison)
        others = [candidate.answer() for _ in range(4)]
        eventually(
            lambda: all(candidate.job(job)["state"] == "succeeded" for job in others), "the others are judged"
        )
        # With one slot, and behind a job that kills it, they did not wait for the end of the poison.
        assert candidate.job(poison)["state"] in {"queued", "running"}
        failed = eventually(
            lambda: (job := candidate.job(poison))["state"] == "failed" and job, "the poison is given up"
        )
        assert failed["error"]["code"] == "worker_lost"
        assert failed["error"]["retryable"] is True
        assert failed["attempts"] == 2
        assert [attempt["outcome"] for attempt in failed["history"]] == ["lost", "lost"]
        assert candidate.call("POST", f"/api/jobs/{poison}/retry").status_code == 202
        account_for("job that crashes its worker every time", 2, candidate)
        assert candidate.job(poison)["state"] == "succeeded"


def test_a_worker_that_stalls_past_its_lease_wakes_to_a_refused_write(stack, candidate, account_for):
    stalled = stack.worker()
    with stack.running(stalled):
        job = candidate.answer("[[stubborn 2]]")
        eventually(lambda: stack.job(job)["state"] == "running", "the job is under way")
        stalled.freeze()
        with stack.running(stack.worker()):
            eventually(lambda: stack.job(job)["state"] == "succeeded", "another worker has judged it")
            stored = stack.rows(
                "SELECT feedback::text, updated.at FROM responses, witnessed_results updated"
                " WHERE job_or_response = responses.id AND responses.id = %s",
                stack.job(job)["response_id"],
            )
            stalled.thaw()
            eventually(
                lambda: '"outcome": "refused"' in stalled.log.read_text(),
                "the stalled worker's write is refused",
            )
            assert stack.attempts(job) == ["lost", "succeeded"]
            after = stack.rows(
                "SELECT feedback::text, updated.at FROM responses, witnessed_results updated"
                " WHERE job_or_response = responses.id AND responses.id = %s",
                stack.job(job)["response_id"],
            )
            assert after == stored
            account_for("worker stalled past its lease, then awake", 1, candidate)


def test_a_worker_told_to_stop_finishes_what_is_short_and_hands_back_what_is_long(
    stack, candidate, account_for
):
    # A lease so long that a job which waited for it would not be judged before the test's patience ends.
    leaving = stack.worker(LEASE_SECONDS="600")
    with stack.running(leaving):
        short, long = candidate.answer("[[slow 1]]"), candidate.answer("[[slow 8]]")
        eventually(lambda: under_way(stack, short, long), "both are under way")
        leaving.terminate()
        began = time.monotonic()
        eventually(lambda: stack.attempts(long) == ["released"], "the long one is handed back")
        handed_back = time.monotonic() - began
        assert stack.attempts(short) == ["succeeded"]
        assert stack.job(long)["attempts"] == 0, "an attempt that a deploy ended is not charged"
        eventually(lambda: not leaving.is_alive, "the worker ends")
        ended = time.monotonic() - began
        # What supervisors give before they kill is 10 s and more; a lease here is ten minutes.
        assert handed_back < ended < 30
        with stack.running(stack.worker(LEASE_SECONDS="600")):
            account_for("SIGTERM in mid-job", 1, candidate)
        assert stack.attempts(long) == ["released", "succeeded"]


def test_an_engine_that_never_returns_is_ended_by_the_time_limit_and_not_by_the_lease(
    stack, candidate, account_for
):
    stuck = stack.worker(FAULTS_TIME_LIMIT="3", WORKER_CONCURRENCY="1")
    with stack.running(stuck):
        job = candidate.answer("[[hang]]")
        stack.rows("UPDATE jobs SET max_attempts = 2 WHERE id = %s", job)
        eventually(lambda: stack.job(job)["state"] == "running", "it hangs")
        behind = candidate.answer()
        ended = eventually(lambda: (row := candidate.job(job))["state"] == "failed" and row, "it is ended")
        # A lease is two seconds here: it was renewed, because the worker is well, and the time limit ended the attempt.
        assert [attempt["outcome"] for attempt in ended["history"]] == ["failed", "failed"]
        assert ended["error"]["code"] == "provider_timeout"
        account_for("engine that never returns", 2, candidate)
        assert candidate.job(behind)["state"] == "succeeded"
