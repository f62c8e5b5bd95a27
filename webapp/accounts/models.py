"""Users and their sessions. A session is a family of refresh tokens; its row alone says which of them is live."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Base, CreatedAt, UuidPrimaryKey


class AccountStatus(StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"


class User(Base):
    __tablename__ = "users"
    __table_args__ = (
        sa.UniqueConstraint("email"),
        sa.Index("uq_users_username_lower", sa.text("lower(username)"), unique=True),
    )

    id: Mapped[UuidPrimaryKey]
    # In the form that webapp/emails.py gives it.
    email: Mapped[str]
    username: Mapped[str] = mapped_column(sa.String(50))
    full_name: Mapped[str] = mapped_column(sa.String(200))
    password_hash: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default=sa.true(), default=True)
    created_at: Mapped[CreatedAt]


class AuthSession(Base):
    """One login. Revoked at logout, at a password change elsewhere, or when a spent refresh token comes back."""

    __tablename__ = "auth_sessions"

    id: Mapped[UuidPrimaryKey]
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    # The `jti` of the only refresh token of this family that has not been spent.
    refresh_token_id: Mapped[uuid.UUID]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
