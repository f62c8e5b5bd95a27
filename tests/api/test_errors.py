"""Errors: one shape, whatever was wrong, and nothing of anybody else's in it."""

from __future__ import annotations

import json
import uuid

import pytest
from problem_details import errors_of, problem_of

from webapp.interviews import service as interviews

REGISTRATION = {
    "email": "ada@example.org",
    "username": "ada",
    "password": "Analytical-Engine-1843",
    "full_name": "Ada Lovelace",
}
LONE_SURROGATE = '"\\ud800"'

# Every operation with a JSON body; {question} and {interview} stand for ids of the caller's own.
BODIES = [
    ("POST", "/api/auth/register"),
    ("POST", "/api/auth/login"),
    ("POST", "/api/auth/change-password"),
    ("PUT", "/api/user/profile"),
    ("POST", "/api/interviews/start"),
    ("POST", "/api/questions/{question}/answer"),
    ("POST", "/api/questions/{question}/retry"),
]


@pytest.fixture
def own(api):
    interview = api.start()
    return {"interview": interview["id"], "question": interview["questions"][0]["id"]}


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_a_body_that_is_not_json_is_400(api, own, method, path):
    for text in ("{", "", "{'job_role': 1}", "[1,", "\xff", '{"a": NaN'):
        response = api.call(
            method, path.format(**own), data=text.encode("latin-1"), content_type="application/json"
        )
        problem_of(response, 400)


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_a_body_nested_a_hundred_thousand_deep_is_400(api, own, method, path):
    for text in ("[" * 100_000, '{"a":' * 30_000 + "1" + "}" * 30_000):
        problem_of(api.call(method, path.format(**own), data=text, content_type="application/json"), 400)


def test_a_deeply_nested_body_with_an_idempotency_key_is_400(api, own):
    response = api.post(
        "/api/interviews/start",
        data="[" * 100_000,
        content_type="application/json",
        headers={"Idempotency-Key": "nested"},
    )
    problem_of(response, 400)


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_a_body_that_is_no_object_is_422(api, own, method, path):
    for body in ([], "text", 7, True, None):
        response = api.call(
            method, path.format(**own), data=json.dumps(body), content_type="application/json"
        )
        errors_of(response)


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_another_content_type_is_415(api, own, method, path):
    for content_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        None,
    ):
        response = api.call(method, path.format(**own), data="{}", content_type=content_type)
        problem_of(response, 415)


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_an_unknown_field_is_422_and_named(api, own, method, path):
    response = api.call(method, path.format(**own), json={"no_such_field": 1})
    assert "no_such_field" in errors_of(response)


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_a_body_over_256_kib_is_413(api, own, method, path):
    body = json.dumps({"user_answer": "a" * (256 * 1024)})
    problem_of(api.call(method, path.format(**own), data=body, content_type="application/json"), 413)


def test_a_large_body_is_413_also_where_no_body_is_read(api, own):
    problem_of(api.get("/api/health", data=b"a" * (256 * 1024 + 1)), 413)


def test_a_body_of_exactly_256_kib_is_read(api, own):
    body = '{"job_role": "Backend Engineer"}'
    padded = body + " " * (256 * 1024 - len(body))
    response = api.post("/api/interviews/start", data=padded, content_type="application/json")
    assert response.status_code == 201


@pytest.mark.parametrize("field", ["email", "username", "password", "full_name"])
@pytest.mark.parametrize("text", ['"Nul-\\u00001"', LONE_SURROGATE], ids=["nul", "lone surrogate"])
def test_a_nul_or_a_lone_surrogate_in_a_registration_is_422(client, field, text):
    body = json.dumps({**REGISTRATION, field: "X"}).replace('"X"', text)
    response = client.post("/api/auth/register", data=body, content_type="application/json")
    assert set(errors_of(response)) == {field}


