"""Rate limits: who may do what how often. Counted in Redis, and in each process while Redis is away."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from webapp.emails import normalize_email
from webapp.identity import current_user_id
from webapp.queue import PUBLISH_TIMEOUT_SECONDS
from webapp.settings import Settings

logger = logging.getLogger(__name__)

limiter = Limiter(key_func=get_remote_address, headers_enabled=False, strategy="fixed-window")

REGISTER_BY_ADDRESS = "120 per hour"
# An email address is asked about by few; the window is short, so that nobody keeps another from registering.
REGISTER_BY_ACCOUNT = "10 per minute"
LOGIN_BY_ADDRESS = "60 per minute"
# Failures only. One address that guesses at one account is stopped soon; the account as a whole is slowed
# for a minute at a time, and never for an address that has logged in to it lately: an attacker with many
# addresses slows only the guessing.
LOGIN_FAILURES_BY_ADDRESS_AND_ACCOUNT = "5 per 5 minutes"
LOGIN_FAILURES_BY_ADDRESS = "50 per 15 minutes"
LOGIN_FAILURES_BY_ACCOUNT = "20 per minute"
KNOWN_ADDRESS_DAYS = 30
START_BY_USER = "60 per hour"
ANSWER_BY_USER = "60 per minute"
RETRY_BY_USER = "30 per minute"
INFO_BY_ADDRESS = "120 per minute"
# What costs little by itself, but leaves a row or wakes a worker each time.
CHANGE_BY_USER = "120 per minute"
PASSWORD_CHANGE_BY_USER = "10 per minute"  # noqa: S105 - a limit

# Of these, no view looked at what was asked for.
_UNREAD = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)


def register(app: Flask, settings: Settings) -> None:
    app.config.update(
        RATELIMIT_ENABLED=settings.rate_limits,
        RATELIMIT_STORAGE_URI=settings.redis_url,
        RATELIMIT_STORAGE_OPTIONS={
            "socket_timeout": PUBLISH_TIMEOUT_SECONDS,
            "socket_connect_timeout": PUBLISH_TIMEOUT_SECONDS,
        },
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        # Redis may go away between a limit's check and its count, when the request has been served already.
        RATELIMIT_SWALLOW_ERRORS=True,
        RATELIMIT_KEY_PREFIX="interview-simulator",
    )
    # Registered first, so run last: after the limiter has counted what it counts by the answer.
    app.after_request(_tell_limits)
    limiter.init_app(app)


def by_address() -> str:
    return get_remote_address()


def by_user() -> str:
    return str(current_user_id())


def by_account() -> str:
    """The account that a request names, as a hash: an address in a Redis key would be personal data.

    One that names none is its sender's own.
    """
    try:
        # Not request.get_json(): what a deeply nested body raises there would pass for a fault of the storage.
        body = json.loads(request.get_data(cache=True))
    except (ValueError, RecursionError):
        body = None
    email = body.get("email") if isinstance(body, dict) else None
    account = normalize_email(email) if isinstance(email, str) else f"of {get_remote_address()}"
    return hashlib.sha256(account.encode("utf-8", "replace")).hexdigest()[:32]


def by_address_and_account() -> str:
    return f"{get_remote_address()}:{by_account()}"


def failures_only(
    limit: str, key_func: Callable[[], str], *, exempt_when: Callable[[], bool] | None = None
) -> Any:
    """A limit that only failed logins use up."""
    return limiter.limit(
        limit,
        key_func=key_func,
        deduct_when=lambda response: response.status_code == 401,
        exempt_when=exempt_when,
    )


def accepted_only(limit: str, key_func: Callable[[], str]) -> Any:
    """A limit that only accepted requests use up: what was refused, or failed, has cost the user enough."""
    return limiter.limit(
        limit, key_func=key_func, deduct_when=lambda response: response.status_code < HTTPStatus.BAD_REQUEST
    )


def attempts_only(limit: str, key_func: Callable[[], str]) -> Any:
    """A limit that every attempt uses up, the failed ones too: they may be guesses. What could not be read is none."""
    return limiter.limit(
        limit, key_func=key_func, deduct_when=lambda response: response.status_code not in _UNREAD
    )


def remember_address() -> None:
    """A login succeeded: attacks from elsewhere on this account shall not slow this address."""
    if limiter.enabled:
        _storage_call("incr", KNOWN_ADDRESS_DAYS * 24 * 3600)


def is_known_address() -> bool:
    """Has this address logged in to the account that the request names, lately? No while that cannot be told."""
    return bool(_storage_call("get"))


def _storage_call(name: str, *args: int) -> Any:
    address = hashlib.sha256(by_address_and_account().encode()).hexdigest()[:32]
    try:
        return getattr(limiter.limiter.storage, name)(f"interview-simulator/known/{address}", *args)
    except Exception as error:  # noqa: BLE001 - whatever the storage raises, a login does not hang on this hint
        logger.warning("known address not told", extra={"error": type(error).__name__})
        return None


def _tell_limits(response: Response) -> Response:
    """The RateLimit-* headers, of the limit nearest to exhaustion; Retry-After on a 429."""
    current = limiter.current_limit
    if current is None:
        return response
    try:
        reset, remaining = max(0, int(current.reset_at - time.time()) + 1), max(0, current.remaining)
    except Exception as error:  # noqa: BLE001 - the storage went away since the check; the answer stands
        logger.warning("rate limit not told", extra={"error": type(error).__name__})
        return response
    response.headers["RateLimit-Limit"] = str(current.limit.amount)
    response.headers["RateLimit-Remaining"] = str(remaining)
    response.headers["RateLimit-Reset"] = str(reset)
    response.headers["RateLimit-Policy"] = f"{current.limit.amount};w={current.limit.get_expiry()}"
    if response.status_code == 429:
        response.headers["Retry-After"] = str(reset)
    return response
