"""No transaction is open while anything outside the database answers, and an error says what is known of a commit."""

from __future__ import annotations

import dataclasses
import threading
import uuid

import pytest
import redis
import sqlalchemy as sa
from flask import jsonify
from problem_details import problem_of

from webapp import transactions
from webapp.app import create_app
from webapp.database import db
from webapp.interviews.models import Response
from webapp.limits import limiter
from webapp.rewording import Rewording
from worker import rewording as answering

pytest_plugins = ["stages"]

ADVERT = "We run a marketplace for second-hand bicycles on Python and PostgreSQL."


@pytest.fixture
def backends(committed):
    """The database's backends, other than those that were there before, that are in a transaction and wait for us."""
    query = sa.text(
        """SELECT pid FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"""
    )
    watching = committed.sessions.kw["bind"].connect().execution_options(isolation_level="AUTOCOMMIT")
    before = set(watching.scalars(query))
    yield lambda: set(watching.scalars(query)) - before
    watching.close()


@pytest.fixture
def counting(committed, settings):
    """The committed user, of an app that counts rate limits in Redis and publishes to it."""
    before = limiter.enabled
    committed.app = create_app(dataclasses.replace(settings, rate_limits=True))
    yield committed
    limiter.enabled = before
    with committed.app.app_context():
        db.engine.dispose()


def test_no_transaction_is_open_while_redis_answers(counting, backends, monkeypatch):
    asked, offenders = [], []
    send = redis.connection.AbstractConnection.send_packed_command

    def watched(self, command, *args, **kwargs):
        asked.append(command)
        if backends():
            offenders.append(command)
        return send(self, command, *args, **kwargs)

    monkeypatch.setattr(redis.connection.AbstractConnection, "send_packed_command", watched)
    name = f"x{uuid.uuid4().hex[:12]}"
    account = {"email": f"{name}@example.com", "password": "Really-Committed-2-disk"}
    call = counting.call
    try:
        call("POST", "/api/auth/register", json={**account, "username": name, "full_name": "Ada L"})
        assert call("POST", "/api/auth/login", json=account).status_code == 200
        assert call("POST", "/api/auth/login", json={**account, "password": "x"}).status_code == 401
    finally:
        counting.forget(email=account["email"])
    interview = counting.start(num_questions=3)
    first, second, _ = (question["id"] for question in interview["questions"])
    job = counting.answer(first)["job"]
    keyed = {"Idempotency-Key": "one"}
    body = {"user_answer": "Once more."}
    calls = [
        ("POST", f"/api/questions/{second}/answer", {"json": body, "headers": keyed}, 202),
        ("POST", f"/api/questions/{second}/answer", {"json": body, "headers": keyed}, 202),
        ("POST", f"/api/questions/{second}/answer", {"json": body}, 409),
        ("POST", f"/api/questions/{first}/retry", {"json": body}, 202),
        ("POST", f"/api/jobs/{job['id']}/cancel", {}, 200),
        ("POST", f"/api/jobs/{job['id']}/retry", {}, 202),
        ("POST", f"/api/interviews/{interview['id']}/complete", {}, 202),
        ("GET", f"/api/jobs/{job['id']}", {"headers": {"Prefer": "wait=1"}}, 200),
        ("POST", "/api/auth/change-password", {"json": {"current_password": "x", "new_password": "Y-1-is-long-enough"}}, 400),
        ("GET", "/api/health/ready", {}, 503),
    ]  # fmt: skip
    for method, path, sent, status in calls:
        before = len(asked)
        assert call(method, path, **sent).status_code in (status, 200), path
        assert len(asked) > before or path.endswith(job["id"]), f"{path} asks Redis"
    assert offenders == []


class Tailor:
    """Words questions as a provider does: in its own time."""

    def __init__(self):
        self.asked, self.may_answer = threading.Semaphore(0), threading.Event()

    def tailor(self, questions, job_description):
        self.asked.release()
        assert self.may_answer.wait(60)
        return tuple(f"At a bicycle marketplace: {question.text}" for question in questions)


class Sent:
    """A queue that hands each key to a worker of its own at once."""

    def __init__(self, settings, sessions, engine):
        self._work = lambda key: answering.reword(settings, sessions, engine, key)

    def send(self, task, argument, *, expires=None):
        threading.Thread(target=self._work, args=(argument,)).start()
        return True


