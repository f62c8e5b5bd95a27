"""Jobs, their workers and the sweeper as a state machine, driven by hypothesis against a real PostgreSQL.

The model knows what must be true after each step; the code under test is the service, the runner and the sweeper
themselves, in transactions that really commit. Several workers hold leases at once and come back to them in any
order, late or never; messages are lost, doubled and reordered; time passes for the database in jumps.
"""

from __future__ import annotations

import contextlib
import dataclasses
import random
import uuid
from collections import defaultdict
from typing import ClassVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from job_model import Expected, Held, JobModel, Open
from practice import Practice, Sent, TestEngine
from sqlalchemy.orm import Session, sessionmaker

from webapp import queue
from webapp.database import NOW, make_session_factory
from webapp.errors import JobFinishedError, JobNotRetryableError
from webapp.interviews import lifecycle
from webapp.jobs import leases
from webapp.jobs import service as jobs
from webapp.jobs.models import ACTIVE_STATES, Job, JobAttempt, JobKind, JobState
from webapp.settings import Settings
from worker import sweeper
from worker.analyses import ANALYSES
from worker.analysis.errors import ProviderRejectedError, ProviderUnavailableError
from worker.analysis.types import ignore_progress
from worker.runner import Runner

LEASE_SECONDS = 30.0
MAX_ATTEMPTS = 3
WORKERS = ("ada", "grace", "mary")


