"""API4: nobody takes more than a share: bytes, depth, time, threads, rows."""

from __future__ import annotations

import json
import random
import socket
import time
import urllib.request
import uuid
from http import HTTPStatus

import pytest
import sqlalchemy as sa

from webapp.catalog import matching, titles
from webapp.limits import ANSWER_BY_USER, CHANGE_BY_USER, RETRY_BY_USER, START_BY_USER, limiter
from webapp.transactions import IdempotencyKey

JSON = {"content_type": "application/json"}


def until_refused(call, at_most):
    for count in range(at_most):
        response = call()
        if response.status_code == 429:
            assert response.content_type == "application/problem+json"
            assert int(response.headers["Retry-After"]) >= 1
            for name in ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy"):
                assert response.headers[name]
            assert response.headers["RateLimit-Remaining"] == "0"
            return count
    raise AssertionError(f"{at_most} calls were let through")


ANSWER = {"user_answer": "An index keeps keys sorted."}
START = {"job_role": "Backend Engineer", "num_questions": 1}


def starts(api):
    while True:
        yield "/api/interviews/start", START


def answers(api):
    while True:
        for question in api.start(num_questions=20)["questions"]:
            yield f"/api/questions/{question['id']}/answer", ANSWER


def retries(api):
    question = api.start()["questions"][0]["id"]
    api.answer(question)
    while True:
        yield f"/api/questions/{question}/retry", ANSWER


def completions(api):
    interview = api.start()["id"]
    while True:
        yield f"/api/interviews/{interview}/complete", None


def cancellations(api):
    job = api.answer(api.start()["questions"][0]["id"])["job"]["id"]
    while True:
        yield f"/api/jobs/{job}/cancel", None
        api.post(f"/api/jobs/{job}/retry")


def job_retries(api):
    job = api.answer(api.start()["questions"][0]["id"])["job"]["id"]
    while True:
        api.post(f"/api/jobs/{job}/cancel")
        yield f"/api/jobs/{job}/retry", None


@pytest.fixture
def unlimited(app_of, client, limited):
    """Switches the limits off for what a test prepares with the unlimited client."""

    def switch(function):
        limiter.enabled = False
        try:
            return function()
        finally:
            limiter.enabled = True

    return switch


@pytest.mark.parametrize(
    ("requests", "limit"),
    [
        (starts, START_BY_USER),
        (answers, ANSWER_BY_USER),
        (retries, RETRY_BY_USER),
        (completions, CHANGE_BY_USER),
        (cancellations, CHANGE_BY_USER),
        (job_retries, CHANGE_BY_USER),
    ],
)
def test_what_makes_work_or_rows_is_limited_by_user_wherever_it_comes_from(
    limited, api, address, unlimited, requests, limit
):
    allowed = int(limit.split()[0])
    wanted = requests(api)

    def call():
        path, body = unlimited(lambda: next(wanted))
        response = limited.post(
            path,
            json=body,
            headers={"Authorization": f"Bearer {api.tokens['access_token']}"},
            environ_base={"REMOTE_ADDR": address()},
        )
        assert response.status_code in (200, 201, 202, 429), response.json
        return response

    assert until_refused(call, allowed + 1) == allowed


def test_information_that_reads_the_database_for_anybody_who_asks_is_limited_by_address(limited):
    assert until_refused(lambda: limited.get("/api/info"), 121) == 120


def test_ever_new_idempotency_keys_do_not_fill_the_database(limited, api, session):
    interview = api.start(num_questions=1)

    def complete():
        headers = {
            "Authorization": f"Bearer {api.tokens['access_token']}",
            "Idempotency-Key": uuid.uuid4().hex,
        }
        return limited.post(f"/api/interviews/{interview['id']}/complete", headers=headers)

    kept = until_refused(complete, 200)
    rows = session.scalar(
        sa.select(sa.func.count())
        .select_from(IdempotencyKey)
        .where(IdempotencyKey.user_id == uuid.UUID(api.user["id"]))
    )
    assert rows == kept <= 120


def test_a_refused_request_keeps_no_idempotency_key(api, session):
    for key, path, body in (
        ("a", "/api/interviews/start", {"job_role": ""}),
        ("b", f"/api/questions/{uuid.uuid4()}/answer", {"user_answer": "x"}),
    ):
        assert api.post(path, body, headers={"Idempotency-Key": key}).status_code >= 400
    mine = sa.select(IdempotencyKey.key).where(IdempotencyKey.user_id == uuid.UUID(api.user["id"]))
    assert session.scalars(mine).all() == []


