"""ASVS 16: the logs say what happened, in lines that nobody can forge, and nothing that somebody wrote or must not know."""

from __future__ import annotations

import io
import json
import logging
import os
import time
import urllib.error
import urllib.request
import uuid

import pytest
import sqlalchemy as sa

from webapp.accounts.models import User
from webapp.database import make_session_factory
from webapp.logs import JsonFormatter

MARK = "Zaunkönig"
PASSWORD = f"{MARK}-Passwort-4711"


class Caller:
    """A client of the real service; its texts all carry the mark."""

    def __init__(self, port):
        self.base, self.token = f"http://127.0.0.1:{port}", None

    def call(self, method, path, body=None, token=None, **headers):
        data = json.dumps(body).encode() if body is not None else None
        sent = {"Content-Type": "application/json", **headers}
        if token or self.token:
            sent["Authorization"] = f"Bearer {token or self.token}"
        request = urllib.request.Request(self.base + path, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, json.loads(response.read() or "null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or "null")


def wait_for_jobs(caller, seconds=120):
    deadline = time.monotonic() + seconds
    while True:
        jobs = caller.call("GET", "/api/jobs")[1]["items"]
        feedback = [job for job in jobs if job["kind"] == "answer_feedback"]
        if feedback and all(job["state"] in ("succeeded", "failed") for job in feedback):
            return feedback
        assert time.monotonic() < deadline, jobs
        time.sleep(0.3)


@pytest.fixture
def gone_afterwards(settings):
    """Removes a user whose rows were really committed."""
    emails: list[str] = []
    yield emails
    sessions = make_session_factory(settings)
    with sessions.begin() as session:
        session.execute(sa.delete(User).where(User.email.in_(emails)))
    sessions.kw["bind"].dispose()


def test_a_whole_interview_leaves_no_word_and_no_secret_in_the_logs(
    service, start, settings, gone_afterwards
):
    start(
        "celery", "--app", "worker.celery", "worker", "--loglevel", "INFO", "--pool", "solo", log=service.log
    )
    caller = Caller(service.port)
    name = f"log-{uuid.uuid4().hex[:12]}"
    email = f"{name}@marked.example"
    gone_afterwards.append(email)
    person = {"email": email, "username": name, "password": PASSWORD, "full_name": f"Frau {MARK}"}
    secrets = [
        MARK,
        MARK.encode("unicode_escape").decode(),
        json.dumps(MARK)[1:-1],
        PASSWORD,
        name,
        "marked.example",
    ]
    assert caller.call("POST", "/api/auth/register", person)[0] == 201
    caller.call("POST", "/api/auth/register", person)
    caller.call("POST", "/api/auth/login", {"email": email, "password": f"{MARK}-wrong"})
    status, tokens = caller.call("POST", "/api/auth/login", {"email": email, "password": PASSWORD})
    assert status == 200
    _, tokens = caller.call("POST", "/api/auth/refresh", token=tokens["refresh_token"])
    caller.token = tokens["access_token"]
    secrets += [tokens["access_token"], tokens["refresh_token"], tokens["access_token"].split(".")[2]]
    wishes = {"job_role": f"{MARK} Engineer", "job_description": f"We want {MARK}.", "num_questions": 1}
    _, interview = caller.call("POST", "/api/interviews/start", wishes, **{"Idempotency-Key": f"key-{name}"})
    question = interview["questions"][0]
    secrets += [question["question_text"]]
    answer = {"user_answer": f"The {MARK} keeps keys sorted, so that lookups are fast."}
    caller.call(
        "POST", f"/api/questions/{question['id']}/answer", {**answer, f"field-{MARK}".encode().hex(): MARK}
    )
    assert caller.call("POST", f"/api/questions/{question['id']}/answer", answer)[0] == 202
    assert [job["state"] for job in wait_for_jobs(caller)] == ["succeeded"]
    caller.call("GET", f"/api/interviews/{interview['id']}/report?format=json&token={name}")
    caller.call("GET", f"/api/no/{name}")
    caller.call("GET", "/api/jobs", token=f"{name}.{name}.{name}")
    caller.call("PUT", "/api/user/profile", {"full_name": f"Dr. {MARK}"})
    changed = {"current_password": PASSWORD, "new_password": f"{PASSWORD}-2"}
    assert caller.call("POST", "/api/auth/change-password", changed)[0] == 200
    assert caller.call("POST", "/api/auth/logout")[0] == 200

    written = service.log.read_text()
    assert '"message": "job"' in written
    assert written.count('"message": "request"') >= 12
    secrets += [settings.secret_key, os.environ["DATABASE_URL"], os.environ["REDIS_URL"]]
    secrets += [
        url.split("@")[0].rsplit(":", 1)[-1]
        for url in (os.environ["DATABASE_URL"], os.environ["REDIS_URL"])
        if "@" in url
    ]
    for secret in secrets:
        assert secret not in written, f"{secret[:12]!r} is in the logs"
    for line in written.splitlines():
        if line.startswith("{"):
            assert {"time", "level", "logger", "message"} <= json.loads(line).keys()


@pytest.fixture
def written():
    """What a logger with our formatter writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("security-test")
    logger.propagate = False
    logger.addHandler(handler)
    yield logger, stream
    logger.removeHandler(handler)


def test_an_exceptions_words_are_not_logged_only_its_kind_and_place(written):
    logger, stream = written
    try:
        int(f"the row is ({MARK})")
    except ValueError:
        logger.exception("it failed")
    line = json.loads(stream.getvalue())
    assert line["error"] == "ValueError"
    assert "test_logs.py" in line["trace"][0]
    assert MARK not in json.dumps(line, ensure_ascii=False)


def test_nobody_forges_a_line_of_the_log(written):
    logger, stream = written
    forged = 'x"}\n{"level": "critical", "message": "owned"}\r\n\x1b[2J\u2028'
    logger.info("said %s", forged, extra={"given": forged})
    assert len(stream.getvalue().splitlines()) == 1
    assert json.loads(stream.getvalue())["given"] == forged
    assert "\x1b" not in stream.getvalue()


def test_a_request_is_logged_by_route_and_id_and_not_by_what_was_asked(api, caplog):
    caplog.set_level(logging.INFO, "webapp.requests")
    missing = uuid.uuid4()
    api.get(f"/api/jobs/{missing}?token={MARK}")
    refused = json.loads(JsonFormatter().format(caplog.records[-1]))
    assert (refused["route"], refused["status"]) == ("/api/jobs/<uuid:job_id>", 422)
    assert MARK not in json.dumps(refused, ensure_ascii=False)
    api.get(f"/api/jobs/{missing}", headers={"User-Agent": MARK})
    line = json.loads(JsonFormatter().format(caplog.records[-1]))
    assert (line["route"], line["status"], line["user_id"]) == (
        "/api/jobs/<uuid:job_id>",
        404,
        api.user["id"],
    )
    assert MARK not in json.dumps(line, ensure_ascii=False)
    assert str(missing) not in json.dumps(line)


def test_a_statements_values_are_in_no_error_of_the_database(app):
    from webapp.database import db

    with (
        app.app_context(),
        db.engine.connect() as connection,
        pytest.raises(sa.exc.SQLAlchemyError) as failed,
    ):
        connection.execute(sa.text("SELECT 1 / 0, :answer"), {"answer": MARK})
    assert MARK not in str(failed.value)
    assert MARK not in repr(failed.value)


def test_celerys_record_of_a_failure_keeps_ids_and_no_words(written):
    from worker.celery import _FailureWithoutWords

    logger, stream = written
    silent = _FailureWithoutWords()
    logger.addFilter(silent)
    context = {
        "name": "worker.tasks.run_job",
        "id": "the-id",
        "exc": f"DataError({MARK!r})",
        "args": MARK,
        "traceback": MARK,
    }
    logger.error("Task %(name)s[%(id)s] raised unexpected: %(exc)s", context, extra={"data": context})
    logger.removeFilter(silent)
    line = json.loads(stream.getvalue())
    assert (line["task"], line["task_id"]) == ("worker.tasks.run_job", "the-id")
    assert MARK not in json.dumps(line, ensure_ascii=False)


def test_a_refused_login_is_logged_without_the_address_or_the_account(limited, api, caplog):
    caplog.set_level(logging.DEBUG)
    from webapp import logs

    logs_handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    logs.configure()
    logging.getLogger().handlers[:], logging.getLogger().level = logs_handlers, level
    body = {"email": api.user["email"], "password": "Wrong-Horse-9"}
    statuses = [limited.post("/api/auth/login", json=body).status_code for _ in range(6)]
    assert statuses[-1] == 429
    lines = [JsonFormatter().format(record) for record in caplog.records]
    assert [line for line in lines if '"status": 429' in line]
    for word in (api.user["email"], limited.environ_base["REMOTE_ADDR"], "Wrong-Horse-9"):
        assert not [line for line in lines if word in line]
