"""Accounts over HTTP: /api/auth and /api/user/profile."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import Response, after_this_request, current_app
from flask.views import MethodView

from webapp import limits
from webapp.accounts import service
from webapp.accounts.models import User
from webapp.accounts.schemas import (
    LoginSchema,
    PasswordChangeSchema,
    ProfileUpdateSchema,
    RegisterSchema,
    TokenPairSchema,
    UserSchema,
)
from webapp.accounts.tokens import (
    current_refresh_token_id,
    current_session_id,
    current_user,
    issue_pair,
    require_access_token,
    require_refresh_token,
)
from webapp.blueprint import Blueprint
from webapp.database import db
from webapp.errors import InvalidTokenError
from webapp.fields import MessageSchema
from webapp.settings import Settings
from webapp.transactions import commit, transactional

auth = Blueprint("Auth", __name__, url_prefix="/api/auth", description="Accounts, logins and sessions.")
profile = Blueprint("User", __name__, url_prefix="/api/user", description="The user's own data.")

PUBLIC: list[dict[str, list[str]]] = []


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def _refresh_lifetime() -> timedelta:
    return timedelta(days=_settings().refresh_token_expire_days)


def _remember_address(response: Response) -> Response:
    """A login is reported to Redis after its commit: no transaction may be open while Redis answers."""
    if response.status_code == HTTPStatus.OK:
        limits.remember_address()
    return response


@auth.route("/register")
class Register(MethodView):
    @limits.attempts_only(limits.REGISTER_BY_ADDRESS, limits.by_address)
    @limits.attempts_only(limits.REGISTER_BY_ACCOUNT, limits.by_account)
    @transactional
    @auth.doc(security=PUBLIC)
    @auth.arguments(RegisterSchema)
    @auth.response(201, UserSchema)
    @auth.problems(400, 415, 422, 429, 503)
    def post(self, payload: dict[str, Any]) -> User:
        """Create an account

        The email address is unique without regard to case. An address or a username that is taken is a 400
        whose `detail` says which.
        """
        return service.register_user(db.session(), **payload, rounds=_settings().password_hash_rounds)


@auth.route("/login")
class Login(MethodView):
    @limits.attempts_only(limits.LOGIN_BY_ADDRESS, limits.by_address)
    @limits.failures_only(limits.LOGIN_FAILURES_BY_ADDRESS, limits.by_address)
    @limits.failures_only(
        limits.LOGIN_FAILURES_BY_ACCOUNT, limits.by_account, exempt_when=limits.is_known_address
    )
    @limits.failures_only(limits.LOGIN_FAILURES_BY_ADDRESS_AND_ACCOUNT, limits.by_address_and_account)
    @transactional
    @auth.doc(security=PUBLIC)
    @auth.arguments(LoginSchema)
    @auth.response(200, TokenPairSchema)
    @auth.problems(400, 401, 403, 415, 422, 429, 503)
    def post(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Log in

        Opens a session and answers with its access and refresh token. Repeated failures are answered with 429
        and Retry-After.
        """
        session = db.session()
        user = service.authenticate(session, **payload, rounds=_settings().password_hash_rounds)
        opened = service.open_session(session, user, lifetime=_refresh_lifetime())
        after_this_request(_remember_address)
        return {**issue_pair(opened), "user": user}


@auth.route("/refresh")
class Refresh(MethodView):
    @require_refresh_token
    @transactional
    @auth.doc(security=[{"refresh_token": []}])
    @auth.response(200, TokenPairSchema)
    @auth.problems(401, 403, 503)
    def post(self) -> dict[str, Any]:
        """Exchange a refresh token for a new pair

        Send the refresh token as the Bearer. It is spent by this; using it again ends the whole session.
        """
        session = db.session()
        user = current_user()
        rotated = service.rotate_refresh_token(
            session, current_session_id(), current_refresh_token_id(), lifetime=_refresh_lifetime()
        )
        if rotated is None:
            commit()  # the revocation stays although the request fails
            raise InvalidTokenError
        return {**issue_pair(rotated), "user": user}


@auth.route("/me")
class Me(MethodView):
    @require_access_token
    @auth.response(200, UserSchema)
    @auth.problems(401, 403, 503)
    def get(self) -> User:
        """Who am I"""
        return current_user()


@auth.route("/logout")
class Logout(MethodView):
    @require_access_token
    @transactional
    @auth.response(200, MessageSchema)
    @auth.problems(401, 403, 503)
    def post(self) -> dict[str, str]:
        """Log out

        This access token and its refresh tokens stop working at once.
        """
        service.revoke_session(db.session(), current_session_id())
        return {"message": "You are logged out."}


@auth.route("/change-password")
class ChangePassword(MethodView):
    @require_access_token
    @limits.attempts_only(limits.PASSWORD_CHANGE_BY_USER, limits.by_user)
    @transactional
    @auth.arguments(PasswordChangeSchema)
    @auth.response(200, MessageSchema)
    @auth.problems(400, 401, 403, 415, 422, 429, 503)
    def post(self, payload: dict[str, Any]) -> dict[str, str]:
        """Change the password

        Ends every other session of the account; this one goes on.
        """
        service.change_password(
            db.session(),
            current_user(),
            **payload,
            keep=current_session_id(),
            rounds=_settings().password_hash_rounds,
        )
        return {"message": "The password is changed, and every other session is logged out."}


@profile.route("/profile")
class Profile(MethodView):
    @require_access_token
    @profile.response(200, UserSchema)
    @profile.problems(401, 403, 503)
    def get(self) -> User:
        """The profile"""
        return current_user()

    @require_access_token
    @transactional
    @profile.arguments(ProfileUpdateSchema)
    @profile.response(200, UserSchema)
    @profile.problems(400, 401, 403, 415, 422, 503)
    def put(self, payload: dict[str, Any]) -> User:
        """Change full_name, username, or both"""
        return service.update_profile(db.session(), current_user(), **payload)