@pytest.mark.parametrize("text", ['"Nul-\\u00001"', LONE_SURROGATE], ids=["nul", "lone surrogate"])
def test_a_nul_or_a_lone_surrogate_anywhere_else_is_422(api, own, text):
    fields = [
        ("POST", "/api/auth/login", {"password": "x"}, "email"),
        ("POST", "/api/auth/login", {"email": "a@example.com"}, "password"),
        ("POST", "/api/auth/change-password", {"new_password": "Analytical-Engine-1843"}, "current_password"),
        ("POST", "/api/auth/change-password", {"current_password": "x"}, "new_password"),
        ("PUT", "/api/user/profile", {}, "full_name"),
        ("PUT", "/api/user/profile", {}, "username"),
        ("POST", "/api/interviews/start", {}, "job_role"),
        ("POST", "/api/interviews/start", {"job_role": "Chef"}, "job_description"),
        ("POST", "/api/interviews/start", {"job_role": "Chef"}, "difficulty_level"),
        ("POST", "/api/questions/{question}/answer", {}, "user_answer"),
        ("POST", "/api/questions/{question}/retry", {}, "user_answer"),
    ]
    for method, path, others, field in fields:
        body = json.dumps({**others, field: "X"}).replace('"X"', text)
        response = api.call(method, path.format(**own), data=body, content_type="application/json")
        assert set(errors_of(response)) == {field}, path
    topics = json.dumps({"job_role": "Chef", "topics": ["sql", "X"]}).replace('"X"', text)
    response = api.post("/api/interviews/start", data=topics, content_type="application/json")
    assert set(errors_of(response)) == {"topics.1"}


@pytest.mark.parametrize("text", ['{"no\\u0000field": 1}', '{"\\ud800": 1}'])
def test_a_nul_or_a_lone_surrogate_in_a_fields_name_is_422(api, own, text):
    for headers in ({}, {"Idempotency-Key": "odd-name"}):
        response = api.post(
            "/api/interviews/start", data=text, content_type="application/json", headers=headers
        )
        errors_of(response)


def test_a_nul_in_an_address_is_404_or_422_never_500(api):
    for path in ("/api/jobs/%00", "/api/interviews/%ED%A0%80", "/api/%00"):
        problem_of(api.get(path), 404)
    for query in ("status=%00", "page=%00", "status=%ED%A0%80"):
        errors_of(api.get(f"/api/interviews?{query}"))


def test_a_user_agent_of_any_bytes_is_accepted(api):
    assert (
        api.get(
            "/api/auth/me", headers={"User-Agent": "\xff\x00\udcff".encode("utf-8", "replace")}
        ).status_code
        == 200
    )


@pytest.mark.parametrize(
    "path", ["/nothing", "/apis", "/api/nothing", "/api/jobs/not-a-uuid", "/api/interviews/1/report"]
)
def test_an_unknown_path_is_404(api, client, path):
    problem_of(client.get(path), 404)
    problem_of(api.get(path), 404)
    problem_of(client.post(path, json={}), 404)


