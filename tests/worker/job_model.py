"""What must be true of an interview's jobs: the model that the state machine compares the rows with."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from webapp.jobs.leases import Claim
from webapp.jobs.models import ACTIVE_STATES, Job, JobKind, JobState


@dataclass
class Expected:
    """What is believed of a job. `leases` and `results` are all that there ever were."""

    kind: JobKind
    state: JobState = JobState.QUEUED
    attempts: int = 0
    holder: uuid.UUID | None = None
    worker: str | None = None
    results: int = 0
    leases: int = 0

    def leaves_for(self, state: JobState) -> None:
        self.state, self.holder, self.worker = state, None, None


@dataclass
class Held:
    """A worker's view: the claim that it once got, whether or not it is still good."""

    claim: Claim
    worker: str


@dataclass
class Open:
    """A store that has been flushed and is not committed yet."""

    session: Session
    held: Held


@dataclass
class JobModel:
    jobs: dict[uuid.UUID, Expected] = field(default_factory=dict)
    completed: bool = False

    def queued(self, job_id: uuid.UUID) -> None:
        self.jobs[job_id] = Expected(JobKind.ANSWER_FEEDBACK)

    def may_run(self, job_id: uuid.UUID) -> bool:
        """Queued, and no feedback that a skill-gap job would have to wait for."""
        job = self.jobs[job_id]
        feedback_under_way = any(
            other.kind is JobKind.ANSWER_FEEDBACK and other.state in ACTIVE_STATES
            for other in self.jobs.values()
        )
        waits = job.kind is JobKind.SKILL_GAP_ANALYSIS and feedback_under_way
        return job.state is JobState.QUEUED and not waits

    def claimed(self, claim: Claim, worker: str) -> Held:
        job = self.jobs[claim.job_id]
        job.state, job.holder, job.worker = JobState.RUNNING, claim.token, worker
        job.attempts += 1
        job.leases += 1
        assert claim.attempts == job.attempts <= claim.max_attempts
        return Held(claim, worker)

    def is_held(self, held: Held) -> bool:
        return self.jobs[held.claim.job_id].holder == held.claim.token

    def succeeded(self, held: Held) -> None:
        job = self.jobs[held.claim.job_id]
        job.leaves_for(JobState.SUCCEEDED)
        job.results += 1

    def held_by(self, worker: str) -> dict[uuid.UUID, Expected]:
        return {job_id: job for job_id, job in self.jobs.items() if job.holder and job.worker == worker}

    def check(self, rows: Sequence[Job], outcomes: dict[uuid.UUID, list[str | None]]) -> None:
        """`outcomes` are those of each job's attempts, None for the one under way."""
        assert {row.id for row in rows} == set(self.jobs), "no job is lost, and none is there twice"
        for row in rows:
            job, history = self.jobs[row.id], outcomes.get(row.id, [])
            assert (row.state, row.attempts, row.lease_token) == (job.state, job.attempts, job.holder)
            assert len(history) == job.leases, "every lease is an attempt in the history"
            assert history.count(None) == (job.state is JobState.RUNNING)
            assert history.count("succeeded") == job.results <= 1
