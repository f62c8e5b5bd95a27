"""API1 and API5: nobody reaches what is somebody else's, on any route, also on one that is added tomorrow."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from webapp.app import create_app

# What anybody may call. A new route is not public unless somebody writes it here.
PUBLIC = {
    "/",
    "/api",
    "/metrics",  # to loopback only: test_configuration.py
    "/api/info",
    "/api/health",
    "/api/health/ready",
    "/api/catalog",
    "/api/auth/register",
    "/api/auth/login",
    "/api/openapi.json",
    "/api/docs",
    "/api/redoc",
    "/api/docs/assets/<name>",
    "/api/docs/static/<path:filename>",
    # The practice page: its files are the same for all.
    "/app/",
    "/app/<path:page>",
    "/app/static/<path:filename>",
}
# A body that passes the schema, so that only the owner check can refuse the call.
BODIES = {
    "/api/questions/<uuid:question_id>/answer": {"user_answer": "An answer by a stranger."},
    "/api/questions/<uuid:question_id>/retry": {"user_answer": "An answer by a stranger."},
}


def calls(app: Flask) -> Iterator[tuple[str, Rule]]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule


def path_of(rule: Rule, values: dict[str, str]) -> str:
    with_values = rule.rule
    for argument in rule.arguments:
        assert argument in values, f"{rule}: say in `owned` whose object <{argument}> names"
        with_values = with_values.replace(f"<uuid:{argument}>", values[argument])
    assert "<" not in with_values, f"{rule}: only UUIDs name objects"
    return with_values


def without_request_id(response) -> dict:
    return {key: value for key, value in response.json.items() if key != "request_id"}


def open_without_token(client: FlaskClient) -> list[str]:
    """Calls that are not public and yet answer something else than 401 to who has no token, or a bad one."""
    nobody = {
        argument: str(uuid.uuid4())
        for rule in client.application.url_map.iter_rules()
        for argument in rule.arguments
    }
    found = []
    for method, rule in calls(client.application):
        if rule.rule in PUBLIC:
            continue
        for headers in ({}, {"Authorization": "Bearer no-token"}, {"Authorization": "Basic YTpi"}):
            response = client.open(path_of(rule, nobody), method=method, json={}, headers=headers)
            if response.status_code != 401:
                found.append(f"{method} {rule.rule}: {response.status_code}")
    return found


def open_to_strangers(client: FlaskClient, token: str, owned: dict[str, str]) -> list[str]:
    """Calls with somebody's id that do not answer the stranger just as they answer for an id that nobody has."""
    found = []
    for method, rule in calls(client.application):
        if rule.rule in PUBLIC or not rule.arguments:
            continue
        nobody = {argument: str(uuid.uuid4()) for argument in rule.arguments}
        answers = [
            client.open(
                path_of(rule, ids),
                method=method,
                json=BODIES.get(rule.rule),
                headers={"Authorization": f"Bearer {token}"},
            )
            for ids in (owned, nobody)
        ]
        if [answer.status_code for answer in answers] != [404, 404] or (
            without_request_id(answers[0]) != without_request_id(answers[1])
        ):
            found.append(f"{method} {rule.rule}: {[answer.status_code for answer in answers]}")
    return found


@pytest.fixture
def owned(api, run_jobs) -> dict[str, str]:
    """Ids of one user's objects by the argument that names them."""
    interview = api.start(num_questions=2)
    submitted = api.answer(interview["questions"][0]["id"])
    return {
        "user_id": api.user["id"],
        "interview_id": interview["id"],
        "question_id": interview["questions"][0]["id"],
        "response_id": submitted["response"]["id"],
        "job_id": submitted["job"]["id"],
    }


def test_every_route_that_is_not_public_is_401_without_a_token(client):
    assert open_without_token(client) == []


def test_a_public_route_names_no_users_object(app):
    assert [r.rule for r in app.url_map.iter_rules() if r.rule in PUBLIC and "uuid" in r.rule] == []


def test_anothers_object_is_404_on_every_route_as_if_it_did_not_exist(client, owned, make_user):
    assert open_to_strangers(client, make_user().tokens["access_token"], owned) == []


def test_a_strangers_calls_change_nothing(api, client, owned, make_user):
    def everything():
        return [
            api.get(path).json
            for path in (
                f"/api/interviews/{owned['interview_id']}",
                f"/api/jobs/{owned['job_id']}",
                f"/api/responses/{owned['response_id']}",
                "/api/user/stats",
            )
        ]

    before = everything()
    open_to_strangers(client, make_user().tokens["access_token"], owned)
    assert everything() == before


def test_lists_hold_only_ones_own(api, owned, make_user):
    stranger = make_user()
    for path in ("/api/interviews", "/api/jobs", f"/api/jobs?interview_id={owned['interview_id']}"):
        assert stranger.get(path).json["total"] == 0
        assert api.get(path).json["total"] >= 1
    assert stranger.get(f"/api/skill-gaps/user/{stranger.user['id']}").json == {
        "items": [],
        "not_assessed": [],
    }


def test_the_owner_reaches_the_same_objects(api, owned):
    # Else the 404s above would prove nothing.
    for path in (
        f"/api/interviews/{owned['interview_id']}",
        f"/api/interviews/user/{owned['user_id']}",
        f"/api/questions/{owned['interview_id']}",
        f"/api/responses/{owned['response_id']}",
        f"/api/jobs/{owned['job_id']}",
        f"/api/skill-gaps/user/{owned['user_id']}",
    ):
        assert api.get(path).status_code == 200, path


def test_a_new_route_without_a_token_or_an_owner_check_is_found(settings, client, owned, make_user):
    careless = create_app(settings)
    careless.add_url_rule("/api/everything", view_func=lambda: {"all": 1})
    careless.add_url_rule(
        "/api/interviews/<uuid:interview_id>/peek", "peek", lambda interview_id: {"id": str(interview_id)}
    )
    attacker = careless.test_client()
    assert {call.split(":")[0] for call in open_without_token(attacker)} == {
        "GET /api/everything",
        "GET /api/interviews/<uuid",
    }
    found = open_to_strangers(attacker, make_user().tokens["access_token"], owned)
    assert found == ["GET /api/interviews/<uuid:interview_id>/peek: [200, 200]"]
