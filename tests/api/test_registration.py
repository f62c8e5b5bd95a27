"""Registering: what is accepted, what is taken, what is kept."""

from __future__ import annotations

import itertools
import unicodedata
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


def full_width(text):
    return "".join(chr(ord(letter) + 0xFEE0) for letter in text)


def test_an_email_is_one_address_however_it_is_written(client, registration):
    name = f"zo\u00eb.{uuid.uuid4().hex[:8]}"
    locals_ = [name, unicodedata.normalize("NFD", name), name.upper(), f" {name}"]
    domains = [
        "b\u00fccher.example", "xn--bcher-kva.example", "XN--BCHER-KVA.EXAMPLE", "bu\u0308cher.example",
        f"b\u00fccher.{full_width('example')}", "b\u00fccher\u3002example", "b\u00fccher.example \n", "b\u00fccher.example\u200b",
    ]  # fmt: skip
    written = [f"{local}@{domain}" for local, domain in itertools.product(locals_, domains)]
    first = client.post("/api/auth/register", json=registration(email=written[-1]))
    assert first.status_code == 201
    assert first.json["email"] == f"{name}@b\u00fccher.example"
    for email in written:
        assert login(client, email).status_code == 200, email
        again = client.post("/api/auth/register", json=registration(email=email))
        assert problem_of(again, 400)["detail"] == "Email already registered", email


@pytest.mark.parametrize(
    "local", ["zoe\u0308", "\u0130da", "\u212alaus", "stra\u00dfe", "\u03a3\u03c3\u03c2", "ada+tag"]
)
@pytest.mark.parametrize(
    "domain", ["example.com", "xn--bcher-kva.example", "\uff45xample.com", "Stra\u00dfe.example"]
)
def test_what_registers_logs_in_with_the_very_same_string(client, registration, local, domain):
    email = f"{local}.{uuid.uuid4().hex[:8]}@{domain}"
    assert client.post("/api/auth/register", json=registration(email=email)).status_code == 201
    assert login(client, email).status_code == 200


def test_a_letter_that_lower_cases_to_two_opens_no_other_account(client, registration):
    tail = f"da.{uuid.uuid4().hex[:8]}@example.com"
    assert client.post("/api/auth/register", json=registration(email=f"i{tail}")).status_code == 201
    problem_of(login(client, f"\u0130{tail}"), 401)
    assert client.post("/api/auth/register", json=registration(email=f"\u0130{tail}")).status_code == 201


@pytest.mark.parametrize("email", ["", "@", "a@", "@b", "a b", "a@@b.c", "a@-b-.c", "a@xn--.c", "a@\u200b"])
def test_a_login_with_what_is_no_address_is_401(client, email):
    problem_of(login(client, email), 401)


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        ("ada", "like ada@example.com"),
        ("bt@test", "must have a dot"),
        (f"{'a' * 65}@example.com", "at most 64"),
        (f"ada@{'a.' * 125}com", "at most 254"),
    ],
)
def test_a_refused_email_is_told_the_reason(client, registration, email, reason):
    errors = errors_of(client.post("/api/auth/register", json=registration(email=email)))
    assert reason in " ".join(errors["email"])


@pytest.mark.parametrize(
    "name",
    [
        "\u674e\u660e",
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
        "\u908a\U000e0100\u898b",
        "O\u2019Brien-Smith, Jr.",
        "  Ada Lovelace \u200b",
    ],
)
def test_a_name_of_any_script_is_kept_without_what_surrounds_it(client, registration, name):
    response = client.post("/api/auth/register", json=registration(full_name=name))
    assert response.status_code == 201
    assert response.json["full_name"] == name.strip(" \u200b")


def test_a_username_is_taken_without_regard_to_case(client, registration, make_user):
    body = registration(username=f"BT-{uuid.uuid4().hex[:8]}")
    assert client.post("/api/auth/register", json=body).status_code == 201
    other = make_user()
    for username in (body["username"].lower(), body["username"].upper()):
        again = client.post("/api/auth/register", json=registration(username=username))
        assert problem_of(again, 400)["detail"] == "Username already taken"
        renamed = other.put("/api/user/profile", {"username": username})
        assert problem_of(renamed, 400)["detail"] == "Username already taken"
    # One's own name may change its case.
    own = other.user["username"].upper()
    assert other.put("/api/user/profile", {"username": own}).json["username"] == own


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
                "bt@test",
                f"{'a' * 65}@example.com",
                f"{'ä' * 33}@example.com",
                f"ada@{'a.' * 125}com",
                "ada@[127.0.0.1]",
                "ada\u200b@example.com",
                "ada\x01@example.com",
                7,
                None,
            ],
        ),
        ("username", ["", "ab", "a" * 51, "ada lovelace", "ada@home", "ädä", "ada\n", 7, None]),
        ("password", ["", "Short-1", "alllower1", "NoDigitsHere", 12345678, None]),
        (
            "full_name",
            [
                "",
                "A",
                "  ",
                "\t\n  ",
                "a" * 201,
                7,
                None,
                "\u200b\u200b",
                "\u3164\u3164",
                "\u2800\u2800",
                "A\u00ad",
                "Ada\x1b[31m",
                "Ada\x01",
                "Ada\nLovelace",
                "Ada\u2028Lovelace",
                "Ada\u200bLovelace",
                "Ada \u202eecalevoL",
            ],
        ),
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
