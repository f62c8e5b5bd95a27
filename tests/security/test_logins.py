"""API2 and ASVS 6: guessing passwords, asking for accounts, and locking others out."""

from __future__ import annotations

import uuid

import bcrypt
import pytest
import sqlalchemy as sa

from webapp.accounts import service
from webapp.accounts.models import User
from webapp.accounts.passwords import check_password, hash_password
from webapp.settings import Settings

PASSWORD = "Correct-Horse-9-battery"
WRONG = "Wrong-Horse-9-battery"


def log_in(client, email, password=WRONG, address=None):
    base = {"REMOTE_ADDR": address} if address else {}
    return client.post("/api/auth/login", json={"email": email, "password": password}, environ_base=base)


def guess_until_refused(client, email, address, at_most=60):
    """How many guesses were answered; `address` gives the address of each."""
    for count in range(at_most):
        if log_in(client, email, address=address()).status_code == 429:
            return count
    raise AssertionError(f"{at_most} guesses were answered")


def test_one_address_has_few_guesses_at_one_account(limited, api):
    assert guess_until_refused(limited, api.user["email"], lambda: "192.0.2.1") == 5


def test_an_account_is_not_guessed_at_from_ever_new_addresses(limited, api, address):
    assert guess_until_refused(limited, api.user["email"], address) <= 25


def test_one_address_cannot_try_one_password_on_many_accounts(limited):
    assert guess_until_refused_anywhere(limited, "192.0.2.7") <= 50


def guess_until_refused_anywhere(client, address):
    for count in range(80):
        if log_in(client, f"{uuid.uuid4().hex}@example.com", address=address).status_code == 429:
            return count
    raise AssertionError("80 accounts were tried from one address")


def test_an_attacker_cannot_lock_the_owner_out_of_an_address_the_owner_has_used(limited, api, address):
    home = address()
    assert log_in(limited, api.user["email"], PASSWORD, home).status_code == 200
    guess_until_refused(limited, api.user["email"], address)
    assert log_in(limited, api.user["email"], PASSWORD, home).status_code == 200


def test_an_owner_at_a_new_address_is_held_up_for_a_minute_at_most(limited, api, address):
    guess_until_refused(limited, api.user["email"], address)
    refused = log_in(limited, api.user["email"], PASSWORD, address())
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 61


def test_an_attack_on_one_account_holds_up_no_other_and_no_open_session(limited, api, make_user, address):
    guess_until_refused(limited, api.user["email"], address)
    assert log_in(limited, make_user().user["email"], PASSWORD, address()).status_code == 200
    headers = {"Authorization": f"Bearer {api.tokens['refresh_token']}"}
    assert limited.post("/api/auth/refresh", headers=headers).status_code == 200


def test_a_known_address_may_not_guess_without_end_either(limited, api, address):
    home = address()
    assert log_in(limited, api.user["email"], PASSWORD, home).status_code == 200
    assert guess_until_refused(limited, api.user["email"], lambda: home) == 5


def test_writing_the_email_differently_buys_no_more_guesses(limited, api):
    local, domain = api.user["email"].split("@")
    spellings = [api.user["email"], api.user["email"].upper(), f"{local.title()}@{domain.upper()}"]
    statuses = [log_in(limited, spellings[n % 3], address="192.0.2.9").status_code for n in range(6)]
    assert statuses == [401] * 5 + [429]


def test_the_throttle_does_not_tell_which_emails_have_accounts(limited, api):
    def refused(email, address):
        answered = [log_in(limited, email, address=address) for _ in range(6)]
        return [(a.status_code, a.json["detail"]) for a in answered]

    assert refused(api.user["email"], "192.0.2.11") == refused("nobody@example.com", "192.0.2.12")


def test_a_forged_forwarding_header_buys_no_more_guesses(limited, api):
    def guess(number):
        forged = {
            "X-Forwarded-For": f"203.0.113.{number}",
            "X-Real-IP": "203.0.113.9",
            "Forwarded": "for=203.0.113.8",
        }
        body = {"email": api.user["email"], "password": WRONG}
        return limited.post("/api/auth/login", json=body, headers=forged).status_code

    assert [guess(number) for number in range(6)] == [401] * 5 + [429]


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(app_of, api, address):
    client = app_of(rate_limits=True, trusted_proxies=1).test_client()
    seen = address()

    def guess(number):
        # The client's own entry comes first; the proxy appends what it saw.
        forged = {"X-Forwarded-For": f"203.0.113.{number}, {seen}"}
        body = {"email": api.user["email"], "password": WRONG}
        return client.post("/api/auth/login", json=body, headers=forged).status_code

    assert [guess(number) for number in range(6)] == [401] * 5 + [429]


def test_a_login_body_that_cannot_be_read_leaves_the_throttle_as_it_was(limited, api):
    from webapp.limits import limiter

    for body in (
        "[" * 100_000,
        '{"email": ' + "[" * 50_000,
        '{"email": {"a": 1}}',
        '{"email": "\\ud800"}',
        "",
        "null",
    ):
        answered = limited.post("/api/auth/login", data=body, content_type="application/json")
        assert answered.status_code in (400, 422), body[:20]
    assert not limiter._storage_dead


