"""Password hashing and the rules that a new password must meet."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac

import bcrypt
from zxcvbn.frequency_lists import FREQUENCY_LISTS

# A fixed, public key: it only separates these hashes from any other use of SHA-384, so that lists of
# plain SHA hashes leaked elsewhere cannot be tried against ours.
_DOMAIN = b"ai-interview-simulator/password/v1"


def _prehash(password: str) -> bytes:
    # bcrypt reads 72 bytes and stops at a NUL; 64 characters of base64 carry any passphrase whole.
    return base64.b64encode(hmac.digest(_DOMAIN, password.encode(), hashlib.sha384))


def hash_password(password: str, rounds: int) -> str:
    """A bcrypt hash of any text. `rounds` is the binary logarithm of the cost."""
    return bcrypt.hashpw(_prehash(password), bcrypt.gensalt(rounds)).decode()


def check_password(password: str, password_hash: str) -> bool:
    return bcrypt.checkpw(_prehash(password), password_hash.encode())


@functools.lru_cache(maxsize=4)
def unknown_user_hash(rounds: int) -> str:
    """What the password of an unknown email is checked against, so that it takes the same time."""
    return hash_password("no such user", rounds)


@functools.cache
def _common_passwords() -> frozenset[str]:
    return frozenset(FREQUENCY_LISTS["passwords"])


def is_common(password: str) -> bool:
    """Is it, without regard to case, one of the thirty thousand most used passwords (zxcvbn's list)?"""
    return password.lower() in _common_passwords()
