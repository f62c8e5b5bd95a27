"""Registration, login and what ends a session."""

from __future__ import annotations

import uuid
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webapp.accounts.models import AuthSession, User
from webapp.accounts.passwords import check_password, hash_password, unknown_user_hash
from webapp.emails import normalize_email
from webapp.errors import (
    BadCredentialsError,
    EmailTakenError,
    InactiveAccountError,
    UsernameTakenError,
    WrongPasswordError,
)


def register_user(
    session: Session, *, email: str, username: str, password: str, full_name: str, rounds: int
) -> User:
    """Create an account. Raises EmailTakenError, UsernameTakenError."""
    if _by_email(session, email) is not None:
        raise EmailTakenError
    if _by_username(session, username) is not None:
        raise UsernameTakenError
    user = User(
        email=normalize_email(email),
        username=username,
        full_name=full_name,
        password_hash=hash_password(password, rounds),
    )
    session.add(user)
    session.flush()
    return user


def authenticate(session: Session, *, email: str, password: str, rounds: int) -> User:
    """The active user of these credentials, in the same time whichever of the two was wrong.

    Raises BadCredentialsError, InactiveAccountError (only to who knows the password).
    """
    nobodys = unknown_user_hash(rounds)  # for known emails too: making it, once, takes as long as a check
    user = _by_email(session, email)
    matches = check_password(password, user.password_hash if user else nobodys)
    if user is None or not matches:
        raise BadCredentialsError
    if not user.is_active:
        raise InactiveAccountError
    return user


def open_session(session: Session, user: User, *, lifetime: timedelta) -> AuthSession:
    """Start a family of refresh tokens."""
    row = AuthSession(user_id=user.id, refresh_token_id=uuid.uuid4(), expires_at=sa.func.now() + lifetime)
    session.add(row)
    session.flush()
    return row


def rotate_refresh_token(
    session: Session, session_id: uuid.UUID, spent: uuid.UUID, *, lifetime: timedelta
) -> AuthSession | None:
    """Spend a refresh token. None when it had been spent before: the whole family is then revoked.

    Conditional, so of two uses at once one wins and the other is reuse.
    """
    row = session.scalar(
        sa.update(AuthSession)
        .where(
            AuthSession.id == session_id,
            AuthSession.refresh_token_id == spent,
            AuthSession.revoked_at.is_(None),
        )
        .values(refresh_token_id=uuid.uuid4(), expires_at=sa.func.now() + lifetime)
        .returning(AuthSession)
        .execution_options(populate_existing=True)
    )
    if row is None:
        revoke_session(session, session_id)
    return row


def revoke_session(session: Session, session_id: uuid.UUID) -> None:
    session.execute(
        sa.update(AuthSession)
        .where(AuthSession.id == session_id, AuthSession.revoked_at.is_(None))
        .values(revoked_at=sa.func.now())
    )


def change_password(
    session: Session, user: User, *, current_password: str, new_password: str, keep: uuid.UUID, rounds: int
) -> None:
    """Set a new password and end every session but `keep`. Raises WrongPasswordError."""
    if not check_password(current_password, user.password_hash):
        raise WrongPasswordError
    user.password_hash = hash_password(new_password, rounds)
    session.execute(
        sa.update(AuthSession)
        .where(AuthSession.user_id == user.id, AuthSession.id != keep, AuthSession.revoked_at.is_(None))
        .values(revoked_at=sa.func.now())
    )


def update_profile(
    session: Session, user: User, *, full_name: str | None = None, username: str | None = None
) -> User:
    """Change what is given. Raises UsernameTakenError."""
    if username is not None and username != user.username:
        owner = _by_username(session, username)
        if owner is not None and owner.id != user.id:
            raise UsernameTakenError
        user.username = username
    if full_name is not None:
        user.full_name = full_name
    session.flush()
    return user


def is_spent() -> sa.ColumnElement[bool]:
    """Of a session: it has expired or was revoked, so that none of its tokens can be used again."""
    return sa.or_(AuthSession.expires_at < sa.func.now(), AuthSession.revoked_at.is_not(None))


def _by_email(session: Session, email: str) -> User | None:
    return session.scalar(sa.select(User).where(User.email == normalize_email(email)))


def _by_username(session: Session, username: str) -> User | None:
    # Usernames are ASCII, whose letters a database lower-cases as Python does.
    return session.scalar(sa.select(User).where(sa.func.lower(User.username) == username.lower()))
