"""The service's own WSGI app, which can die between commit and publish: `gunicorn tests.faults.faulty_web:app`."""

from __future__ import annotations

import os
import signal
import uuid
from pathlib import Path

from webapp.queue import JobQueue
from wsgi import app

__all__ = ["app"]

_publish = JobQueue.publish


def _die_or_publish(queue: JobQueue, job_id: uuid.UUID) -> bool:
    """Publishing is the first thing after the commit; a file says that it is not to be reached, once."""
    try:
        (Path(os.environ["FAULTS_DIR"]) / "die-before-publish").unlink()
    except FileNotFoundError:
        return _publish(queue, job_id)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("not reached")


JobQueue.publish = _die_or_publish  # type: ignore[method-assign]
