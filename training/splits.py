"""Which questions are held out of the fit to choose and calibrate on; fixed by a hash of the id, never drawn anew."""

from __future__ import annotations

import hashlib


def held_out(question_id: str) -> str | None:
    """None for the fit; "unseen" and "seen" for validation: with --unseen the former's passages are left out as well."""
    digit = int(hashlib.sha256(question_id.encode()).hexdigest(), 16) % 12
    return {0: "unseen", 1: "seen"}.get(digit)
