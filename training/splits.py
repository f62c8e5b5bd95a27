"""Which questions' graded answers are held out of the fit, to choose and to calibrate on; fixed by a hash of the id."""

from __future__ import annotations

import hashlib

SHARE = 12
"""One in this many questions is held out."""


def held_out(question_id: str) -> bool:
    return int(hashlib.sha256(question_id.encode()).hexdigest(), 16) % SHARE == 0
