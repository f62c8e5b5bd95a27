"""The Celery app, and what a worker does besides its tasks: load the engine once, beat its heart, sweep, let go."""

from __future__ import annotations

import logging
import os
import socket
from typing import Any

from celery import Celery, signals

from webapp import logs
from webapp.settings import read_settings
from worker import closed_channels
from worker.process import WorkerProcess

closed_channels.mend()

app = Celery("worker", include=["worker.tasks"])
app.config_from_object("celeryconfig")

# Made in the main process and inherited by the pool's children, so that the engine's memory is shared.
process: WorkerProcess | None = None


def worker_process() -> WorkerProcess:
    """This process's worker; made on first use where no worker's main process has made it (beat, tests)."""
    global process  # noqa: PLW0603 - one per process, and Celery's signals leave no other place for it
    if process is None:
        process = WorkerProcess(read_settings(), name=f"{socket.gethostname()}:{os.getpid()}")
    return process


class _FailureWithoutWords(logging.Filter):
    """Celery's record of a task's failure quotes the exception, and a driver's exception quotes rows: keep the ids."""

    def filter(self, record: logging.LogRecord) -> bool:
        context = record.__dict__.pop("data", None)
        if isinstance(context, dict):
            record.msg, record.args = "task failed", ()
            record.__dict__ |= {"task": context.get("name"), "task_id": context.get("id")}
        return True


# Before Celery's first warning, which comes earlier than its own set-up of the logs.
@signals.celeryd_init.connect
@signals.setup_logging.connect
def _configure_logs(**_: Any) -> None:
    logging.captureWarnings(capture=True)
    logs.configure(logging.INFO)
    # Celery's own line per task says what ours say, and one of theirs would print arguments.
    logging.getLogger("celery.app.trace").setLevel(logging.WARNING)
    logging.getLogger("celery.app.trace").addFilter(_FailureWithoutWords())
    logging.getLogger("celery.worker.strategy").setLevel(logging.WARNING)
    # A line per tick of the clock says nothing.
    logging.getLogger("celery.beat").setLevel(logging.WARNING)


@signals.beat_init.connect
def _send_no_event_for_each_tick(**_: Any) -> None:
    # Flower would show every sweep as a task that was sent and never ran: sweeps send no other events.
    app.conf.task_send_sent_event = False


@signals.worker_init.connect
def _load_engine(**_: Any) -> None:
    worker_process().load_engine()


@signals.worker_ready.connect
def _start_caretaker(**_: Any) -> None:
    worker_process().start_caretaker()


@signals.worker_process_init.connect
def _forget_parents_connections(**_: Any) -> None:
    worker_process().after_fork()


@signals.worker_shutting_down.connect
def _hand_back_soon(**_: Any) -> None:
    worker_process().begin_shutdown()


@signals.worker_shutdown.connect
def _hand_back_now(**_: Any) -> None:
    worker_process().finish_shutdown()
