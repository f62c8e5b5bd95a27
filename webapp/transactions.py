"""The edge owns the transaction: one commit per changing request, with its Idempotency-Key when it has one."""

from __future__ import annotations

import functools
import hashlib
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Response, json, make_response, request
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Base, CreatedAt, db
from webapp.errors import IdempotencyKeyReusedError, InvalidFieldsError
from webapp.identity import current_user_id

View = TypeVar("View", bound=Callable[..., Any])

IDEMPOTENCY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes a repeat of the request give the first one's answer, for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


class IdempotencyKey(Base):
    """The answer to a request with an Idempotency-Key, committed together with what the request did."""

    __tablename__ = "idempotency_keys"

    user_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    request_hash: Mapped[str] = mapped_column(sa.String(64))
    status: Mapped[int | None]
    body: Mapped[str | None]
    location: Mapped[str | None]
    created_at: Mapped[CreatedAt] = mapped_column(index=True)


def transactional(view: View) -> View:
    """Commit when the view returns; what it raises rolls back (problems.py)."""

    @functools.wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        response = view(*args, **kwargs)
        db.session.commit()
        return response

    return wrapper  # type: ignore[return-value]


def idempotent(view: View) -> View:
    """transactional, and honour Idempotency-Key: the key's row is committed with what the request did.

    Two equal requests at once: the second waits on the first one's key row, then answers from it.
    """

    @functools.wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return transactional(view)(*args, **kwargs)
        _check_key(key)
        user_id, request_hash = current_user_id(), _request_hash()
        row = {"user_id": user_id, "key": key, "request_hash": request_hash}
        claimed = db.session.execute(
            insert(IdempotencyKey).values(row).on_conflict_do_nothing().returning(IdempotencyKey.key)
        ).scalar()
        stored = db.session.get_one(IdempotencyKey, (user_id, key))
        if claimed is None:
            return _replay(stored, request_hash)
        response = make_response(view(*args, **kwargs))
        stored.status = response.status_code
        stored.body = response.get_data(as_text=True)
        stored.location = response.headers.get("Location")
        db.session.commit()
        return response

    apidoc = dict(getattr(wrapper, "_apidoc", {}))
    manual = dict(apidoc.get("manual_doc", {}))
    manual["parameters"] = [*manual.get("parameters", []), IDEMPOTENCY_HEADER]
    wrapper._apidoc = {**apidoc, "manual_doc": manual}  # type: ignore[attr-defined]  # noqa: SLF001
    return wrapper  # type: ignore[return-value]


def _check_key(key: str) -> None:
    if not 1 <= len(key) <= 255 or not key.isprintable():
        raise InvalidFieldsError({"Idempotency-Key": ["Must be 1 to 255 printable characters."]})


def _request_hash() -> str:
    """A fingerprint of method, path and body, where two ways to write the same JSON are the same body."""
    raw = request.get_data(cache=True)
    try:
        body = json.dumps(json.loads(raw), sort_keys=True) if raw else ""
    except (ValueError, RecursionError):
        body = raw.decode("utf-8", "replace")
    return hashlib.sha256(f"{request.method} {request.path.rstrip('/')}\n{body}".encode()).hexdigest()


def _replay(stored: IdempotencyKey, request_hash: str) -> Response:
    if stored.request_hash != request_hash:
        raise IdempotencyKeyReusedError
    response = Response(stored.body, status=stored.status, mimetype="application/json")
    response.headers["Idempotency-Replayed"] = "true"
    if stored.location:
        response.headers["Location"] = stored.location
    db.session.rollback()
    return response
