"""What the hourly purge deletes, in batches, and what it must leave: reports, retries, totals."""

from __future__ import annotations

import dataclasses
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from practice import TestEngine

from webapp.accounts.models import AuthSession
from webapp.database import NOW
from webapp.interviews import service as interviews
from webapp.interviews.models import ResponseStatus
from webapp.jobs.models import Job, JobAttempt, JobKind, JobState
from webapp.reports.models import SkillGap
from webapp.transactions import IdempotencyKey
from worker import sweeper
from worker.analysis.errors import ProviderRejectedError

DAYS = 30


@pytest.fixture
def purge(committing, settings):
    kept = dataclasses.replace(settings, job_retention_days=DAYS)

    def purge(**changes):
        return sweeper.purge_expired(committing, dataclasses.replace(kept, **changes))

    return purge


def age(committing, practice, days):
    """Move every finished time in the practice this many days into the past."""
    mine = sa.select(Job.id).where(Job.interview_id == practice.interview_id)
    older = timedelta(days=days)
    with committing.begin() as session:
        session.execute(
            sa.update(JobAttempt)
            .where(JobAttempt.job_id.in_(mine))
            .values(finished_at=JobAttempt.finished_at - older)
        )
        session.execute(
            sa.update(Job)
            .where(Job.interview_id == practice.interview_id)
            .values(finished_at=Job.finished_at - older)
        )


def left(committing, practice):
    with committing() as session:
        return set(session.scalars(sa.select(Job.id).where(Job.interview_id == practice.interview_id)))


def rejecting():
    def meanwhile(report):
        raise ProviderRejectedError("The key is wrong.")

    return TestEngine(meanwhile=meanwhile)


def test_jobs_are_deleted_after_their_retention_and_not_before(practice, committing, make_runner, purge):
    done, waiting = practice.answer(), practice.answer()
    make_runner().run(done)
    age(committing, practice, DAYS - 1)
    purge()
    assert left(committing, practice) == {done, waiting}
    age(committing, practice, 2)
    purge(job_retention_days=0)
    assert left(committing, practice) == {done, waiting}, "0 keeps them"
    purge()
    assert left(committing, practice) == {waiting}
    assert practice.outcomes(done) == []


def test_a_response_keeps_its_feedback_and_status_without_its_job(practice, committing, make_runner, purge):
    done = practice.answer()
    make_runner().run(done)
    response_id = practice.job(done).response_id
    age(committing, practice, DAYS + 1)
    purge()
    with committing() as session:
        response = interviews.get_response(session, practice.user_id, response_id)
        assert response.job is None
        assert response.status is ResponseStatus.READY


def test_a_failed_job_stays_and_can_be_retried_and_its_history_goes(practice, committing, make_runner, purge):
    failed = practice.answer()
    make_runner(rejecting()).run(failed)
    age(committing, practice, DAYS + 1)
    purge()
    assert practice.job(failed).state is JobState.FAILED
    assert practice.outcomes(failed) == []


def test_an_interview_whose_job_is_past_its_retention_is_completed_again_and_practised_on(
    practice, committing, make_runner, purge
):
    make_runner().run(practice.answer(practice.open_question))
    first = practice.complete()
    make_runner().run(first)
    age(committing, practice, DAYS + 1)
    purge()
    assert left(committing, practice) == set()

    def confidence():
        with committing() as session:
            return session.scalar(
                sa.select(SkillGap.confidence).where(SkillGap.interview_id == practice.interview_id)
            )

    before = confidence()
    make_runner().run(practice.retry(practice.open_question))
    assert confidence() != before, "the standing follows practice, as long as the analysis was made once"
    again = practice.complete()
    assert again != first
    assert practice.job(again).kind is JobKind.SKILL_GAP_ANALYSIS
    assert make_runner().run(again) is True


def test_a_purge_works_in_batches_and_stops_at_its_bound(practice, committing, purge, monkeypatch):
    monkeypatch.setattr(sweeper, "PURGE_BATCH", 3)
    monkeypatch.setattr(sweeper, "PURGE_BATCHES", 2)
    purge()

    def keys():
        mine = sa.select(sa.func.count()).where(IdempotencyKey.user_id == practice.user_id)
        with committing() as session:
            return session.scalar(mine)

    with committing.begin() as session:
        old = session.scalar(sa.select(NOW)) - timedelta(hours=25)
        for number in range(8):
            session.add(
                IdempotencyKey(user_id=practice.user_id, key=str(number), request_hash="-", created_at=old)
            )
    assert purge()["idempotency_keys"] == 6
    assert keys() == 2
    assert purge()["idempotency_keys"] == 2
    assert keys() == 0


def test_a_purge_does_not_wait_for_rows_that_somebody_holds(practice, committing, make_runner, purge):
    held, free = practice.answer(), practice.answer()
    for job in (held, free):
        make_runner().run(job)
    age(committing, practice, DAYS + 1)
    with committing() as other:
        other.execute(sa.select(Job.id).where(Job.id == held).with_for_update())
        purge()
        other.rollback()
    assert left(committing, practice) == {held}
    purge()
    assert left(committing, practice) == set()


def test_sessions_that_are_spent_are_deleted_and_live_ones_are_not(practice, committing, purge):
    ids = {name: uuid.uuid4() for name in ("live", "expired", "revoked")}
    with committing.begin() as session:
        now = session.scalar(sa.select(NOW))
        for name, session_id in ids.items():
            session.add(
                AuthSession(
                    id=session_id,
                    user_id=practice.user_id,
                    refresh_token_id=uuid.uuid4(),
                    expires_at=now + timedelta(days=-1 if name == "expired" else 1),
                    revoked_at=now if name == "revoked" else None,
                )
            )
    purge()
    with committing() as session:
        kept = session.scalars(sa.select(AuthSession.id).where(AuthSession.user_id == practice.user_id)).all()
    assert kept == [ids["live"]]
