"""claim -> read -> analyse -> store: one job, from its lease to its outcome.

No transaction is open while an engine thinks. The result and the terminal state are one commit, which the
lease token guards: a worker that lost its lease writes nothing.
"""

from __future__ import annotations

import itertools
import logging
import random
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Self, TypeVar

from billiard.exceptions import SoftTimeLimitExceeded
from psycopg2.errors import ReadOnlySqlTransaction
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from webapp.errors import NotFoundError
from webapp.interviews import lifecycle
from webapp.jobs import leases
from webapp.jobs.leases import Claim
from webapp.jobs.models import AttemptOutcome
from webapp.settings import Settings
from worker.analyses import ANALYSES
from worker.analysis.errors import AnalysisError, JobCancelledError, ProviderTimeoutError
from worker.analysis.types import Engine

BACK_OFF_SECONDS = 2.0
MAX_BACK_OFF_SECONDS = 300.0
MAX_RETRY_AFTER_SECONDS = 3600.0
PROGRESS_EVERY_SECONDS = 0.5
STORE_TRIES = 6
INTERNAL_MESSAGE = "The analysis failed because of an error in the service."

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


class Runner:
    """Runs jobs for one worker. `clock` and `rng` are arguments for the tests' sake."""

    def __init__(
        self,
        settings: Settings,
        sessions: sessionmaker[Session],
        engine: Engine,
        *,
        worker: str,
        rng: random.Random | None = None,
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._engine = engine
        self._worker = worker
        self._rng = rng or random.Random()

    def run(self, job_id: uuid.UUID) -> bool:
        """Run the job if it is due and free; True when its result was stored by this call."""
        return self.attempt(job_id) == "succeeded"

    def attempt(self, job_id: uuid.UUID) -> str | None:
        """Run the job if it is due and free; what came of this attempt, None when there was none."""
        with self._sessions.begin() as session:
            claimed = leases.claim(
                session, job_id, worker=self._worker, lease_seconds=self._settings.lease_seconds
            )
        if claimed is None:
            return None
        started = time.perf_counter()
        with Lease(self._sessions, claimed, self._settings.lease_seconds) as lease:
            try:
                stored = self._analyse_and_store(claimed, lease)
                outcome = "succeeded" if stored else "refused"
            except JobCancelledError as error:
                self._charge(claimed, error.usage)
                outcome = "cancelled"
            except SoftTimeLimitExceeded:
                outcome = self._failed(claimed, ProviderTimeoutError("The analysis took too long."))
            except AnalysisError as error:
                outcome = self._failed(claimed, error)
            except NotFoundError:
                outcome = "gone"
            except Exception as error:
                # Also a bug must end the job with a code, after its tries; the trace is the operator's.
                logger.exception("analysis failed", extra=_ids(claimed))
                unexpected = AnalysisError(INTERNAL_MESSAGE)
                unexpected.retryable = not isinstance(error, SQLAlchemyError) or _will_pass(error)
                outcome = self._failed(claimed, unexpected)
        logger.info(
            "job",
            extra={
                **_ids(claimed),
                "outcome": outcome,
                "attempt": claimed.attempts,
                "seconds": round(time.perf_counter() - started, 3),
            },
        )
        return outcome

    def _analyse_and_store(self, claimed: Claim, lease: Lease) -> bool:
        analysis = ANALYSES[claimed.kind]
        with self._sessions() as session:
            inputs = analysis.read(session, claimed)
        started = time.perf_counter()
        result = analysis.analyse(self._engine, inputs, lease.report)
        engine_seconds = time.perf_counter() - started
        usage = analysis.usage(result)
        tries = itertools.count(1)

        def store() -> bool:
            is_repeated = next(tries) > 1
            with self._sessions.begin() as session:
                # The interview before the job, as everywhere, so that two transactions never wait for each other.
                lifecycle.lock_interview(session, claimed.interview_id)
                if not leases.succeed(session, claimed, engine_seconds=engine_seconds):
                    # A try that lost its connection during the COMMIT may have been the one that stored it.
                    return is_repeated and leases.has_ended(session, claimed, AttemptOutcome.SUCCEEDED)
                leases.charge(session, claimed.job_id, usage)
                analysis.store(session, claimed, result)
                lifecycle.settle(session, claimed.interview_id, max_attempts=self._settings.job_max_attempts)
                return True

        try:
            stored = _persistently(store)
        except NotFoundError:
            self._charge(claimed, usage)
            raise
        if not stored:
            self._charge(claimed, usage)
        return stored

    def _charge(self, claimed: Claim, usage: Mapping[str, float]) -> None:
        """Record what an attempt cost whose end was not stored: the provider was paid all the same."""

        def store() -> None:
            with self._sessions.begin() as session:
                leases.charge(session, claimed.job_id, usage)

        if usage:
            _persistently(store)

    def _failed(self, claimed: Claim, error: AnalysisError) -> str:
        """Queue again after a failure that may pass, while tries are left; else fail, with its code."""
        again = error.retryable and claimed.attempts < claimed.max_attempts
        logger.warning(
            "attempt failed", extra={**_ids(claimed), "code": error.code, "attempt": claimed.attempts}
        )

        tries = itertools.count(1)

        def store() -> bool:
            is_repeated = next(tries) > 1
            with self._sessions.begin() as session:
                lifecycle.lock_interview(session, claimed.interview_id)
                if again:
                    ended = leases.postpone(
                        session,
                        claimed,
                        delay_seconds=self._delay(claimed.attempts, error.retry_after),
                        code=error.code,
                        message=error.message,
                    )
                else:
                    ended = leases.fail(
                        session, claimed, code=error.code, message=error.message, retryable=error.retryable
                    )
                if not ended:
                    # As in _analyse_and_store: an earlier try may have stored it.
                    return is_repeated and leases.has_ended(session, claimed, AttemptOutcome.FAILED)
                leases.charge(session, claimed.job_id, error.usage)
                if not again:
                    lifecycle.settle(
                        session, claimed.interview_id, max_attempts=self._settings.job_max_attempts
                    )
                return True

        try:
            stored = _persistently(store)
        except NotFoundError:
            # Its user deleted the account in the meantime, and the job with it.
            self._charge(claimed, error.usage)
            return "gone"
        if not stored:
            self._charge(claimed, error.usage)
            return "refused"
        return "postponed" if again else "failed"

    def _delay(self, attempts: int, retry_after: float | None) -> float:
        """Exponential with jitter, so that many failed at once do not come back at once; never before Retry-After."""
        back_off = min(MAX_BACK_OFF_SECONDS, BACK_OFF_SECONDS * 2.0 ** (attempts - 1))
        jittered = back_off * self._rng.uniform(0.5, 1.0)
        return max(jittered, min(retry_after or 0.0, MAX_RETRY_AFTER_SECONDS))


class Lease:
    """Keeps a claim alive while the engine works, and tells the engine when it is no longer ours."""

    def __init__(self, sessions: sessionmaker[Session], claimed: Claim, lease_seconds: float) -> None:
        self._sessions = sessions
        self._claimed = claimed
        self._seconds = lease_seconds
        self._done = threading.Event()
        self._lost = threading.Event()
        self._last_report = time.monotonic()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def report(self, progress: float, stage: str) -> None:
        """The engine's ProgressCallback: writes progress now and then. Raises JobCancelledError when the lease is gone."""
        if self._lost.is_set():
            raise JobCancelledError("The job was cancelled, or another worker has it.")
        if time.monotonic() - self._last_report < PROGRESS_EVERY_SECONDS:
            return
        self._last_report = time.monotonic()
        self._renew(progress, stage)

    def _keep(self) -> None:
        while not self._done.wait(self._seconds / 3):
            self._renew()

    def _renew(self, progress: float | None = None, stage: str | None = None) -> None:
        try:
            with self._sessions.begin() as session:
                ours = leases.renew(
                    session, self._claimed, lease_seconds=self._seconds, progress=progress, stage=stage
                )
        except SQLAlchemyError as error:
            # The database may be back before the lease runs out; storing will tell.
            logger.warning("lease not renewed", extra={**_ids(self._claimed), "error": type(error).__name__})
            return
        if not ours:
            self._lost.set()


def _persistently(store: Callable[[], Result]) -> Result:
    """Store through a short absence of the database. Safe to repeat: the lease token is spent by the first success."""
    for attempt in range(1, STORE_TRIES):
        try:
            return store()
        except DBAPIError as error:
            if not _will_pass(error):
                raise
            time.sleep(0.2 * 2**attempt)
    return store()


def _will_pass(error: SQLAlchemyError) -> bool:
    """Is the database away, restarting, full or read-only, rather than asked something wrong?"""
    return isinstance(error, OperationalError | InterfaceError) or (
        isinstance(error, DBAPIError)
        and (error.connection_invalidated or isinstance(error.orig, ReadOnlySqlTransaction))
    )


def _ids(claimed: Claim) -> dict[str, str]:
    return {
        "job_id": str(claimed.job_id),
        "kind": claimed.kind.value,
        "interview_id": str(claimed.interview_id),
        "user_id": str(claimed.user_id),
    }
