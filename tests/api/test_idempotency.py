"""Idempotency-Key: the same key and body give the same answer and no second row, also when they arrive at once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from problem_details import errors_of, problem_of

pytest_plugins = ["stages"]

AT_ONCE = 32


def keyed(key="one-key"):
    return {"headers": {"Idempotency-Key": key}}


@pytest.fixture
def calls(api):
    """Each call that honours a key, as (path, body, what it makes one of, another body)."""
    answered = api.start()["questions"][0]["id"]
    api.answer(answered)
    fresh = api.start()
    cancelled = api.answer(fresh["questions"][1]["id"])["job"]["id"]
    api.post(f"/api/jobs/{cancelled}/cancel")
    return {
        "start": ("/api/interviews/start", {"job_role": "Backend Engineer"}, {"job_role": "Data Engineer"}),
        "answer": (
            f"/api/questions/{fresh['questions'][0]['id']}/answer",
            {"user_answer": "A."},
            {"user_answer": "B."},
        ),
        "retry": (f"/api/questions/{answered}/retry", {"user_answer": "A."}, {"user_answer": "B."}),
        "complete": (f"/api/interviews/{fresh['id']}/complete", None, {}),
        "retry a job": (f"/api/jobs/{cancelled}/retry", None, {}),
    }


def totals(api):
    interviews = api.get("/api/interviews").json
    answered = sum(item["answered"] for item in interviews["items"])
    return interviews["total"], answered, api.get("/api/jobs").json["total"]


@pytest.mark.parametrize("name", ["start", "answer", "retry", "complete", "retry a job"])
def test_the_same_key_and_body_give_the_same_answer_and_nothing_twice(api, calls, name):
    path, body, _other = calls[name]
    first = api.post(path, body, **keyed())
    assert first.status_code in (201, 202)
    before = totals(api)
    for _ in range(2):
        again = api.post(path, body, **keyed())
        assert again.status_code == first.status_code
        assert again.json == first.json
        assert again.headers["Location"] == first.headers["Location"]
        assert again.mimetype == "application/json"
    assert totals(api) == before


@pytest.mark.parametrize("name", ["start", "answer", "retry", "complete", "retry a job"])
def test_the_same_key_with_another_body_is_422(api, calls, name):
    path, body, other = calls[name]
    assert api.post(path, body, **keyed()).status_code in (201, 202)
    before = totals(api)
    problem_of(api.post(path, other, **keyed()), 422)
    assert totals(api) == before


def test_the_same_key_at_another_address_is_422(api, calls):
    assert api.post(*calls["start"][:2], **keyed()).status_code == 201
    problem_of(api.post(*calls["answer"][:2], **keyed()), 422)


def test_two_ways_to_write_the_same_body_are_one(api):
    texts = ('{"job_role": "Chef", "num_questions": 1}', '{ "num_questions":1,\n"job_role":"\\u0043hef"}')
    first, second = (
        api.post("/api/interviews/start", data=text, content_type="application/json", **keyed())
        for text in texts
    )
    assert first.json == second.json


def test_another_key_is_another_request(api):
    body = {"job_role": "Backend Engineer"}
    ids = {
        api.post("/api/interviews/start", body, **keyed(key)).json["id"]
        for key in ("a", "b", "a" * 255, "ä ö")
    }
    assert len(ids) == 4


def test_a_key_is_its_users_own(make_user):
    body = {"job_role": "Backend Engineer"}
    ids = {
        user.post("/api/interviews/start", body, **keyed()).json["id"] for user in (make_user(), make_user())
    }
    assert len(ids) == 2


@pytest.mark.parametrize("key", ["", "a" * 256])
def test_a_key_that_is_none_is_422(api, key):
    response = api.post("/api/interviews/start", {"job_role": "Backend Engineer"}, **keyed(key))
    assert set(errors_of(response)) == {"Idempotency-Key"}
    assert api.get("/api/interviews").json["total"] == 0


def test_a_request_that_failed_does_not_use_up_its_key(api):
    errors_of(api.post("/api/interviews/start", {"job_role": ""}, **keyed()))
    assert api.post("/api/interviews/start", {"job_role": "Backend Engineer"}, **keyed()).status_code == 201


def test_a_replay_needs_the_users_token(api, client):
    body = {"job_role": "Backend Engineer"}
    api.post("/api/interviews/start", body, **keyed())
    problem_of(client.post("/api/interviews/start", json=body, **keyed()), 401)


def at_once(call):
    """The answers to AT_ONCE calls that start together."""
    barrier = Barrier(AT_ONCE)

    def run(_number):
        barrier.wait()
        return call()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, range(AT_ONCE)))


def total(committed, path):
    return committed.call("GET", path).json["total"]


def test_equal_starts_at_once_make_one_interview(committed):
    body = {"job_role": "Backend Engineer", "num_questions": 1}
    answers = at_once(lambda: committed.call("POST", "/api/interviews/start", json=body, **keyed()))
    assert {answer.status_code for answer in answers} == {201}
    assert len({json.dumps(answer.json, sort_keys=True) for answer in answers}) == 1
    assert total(committed, "/api/interviews") == 1


@pytest.mark.parametrize("kind", ["answer", "retry", "complete"])
def test_equal_requests_at_once_make_one_job(committed, kind):
    interview = committed.start(num_questions=2)
    question = interview["questions"][0]["id"]
    if kind == "retry":
        committed.answer(question)
    before = total(committed, "/api/jobs")
    path = (
        f"/api/interviews/{interview['id']}/complete"
        if kind == "complete"
        else f"/api/questions/{question}/{kind}"
    )
    body = {} if kind == "complete" else {"json": {"user_answer": "An index keeps keys sorted."}}
    answers = at_once(lambda: committed.call("POST", path, **body, **keyed()))
    assert {answer.status_code for answer in answers} == {202}
    assert len({json.dumps(answer.json, sort_keys=True) for answer in answers}) == 1
    assert total(committed, "/api/jobs") == before + 1


def test_answers_at_once_without_a_key_are_one_answer_and_conflicts(committed):
    question = committed.start(num_questions=2)["questions"][0]["id"]
    body = {"user_answer": "An index keeps keys sorted."}
    answers = at_once(lambda: committed.call("POST", f"/api/questions/{question}/answer", json=body))
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * (AT_ONCE - 1)
    assert total(committed, "/api/jobs") == 1


def test_retries_at_once_without_a_key_are_numbered_without_gaps(committed):
    question = committed.start(num_questions=2)["questions"][0]["id"]
    committed.answer(question)
    body = {"user_answer": "An index keeps keys sorted."}
    answers = at_once(lambda: committed.call("POST", f"/api/questions/{question}/retry", json=body))
    assert {answer.status_code for answer in answers} == {202}
    assert sorted(answer.json["response"]["attempt"] for answer in answers) == list(range(2, AT_ONCE + 2))


def test_registrations_at_once_make_one_account(committed):
    name = f"x{committed.user['id'][:12]}"
    body = {
        "email": f"{name}@example.com",
        "username": name,
        "password": "Wanted-By-32-people",
        "full_name": "Ada L",
    }
    client = committed.app.test_client
    answers = at_once(lambda: client().post("/api/auth/register", json=body))
    try:
        assert sorted(answer.status_code for answer in answers) == [201] + [400] * (AT_ONCE - 1)
        details = {answer.json["detail"] for answer in answers if answer.status_code == 400}
        assert details <= {"Email already registered", "Username already taken"}
    finally:
        committed.forget(email=body["email"])


def test_a_refresh_token_used_at_once_buys_one_pair_and_ends_its_family(committed):
    headers = {"Authorization": f"Bearer {committed.tokens['refresh_token']}"}
    answers = at_once(lambda: committed.call("POST", "/api/auth/refresh", headers=headers))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * (AT_ONCE - 1)
    assert committed.call("GET", "/api/auth/me").status_code == 401
