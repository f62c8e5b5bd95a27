"""PostgreSQL restarted, its connections cut, read-only, full: clean refusals, and nobody has to restart anything."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid

import pytest
from candidates import SENTENCE, new_candidate
from service_stack import eventually


@pytest.fixture(scope="module")
def worker(stack):
    """One worker for all of these: none of them may make a restart of it necessary."""
    return stack.worker()


class Persistent:
    """Candidates who answer without a pause, and send what was refused again with the same key, until it is taken."""

    def __init__(self, stack, count=3):
        self.candidates = [new_candidate(stack) for _ in range(count)]
        self.questions = {
            candidate: [candidate.question() for _ in range(60)] for candidate in self.candidates
        }
        self.refused, self.surprises = [], []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._answer, args=(c,)) for c in self.candidates]

    def _answer(self, candidate):
        while self.questions[candidate] and not self._stop.is_set():
            question, key = self.questions[candidate].pop(), str(uuid.uuid4())
            body = {"user_answer": f"{SENTENCE} ({key})"}
            while True:
                response = candidate.call("POST", f"/api/questions/{question}/answer", key=key, json=body)
                if response.status_code == 202:
                    candidate.accepted.append(response.json()["job"]["id"])
                    break
                (self.refused if response.status_code == 503 else self.surprises).append(response)
                if response.status_code != 503:
                    return
                time.sleep(0.1)
            time.sleep(0.02)

    @property
    def accepted(self):
        return sum(len(candidate.accepted) for candidate in self.candidates)

    def taken(self, more):
        """Wait until so many answers more have been taken."""
        before = self.accepted
        eventually(lambda: self.surprises or self.accepted >= before + more, "answers are taken again")

    @contextlib.contextmanager
    def answering(self):
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()
            for candidate in self.candidates:
                candidate.http.close()

    def check(self):
        assert [(response.status_code, response.text) for response in self.surprises] == []
        for response in self.refused:
            assert response.headers["Content-Type"] == "application/problem+json"
            assert int(response.headers["Retry-After"]) >= 1
            assert response.json()["status"] == 503


def nothing_is_half_saved(stack):
    """Every answer has its job, and every key its answer."""
    halves = stack.rows(
        """SELECT response.id FROM responses response LEFT JOIN jobs job ON job.response_id = response.id
           WHERE job.id IS NULL UNION ALL
           SELECT user_id FROM idempotency_keys WHERE status IS NULL"""
    )
    return halves == []


def test_a_postgresql_restarted_under_load_refuses_with_503_and_loses_nothing(
    stack, worker, account_for, long_run
):
    people, times = Persistent(stack), 5 if long_run else 2
    with people.answering():
        people.taken(5)
        for number in range(times):
            if number % 2:
                # Not a clean stop: every process of it killed.
                stack.kill_postgres()
            else:
                stack.stop_postgres()
            before = len(people.refused)
            eventually(
                lambda before=before: people.surprises or len(people.refused) > before, "answers are refused"
            )
            stack.restart_postgres()
            people.taken(5)
    people.check()
    account_for("PostgreSQL stopped or killed, and started again", times, *people.candidates)
    assert nothing_is_half_saved(stack)
    assert worker.is_alive


def test_connections_cut_again_and_again_are_opened_anew(stack, worker, account_for, long_run):
    people, times = Persistent(stack), 30 if long_run else 6
    with people.answering():
        for _ in range(times):
            people.taken(2)
            cut = stack.rows(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()"""
            )
            assert cut
    people.check()
    account_for("every connection to PostgreSQL cut", times, *people.candidates)
    assert nothing_is_half_saved(stack)
    assert worker.is_alive


def test_a_read_only_postgresql_is_a_503_for_what_cannot_be_saved_and_nothing_more(
    stack, worker, candidate, account_for
):
    under_way = candidate.answer("[[slow 2]]")
    eventually(lambda: stack.job(under_way)["progress"] > 0, "a job is under way")
    stack.alter_system("default_transaction_read_only", "on")
    try:
        refused = eventually(
            lambda: (response := candidate.submit()).status_code != 202 and response, "the answer is refused"
        )
        assert refused.status_code == 503
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert int(refused.headers["Retry-After"]) >= 1
        assert candidate.job(under_way)["state"] == "running", "what only reads goes on"
        # Longer than the analysis: the worker stands before a database that does not take its result.
        time.sleep(3)
    finally:
        stack.alter_system("default_transaction_read_only", "off")
    eventually(lambda: candidate.submit().status_code == 202, "answers are taken again")
    account_for("PostgreSQL read-only", 1, candidate)
    assert stack.job(under_way)["state"] == "succeeded"
    assert worker.is_alive


def test_a_full_disk_is_a_503_and_the_queue_goes_on_once_there_is_room(stack, worker, candidate, account_for):
    """Simulated: what PostgreSQL says when a table cannot grow (SQLSTATE 53100), said by triggers."""
    question = candidate.question()
    under_way = candidate.answer("[[slow 1]]")
    eventually(lambda: stack.job(under_way)["progress"] > 0, "a job is under way")
    stack.rows(
        """CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
           CREATE TRIGGER full_jobs BEFORE INSERT OR UPDATE ON jobs FOR EACH STATEMENT EXECUTE FUNCTION no_space();
           CREATE TRIGGER full_responses BEFORE INSERT OR UPDATE ON responses
               FOR EACH STATEMENT EXECUTE FUNCTION no_space()"""
    )
    try:
        refused = candidate.submit(question=question)
        assert refused.status_code == 503
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert int(refused.headers["Retry-After"]) >= 1
        time.sleep(2)
    finally:
        stack.rows("DROP FUNCTION no_space CASCADE")
    assert stack.rows("SELECT id FROM responses WHERE question_id = %s", question) == []
    assert candidate.submit(question=question).status_code == 202
    account_for("disk of PostgreSQL full (simulated)", 1, candidate)
    assert stack.job(under_way)["state"] == "succeeded"
    assert worker.is_alive