def test_a_wrong_method_is_405_and_tells_the_right_ones(client):
    for method, path, allowed in (
        ("GET", "/api/auth/login", {"POST", "OPTIONS"}),
        ("DELETE", "/api/interviews", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/api/user/profile", {"GET", "HEAD", "OPTIONS", "PUT"}),
        ("PATCH", "/api/health", {"GET", "HEAD", "OPTIONS"}),
    ):
        response = client.open(path, method=method)
        problem_of(response, 405)
        assert {name.strip() for name in response.headers["Allow"].split(",")} == allowed


def test_every_call_of_the_users_own_needs_a_token(app, client):
    public = {
        "/", "/api", "/api/health", "/api/health/ready", "/api/info", "/metrics", "/api/catalog", "/api/docs", "/api/redoc",
        "/api/openapi.json", "/api/auth/register", "/api/auth/login", "/api/docs/assets/<name>",
        "/api/docs/static/<path:filename>",
    }  # fmt: skip
    asked = 0
    for rule in app.url_map.iter_rules():
        if rule.rule in public or rule.rule.startswith("/app"):
            continue
        path = rule.rule
        for argument in rule.arguments:
            path = path.replace(f"<uuid:{argument}>", str(uuid.uuid4()))
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            body = problem_of(client.open(path, method=method, json={}), 401)
            assert body["detail"] == "Not authenticated", rule.rule
            asked += 1
    assert asked >= 20


def test_a_broken_token_is_401_with_one_sentence(client, api):
    access, refresh = api.tokens["access_token"], api.tokens["refresh_token"]
    header, payload, signature = access.split(".")
    broken = [
        "x", "a.b.c", f"{header}.{payload}.", f"{header}.{payload}.{signature[:-4]}AAAA",
        f"eyJhbGciOiJub25lIn0.{payload}.", refresh,
    ]  # fmt: skip
    for token in broken:
        response = client.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"})
        assert problem_of(response, 401)["detail"] == "Could not validate credentials"
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
    for value in ("Bearer", "Basic YTpi", access, "", "Bearer a b"):
        response = client.get("/api/auth/me", headers={"Authorization": value})
        assert problem_of(response, 401)["detail"] in ("Not authenticated", "Could not validate credentials")


def test_what_belongs_to_somebody_else_answers_exactly_as_if_it_did_not_exist(make_user):
    owner, stranger = make_user(), make_user()
    interview = owner.start()
    submitted = owner.answer(interview["questions"][0]["id"])
    answer = {"user_answer": "An answer of mine."}
    calls = [
        ("GET", "/api/interviews/{}", interview["id"], None),
        ("POST", "/api/interviews/{}/complete", interview["id"], None),
        ("POST", "/api/interviews/{}/abandon", interview["id"], None),
        ("GET", "/api/interviews/{}/report", interview["id"], None),
        ("GET", "/api/interviews/{}/report?format=csv", interview["id"], None),
        ("GET", "/api/interviews/user/{}", owner.user["id"], None),
        ("GET", "/api/questions/{}", interview["id"], None),
        ("POST", "/api/questions/{}/answer", interview["questions"][1]["id"], answer),
        ("POST", "/api/questions/{}/answer", interview["questions"][0]["id"], answer),
        ("POST", "/api/questions/{}/retry", interview["questions"][0]["id"], answer),
        ("GET", "/api/responses/{}", submitted["response"]["id"], None),
        ("GET", "/api/jobs/{}", submitted["job"]["id"], None),
        ("POST", "/api/jobs/{}/cancel", submitted["job"]["id"], None),
        ("POST", "/api/jobs/{}/retry", submitted["job"]["id"], None),
        ("GET", "/api/skill-gaps/user/{}", owner.user["id"], None),
        ("GET", "/api/skill-gaps/interview/{}", interview["id"], None),
    ]
    for method, path, identifier, body in calls:
        same = {"headers": {"X-Request-ID": "same"}, **({"json": body} if body else {})}
        theirs = stranger.call(method, path.format(identifier), **same)
        nobodys = stranger.call(method, path.format(uuid.uuid4()), **same)
        problem_of(theirs, 404)
        assert theirs.data == nobodys.data, path
        assert dict(theirs.headers) == dict(nobodys.headers), path
    assert stranger.get("/api/jobs").json["total"] == 0
    assert stranger.get("/api/interviews").json["total"] == 0
    filtered = stranger.get(f"/api/jobs?interview_id={interview['id']}").json
    assert filtered["items"] == []
    # And nothing of it did anything.
    kept = owner.get(f"/api/interviews/{interview['id']}").json
    assert kept["status"] == "in_progress"
    assert kept["answered"] == 1
    assert owner.get(f"/api/jobs/{submitted['job']['id']}").json["state"] == "queued"


def test_a_failure_of_our_own_is_a_500_that_tells_nothing(api, monkeypatch):
    def fail(*_args, **_kwargs):
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(interviews, "list_interviews", fail)
    response = api.get("/api/interviews")
    problem_of(response, 500)
    assert "secret" not in response.get_data(as_text=True)


def test_an_errors_words_are_never_an_exceptions(api, own):
    problem = problem_of(api.get("/api/interviews?page=x&page_size=1000&status=odd"), 422)
    assert {"page", "page_size", "status"} == set(problem["errors"])
