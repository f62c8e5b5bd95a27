"""The service's own Celery app with another engine: `celery --app tests.faults.faulty_worker worker`."""

from __future__ import annotations

import os
from pathlib import Path

from tests.faults.faulty_engine import FaultyEngine
from worker import process
from worker.celery import app

process.make_engine = lambda _settings: FaultyEngine(Path(os.environ["FAULTS_DIR"]))
if "FAULTS_TIME_LIMIT" in os.environ:
    # An operator's setting would have the same effect; four minutes are too long for a test.
    app.conf.task_soft_time_limit = float(os.environ["FAULTS_TIME_LIMIT"])
