"""One job from its lease to its outcome, with everything that can come in between."""

from __future__ import annotations

import contextlib
import time

import pytest
import sqlalchemy as sa
from practice import TestEngine
from sqlalchemy.exc import OperationalError, ProgrammingError

from webapp.interviews import service as interviews
from webapp.jobs import leases, totals
from webapp.jobs import service as jobs
from webapp.jobs.models import Job, JobState
from webapp.jobs.totals import TotalName
from webapp.reports.models import SkillGap
from worker import runner as runner_module
from worker import sweeper
from worker.analysis.errors import (
    ProviderInvalidOutputError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
)
from worker.runner import MAX_BACK_OFF_SECONDS, MAX_RETRY_AFTER_SECONDS, Runner
from worker.skill_gap_analysis import SkillGapAnalysis, standing


def raises(error):
    def meanwhile(report):
        raise error

    return TestEngine(meanwhile=meanwhile)


# --- back-off ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("attempts", range(1, 12))
def test_back_off_doubles_with_jitter_up_to_its_limit(make_runner, attempts):
    runner = make_runner()
    delays = [runner._delay(attempts, None) for _ in range(200)]
    whole = min(MAX_BACK_OFF_SECONDS, 2.0**attempts)
    assert whole / 2 <= min(delays) < max(delays) <= whole
    # Spread over the whole range, so that many that failed at once come back one after the other.
    assert max(delays) - min(delays) > whole / 4


def test_the_provider_is_left_alone_for_as_long_as_it_asked_but_not_for_ever(make_runner):
    runner = make_runner()
    assert runner._delay(1, 90.0) == 90.0
    assert runner._delay(1, 1e9) == MAX_RETRY_AFTER_SECONDS
    assert runner._delay(5, 0.001) >= 16.0


def test_a_postponed_job_is_not_run_before_its_time(make_runner, practice):
    job = practice.answer()
    assert make_runner(raises(ProviderRateLimitedError("Slow down.", retry_after=100.0))).run(job) is False
    assert practice.job(job).state is JobState.QUEUED
    practice.time_passes(95.0)
    assert make_runner().run(job) is False
    assert practice.outcomes(job) == ["failed"]
    practice.time_passes(6.0)
    assert make_runner().run(job) is True
    assert practice.outcomes(job) == ["failed", "succeeded"]


# --- ends -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        ProviderUnavailableError("Away."),
        ProviderInvalidOutputError("Gibberish."),
        ProviderRateLimitedError("Slow down."),
    ],
    ids=lambda error: error.code,
)
def test_what_may_pass_is_tried_to_the_limit_and_only_then_fails_with_its_code(
    make_runner, make_practice, error
):
    practice = make_practice(max_attempts=3)
    job, runner = practice.answer(), make_runner(raises(error))
    for attempt in (1, 2):
        runner.run(job)
        assert (practice.job(job).state, practice.job(job).attempts) == (JobState.QUEUED, attempt)
        assert practice.job(job).finished_at is None
        practice.time_passes(700.0)
    runner.run(job)
    failed = practice.job(job)
    assert failed.state is JobState.FAILED
    assert failed.error == {"code": error.code, "message": error.message, "retryable": True}
    assert practice.outcomes(job) == ["failed"] * 3


def test_what_will_not_pass_fails_at_the_first_try(make_runner, practice):
    job = practice.answer()
    make_runner(raises(ProviderRejectedError("The key is wrong."))).run(job)
    failed = practice.job(job)
    assert failed.state is JobState.FAILED
    assert failed.error == {
        "code": "provider_rejected",
        "message": "The key is wrong.",
        "retryable": False,
    }


def paid(error, **usage):
    error.usage = usage
    return error