def test_a_second_equal_start_while_the_provider_words_the_first_gets_the_same_interview(
    committed, backends, settings, monkeypatch
):
    provider = Tailor()
    rewording = Rewording(settings, Sent(settings, committed.sessions, provider), places=2)
    monkeypatch.setitem(committed.app.extensions, "rewording", rewording)
    body = {"job_role": "Backend Engineer", "num_questions": 1, "job_description": ADVERT}
    answers = []

    def start():
        key = {"Idempotency-Key": "the-same"}
        answers.append(committed.call("POST", "/api/interviews/start", json=body, headers=key))

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert provider.asked.acquire(timeout=60)
    assert backends() == set()
    provider.may_answer.set()
    for thread in threads:
        thread.join(60)
    first, second = answers
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert first.json["questions"][0]["question_text"].startswith("At a bicycle marketplace: ")
    assert committed.call("GET", "/api/interviews").json["total"] == 1


def test_a_replay_asks_no_provider(committed, settings, monkeypatch):
    provider = Tailor()
    provider.may_answer.set()
    rewording = Rewording(settings, Sent(settings, committed.sessions, provider), places=2)
    monkeypatch.setitem(committed.app.extensions, "rewording", rewording)
    body = {"job_role": "Backend Engineer", "num_questions": 1, "job_description": ADVERT}
    sent = {"json": body, "headers": {"Idempotency-Key": "again"}}
    first, again = (committed.call("POST", "/api/interviews/start", **sent) for _ in range(2))
    assert (first.json, again.headers["Idempotency-Replayed"]) == (again.json, "true")
    assert provider.asked.acquire(timeout=60)
    assert not provider.asked.acquire(blocking=False)


# --- what is said of a commit -----------------------------------------------------------------------


@pytest.fixture
def dying_in_commit(committed):
    """While it lasts, the server ends the connection in the middle of each COMMIT that has a new response."""
    begin = """
        CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER dying AFTER INSERT ON responses DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION die()"""
    end = sa.text("DROP FUNCTION IF EXISTS die CASCADE")
    with committed.sessions.begin() as session:
        session.execute(sa.text(begin))

    def stop():
        with committed.sessions.begin() as session:
            session.execute(end)

    yield stop
    stop()


def test_a_connection_that_dies_in_the_commit_is_an_unknown_outcome_and_the_same_key_tells(
    committed, dying_in_commit
):
    question = committed.start(num_questions=2)["questions"][0]["id"]
    sent = {"json": {"user_answer": "An index."}, "headers": {"Idempotency-Key": "perhaps"}}
    path = f"/api/questions/{question}/answer"
    body = problem_of(committed.call("POST", path, **sent), 503)
    assert "not known whether" in body["detail"]
    assert "same Idempotency-Key" in body["detail"]
    assert "othing was changed" not in body["detail"]
    without = problem_of(committed.call("POST", path, json=sent["json"]), 503)
    assert "not known whether" in without["detail"]
    assert "Look whether it is there" in without["detail"]
    dying_in_commit()
    told = committed.call("POST", path, **sent)
    assert told.status_code == 202
    assert committed.call("POST", path, **sent).json == told.json
    with committed.sessions() as session:
        given = sa.select(sa.func.count()).where(Response.question_id == uuid.UUID(question))
        assert session.scalar(given) == 1


def test_a_statement_that_fails_before_the_commit_is_known_to_have_changed_nothing(committed):
    refused = """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$;
        CREATE TRIGGER refusing BEFORE INSERT ON responses FOR EACH ROW EXECUTE FUNCTION refuse()"""
    question = committed.start(num_questions=2)["questions"][0]["id"]
    with committed.sessions.begin() as session:
        session.execute(sa.text(refused))
    try:
        answer = committed.call(
            "POST", f"/api/questions/{question}/answer", json={"user_answer": "An index."}
        )
    finally:
        with committed.sessions.begin() as session:
            session.execute(sa.text("DROP FUNCTION refuse CASCADE"))
    assert "nothing was changed" in problem_of(answer, 503)["detail"]


def test_an_error_after_the_commit_does_not_say_that_nothing_was_changed(settings, sessions):
    app = create_app(settings)

    @app.post("/breaks/<when>")
    def breaks(when):
        if when == "after":
            transactions.commit()
        if when in ("before", "after"):
            raise RuntimeError(when)
        return jsonify()

    told = {
        when: problem_of(app.test_client().post(f"/breaks/{when}"), 500)["detail"]
        for when in ("before", "after")
    }
    assert "Nothing was changed" in told["before"]
    assert "othing was changed" not in told["after"]
    assert "was saved" in told["after"]
