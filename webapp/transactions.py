"""The edge owns the transaction: one commit per changing request, with its Idempotency-Key when it has one."""

from __future__ import annotations

import functools
import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Response, g, json, make_response, request
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Base, CreatedAt, db
from webapp.errors import (
    DomainError,
    IdempotencyKeyReusedError,
    InvalidFieldsError,
    OutcomeUnknownError,
    ServiceUnavailableError,
)
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


def commit() -> None:
    """Commit what the request changed. Raises OutcomeUnknownError where nobody knows whether it was committed."""
    # Errors of the statements come before the COMMIT, so they are known to have changed nothing.
    db.session.flush()
    try:
        db.session.commit()
    except DBAPIError as error:
        if _was_rolled_back(error):
            raise
        raise OutcomeUnknownError(has_key="Idempotency-Key" in request.headers) from error
    g.has_committed = True


def _was_rolled_back(error: DBAPIError) -> bool:
    """Did the server answer the COMMIT with an error of the transaction, rather than end in the middle of it?"""
    code: str | None = getattr(error.orig, "pgcode", None)
    # Connection lost, operator's intervention, the system's failure, internal error: the commit may have happened.
    return code is not None and code[:2] not in ("08", "57", "58", "XX") and code != "40003"


def transactional(view: View) -> View:
    """Commit when the view returns; what it raises rolls back (problems.py)."""

    @functools.wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        response = view(*args, **kwargs)
        commit()
        return response

    return wrapper  # type: ignore[return-value]


def idempotent(view: View) -> View:
    """transactional, and honour Idempotency-Key: the key's row is committed with what the request did.

    The row is inserted last, so no request holds it for longer than a commit takes. Of two equal requests at once
    the second finds the row at its own insert, undoes what it did, and answers from the row.
    """

    @functools.wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return transactional(view)(*args, **kwargs)
        _check_key(key)
        keyed = _Keyed(current_user_id(), key, _request_hash())
        earlier = keyed.replay()
        if earlier is not None:
            return earlier
        try:
            response = make_response(view(*args, **kwargs))
        except DomainError:
            # Perhaps only because an equal request, a moment before this one, did it.
            db.session.rollback()
            earlier = keyed.replay()
            if earlier is None:
                raise
            return earlier
        if not keyed.keep(response):
            db.session.rollback()
            earlier = keyed.replay()
            if earlier is None:
                # The key expired between the two statements, after a day.
                raise ServiceUnavailableError
            return earlier
        commit()
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


@dataclass(frozen=True, slots=True)
class _Keyed:
    """A request with an Idempotency-Key. The user's id is a value: a rollback would expire the user's row."""

    user_id: uuid.UUID
    key: str
    request_hash: str

    def replay(self) -> Response | None:
        """The answer that is kept under the key, if any; no transaction is open afterwards.

        Raises IdempotencyKeyReusedError.
        """
        stored = db.session.get(IdempotencyKey, (self.user_id, self.key), populate_existing=True)
        db.session.commit()
        if stored is None:
            return None
        if stored.request_hash != self.request_hash:
            raise IdempotencyKeyReusedError
        response = Response(stored.body, status=stored.status, mimetype="application/json")
        response.headers["Idempotency-Replayed"] = "true"
        if stored.location:
            response.headers["Location"] = stored.location
        return response

    def keep(self, response: Response) -> bool:
        """Keep the answer, in the request's transaction; False when an equal request has kept its own."""
        # What the view changed must be in the database before the key says that it is.
        db.session.flush()
        row = {
            "user_id": self.user_id,
            "key": self.key,
            "request_hash": self.request_hash,
            "status": response.status_code,
            "body": response.get_data(as_text=True),
            "location": response.headers.get("Location"),
        }
        statement = insert(IdempotencyKey).values(row).on_conflict_do_nothing().returning(IdempotencyKey.key)
        return db.session.execute(statement).scalar() is not None
