"""What clients write in more than one way, and what they write by mistake."""

from __future__ import annotations

import gzip
import json
import uuid

import pytest
from problem_details import errors_of, problem_of

pytest_plugins = ["stages"]


# --- the Authorization header, preferences, slashes -------------------------------------------------


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR", "Bearer "])
def test_the_name_of_the_bearer_scheme_has_no_case(api, client, scheme):
    value = f"{scheme} {api.tokens['access_token']}"
    assert client.get("/api/auth/me", headers={"Authorization": value}).status_code == 200
    refreshed = client.post(
        "/api/auth/refresh", headers={"authorization": f"{scheme} {api.tokens['refresh_token']}"}
    )
    assert refreshed.status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_of_the_metrics_token_has_no_case(client_of, scheme):
    client = client_of(metrics_token="an-operators-token")
    headers = {"Authorization": f"{scheme} an-operators-token"}
    assert client.get("/metrics", headers=headers).status_code == 200
    problem_of(client.get("/metrics", headers={"Authorization": f"{scheme} another"}), 404)
    problem_of(client.get("/metrics", headers={"Authorization": "an-operators-token"}), 404)


@pytest.mark.parametrize("prefer", ["WAIT=1", "Wait=1", "respond-async, wAiT=1"])
def test_the_name_of_a_preference_has_no_case(api, run_jobs, prefer):
    job = api.answer(api.start()["questions"][0]["id"])["job"]
    run_jobs()
    response = api.get(f"/api/jobs/{job['id']}", headers={"prefer": prefer})
    assert response.headers["Preference-Applied"] == "wait=1"


def test_the_api_root_answers_with_links_that_work(client):
    for path in ("/api", "/api/"):
        response = client.get(path, headers={"Accept": "text/html"})
        assert response.status_code == 200
        assert response.mimetype == "application/json"
        assert set(response.json["links"]) == {"docs", "redoc", "openapi", "health", "catalog"}
        for link in response.json["links"].values():
            assert client.get(link).status_code == 200


def test_a_slash_at_the_end_makes_no_difference(api, client):
    interview = api.start()
    question = interview["questions"][0]["id"]
    for path in ("/api/jobs/", f"/api/interviews/{interview['id']}/", "/api/auth/me/"):
        assert api.get(path).status_code == 200, path
    assert client.get("/api/docs/").status_code == 200
    keyed = {"headers": {"Idempotency-Key": "slash"}}
    body = {"user_answer": "An index keeps keys sorted."}
    first = api.post(f"/api/questions/{question}/answer", body, **keyed)
    again = api.post(f"/api/questions/{question}/answer/", body, **keyed)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json == first.json
    problem_of(client.get("/api/auth/login/"), 405)
    problem_of(client.get("/api/nothing/"), 404)


# --- what must not be ignored -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/api/jobs?pagesize=5", "pagesize"),
        ("/api/interviews?page=1&Page=2", "Page"),
        ("/api/auth/me?verbose=1", "verbose"),
        ("/api/catalog?role=x", "role"),
        ("/api/health?x=", "x"),
        ("/api/jobs?page=1&page=2", "page"),
        ("/api/jobs/?page=1&page=1", "page"),
    ],
)
def test_an_unknown_or_repeated_query_parameter_is_422_and_named(api, path, wrong):
    assert set(errors_of(api.get(path))) == {wrong}


def test_a_query_parameter_of_a_changing_call_is_422_before_anything_is_changed(api):
    errors_of(api.post("/api/interviews/start?dry_run=true", {"job_role": "Backend Engineer"}))
    assert api.get("/api/interviews").json["total"] == 0


@pytest.mark.parametrize("number", ["1_0", " 10", "10 ", "+10", "1.0", "１０", "0x1", "1e1", "", "9" * 5000])
@pytest.mark.parametrize("name", ["page", "page_size"])
def test_a_number_in_a_query_is_written_in_digits(api, number, name):
    response = api.get("/api/jobs", query_string={name: number})
    # One that is too long for any address is refused as such.
    assert response.status_code == (414 if len(number) > 4000 else 422)
    if response.status_code == 422:
        assert set(errors_of(response)) == {name}


