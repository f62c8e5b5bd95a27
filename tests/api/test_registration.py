"""Registering: what is accepted, what is taken, what is kept."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa
from problem_details import errors_of, problem_of

from webapp.accounts.models import User

# That of every registration here.
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
