"""Rate limits: who may do what how often. Counted in Redis, and in each process while Redis is away."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from webapp.identity import current_user_id
from webapp.queue import PUBLISH_TIMEOUT_SECONDS
from webapp.settings import Settings

limiter = Limiter(key_func=get_remote_address, headers_enabled=False, strategy="fixed-window")

REGISTER_BY_ADDRESS = "120 per hour"
LOGIN_BY_ADDRESS = "60 per minute"
# Failures only. One address that guesses at one account is stopped soon; the account as a whole is slowed
# for a minute at a time, so that an attacker with many addresses cannot lock its owner out for long.
LOGIN_FAILURES_BY_ADDRESS_AND_ACCOUNT = "5 per 5 minutes"
LOGIN_FAILURES_BY_ADDRESS = "50 per 15 minutes"
LOGIN_FAILURES_BY_ACCOUNT = "20 per minute"
START_BY_USER = "60 per hour"
ANSWER_BY_USER = "60 per minute"
RETRY_BY_USER = "30 per minute"


def register(app: Flask, settings: Settings) -> None:
    app.config.update(
        RATELIMIT_ENABLED=settings.rate_limits,
        RATELIMIT_STORAGE_URI=settings.redis_url,
        RATELIMIT_STORAGE_OPTIONS={
            "socket_timeout": PUBLISH_TIMEOUT_SECONDS,
            "socket_connect_timeout": PUBLISH_TIMEOUT_SECONDS,
        },
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        RATELIMIT_KEY_PREFIX="interview-simulator",
    )
    limiter.init_app(app)
    app.after_request(_tell_limits)


def by_address() -> str:
    return get_remote_address()


def by_user() -> str:
    return str(current_user_id())


def by_account() -> str:
    """The account that a login names, as a hash: an address in a Redis key would be personal data."""
    body = request.get_json(silent=True)
    email = str(body.get("email", "")) if isinstance(body, dict) else ""
    return hashlib.sha256(email.strip().lower().encode("utf-8", "replace")).hexdigest()[:32]


def by_address_and_account() -> str:
    return f"{get_remote_address()}:{by_account()}"


def failures_only(limit: str, key_func: Callable[[], str]) -> Any:
    """A limit that only failed logins use up."""
    return limiter.limit(limit, key_func=key_func, deduct_when=lambda response: response.status_code == 401)


def _tell_limits(response: Response) -> Response:
    """The RateLimit-* headers, of the limit nearest to exhaustion; Retry-After on a 429."""
    current = limiter.current_limit
    if current is not None:
        reset = max(0, int(current.reset_at - time.time()) + 1)
        response.headers["RateLimit-Limit"] = str(current.limit.amount)
        response.headers["RateLimit-Remaining"] = str(max(0, current.remaining))
        response.headers["RateLimit-Reset"] = str(reset)
        response.headers["RateLimit-Policy"] = f"{current.limit.amount};w={current.limit.get_expiry()}"
        if response.status_code == 429:
            response.headers["Retry-After"] = str(reset)
    return response
