"""What one worker process has: settings, engine, sessions, and the caretaker thread of its main process."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from types import FrameType

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from webapp import queue
from webapp.database import NOW, make_session_factory
from webapp.jobs import leases
from webapp.jobs.models import HEARTBEAT_SECONDS, WorkerHeartbeat
from webapp.settings import Settings
from worker import sweeper
from worker.analysis.types import Engine
from worker.engines import make_engine
from worker.runner import Runner

# A running job gets this long to finish before a shutdown hands it back; below worker_soft_shutdown_timeout.
GRACE_SECONDS = 4.0

logger = logging.getLogger(__name__)


class WorkerProcess:
    """`name` is this worker's name in leases and heartbeats; the pool's children share their parent's."""

    def __init__(self, settings: Settings, *, name: str) -> None:
        self.settings = settings
        self.name = name
        self._engine: Engine | None = None
        self._stopping = threading.Event()
        self._caretaker: threading.Thread | None = None
        self._connect()

    def _connect(self) -> None:
        self.sessions = make_session_factory(self.settings)
        queue.connect(self.sessions, queue.make_queue(self.settings))
        self._runner: Runner | None = None

    def load_engine(self) -> Engine:
        """The engine; loaded before the fork, so that its children share its memory."""
        if self._engine is None:
            self._engine = make_engine(self.settings)
        return self._engine

    def after_fork(self) -> None:
        """A child must not use its parent's sockets; closing them would close the parent's."""
        self.sessions.kw["bind"].dispose(close=False)
        self._connect()

    @property
    def runner(self) -> Runner:
        if self._runner is None:
            self._runner = Runner(self.settings, self.sessions, self.load_engine(), worker=self.name)
        return self._runner

    # --- the main process's caretaker ---------------------------------------------------------------

    def start_caretaker(self) -> None:
        """Heartbeats, and sweeps that need neither beat nor a free slot of the pool."""
        self._forget_predecessors()
        for signum in (signal.SIGTERM, signal.SIGQUIT):
            self._begin_shutdown_on(signum)
        self._caretaker = threading.Thread(target=self._take_care, name="caretaker", daemon=True)
        self._caretaker.start()

    def _take_care(self) -> None:
        next_heartbeat = next_sweep = 0.0
        while not self._stopping.is_set():
            try:
                if time.monotonic() >= next_heartbeat:
                    self.heartbeat("worker")
                    next_heartbeat = time.monotonic() + HEARTBEAT_SECONDS
                if time.monotonic() >= next_sweep:
                    next_sweep = time.monotonic() + self.settings.sweep_seconds
                    sweeper.sweep(self.sessions, self.settings)
            except SQLAlchemyError as error:
                logger.warning(
                    "caretaker could not reach the database", extra={"error": type(error).__name__}
                )
            except Exception:
                # Whatever it is, it must not end the heartbeats and sweeps of this worker.
                logger.exception("caretaker failed; it goes on")
            self._stopping.wait(max(0.0, min(next_heartbeat, next_sweep) - time.monotonic()))

    def heartbeat(self, role: str) -> None:
        """Note that this worker, or the beat whose message it got, is alive."""
        name = self.name if role == "worker" else role
        engine = f"{self._engine.provider} {self._engine.model}" if self._engine else None
        values = {"role": role, "engine": engine, "seen_at": NOW}
        statement = insert(WorkerHeartbeat).values(worker=name, **values)
        with self.sessions.begin() as session:
            session.execute(
                statement.on_conflict_do_update(index_elements=[WorkerHeartbeat.worker], set_=values)
            )

    def _forget_predecessors(self) -> None:
        """Delete the heartbeats of killed workers whose place this one takes: they could not sign off."""
        host, _, _ = self.name.rpartition(":")
        try:
            with self.sessions.begin() as session:
                of_this_host = session.scalars(
                    sa.select(WorkerHeartbeat).where(
                        WorkerHeartbeat.role == "worker", WorkerHeartbeat.worker.startswith(f"{host}:")
                    )
                )
                for heartbeat in of_this_host:
                    pid = heartbeat.worker.rpartition(":")[2]
                    if pid.isdecimal() and not _is_running(int(pid)):
                        session.delete(heartbeat)
        except SQLAlchemyError as error:
            # They grow old by themselves.
            logger.warning("old heartbeats not deleted", extra={"error": type(error).__name__})

    # --- shutdown -----------------------------------------------------------------------------------

    def begin_shutdown(self) -> None:
        """SIGTERM came: give running jobs a moment, then hand back what is left, so that none waits for its lease."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        timer = threading.Timer(GRACE_SECONDS, self.hand_back)
        # It does not keep a worker alive that is done before: finish_shutdown hands back as well.
        timer.daemon = True
        timer.start()

    def _begin_shutdown_on(self, signum: signal.Signals) -> None:
        """Celery tells of a cold shutdown only after it has waited for the tasks; the grace begins with the signal."""
        celerys = signal.getsignal(signum)

        def handle(number: int, frame: FrameType | None) -> None:
            self.begin_shutdown()
            if callable(celerys):
                celerys(number, frame)

        signal.signal(signum, handle)

    def finish_shutdown(self) -> None:
        """The pool has stopped: hand back what it still held, and stop being alive."""
        self.hand_back()
        try:
            with self.sessions.begin() as session:
                session.query(WorkerHeartbeat).filter_by(worker=self.name).delete()
        except SQLAlchemyError:
            logger.warning("could not sign off; the heartbeat grows old by itself")

    def hand_back(self) -> None:
        try:
            with self.sessions.begin() as session:
                released = leases.release(session, self.name)
        except SQLAlchemyError as error:
            # Their leases run out, and a sweeper finds them.
            logger.warning("could not hand back jobs", extra={"error": type(error).__name__})
            return
        for job_id in released:
            logger.info("job handed back", extra={"job_id": str(job_id), "worker": self.name})


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        # It is there, and somebody else's.
        return True
    return True
