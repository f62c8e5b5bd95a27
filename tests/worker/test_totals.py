"""Totals: added with what they count, never lower than before, whatever is deleted, and cheap to read."""

from __future__ import annotations

import dataclasses
import threading

import pytest
import sqlalchemy as sa
from practice import TestEngine

from webapp.jobs import leases, totals
from webapp.jobs.models import JobTotal
from webapp.jobs.totals import TotalName
from worker import sweeper
from worker.analysis.errors import ProviderRejectedError, ProviderUnavailableError

KIND = "answer_feedback"


@pytest.fixture
def read(committing):
    """The totals by name and labels."""

    def read():
        with committing() as session:
            return {(t.name, t.kind, t.label, t.code): t.amount for t in totals.read(session)}

    return read


def gained(before, after):
    return {
        key: pytest.approx(after[key] - before.get(key, 0.0))
        for key in after
        if after[key] != before.get(key)
    }


def raising(error, **usage):
    error.usage = usage

    def meanwhile(report):
        raise error

    return TestEngine(meanwhile=meanwhile)


def test_every_end_of_an_attempt_and_of_a_job_is_counted_once(practice, make_runner, read, committing):
    before = read()
    done, failed, cancelled = practice.answer(), practice.answer(), practice.answer()
    make_runner(raising(ProviderUnavailableError("Away."), input_tokens=5, cost_usd=0.5)).run(done)
    practice.time_passes(700.0)
    make_runner(TestEngine(usage={"input_tokens": 20, "output_tokens": 3})).run(done)
    make_runner(raising(ProviderRejectedError("No."))).run(failed)
    with committing.begin() as session:
        practice.cancel(session, cancelled)
    after = read()
    seconds = (TotalName.ENGINE_SECONDS, KIND, "", "")
    assert after.pop(seconds) > before.pop(seconds, 0.0)
    assert gained(before, after) == {
        (TotalName.JOB_ATTEMPTS, KIND, "failed", "provider_unavailable"): 1,
        (TotalName.JOB_ATTEMPTS, KIND, "succeeded", ""): 1,
        (TotalName.JOB_ATTEMPTS, KIND, "failed", "provider_rejected"): 1,
        (TotalName.JOBS_FINISHED, KIND, "succeeded", ""): 1,
        (TotalName.JOBS_FINISHED, KIND, "failed", "provider_rejected"): 1,
        (TotalName.JOBS_FINISHED, KIND, "cancelled", ""): 1,
        (TotalName.PROVIDER_TOKENS, "", "input", ""): 25,
        (TotalName.PROVIDER_TOKENS, "", "output", ""): 3,
        (TotalName.PROVIDER_COST_USD, "", "", ""): 0.5,
    }


def test_an_end_that_is_rolled_back_is_not_counted(practice, committing, read, settings):
    job = practice.answer()
    with committing.begin() as session:
        claimed = leases.claim(session, job, worker="one", lease_seconds=settings.lease_seconds)
    before = read()
    with committing() as session:
        assert leases.succeed(session, claimed, engine_seconds=1.0)
        session.rollback()
    assert read() == before


def test_the_deletion_of_an_account_and_the_purge_of_its_jobs_lower_no_total(
    make_practice, make_runner, committing, settings, read
):
    kept, deleted = make_practice(), make_practice()
    for practice in (kept, deleted):
        make_runner(TestEngine(usage={"input_tokens": 7})).run(practice.answer())
    before = read()
    deleted.remove()
    kept.time_passes(1.0)
    sweeper.purge_expired(committing, dataclasses.replace(settings, job_retention_days=1))
    assert {key: pytest.approx(amount) for key, amount in read().items()} == before


def test_folding_leaves_one_row_for_each_total_and_the_same_sums(practice, make_runner, committing, read):
    for _ in range(3):
        make_runner().run(practice.answer())
    before = read()
    with committing() as session:
        rows = session.scalar(sa.select(sa.func.count()).select_from(JobTotal))
        assert rows > len(before)
        assert totals.fold(session, from_rows=rows + 1) is False
        assert totals.fold(session, from_rows=2) is True
        session.commit()
        assert session.scalar(sa.select(sa.func.count()).select_from(JobTotal)) == len(before)
    assert {key: pytest.approx(amount) for key, amount in read().items()} == before


def test_workers_that_end_jobs_during_a_fold_do_not_wait_for_it_and_lose_nothing(
    practice, make_runner, committing, read
):
    jobs = [practice.answer() for _ in range(2)]
    make_runner().run(jobs[0])
    succeeded = (TotalName.JOBS_FINISHED, KIND, "succeeded", "")
    before = read()[succeeded]
    with committing() as folding:
        assert totals.fold(folding, from_rows=1)
        other = threading.Thread(target=make_runner(worker="two").run, args=(jobs[1],))
        other.start()
        other.join(60)
        assert not other.is_alive(), "it ended while the fold was not committed"
        assert read()[succeeded] == before + 1
        folding.commit()
    assert read()[succeeded] == before + 1


def test_a_sweep_folds_what_has_gathered(practice, make_runner, committing, settings, monkeypatch):
    make_runner().run(practice.answer())
    with committing.begin() as session:
        totals.add(session, [totals.Total(TotalName.JOB_ATTEMPTS, 0.0)] * totals.FOLD_FROM_ROWS)
    sweeper.sweep(committing, settings)
    with committing() as session:
        rows = session.scalar(sa.select(sa.func.count()).select_from(JobTotal))
        assert rows == len(totals.read(session))
