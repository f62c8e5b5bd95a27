"""JSON Web Tokens, after RFC 8725: one algorithm, an issuer, an audience, a key id, and a session behind each.

A token is worth what its session's row says: logout, a password change and the reuse of a spent refresh token
end it at once.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta
from typing import Any, cast

import jwt as pyjwt
import sqlalchemy as sa
from flask import Flask, current_app, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt,
    jwt_required,
)
from flask_jwt_extended import current_user as _current_user
from flask_jwt_extended.exceptions import JWTExtendedException, UserLookupError

from webapp.accounts.models import AuthSession, User
from webapp.database import db
from webapp.errors import DomainError, InactiveAccountError, InvalidTokenError, NotAuthenticatedError
from webapp.problems import problem
from webapp.settings import Settings

ALGORITHM = "HS256"
ISSUER = "ai-interview-simulator"
AUDIENCE = "ai-interview-simulator-api"

require_access_token = jwt_required()
require_refresh_token = jwt_required(refresh=True)


def key_id(secret: str) -> str:
    """A short public name for a signing key, so that a rotated key's tokens find the key that made them."""
    return hashlib.sha256(b"kid:" + secret.encode()).hexdigest()[:12]


def register(app: Flask, settings: Settings) -> None:
    keys = {
        key_id(secret): secret for secret in (settings.secret_key, settings.previous_secret_key) if secret
    }
    signing_key_id = key_id(settings.secret_key)
    app.config.update(
        JWT_SECRET_KEY=settings.secret_key,
        JWT_ALGORITHM=ALGORITHM,
        JWT_DECODE_ALGORITHMS=[ALGORITHM],
        JWT_ENCODE_ISSUER=ISSUER,
        JWT_DECODE_ISSUER=ISSUER,
        JWT_ENCODE_AUDIENCE=AUDIENCE,
        JWT_DECODE_AUDIENCE=AUDIENCE,
        JWT_TOKEN_LOCATION=["headers"],
        JWT_ACCESS_TOKEN_EXPIRES=timedelta(minutes=settings.access_token_expire_minutes),
        JWT_REFRESH_TOKEN_EXPIRES=timedelta(days=settings.refresh_token_expire_days),
    )
    manager = JWTManager(app)

    @app.before_request
    def ignore_case_of_scheme() -> None:
        # RFC 9110: the name of a scheme has no case. The extension compares it letter by letter.
        scheme, blank, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            request.environ["HTTP_AUTHORIZATION"] = f"Bearer{blank}{token}"

    @manager.additional_headers_loader
    def additional_headers(_identity: str) -> dict[str, str]:
        return {"kid": signing_key_id}

    @manager.decode_key_loader
    def decode_key(header: dict[str, Any], _payload: dict[str, Any]) -> str:
        key = keys.get(str(header.get("kid")))
        if key is None:
            raise pyjwt.InvalidTokenError("unknown key")
        return key

    @manager.user_lookup_loader
    def user_lookup(_header: dict[str, Any], payload: dict[str, Any]) -> User | None:
        return live_user(payload)

    # Every way in which a token fails is answered by one of three sentences.
    def answer(error: DomainError) -> Any:
        return lambda *_: problem(error.status, error.detail, title=error.title)

    manager.unauthorized_loader(answer(NotAuthenticatedError()))
    for loader in (
        manager.invalid_token_loader,
        manager.expired_token_loader,
        manager.revoked_token_loader,
        manager.user_lookup_error_loader,
        manager.token_verification_failed_loader,
    ):
        loader(answer(InvalidTokenError()))
    app.register_error_handler(InactiveUserLookup, answer(InactiveAccountError()))
    app.register_error_handler(pyjwt.PyJWTError, answer(InvalidTokenError()))
    app.register_error_handler(JWTExtendedException, answer(InvalidTokenError()))


class InactiveUserLookup(UserLookupError):  # noqa: N818 - named beside the error that it refines
    """The token is good, the account is switched off."""


def live_user(payload: dict[str, Any]) -> User | None:
    """The user of a token whose session is live; None when it is not. One query a request."""
    try:
        user_id, session_id = uuid.UUID(str(payload["sub"])), uuid.UUID(str(payload["sid"]))
    except (KeyError, ValueError):
        return None
    user = db.session.scalar(
        sa.select(User)
        .join(AuthSession, AuthSession.user_id == User.id)
        .where(
            User.id == user_id,
            AuthSession.id == session_id,
            AuthSession.revoked_at.is_(None),
            AuthSession.expires_at > sa.func.now(),
        )
    )
    # The request goes on to count its rate limit in Redis: no transaction may be open while Redis answers.
    db.session.commit()
    if user is not None and not user.is_active:
        raise InactiveUserLookup("inactive", {}, payload)
    return user


def issue_pair(session: AuthSession) -> dict[str, Any]:
    """A new access and refresh token for the session; the refresh token's id must already be the row's."""
    claims = {"sid": str(session.id)}
    identity = str(session.user_id)
    expires: timedelta = current_app.config["JWT_ACCESS_TOKEN_EXPIRES"]
    return {
        "access_token": create_access_token(identity, additional_claims=claims),
        "refresh_token": create_refresh_token(
            identity, additional_claims={**claims, "rid": str(session.refresh_token_id)}
        ),
        "token_type": "bearer",
        "expires_in": int(expires.total_seconds()),
    }


def current_user() -> User:
    """The user of this request; only behind require_access_token or require_refresh_token."""
    return cast("User", _current_user)


def current_session_id() -> uuid.UUID:
    return uuid.UUID(get_jwt()["sid"])


def current_refresh_token_id() -> uuid.UUID:
    return uuid.UUID(get_jwt()["rid"])
