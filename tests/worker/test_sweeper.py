"""What makes every committed job run: lost leases, lost messages, and no flood in a healthy queue."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa
from practice import TestEngine

from webapp.database import NOW
from webapp.interviews.models import Interview, InterviewStatus
from webapp.jobs import leases
from webapp.jobs.models import JobState
from webapp.transactions import IdempotencyKey
from worker import sweeper
from worker.sweeper import Swept


@pytest.fixture
def sweep(committing, settings):
    return lambda: sweeper.sweep(committing, settings)


@pytest.fixture
def claim(committing, settings):
    def take(job_id, worker="doomed"):
        with committing.begin() as session:
            return leases.claim(session, job_id, worker=worker, lease_seconds=settings.lease_seconds)

    return take


def test_a_healthy_backlog_is_not_flooded(practice, sent, sweep):
    backlog = [practice.answer() for _ in range(5)]
    assert sent == backlog
    sent.clear()
    for _ in range(180):
        sweep()
        # An hour, in which nobody takes a job.
        practice.time_passes(20.0)
    published = Counter(sent)
    assert set(published) == set(backlog), "none is forgotten"
    # 10 s, 20 s, 40 s ... ten minutes; without the back-off it would be 180.
    assert max(published.values()) <= 13


def test_a_lost_message_is_sent_again(practice, sent, sweep, settings):
    job = practice.answer()
    sent.clear()
    sweep()
    assert sent == []
    practice.time_passes(2 * settings.sweep_seconds + 1)
    sweep()
    assert sent == [job]


def test_a_broker_that_is_back_gets_everything_at_once_however_long_it_was_away(
    practice, sent, sweep, settings
):
    sent.is_up = False
    backlog = [practice.answer() for _ in range(3)]
    for _ in range(40):
        practice.time_passes(2 * settings.sweep_seconds + 1)
        assert sweep().published == 0
    sent.is_up = True
    sweep()
    assert set(sent) == set(backlog)


def test_a_job_whose_worker_is_gone_is_queued_again_and_the_attempt_counts(
    practice, claim, sweep, make_runner, settings
):
    job = practice.answer()
    claim(job)
    sweep()
    assert practice.job(job).state is JobState.RUNNING, "its lease has not run out"
    practice.time_passes(settings.lease_seconds + 1)
    assert sweep().requeued == 1
    assert (practice.job(job).state, practice.job(job).attempts) == (JobState.QUEUED, 1)
    assert make_runner().run(job) is True
    assert practice.outcomes(job) == ["lost", "succeeded"]


def test_a_job_that_kills_its_workers_waits_longer_each_time(practice, claim, sweep, committing, settings):
    job, waits = practice.answer(), []
    for _ in range(4):
        practice.time_passes(700.0)
        assert claim(job)
        practice.time_passes(settings.lease_seconds + 1)
        sweep()
        with committing() as session:
            waits.append((practice.job(job).run_at - session.scalar(sa.select(NOW))).total_seconds())
    assert waits[0] <= 0, "after the first time it runs at once"
    assert waits[1] < waits[2] < waits[3] < 60


def test_a_job_lost_at_its_limit_fails_as_worker_lost_and_lets_its_interview_go_on(
    make_practice, claim, sweep, make_runner, committing, sent, settings
):
    practice = make_practice(max_attempts=1)
    good, poison = practice.answer(), practice.answer()
    make_runner().run(good)
    gaps = practice.complete()
    claim(poison)
    sent.clear()
    practice.time_passes(settings.lease_seconds + 1)
    assert sweep().failed == 1
    failed = practice.job(poison)
    assert failed.state is JobState.FAILED
    assert (failed.error_code, failed.error_retryable) == ("worker_lost", True)
    with committing() as session:
        assert session.get_one(Interview, practice.interview_id).overall_score is not None
    assert gaps in sent, "the skill-gap job waited for it"
    assert make_runner().run(gaps) is True


def test_a_worker_that_finishes_between_the_two_looks_of_a_sweep_is_not_failed(
    make_practice, claim, committing, make_runner, settings
):
    practice = make_practice(max_attempts=1)
    job = practice.answer()
    claimed = claim(job)
    practice.time_passes(settings.lease_seconds + 1)
    with committing.begin() as session:
        _, exhausted = leases.recover_lost(session)
    assert (job, practice.interview_id) in exhausted
    with committing.begin() as session:
        assert leases.renew(session, claimed, lease_seconds=settings.lease_seconds)
    assert sweeper._give_up(committing, settings, job, practice.interview_id) is False
    assert practice.job(job).state is JobState.RUNNING


def test_cancelling_the_last_feedback_completes_its_interview_in_the_same_transaction(
    make_practice, committing
):
    practice = make_practice(follow_ups=True)
    job = practice.answer(practice.open_question)
    with committing() as session:
        assert session.get_one(Interview, practice.interview_id).status is InterviewStatus.IN_PROGRESS
    with committing.begin() as session:
        practice.cancel(session, job)
    with committing() as session:
        assert session.get_one(Interview, practice.interview_id).status is InterviewStatus.COMPLETED


def test_one_sweep_at_a_time_is_enough(practice, sent, sweep, committing, settings):
    job = practice.answer()
    sent.clear()
    practice.time_passes(700.0)
    with committing() as other:
        other.execute(sa.select(sa.func.pg_advisory_xact_lock(sweeper.ADVISORY_LOCK)))
        assert sweep() == Swept()
        assert sent == []
        other.rollback()
    assert sweep().published >= 1
    assert sent == [job]


def test_a_job_in_the_middle_of_being_stored_is_left_alone(practice, claim, sweep, committing, settings):
    job = practice.answer()
    claimed = claim(job)
    practice.time_passes(settings.lease_seconds + 1)
    with committing() as storing:
        assert leases.succeed(storing, claimed)
        assert sweep().requeued == 0
        storing.commit()
    assert practice.job(job).state is JobState.SUCCEEDED


def test_a_postponed_job_is_published_when_its_time_has_come(practice, sent, sweep, make_runner):
    job = practice.answer()

    def away(report):
        raise ConnectionError

    make_runner(TestEngine(meanwhile=away)).run(job)
    sent.clear()
    sweep()
    assert sent == []
    practice.time_passes(3.0)
    sweep()
    assert sent == [job]


def test_what_has_expired_is_forgotten_and_what_has_not_is_kept(practice, committing, settings):
    with committing.begin() as session:
        now = session.scalar(sa.select(NOW))
        for key, age in (("old", timedelta(hours=25)), ("new", timedelta(hours=23))):
            session.add(
                IdempotencyKey(user_id=practice.user_id, key=key, request_hash="-", created_at=now - age)
            )
    sweeper.purge_expired(committing, settings)
    with committing() as session:
        keys = session.scalars(
            sa.select(IdempotencyKey.key).where(IdempotencyKey.user_id == practice.user_id)
        ).all()
    assert keys == ["new"]