def test_one_users_idempotency_key_is_not_anothers(api, make_user):
    body, key = {"job_role": "Backend Engineer", "num_questions": 1}, {"Idempotency-Key": "the-same"}
    mine = api.post("/api/interviews/start", body, headers=key).json
    theirs = make_user().post("/api/interviews/start", body, headers=key).json
    assert mine["id"] != theirs["id"]


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"user_answer":['])
def test_a_body_nested_without_end_is_400_with_and_without_limits_and_keys(limited, api, opening):
    for path in ("/api/auth/login", "/api/auth/register", "/api/interviews/start"):
        for headers in ({}, {"Idempotency-Key": uuid.uuid4().hex}):
            sent = {"Authorization": f"Bearer {api.tokens['access_token']}", **headers}
            response = limited.post(path, data=opening * 12_000, headers=sent, **JSON)
            assert response.status_code == 400


def test_a_number_without_end_is_no_server_error(api):
    for number in ("1e999", "-1e999", "9" * 5000, "NaN", "Infinity"):
        body = f'{{"job_role": "Backend Engineer", "num_questions": {number}}}'
        response = api.call("POST", "/api/interviews/start", data=body, **JSON)
        assert response.status_code in (400, 422), number


@pytest.mark.parametrize(
    "path",
    [
        "/api/jobs?page=99999999999999999999",
        "/api/jobs?page_size=101",
        "/api/interviews?page_size=1000000",
        "/api/interviews?page=-1",
        "/api/jobs?page=" + "9" * 3000,
    ],
)
def test_a_page_is_never_larger_or_further_than_allowed(api, path):
    assert api.get(path).status_code == 422


# --- texts made to be slow --------------------------------------------------------------------------

SLOW = {
    "one letter": "a" * 20_000,
    "blanks": " " * 20_000,
    "pluses": "+" * 20_000,
    "dashes": "front-" * 3_333,
    "almost": "java" * 5_000,
    "dotted": "a." * 10_000,
    "grows when lowered": "İ" * 20_000,
    "lines": "\n" * 20_000,
    "quotes": "\"'" * 10_000,
}


def quickest(function, *args):
    times = []
    for _ in range(3):
        started = time.perf_counter()
        function(*args)
        times.append(time.perf_counter() - started)
    return min(times)


@pytest.fixture(scope="module")
def names(bank):
    return {skill["id"]: [skill["name"], *skill["aliases"]] for skill in bank.skills}


def test_no_job_description_is_much_slower_to_read_than_an_honest_one(names):
    words = "We look for engineers who know Python, PostgreSQL, Kubernetes, caching and code review. " * 230
    phrases = matching.index_skills(names)
    honest = quickest(matching.skills_named, words[:20_000], phrases)
    aliases = " ".join(alias for aliases in names.values() for alias in aliases)
    for name, text in {**SLOW, "every skill": (aliases * 9)[:20_000]}.items():
        assert quickest(matching.skills_named, text, phrases) < 25 * honest, name


def test_reading_a_job_description_takes_time_in_proportion_to_its_length(names):
    phrases = matching.index_skills(names)
    for name, text in SLOW.items():
        whole, part = (quickest(matching.skills_named, text[:size], phrases) for size in (20_000, 2_000))
        # Ten times the text: a quadratic reading would take a hundred times as long.
        assert whole < 40 * part, name


def test_a_description_names_the_skills_that_stand_in_it_as_words(names):
    some = matching.index_skills({"x": ["Java"], "y": ["C++"], "z": ["Go", "golang"]})
    assert matching.skills_named("Java, JavaScript and java! C++ (c++17). Golang. Go home.", some) == {
        "x": 2,
        "y": 2,
        "z": 1,
    }


def test_no_title_or_topic_is_slow_to_match(names):
    roles = titles.index_roles([titles.RoleName(i, n[0], n[1:], n, n) for i, n in names.items()])
    honest = quickest(titles.read_title, "Senior Backend Engineer (remote)", roles)
    honest_topic = quickest(matching.match_topic, "Kubernetes", names)
    for name, text in SLOW.items():
        assert quickest(titles.read_title, text[:100], roles) < 25 * honest, name
        assert quickest(matching.match_topic, text[:80], names) < 25 * honest_topic, name


def test_no_answer_is_much_slower_to_judge_than_an_honest_one(engine, bank):
    from worker.analysis.types import Criterion, Level, QuestionSpec, QuestionType

    question = next(q for q in bank.questions if q["type"] == "technical")
    spec = QuestionSpec(
        text=question["text"],
        question_type=QuestionType.TECHNICAL,
        level=Level.INTERMEDIATE,
        skill="a skill",
        criteria=tuple(
            Criterion(text=c["text"], weight=c["weight"], key=c["key"]) for c in question["criteria"]
        ),
        model_answer=question["model_answer"],
    )
    honest_text = (question["model_answer"] + " ") * 60
    engine.assess(question["model_answer"], spec)
    started = time.perf_counter()
    engine.assess(honest_text[:2000], spec)
    honest = time.perf_counter() - started
    rng = random.Random(1)
    noise = "".join(rng.choice("abcdefghij .,!?\n'\"()") for _ in range(1500))
    for name, text in {
        **SLOW,
        "noise": noise,
        "sentences": "A b. " * 1000,
        "fillers": "you know like, " * 333,
    }.items():
        started = time.perf_counter()
        engine.assess(text[:5000], spec)
        assert time.perf_counter() - started < max(20 * honest, 5), name


# --- slow clients, on the real process ----------------------------------------------------------------


def test_slow_clients_keep_no_thread_from_others(service):
    idle = [service.connect() for _ in range(8)]
    heads = [service.connect() for _ in range(4)]
    for connection in heads:
        connection.sendall(b"GET /api/health HTTP/1.1\r\nHost: x\r\nX-Slow:")
    bodies = [service.connect() for _ in range(4)]
    for connection in bodies:
        connection.sendall(
            b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"
        )
    # Two threads, eight requests that never end: without an end to waiting, nobody else would ever be answered.
    answer = service.exchange(b"GET /api/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")
    for connection in (*idle, *heads, *bodies):
        connection.close()


def test_a_body_over_the_limit_is_413_however_it_is_framed(service):
    head = (
        b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    )
    declared = service.exchange(head + b"Content-Length: 99999999\r\n\r\n{")
    assert declared.startswith(b"HTTP/1.1 413")
    text = json.dumps({"email": "a@example.com", "password": "x" * 300_000}).encode()
    chunked = b"".join(
        b"%x\r\n%s\r\n" % (len(p), p) for p in (text[i : i + 4096] for i in range(0, len(text), 4096))
    )
    with service.connect() as connection:
        connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked + b"0\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 413"


@pytest.mark.parametrize(
    ("size", "status"), [(4_000, b"200"), (5_000, b"414"), (9_000, b"414"), (200_000, b"414")]
)
def test_a_long_address_is_414_in_the_one_shape(service, size, status):
    raw = b"GET /api/docs?" + b"a" * size + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answered_in_the_one_shape(service.exchange(raw), status)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([b"X-Long: " + b"a" * 8_000], b"200"),
        ([b"X-Long: " + b"a" * 9_000], b"431"),
        ([b"X-Long: " + b"a" * 20_000], b"431"),
        ([b"X-%d: a" % number for number in range(120)], b"431"),
        ([b"X-%d: a" % number for number in range(300)], b"431"),
    ],
)
def test_large_headers_are_431_in_the_one_shape(service, headers, status):
    lines = b"".join(header + b"\r\n" for header in headers)
    raw = b"GET /api/docs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + lines + b"\r\n"
    answered_in_the_one_shape(service.exchange(raw), status)