class JobMachine(RuleBasedStateMachine):
    settings: ClassVar[Settings]
    sessions: ClassVar[sessionmaker[Session]]
    sent: ClassVar[Sent]
    steps: ClassVar[int] = 0

    claims = Bundle("claims")

    @initialize()
    def begin(self) -> None:
        self.sent.clear()
        self.sent.is_up = True
        self.practice = Practice(self.sessions, max_attempts=MAX_ATTEMPTS)
        self.model = JobModel()
        self.open: Open | None = None

    # --- what a user does -------------------------------------------------------------------------------

    @precondition(lambda self: not self.model.completed and not self.open and len(self.model.jobs) < 5)
    @rule()
    def answer(self) -> None:
        self.model.queued(self.practice.answer())

    @precondition(lambda self: not self.open and self.model.jobs)
    @rule()
    def complete(self) -> None:
        job_id = self.practice.complete()
        assert self.model.completed == (job_id in self.model.jobs), "a second completion gives the same job"
        self.model.jobs.setdefault(job_id, Expected(JobKind.SKILL_GAP_ANALYSIS))
        self.model.completed = True

    @precondition(lambda self: not self.open and self.model.jobs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        job_id, expected = self.some_job(data)
        with self.sessions() as session:
            if expected.state in ACTIVE_STATES:
                self.practice.cancel(session, job_id)
                session.commit()
                expected.leaves_for(JobState.CANCELLED)
            else:
                with pytest.raises(JobFinishedError):
                    self.practice.cancel(session, job_id)

    @precondition(lambda self: not self.open and self.model.jobs)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        job_id, expected = self.some_job(data)
        with self.sessions() as session:
            if expected.state in {JobState.FAILED, JobState.CANCELLED}:
                jobs.retry(session, self.practice.user_id, job_id)
                session.commit()
                expected.state, expected.attempts = JobState.QUEUED, 0
            else:
                with pytest.raises(JobNotRetryableError):
                    jobs.retry(session, self.practice.user_id, job_id)

    # --- what messages do -------------------------------------------------------------------------------

    @precondition(lambda self: self.sent)
    @rule(target=claims, data=st.data(), worker=st.sampled_from(WORKERS), again=st.booleans())
    def deliver(self, data: st.DataObject, worker: str, again: bool) -> Held | object:
        """Any message in any order; `again` leaves it in the queue, to be delivered twice."""
        position = data.draw(st.integers(0, len(self.sent) - 1))
        job_id = self.sent[position] if again else self.sent.pop(position)
        if job_id not in self.model.jobs:
            return multiple()
        return self.claim(job_id, worker)

    @precondition(lambda self: self.model.jobs)
    @rule(target=claims, data=st.data(), worker=st.sampled_from(WORKERS))
    def deliver_out_of_the_blue(self, data: st.DataObject, worker: str) -> Held | object:
        """A message that nobody sent just now: one of long ago, or doubled by the broker."""
        job_id, _ = self.some_job(data)
        return self.claim(job_id, worker)

    def claim(self, job_id: uuid.UUID, worker: str) -> Held | object:
        with self.sessions.begin() as session:
            is_due = session.scalar(sa.select(Job.run_at <= NOW).where(Job.id == job_id))
            claimed = leases.claim(session, job_id, worker=worker, lease_seconds=LEASE_SECONDS)
        assert (claimed is not None) == (is_due and self.model.may_run(job_id))
        return multiple() if claimed is None else self.model.claimed(claimed, worker)

    @rule()
    def empty_the_broker(self) -> None:
        self.sent.clear()

    @rule(is_up=st.booleans())
    def reach_the_broker_or_not(self, is_up: bool) -> None:
        self.sent.is_up = is_up

    # --- what workers do --------------------------------------------------------------------------------

    @precondition(lambda self: not self.open)
    @rule(held=claims)
    def renew(self, held: Held) -> None:
        with self.sessions.begin() as session:
            ours = leases.renew(
                session, held.claim, lease_seconds=LEASE_SECONDS, progress=0.5, stage="judging"
            )
        assert ours == self.model.is_held(held)

    @precondition(lambda self: not self.open)
    @rule(held=claims)
    def store(self, held: Held) -> None:
        """Also by a worker that lost its lease long ago, and by one that stored already."""
        ours = self.model.is_held(held)
        assert self.runner(held)._analyse_and_store(held.claim, _Lease()) == ours
        if ours:
            self.model.succeeded(held)

    @precondition(lambda self: not self.open)
    @rule(held=claims, passes=st.booleans())
    def fail(self, held: Held, passes: bool) -> None:
        ours = self.model.is_held(held)
        error = ProviderUnavailableError("Away.") if passes else ProviderRejectedError("No.")
        outcome = self.runner(held)._failed(held.claim, error)
        if not ours:
            assert outcome == "refused"
        elif passes and held.claim.attempts < MAX_ATTEMPTS:
            assert outcome == "postponed"
            self.model.jobs[held.claim.job_id].leaves_for(JobState.QUEUED)
        else:
            assert outcome == "failed"
            self.model.jobs[held.claim.job_id].leaves_for(JobState.FAILED)

    @precondition(lambda self: not self.open)
    @rule(held=consumes(claims))
    def store_halfway(self, held: Held) -> None:
        """A store in the middle of its transaction: what others do until it ends must not see or disturb it."""
        session = self.sessions()
        lifecycle.lock_interview(session, held.claim.interview_id)
        if not leases.succeed(session, held.claim):
            assert not self.model.is_held(held)
            session.rollback()
            session.close()
            return
        assert self.model.is_held(held)
        analysis = ANALYSES[held.claim.kind]
        inputs = analysis.read(session, held.claim)
        analysis.store(session, held.claim, analysis.analyse(TestEngine(), inputs, ignore_progress))
        self.open = Open(session, held)

    @precondition(lambda self: self.open)
    @rule(dies=st.booleans())
    def end_the_store(self, dies: bool) -> None:
        assert self.open is not None
        session, held, self.open = self.open.session, self.open.held, None
        if dies:
            session.rollback()
        else:
            session.commit()
            self.model.succeeded(held)
        session.close()

    @precondition(lambda self: not self.open and any(job.holder for job in self.model.jobs.values()))
    @rule(data=st.data())
    def shut_down(self, data: st.DataObject) -> None:
        """A deploy: what the worker holds is handed back, and the attempts are not charged."""
        worker = data.draw(
            st.sampled_from(sorted({job.worker for job in self.model.jobs.values() if job.worker}))
        )
        with self.sessions.begin() as session:
            released = leases.release(session, worker)
        held = self.model.held_by(worker)
        assert set(released) == set(held)
        for expected in held.values():
            expected.leaves_for(JobState.QUEUED)
            expected.attempts -= 1

    # --- the sweeper, and time --------------------------------------------------------------------------

    @rule()
    def sweep(self) -> None:
        storing = self.open.held.claim.job_id if self.open else None
        with self.sessions() as session:
            lost = set(
                session.scalars(
                    sa.select(Job.id).where(
                        Job.interview_id == self.practice.interview_id,
                        Job.state == JobState.RUNNING,
                        Job.lease_until < NOW,
                    )
                )
            ) - {storing}
        if storing and any(self.model.jobs[job_id].attempts >= MAX_ATTEMPTS for job_id in lost):
            # Giving a job up waits for the interview, which the open store holds: correct, and no use here.
            return
        sweeper.sweep(self.sessions, self.settings)
        for job_id in lost:
            expected = self.model.jobs[job_id]
            given_up = expected.attempts >= MAX_ATTEMPTS
            expected.leaves_for(JobState.FAILED if given_up else JobState.QUEUED)

    @precondition(lambda self: not self.open)
    @rule(seconds=st.sampled_from([1.0, 10.0, LEASE_SECONDS + 1, 700.0]))
    def time_passes(self, seconds: float) -> None:
        self.practice.time_passes(seconds)

    # --- what must be true ------------------------------------------------------------------------------

    @invariant()
    def the_rows_are_as_expected(self) -> None:
        type(self).steps += 1
        if not hasattr(self, "model"):
            return
        with self.sessions() as session:
            query = sa.select(Job).where(Job.interview_id == self.practice.interview_id)
            rows = session.scalars(query).all()
            attempts = sa.select(JobAttempt.job_id, JobAttempt.outcome).where(
                JobAttempt.job_id.in_([row.id for row in rows])
            )
            outcomes = defaultdict(list)
            for job_id, outcome in session.execute(attempts):
                outcomes[job_id].append(outcome)
        self.model.check(rows, outcomes)
        for job_id, expected in self.model.jobs.items():
            if expected.kind is JobKind.ANSWER_FEEDBACK:
                assert self.practice.has_feedback(job_id) == (expected.results == 1)

    def teardown(self) -> None:
        """With everything back in order, every job ends: none is stuck."""
        if not hasattr(self, "practice"):
            return
        if self.open:
            self.open.session.rollback()
            self.open.session.close()
        self.sent.is_up = True
        self.sent.clear()
        try:
            for _ in range(4 * MAX_ATTEMPTS):
                self.practice.time_passes(700.0)
                sweeper.sweep(self.sessions, self.settings)
                healthy = Runner(self.settings, self.sessions, TestEngine(), worker="healthy")
                for job_id in [job_id for job_id in self.sent if job_id in self.model.jobs]:
                    healthy.run(job_id)
                self.sent.clear()
                states = {job_id: self.practice.job(job_id).state for job_id in self.model.jobs}
                if not set(states.values()) & ACTIVE_STATES:
                    break
            assert not set(states.values()) & ACTIVE_STATES, f"stuck: {states}"
        finally:
            self.practice.remove()

    def some_job(self, data: st.DataObject) -> tuple[uuid.UUID, Expected]:
        position = data.draw(st.integers(0, len(self.model.jobs) - 1))
        return list(self.model.jobs.items())[position]

    def runner(self, held: Held) -> Runner:
        return Runner(self.settings, self.sessions, TestEngine(), worker=held.worker, rng=random.Random(3))


class _Lease:
    """Of a worker that has not noticed yet that its lease is gone."""

    report = staticmethod(ignore_progress)


@pytest.mark.timeout(3600)
def test_jobs_keep_their_promises_whatever_workers_messages_and_time_do(settings, migrated, request):
    wanted = 10_000 if request.config.getoption("--long-faults") else 400
    sent = Sent()
    sessions = make_session_factory(settings)
    queue.connect(sessions, sent)
    JobMachine.settings = dataclasses.replace(settings, job_max_attempts=MAX_ATTEMPTS, sweep_seconds=1.0)
    JobMachine.sessions, JobMachine.sent, JobMachine.steps = sessions, sent, 0
    try:
        while JobMachine.steps < wanted:
            # The rows live by the database's real clock, so an example need not repeat itself to the letter, which
            # hypothesis minds when it meets the same beginning again. It says nothing of the jobs; the steps count.
            with contextlib.suppress(FlakyStrategyDefinition):
                run_state_machine_as_test(
                    JobMachine,
                    settings=hypothesis_settings(
                        # Each example leaves some of the rules out, so that many of them matter more than long ones.
                        max_examples=wanted // 40,
                        stateful_step_count=40,
                        deadline=None,
                        # Not shrunk: that would replay it for many minutes, and forty steps can be read.
                        phases=[Phase.generate],
                        database=None,
                        suppress_health_check=list(HealthCheck),
                    ),
                )
    finally:
        sessions.kw["bind"].dispose()
    print(f"{JobMachine.steps} steps")