def test_registering_does_not_ask_for_one_account_again_and_again(limited, api, address):
    body = {"email": api.user["email"], "username": "somebody-else", "password": PASSWORD, "full_name": "Eve"}

    def ask():
        return limited.post("/api/auth/register", json=body, environ_base={"REMOTE_ADDR": address()})

    answered = [ask() for _ in range(11)]
    assert {a.status_code for a in answered} == {400, 429}
    # And keeps nobody from registering for long.
    assert int(answered[-1].headers["Retry-After"]) <= 61


def test_a_stolen_token_does_not_guess_the_password(limited, api):
    headers = {"Authorization": f"Bearer {api.tokens['access_token']}"}
    body = {"current_password": WRONG, "new_password": "Another-Horse-8"}
    statuses = [
        limited.post("/api/auth/change-password", json=body, headers=headers).status_code for _ in range(11)
    ]
    assert statuses == [400] * 10 + [429]


# --- equal time -------------------------------------------------------------------------------------


def test_an_unknown_email_costs_as_many_password_hashes_as_a_known_one(client, api, monkeypatch):
    service.unknown_user_hash.cache_clear()
    counted = []
    for name in ("checkpw", "hashpw"):
        real = getattr(bcrypt, name)
        monkeypatch.setattr(bcrypt, name, lambda *a, real=real, name=name: counted.append(name) or real(*a))

    def cost(email):
        counted.clear()
        assert log_in(client, email).status_code == 401
        return counted.copy()

    # Also the very first one, when the hash that stands for nobody's is made.
    assert cost(api.user["email"]) == ["hashpw", "checkpw"]
    assert cost("nobody@example.com") == cost(api.user["email"]) == ["checkpw"]


def test_an_unknown_email_takes_as_long_as_a_known_one_side_by_side(session, api):
    import time

    rounds = 9
    stored = session.get_one(User, uuid.UUID(api.user["id"]))
    stored.password_hash = hash_password(PASSWORD, rounds)
    session.flush()

    def seconds(email):
        started = time.perf_counter()
        with pytest.raises(service.BadCredentialsError):
            service.authenticate(session, email=email, password=WRONG, rounds=rounds)
        return time.perf_counter() - started

    seconds("nobody@example.com")
    # Alternately, and the quickest of each: what else the machine does falls on both.
    pairs = [(seconds(api.user["email"]), seconds("nobody@example.com")) for _ in range(9)]
    known, unknown = (min(column) for column in zip(*pairs, strict=True))
    assert 0.5 < known / unknown < 2


# --- how passwords are kept -------------------------------------------------------------------------


def test_a_password_counts_whole_beyond_72_bytes():
    stored = hash_password("A1" + "x" * 200 + "end", 4)
    assert check_password("A1" + "x" * 200 + "end", stored)
    assert not check_password("A1" + "x" * 200 + "END", stored)
    assert not check_password("A1" + "x" * 70, stored)


def test_a_nul_ends_no_password():
    # The wire refuses it; what hashes must not cut there all the same.
    stored = hash_password("A1bcdefg\x00first", 4)
    assert check_password("A1bcdefg\x00first", stored)
    assert not check_password("A1bcdefg\x00second", stored)
    assert not check_password("A1bcdefg", stored)


def test_equal_passwords_have_different_hashes():
    assert hash_password(PASSWORD, 4) != hash_password(PASSWORD, 4)


def test_the_default_cost_of_a_guess_is_twelve_rounds_at_least():
    assert Settings(database_url="", redis_url="", secret_key="").password_hash_rounds >= 12


def test_the_hash_kept_is_bcrypts_and_has_the_rounds_of_the_settings(session, api, settings):
    stored = session.scalars(sa.select(User.password_hash).where(User.id == uuid.UUID(api.user["id"]))).one()
    assert stored.startswith(f"$2b${settings.password_hash_rounds:02d}$")


@pytest.mark.parametrize("password", ["Password1", "PASSWORD1", "Qwerty123", "Football1", "Letmein1"])
def test_the_most_used_passwords_are_refused_however_their_letters_are_cased(client, api, password):
    name = f"common-{uuid.uuid4().hex[:12]}"
    body = {"email": f"{name}@example.com", "username": name, "password": password, "full_name": "Ada"}
    assert "password" in client.post("/api/auth/register", json=body).json["errors"]
    change = {"current_password": PASSWORD, "new_password": password}
    assert "new_password" in api.post("/api/auth/change-password", change).json["errors"]


def test_a_new_password_ends_the_sessions_of_whoever_knew_the_old_one(api, client):
    thief = log_in(client, api.user["email"], PASSWORD).json
    assert (
        api.post(
            "/api/auth/change-password", {"current_password": PASSWORD, "new_password": "New-Horse-10"}
        ).status_code
        == 200
    )
    assert api.get("/api/auth/me", token=thief["access_token"]).status_code == 401
    assert api.post("/api/auth/refresh", token=thief["refresh_token"]).status_code == 401
    assert api.get("/api/auth/me").status_code == 200
