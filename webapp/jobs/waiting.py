"""Holding a request until a job is finished, without taking the capacity of ordinary requests.

A waiting request holds a thread of its web process, so only half of the threads may wait; who comes when they
are taken is answered at once, which `Prefer: wait` allows (RFC 7240). The rows are polled, so waiting works
with Redis away, and no transaction is open between two looks.
"""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webapp.jobs.models import TERMINAL_STATES, Job

MAX_WAIT_SECONDS = 30
POLL_SECONDS = 0.1


class WaitingRoom:
    """The places for waiting requests in one web process."""

    def __init__(self, places: int) -> None:
        self._places = threading.BoundedSemaphore(max(1, places))

    def wait_until_finished(
        self,
        session: Session,
        job_id: uuid.UUID,
        wait_seconds: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> bool:
        """Wait for a terminal state, or the time. False, at once, when no place is free."""
        if not self._places.acquire(blocking=False):
            return False
        try:
            deadline = time.monotonic() + wait_seconds
            pause = POLL_SECONDS / 2
            while time.monotonic() < deadline:
                state = session.scalar(sa.select(Job.state).where(Job.id == job_id))
                session.rollback()
                if state is None or state in TERMINAL_STATES:
                    break
                sleep(min(pause, max(0.0, deadline - time.monotonic())))
                # Most jobs are done in a moment; those that are not are looked at less often.
                pause = min(0.5, pause * 1.3)
            return True
        finally:
            self._places.release()


def wanted_wait(prefer: str) -> int | None:
    """Seconds of `wait=N` in a Prefer header (RFC 7240), at most 30; None when it asks for none."""
    match = re.search(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,9})\"?", prefer, re.IGNORECASE)
    return min(MAX_WAIT_SECONDS, int(match.group(1))) if match else None
