"""Password hashes: bcrypt, whole passphrases, and the list of the most used ones."""

from __future__ import annotations

import pytest

from webapp.accounts.passwords import check_password, hash_password, is_common, unknown_user_hash

ROUNDS = 4


@pytest.mark.parametrize(
    "password", ["a", "a" * 72, "a" * 73, "a" * 5000, "a\x00b", "pässwörd 🔑", " a ", ""]
)
def test_a_password_is_recognised_and_its_neighbours_are_not(password):
    hashed = hash_password(password, ROUNDS)
    assert check_password(password, hashed)
    for other in (password + "x", password[:-1], f" {password}", password.upper()):
        if other != password:
            assert not check_password(other, hashed)


def test_two_hashes_of_a_password_differ_and_tell_their_cost():
    first, second = (hash_password("Analytical-Engine-1843", ROUNDS) for _ in range(2))
    assert first != second
    assert first.startswith("$2b$04$")
    assert hash_password("x", 5).startswith("$2b$05$")


def test_the_hash_of_an_unknown_user_costs_what_a_known_ones_does():
    assert unknown_user_hash(ROUNDS).startswith("$2b$04$")
    assert not check_password("Analytical-Engine-1843", unknown_user_hash(ROUNDS))


@pytest.mark.parametrize(
    ("password", "common"), [("password1", True), ("PassWord1", True), ("Analytical-Engine-1843", False)]
)
def test_the_most_used_passwords_are_known_in_any_case(password, common):
    assert is_common(password) is common
