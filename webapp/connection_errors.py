"""Why a connection to PostgreSQL failed, in a few words for the operator."""

from __future__ import annotations


def reason_of(error: BaseException) -> str:
    """The driver's reason without its address, hints and further lines; never a password."""
    # SQLAlchemy wraps the driver's error.
    text = str(getattr(error, "orig", None) or error).strip()
    first = text.splitlines()[0] if text else type(error).__name__
    return first.rpartition("failed: ")[2].removeprefix("FATAL:").strip().rstrip(".")