def answered_in_the_one_shape(answer, status):
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0].split()[1] == status
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
    assert headers[b"x-request-id"]
    if status == b"200":
        return
    assert headers[b"content-type"] == b"application/problem+json"
    problem = json.loads(body)
    assert set(problem) == {"type", "title", "status", "detail", "request_id"}
    assert problem["status"] == int(status)
    assert problem["request_id"].encode() == headers[b"x-request-id"]
    assert int(headers[b"content-length"]) == len(body)


def test_a_refusal_of_what_was_not_read_can_be_read_by_a_browsers_script(monkeypatch):
    from webapp.server import refusal

    for origins, allowed in (
        ("https://app.example.com", b"Access-Control-Allow-Origin: https://app.example.com\r\n"),
        ("*", b"Access-Control-Allow-Origin: *\r\n"),
    ):
        monkeypatch.setenv("ALLOWED_ORIGINS", origins)
        assert allowed in refusal(HTTPStatus.REQUEST_URI_TOO_LONG, "an-id")
    # Which of several origins asks is in a head that was not read.
    monkeypatch.setenv("ALLOWED_ORIGINS", "https://a.example.com, https://b.example.com")
    assert b"Access-Control" not in refusal(HTTPStatus.REQUEST_URI_TOO_LONG, "an-id")


def test_two_lengths_for_one_body_are_refused(service):
    # Else a proxy and we could disagree where the next request begins.
    for framing in (
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 4\r\nContent-Length: 5\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Content-Length: -1\r\n",
    ):
        raw = (
            b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + framing + b"\r\n0\r\n\r\n"
        )
        assert service.exchange(raw).split(b"\r\n")[0].split()[1] in (b"400", b"501"), framing


def test_web_processes_that_are_replaced_leave_no_files_of_counters_behind(start, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log, folder = tmp_path / "log", tmp_path / "temporary"
    folder.mkdir()
    start(
        "gunicorn", "--config", "gunicorn.conf.py", "--max-requests", "8", "--max-requests-jitter", "0", "wsgi:app",
        log=log, PORT=str(port), WEB_WORKERS="1", WEB_THREADS="2", TMPDIR=str(folder),
    )  # fmt: skip
    counted = 'http_requests_total{method="GET",route="/api/health",status="200"}'

    def ask(path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as response:
                return response.read().decode()
        except OSError:
            # Its process was being replaced.
            return ""

    deadline = time.monotonic() + 60
    while not ask("/api/health"):
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    answered = sum(bool(ask("/api/health")) for _ in range(25))
    assert answered > 16, "more than two processes may answer"
    [line] = [line for line in ask("/metrics").splitlines() if line.startswith(counted)]
    assert float(line.rpartition(" ")[2]) >= answered, "the counts of those that are gone stay"
    files = [path.name for path in folder.glob("interview-metrics-*/*.db")]
    # One process, and for a moment perhaps a second; each has a file of counters and one of histograms.
    assert 2 <= len(files) <= 4, files
