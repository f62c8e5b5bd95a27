"""Accounts, logins and sessions."""

from __future__ import annotations

import uuid

import jwt
import pytest
import sqlalchemy as sa
from problem_details import errors_of, problem_of

from webapp.accounts.models import AuthSession, User

pytest_plugins = ["stages"]

# That of every user that make_user makes.
PASSWORD = "Correct-Horse-9-battery"
REGISTERED = {"id", "email", "username", "full_name", "is_active", "created_at"}


@pytest.fixture
def registration():
    """A registration that nobody else has made, with fields of one's choice."""

    def make(**fields):
        name = f"reg-{uuid.uuid4().hex[:12]}"
        return {
            "email": f"{name}@example.com",
            "username": name,
            "password": PASSWORD,
            "full_name": "Ada L",
            **fields,
        }

    return make


def login(client, email, password=PASSWORD):
    return client.post("/api/auth/login", json={"email": email, "password": password})


def refresh(client, token):
    return client.post("/api/auth/refresh", headers={"Authorization": f"Bearer {token}"})


def me(client, token):
    return client.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"})


# --- register ---------------------------------------------------------------------------------------


def test_registering_answers_with_the_user_and_no_password(client, registration):
    body = registration()
    response = client.post("/api/auth/register", json=body)
    assert response.status_code == 201
    user = response.json
    assert set(user) == REGISTERED
    assert user["is_active"] is True
    assert [user[name] for name in ("email", "username", "full_name")] == [
        body[name] for name in ("email", "username", "full_name")
    ]
    assert user["created_at"].endswith("+00:00")


def test_an_email_is_taken_without_regard_to_case(client, registration):
    body = registration(email=f"Ada.{uuid.uuid4().hex}@Example.com")
    assert client.post("/api/auth/register", json=body).status_code == 201
    for email in (body["email"], body["email"].upper(), body["email"].lower()):
        again = client.post("/api/auth/register", json=registration(email=email))
        assert problem_of(again, 400)["detail"] == "Email already registered"
        assert login(client, email).status_code == 200


def test_a_username_is_taken_once(client, registration):
    body = registration()
    client.post("/api/auth/register", json=body)
    again = client.post("/api/auth/register", json=registration(username=body["username"]))
    assert problem_of(again, 400)["detail"] == "Username already taken"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        (
            "email",
            [
                "",
                "ada",
                "ada@",
                "@example.com",
                "a b@example.com",
                "ada@example",
                f"{'a' * 250}@example.com",
                7,
                None,
            ],
        ),
        ("username", ["", "ab", "a" * 51, "ada lovelace", "ada@home", "ädä", "ada\n", 7, None]),
        ("password", ["", "Short-1", "alllower1", "NoDigitsHere", 12345678, None]),
        ("full_name", ["", "A", "  ", "\t\n  ", "a" * 201, 7, None]),
    ],
)
def test_a_field_that_breaks_its_rule_is_422_and_named(client, registration, field, wrong):
    for value in wrong:
        response = client.post("/api/auth/register", json=registration(**{field: value}))
        assert set(errors_of(response)) == {field}, value


def test_all_wrong_fields_are_told_at_once(client):
    errors = errors_of(client.post("/api/auth/register", json={}))
    assert set(errors) == {"email", "username", "password", "full_name"}


@pytest.mark.parametrize("username", ["ada", "a-b_C9", "x" * 50])
def test_a_username_of_letters_digits_dashes_and_underscores_is_accepted(client, registration, username):
    assert client.post("/api/auth/register", json=registration(username=username)).status_code == 201


@pytest.mark.parametrize("password", ["Password1", "PASSWORD1", "Password123"])
def test_one_of_the_most_used_passwords_is_refused(client, registration, password):
    errors = errors_of(client.post("/api/auth/register", json=registration(password=password)))
    assert "most used" in " ".join(errors["password"])


def test_passphrases_that_differ_only_past_72_bytes_are_different(client, registration):
    long = "Aa1-" + "correct horse battery staple " * 20
    body = registration(password=long + "one")
    assert client.post("/api/auth/register", json=body).status_code == 201
    assert login(client, body["email"], long + "one").status_code == 200
    for other in (long + "two", long, (long + "one")[:72], (long + "one")[:-1]):
        problem_of(login(client, body["email"], other), 401)


def test_a_passphrase_may_be_in_any_script(client, registration):
    body = registration(password="Ключ-7 とても長い合言葉 🔑 пароль")
    assert client.post("/api/auth/register", json=body).status_code == 201
    assert login(client, body["email"], body["password"]).status_code == 200


def test_a_password_is_kept_as_a_bcrypt_hash(client, registration, session):
    body = registration()
    client.post("/api/auth/register", json=body)
    stored = session.scalar(sa.select(User.password_hash).where(User.username == body["username"]))
    assert stored.startswith("$2b$")
    assert body["password"] not in stored


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


# --- profile ----------------------------------------------------------------------------------------


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