def test_what_failed_tries_were_paid_is_summed_with_the_one_that_succeeded(make_runner, practice):
    job = practice.answer()
    first = paid(ProviderInvalidOutputError("Gibberish."), input_tokens=100, output_tokens=7, cost_usd=0.5)
    for error in (first, paid(ProviderUnavailableError("Away."))):
        make_runner(raises(error)).run(job)
        practice.time_passes(700.0)
    spent = {"input_tokens": 20, "output_tokens": 1}
    assert make_runner(TestEngine(usage=spent)).run(job) is True
    done = practice.job(job)
    assert (done.input_tokens, done.output_tokens, done.cost_usd) == (120, 8, 0.5)


def test_a_job_that_cost_nothing_says_so_by_no_figure(make_runner, practice):
    job = practice.answer()
    assert make_runner().run(job) is True
    assert practice.job(job).input_tokens is None


def test_a_bug_is_an_internal_error_whose_words_stay_inside(make_runner, make_practice):
    practice = make_practice(max_attempts=1)
    job = practice.answer()
    make_runner(raises(ZeroDivisionError("secret detail"))).run(job)
    assert practice.job(job).error_code == "internal"
    assert "secret" not in practice.job(job).error_message
    assert practice.job(job).error_retryable is True


def test_a_statement_that_the_database_refuses_is_not_retryable(make_runner, practice, committing):
    def refused(report):
        with committing() as session:
            session.execute(sa.text("SELECT 1 / 0"))

    job = practice.answer()
    make_runner(TestEngine(meanwhile=refused)).run(job)
    assert practice.outcomes(job) == ["failed"]
    assert practice.job(job).error_retryable is False


def test_a_job_that_was_retried_by_its_user_has_all_of_its_attempts_again(
    make_runner, make_practice, committing
):
    practice = make_practice(max_attempts=2)
    job, broken = practice.answer(), make_runner(raises(ProviderUnavailableError("Away.")))
    for _ in range(2):
        broken.run(job)
        practice.time_passes(700.0)
    with committing.begin() as session:
        jobs.retry(session, practice.user_id, job)
    broken.run(job)
    assert practice.job(job).state is JobState.QUEUED
    practice.time_passes(700.0)
    assert make_runner().run(job) is True
    assert practice.outcomes(job) == ["failed", "failed", "failed", "succeeded"]


# --- leases -----------------------------------------------------------------------------------------


def test_a_worker_that_lost_its_lease_writes_nothing(make_runner, practice, committing, settings):
    job = practice.answer()

    def stall(report):
        practice.time_passes(settings.lease_seconds + 1)
        sweeper.sweep(committing, settings)
        assert make_runner(TestEngine(model="second"), worker="two").run(job) is True

    assert make_runner(TestEngine(model="first", meanwhile=stall)).run(job) is False
    with committing() as session:
        feedback = interviews.get_response(session, practice.user_id, practice.job(job).response_id).feedback
    assert feedback["model"] == "second"
    assert practice.outcomes(job) == ["lost", "succeeded"]


def test_a_failure_after_the_lease_was_lost_changes_nothing(make_runner, practice, committing, settings):
    job = practice.answer()

    def stall(report):
        practice.time_passes(settings.lease_seconds + 1)
        sweeper.sweep(committing, settings)
        assert make_runner(worker="two").run(job) is True
        raise ProviderRejectedError("Too late to matter.")

    make_runner(TestEngine(meanwhile=stall)).run(job)
    assert practice.job(job).state is JobState.SUCCEEDED
    assert practice.job(job).error is None


def test_an_analysis_longer_than_its_lease_keeps_it(make_runner, practice, committing, settings):
    job, swept = practice.answer(), []

    def think(report):
        before = practice.job(job).lease_until
        deadline = time.monotonic() + 60
        # A second is the whole lease: it is over only when somebody has prolonged it more than once.
        while (practice.job(job).lease_until - before).total_seconds() < 1.0:
            assert time.monotonic() < deadline
            swept.append(sweeper.sweep(committing, settings).requeued)
            time.sleep(0.05)

    assert make_runner(TestEngine(meanwhile=think), lease_seconds=1.0).run(job) is True
    assert practice.outcomes(job) == ["succeeded"]


