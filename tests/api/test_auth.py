"""Accounts, logins and sessions."""

from __future__ import annotations

import uuid

import jwt
import sqlalchemy as sa
from problem_details import errors_of, problem_of

from webapp.accounts.models import AuthSession, User

pytest_plugins = ["stages"]

# That of every user that make_user makes.
PASSWORD = "Correct-Horse-9-battery"


def login(client, email, password=PASSWORD):
    return client.post("/api/auth/login", json={"email": email, "password": password})


def refresh(client, token):
    return client.post("/api/auth/refresh", headers={"Authorization": f"Bearer {token}"})


def me(client, token):
    return client.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"})


# --- login ------------------------------------------------------------------------------------------


def test_a_login_answers_with_both_tokens_and_the_user(api, client):
    response = login(client, api.user["email"])
    assert set(response.json) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert response.json["token_type"] == "bearer"
    assert response.json["user"] == api.user
    assert response.headers["Cache-Control"] == "no-store"
    claims = jwt.decode(response.json["access_token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == response.json["expires_in"]
    assert not [claim for claim in claims if "mail" in claim or "name" in claim]


def test_a_wrong_password_and_an_unknown_email_are_answered_alike(api, client):
    headers = {"X-Request-ID": "same"}
    wrong, unknown = (
        client.post("/api/auth/login", json={"email": email, "password": "Wrong-Pass-1"}, headers=headers)
        for email in (api.user["email"], "nobody@example.com")
    )
    assert problem_of(wrong, 401)["detail"] == "Incorrect email or password"
    assert wrong.data == unknown.data
    assert dict(wrong.headers) == dict(unknown.headers)


def test_an_unknown_email_costs_a_password_check_too(client, monkeypatch):
    from webapp.accounts import service

    checked = []
    monkeypatch.setattr(service, "check_password", lambda password, _hash: bool(checked.append(password)))
    login(client, "nobody@example.com", "Some-Pass-1")
    assert checked == ["Some-Pass-1"]


def test_an_inactive_account_is_403_everywhere_but_only_to_who_knows_the_password(api, client, session):
    session.execute(sa.update(User).where(User.id == uuid.UUID(api.user["id"])).values(is_active=False))
    session.commit()
    assert problem_of(login(client, api.user["email"]), 403)["detail"] == "Account is inactive"
    problem_of(login(client, api.user["email"], "Wrong-Pass-1"), 401)
    assert problem_of(api.get("/api/auth/me"), 403)["detail"] == "Account is inactive"
    assert problem_of(api.get("/api/interviews"), 403)["detail"] == "Account is inactive"
    problem_of(refresh(client, api.tokens["refresh_token"]), 403)


# --- refresh ----------------------------------------------------------------------------------------


def test_a_refresh_token_buys_a_new_pair_once(api, client):
    first = api.tokens["refresh_token"]
    response = refresh(client, first)
    assert response.status_code == 200
    pair = response.json
    assert set(pair) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert pair["refresh_token"] != first
    assert me(client, pair["access_token"]).json == api.user
    assert refresh(client, pair["refresh_token"]).status_code == 200


def test_a_spent_refresh_token_ends_the_whole_family(api, client):
    first = api.tokens["refresh_token"]
    pair = refresh(client, first).json
    assert problem_of(refresh(client, first), 401)["detail"] == "Could not validate credentials"
    problem_of(refresh(client, pair["refresh_token"]), 401)
    problem_of(me(client, pair["access_token"]), 401)
    problem_of(me(client, api.tokens["access_token"]), 401)


def test_the_reuse_of_a_token_leaves_other_logins_alone(api, client):
    other = login(client, api.user["email"]).json
    refresh(client, api.tokens["refresh_token"])
    problem_of(refresh(client, api.tokens["refresh_token"]), 401)
    assert me(client, other["access_token"]).status_code == 200
    assert refresh(client, other["refresh_token"]).status_code == 200


def test_an_access_token_is_no_refresh_token(api, client):
    problem_of(refresh(client, api.tokens["access_token"]), 401)
    problem_of(client.post("/api/auth/refresh"), 401)


def test_a_session_past_its_end_is_401(api, client, session):
    session.execute(
        sa.update(AuthSession)
        .where(AuthSession.user_id == uuid.UUID(api.user["id"]))
        .values(expires_at=sa.text("now() - interval '1 second'"))
    )
    session.commit()
    problem_of(api.get("/api/auth/me"), 401)
    problem_of(refresh(client, api.tokens["refresh_token"]), 401)


def test_a_token_of_another_issuer_audience_or_key_is_401(api, client, settings):
    header = jwt.get_unverified_header(api.tokens["access_token"])
    claims = jwt.decode(api.tokens["access_token"], options={"verify_signature": False})

    def signed(key=settings.secret_key, head=header, **changes):
        return jwt.encode({**claims, **changes}, key, algorithm="HS256", headers={"kid": head["kid"]})

    assert me(client, signed()).status_code == 200
    for token in (
        signed(iss="somebody"),
        signed(aud="something"),
        signed(exp=claims["iat"] - 1),
        signed(sub="not-an-id"),
        signed(sub=str(uuid.uuid4())),
        signed(sid=str(uuid.uuid4())),
        signed(sid=None),
        signed(key="x" * 48),
        signed(head={"kid": "unknown"}),
    ):
        assert problem_of(me(client, token), 401)["detail"] == "Could not validate credentials"


def test_tokens_of_the_previous_secret_outlive_its_rotation(api, client_of, settings):
    rotated = client_of(
        secret_key="a-new-secret-of-enough-letters-0123456789", previous_secret_key=settings.secret_key
    )
    assert me(rotated, api.tokens["access_token"]).status_code == 200
    forgotten = client_of(secret_key="a-new-secret-of-enough-letters-0123456789")
    problem_of(me(forgotten, api.tokens["access_token"]), 401)


# --- logout, change-password ------------------------------------------------------------------------


def test_logging_out_ends_this_sessions_tokens_at_once_and_no_others(api, client):
    other = login(client, api.user["email"]).json
    response = api.post("/api/auth/logout")
    assert response.status_code == 200
    assert response.json["message"]
    problem_of(api.get("/api/auth/me"), 401)
    problem_of(api.post("/api/auth/logout"), 401)
    problem_of(refresh(client, api.tokens["refresh_token"]), 401)
    assert me(client, other["access_token"]).status_code == 200


def test_changing_the_password_ends_every_other_session(api, client):
    other = login(client, api.user["email"]).json
    new = "Another-Horse-10-stable"
    body = {"current_password": PASSWORD, "new_password": new}
    assert api.post("/api/auth/change-password", body).status_code == 200
    assert api.get("/api/auth/me").status_code == 200
    assert refresh(client, api.tokens["refresh_token"]).status_code == 200
    problem_of(me(client, other["access_token"]), 401)
    problem_of(refresh(client, other["refresh_token"]), 401)
    problem_of(login(client, api.user["email"]), 401)
    assert login(client, api.user["email"], new).status_code == 200


def test_a_wrong_current_password_is_400_and_changes_nothing(api, client):
    body = {"current_password": "Wrong-Pass-1", "new_password": "Another-Horse-10-stable"}
    problem_of(api.post("/api/auth/change-password", body), 400)
    assert login(client, api.user["email"]).status_code == 200


def test_a_weak_new_password_is_422(api):
    for weak in ("Short-1", "alllower1", "NoDigitsHere", "Password123"):
        body = {"current_password": PASSWORD, "new_password": weak}
        assert set(errors_of(api.post("/api/auth/change-password", body))) == {"new_password"}
