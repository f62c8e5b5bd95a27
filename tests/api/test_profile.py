"""The profile: the user, and what of it can be changed."""

from __future__ import annotations

import uuid

import pytest
from problem_details import errors_of, problem_of


def test_the_profile_is_the_user(api):
    assert api.get("/api/user/profile").json == api.get("/api/auth/me").json == api.user


def test_a_profile_changes_what_is_given_and_nothing_else(api):
    name = f"renamed-{uuid.uuid4().hex[:8]}"
    assert api.put("/api/user/profile", {"full_name": "Augusta Ada King"}).json == {
        **api.user,
        "full_name": "Augusta Ada King",
    }
    changed = api.put("/api/user/profile", {"username": name})
    assert changed.status_code == 200
    assert api.get("/api/user/profile").json == {
        **api.user,
        "full_name": "Augusta Ada King",
        "username": name,
    }
    assert api.put("/api/user/profile", {"username": name}).status_code == 200


def test_a_profile_cannot_take_anothers_username(api, make_user):
    taken = make_user().user["username"]
    body = problem_of(api.put("/api/user/profile", {"username": taken}), 400)
    assert body["detail"] == "Username already taken"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"full_name": "A"},
        {"full_name": " \t "},
        {"username": "a b c"},
        {"email": "new@example.com"},
        {"is_active": False},
    ],
)
def test_a_profile_change_that_breaks_a_rule_is_422(api, body):
    errors_of(api.put("/api/user/profile", body))
    assert api.get("/api/user/profile").json == api.user