@pytest.mark.parametrize(
    "body",
    [
        '{"job_role": "Backend Engineer", "job_role": "Chef"}',
        '{"job_role": "Backend Engineer", "\\u006aob_role": "Backend Engineer"}',
    ],
)
def test_a_field_that_is_given_twice_is_422_and_named(api, body):
    response = api.post("/api/interviews/start", data=body, content_type="application/json")
    assert set(errors_of(response)) == {"job_role"}


@pytest.mark.parametrize("text", ["\u200b\u200b", "\u3164", "\u00ad", " \u2800 ", "\ufeff\n"])
def test_what_shows_nothing_is_no_role_no_topic_and_no_answer(api, text):
    padded = text * 2
    start = "/api/interviews/start"
    assert set(errors_of(api.post(start, {"job_role": padded}))) == {"job_role"}
    topics = {"job_role": "Chef", "topics": [padded]}
    assert set(errors_of(api.post(start, topics))) == {"topics.0"}
    question = api.start()["questions"][0]["id"]
    answer = api.post(f"/api/questions/{question}/answer", {"user_answer": padded})
    assert set(errors_of(answer)) == {"user_answer"}


@pytest.mark.parametrize("role", ["Backend\x1b[31m Engineer", "Backend\x01Engineer", "\x7fBackend Engineer"])
def test_a_control_character_in_a_role_is_422(api, role):
    assert set(errors_of(api.post("/api/interviews/start", {"job_role": role}))) == {"job_role"}


def test_white_space_in_a_role_is_one_blank(api):
    assert api.start(job_role=" Backend\r\n\tEngineer\u2028")["job_role"] == "Backend Engineer"


# --- long addresses and headers ---------------------------------------------------------------------


def test_an_address_over_4_kib_is_414_in_the_one_shape(client):
    assert client.get("/api/docs?" + "a" * 4000).status_code == 200
    problem_of(client.get("/api/docs?" + "a" * 4096), 414)


def test_a_header_over_8_kib_or_more_than_100_headers_are_431_in_the_one_shape(client_of):
    client = client_of(allowed_origins=("https://app.example.com",))
    origin = {"Origin": "https://app.example.com"}
    many = {f"X-Header-{number}": "x" for number in range(120)}
    for headers in ({"X-Long": "a" * 8200}, {"Authorization": "Bearer " + "a" * 8200}, many):
        response = client.get("/api/health", headers={**headers, **origin})
        problem_of(response, 431)
        assert response.headers["Access-Control-Allow-Origin"] == origin["Origin"]
    assert client.get("/api/health", headers={"X-Long": "a" * 8000, **origin}).status_code == 200


# --- documents that are fetched again and again -----------------------------------------------------


@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/catalog"])
def test_a_public_document_is_sent_once_and_compressed(client, path):
    plain = client.get(path)
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["Cache-Control"] == "public, no-cache"
    assert "Accept-Encoding" in plain.headers["Vary"]
    zipped = client.get(path, headers={"Accept-Encoding": "br;q=1.0, gzip;q=0.8"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == plain.data
    assert len(zipped.data) * 3 < len(plain.data)
    assert zipped.headers["ETag"] == plain.headers["ETag"]
    for tag in (plain.headers["ETag"], f'"other", {plain.headers["ETag"]}', "*"):
        again = client.get(path, headers={"If-None-Match": tag, "Accept-Encoding": "gzip"})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == plain.headers["ETag"]
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    assert "Content-Encoding" not in client.get(path, headers={"Accept-Encoding": "gzip;q=0"}).headers


def test_nothing_of_a_users_own_is_compressed(api):
    api.start()
    response = api.get("/api/interviews", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in response.headers
    assert json.loads(response.data)["total"] == 1
    assert uuid.UUID(response.json["items"][0]["id"])