def test_a_cancelled_job_ends_its_work_and_keeps_no_result(make_runner, practice, committing):
    job = practice.answer()

    def cancelled(report):
        with committing.begin() as session:
            practice.cancel(session, job)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            report(0.5, "thinking")
            time.sleep(0.05)
        pytest.fail("the engine was never told")

    assert make_runner(TestEngine(meanwhile=cancelled)).run(job) is False
    assert practice.job(job).state is JobState.CANCELLED
    assert practice.outcomes(job) == ["cancelled"]
    assert not practice.has_feedback(job)


@pytest.mark.parametrize("failure", [None, ProviderUnavailableError("Away.")], ids=["stores", "fails"])
def test_an_account_deleted_in_the_middle_ends_the_job_without_a_fuss(make_runner, practice, failure):
    job = practice.answer()

    def meanwhile(report):
        practice.remove()
        if failure:
            raise failure

    assert make_runner(TestEngine(meanwhile=meanwhile)).run(job) is False


def test_the_same_message_twice_runs_a_job_once(make_runner, practice):
    job, runs = practice.answer(), []
    engine = TestEngine(meanwhile=runs.append)

    def again(report):
        runs.append(report)
        assert make_runner(engine, worker="two").run(job) is False

    assert make_runner(TestEngine(meanwhile=again)).run(job) is True
    assert make_runner(engine).run(job) is False
    assert len(runs) == 1


# --- the database goes away -------------------------------------------------------------------------


class Statement:
    """A store against a database that fails it so many times."""

    def __init__(self, error, times):
        self.error, self.left, self.calls = error, times, 0

    def __call__(self):
        self.calls += 1
        if self.left:
            self.left -= 1
            raise self.error
        return "stored"


def test_a_result_is_stored_through_a_short_absence_of_the_database(monkeypatch):
    pauses = []
    monkeypatch.setattr(runner_module.time, "sleep", pauses.append)
    store = Statement(OperationalError("", {}, Exception()), 4)
    assert runner_module._persistently(store) == "stored"
    assert store.calls == 5
    assert pauses == sorted(pauses)
    assert len(set(pauses)) == 4


def test_a_result_is_stored_once_a_read_only_database_takes_it(monkeypatch, committing):
    monkeypatch.setattr(runner_module.time, "sleep", lambda _seconds: None)
    tries = []

    def store():
        tries.append(len(tries))
        with committing.begin() as session:
            if len(tries) < 3:
                session.execute(sa.text("SET TRANSACTION READ ONLY"))
            session.execute(sa.text("CREATE TEMPORARY TABLE stored () ON COMMIT DROP"))
            session.execute(sa.text("UPDATE jobs SET progress = progress WHERE false"))
        return True

    assert runner_module._persistently(store) is True
    assert len(tries) == 3


class LosesItsConnection:
    """Sessions whose first commit of the job's end happens in the database, and the reply does not come back."""

    def __init__(self, sessions, job_id, state=JobState.SUCCEEDED):
        self.sessions, self.job_id, self.state, self.lost = sessions, job_id, state, 0

    def __call__(self):
        return self.sessions()

    @contextlib.contextmanager
    def begin(self):
        with self.sessions.begin() as session:
            yield session
            stored = session.scalar(sa.select(Job.state).where(Job.id == self.job_id)) is self.state
        if stored and not self.lost:
            self.lost += 1
            raise OperationalError("COMMIT", {}, Exception("server closed the connection unexpectedly"))


def test_a_result_whose_commit_lost_its_connection_is_reported_as_stored(
    monkeypatch, settings, practice, committing
):
    monkeypatch.setattr(runner_module.time, "sleep", lambda _seconds: None)
    job = practice.answer()
    sessions = LosesItsConnection(committing, job)
    assert Runner(settings, sessions, TestEngine(), worker="one").run(job) is True
    assert sessions.lost == 1
    assert practice.outcomes(job) == ["succeeded"]
    assert Runner(settings, committing, TestEngine(), worker="two").run(job) is False


def test_a_failure_whose_commit_lost_its_connection_is_stored_and_charged_once(
    monkeypatch, settings, practice, committing
):
    monkeypatch.setattr(runner_module.time, "sleep", lambda _seconds: None)
    job = practice.answer()
    sessions = LosesItsConnection(committing, job, state=JobState.FAILED)
    engine = raises(paid(ProviderRejectedError("No."), input_tokens=100))
    Runner(settings, sessions, engine, worker="one").run(job)
    assert sessions.lost == 1
    assert practice.outcomes(job) == ["failed"]
    assert practice.job(job).input_tokens == 100


def test_a_result_that_came_too_late_was_paid_for_all_the_same(make_runner, practice, committing, settings):
    job = practice.answer()

    def stall(report):
        practice.time_passes(settings.lease_seconds + 1)
        sweeper.sweep(committing, settings)
        assert make_runner(TestEngine(usage={"input_tokens": 7}), worker="two").run(job) is True

    late = TestEngine(meanwhile=stall, usage={"input_tokens": 100})
    assert make_runner(late).run(job) is False
    assert practice.job(job).input_tokens == 107


@pytest.mark.parametrize("failure", [None, "fails"])
def test_what_a_deleted_account_cost_stays_in_the_totals(make_runner, practice, committing, failure):
    def tokens():
        with committing() as session:
            found = totals.read(session)
        return sum(t.amount for t in found if (t.name, t.label) == (TotalName.PROVIDER_TOKENS, "input"))

    def meanwhile(report):
        practice.remove()
        if failure:
            raise paid(ProviderRejectedError("No."), input_tokens=100)

    before = tokens()
    job = practice.answer()
    make_runner(TestEngine(meanwhile=meanwhile, usage={"input_tokens": 100})).run(job)
    assert tokens() == before + 100


def test_a_store_that_is_wrong_is_not_tried_again(monkeypatch):
    monkeypatch.setattr(runner_module.time, "sleep", lambda _seconds: None)
    store = Statement(ProgrammingError("", {}, Exception()), 1)
    with pytest.raises(ProgrammingError):
        runner_module._persistently(store)
    assert store.calls == 1


# --- the skill-gap job ------------------------------------------------------------------------------


def test_the_skill_gap_job_waits_until_every_feedback_job_has_ended(make_runner, practice, sent):
    first, second = practice.answer(), practice.answer()
    gaps, runner = practice.complete(), make_runner()
    assert runner.run(gaps) is False
    runner.run(first)
    assert runner.run(gaps) is False
    sent.clear()
    make_runner(raises(ProviderRejectedError("No."))).run(second)
    assert gaps in sent, "the end of the last feedback job wakes it, also when that is a failure"
    assert runner.run(gaps) is True


def test_feedback_that_comes_while_the_standing_is_drawn_up_is_in_it(
    make_runner, practice, committing, settings
):
    first, late = practice.answer(), practice.answer()
    make_runner().run(first)
    make_runner(raises(ProviderRejectedError("No."))).run(late)
    gaps, analysis = practice.complete(), SkillGapAnalysis()
    with committing.begin() as session:
        claimed = leases.claim(session, gaps, worker="one", lease_seconds=settings.lease_seconds)
        stale = standing(analysis.read(session, claimed))
    with committing.begin() as session:
        jobs.retry(session, practice.user_id, late)
    assert make_runner(worker="two").run(late) is True
    with committing.begin() as session:
        assert leases.succeed(session, claimed)
        analysis.store(session, claimed, stale)
    with committing() as session:
        stored = session.scalars(
            sa.select(SkillGap).where(SkillGap.interview_id == practice.interview_id)
        ).one()
        fresh = standing(analysis.read(session, claimed))
    assert len(fresh.inputs.answers) == len(stale.inputs.answers) + 1
    assert stored.confidence == pytest.approx(fresh.gaps[0].confidence)
    assert stored.confidence != pytest.approx(stale.gaps[0].confidence)
