"""The standing of a user is the one after the latest interview, whatever was retried, analysed or finished when."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from webapp.interviews import lifecycle
from webapp.interviews.models import Interview
from webapp.jobs import leases
from webapp.reports import service as reports
from webapp.reports.models import SkillGap
from worker.analyses import ANALYSES
from worker.analysis.types import ignore_progress
from worker.skill_gap_analysis import SkillInputs, inputs_of, standing


def fresh(session, interview_id) -> tuple[SkillInputs, float, float]:
    """What an analysis of the interview gives now: its inputs, mastery and confidence of the one skill."""
    drawn = standing(inputs_of(session, session.get_one(Interview, interview_id)))
    return drawn.inputs, round(drawn.gaps[0].gap_score, 2), drawn.gaps[0].confidence


@pytest.fixture
def two_interviews(make_practice, make_runner):
    """An older and a newer interview of one user in one skill, each answered, completed and analysed."""
    older = make_practice()
    newer = make_practice(user_id=older.user_id)
    for practice in (older, newer):
        make_runner().run(practice.answer(practice.open_question))
        assert make_runner().run(practice.complete()) is True
    return older, newer


def stored(session, practice):
    return session.scalars(sa.select(SkillGap).where(SkillGap.interview_id == practice.interview_id)).one()


def test_a_retry_in_an_older_interview_counts_in_the_standing_after_the_latest_one(
    two_interviews, make_runner, committing
):
    older, newer = two_interviews
    with committing() as session:
        before = stored(session, newer).confidence
    assert make_runner().run(older.retry(older.open_question)) is True
    with committing() as session:
        [item] = reports.standing_of_user(session, older.user_id)["items"]
        inputs, mastery, confidence = fresh(session, newer.interview_id)
        assert item.interview_id == newer.interview_id
        assert len(inputs.answers) == 3
        assert (float(item.gap_score), item.confidence) == (mastery, confidence)
        assert item.confidence != before
        # The older interview's own page shows the retry too, and nothing of the newer one.
        of_older, mastery, confidence = fresh(session, older.interview_id)
        assert len(of_older.answers) == 2
        assert stored(session, older).confidence == confidence


def test_an_older_interview_that_is_analysed_again_later_does_not_become_the_standing(
    two_interviews, committing
):
    older, newer = two_interviews
    with committing.begin() as session:
        stored(session, older).identified_at = datetime(2100, 1, 1, tzinfo=UTC)
    with committing() as session:
        [item] = reports.standing_of_user(session, older.user_id)["items"]
    assert item.interview_id == newer.interview_id


def test_an_older_interview_that_is_finished_after_a_newer_one_counts_in_the_standing_after_the_newer(
    make_practice, make_runner, committing
):
    older = make_practice()
    newer = make_practice(user_id=older.user_id)
    for practice in (newer, older):
        make_runner().run(practice.answer(practice.open_question))
        make_runner().run(practice.complete())
    with committing() as session:
        [item] = reports.standing_of_user(session, older.user_id)["items"]
        inputs, _, confidence = fresh(session, newer.interview_id)
    assert item.interview_id == newer.interview_id
    assert len(inputs.answers) == 2
    assert item.confidence == confidence


def test_a_skill_that_only_the_older_interview_shows_keeps_its_standing(
    make_practice, make_runner, committing
):
    older = make_practice()
    newer = make_practice(user_id=older.user_id)
    make_runner().run(older.answer(older.open_question))
    make_runner().run(older.complete())
    # Nothing was answered in it.
    make_runner().run(newer.complete())
    make_runner().run(older.retry(older.open_question))
    with committing() as session:
        [item] = reports.standing_of_user(session, older.user_id)["items"]
        inputs, _, confidence = fresh(session, older.interview_id)
    assert item.interview_id == older.interview_id
    assert (len(inputs.answers), item.confidence) == (2, confidence)


def test_feedback_in_two_interviews_at_once_is_all_in_the_standing(
    two_interviews, make_runner, committing, settings
):
    older, newer = two_interviews
    first, second = older.retry(older.open_question), newer.retry(newer.open_question)
    analysis, engine = ANALYSES[older.job(first).kind], make_runner()._engine
    with committing() as storing:
        claimed = leases.claim(storing, first, worker="one", lease_seconds=settings.lease_seconds)
        storing.commit()
        inputs = analysis.read(storing, claimed)
        storing.commit()
        result = analysis.analyse(engine, inputs, ignore_progress)
        lifecycle.lock_interview(storing, claimed.interview_id)
        assert leases.succeed(storing, claimed)
        analysis.store(storing, claimed, result)
        # Stored, and not committed yet: the other store must wait for it, or it would miss it.
        other = threading.Thread(target=make_runner(worker="two").run, args=(second,))
        other.start()
        deadline = time.monotonic() + 60
        waiting = sa.text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        with committing() as watching:
            while not watching.scalar(waiting) and other.is_alive():
                assert time.monotonic() < deadline
                watching.rollback()
                time.sleep(0.02)
        storing.commit()
        other.join(60)
    with committing() as session:
        inputs, _, confidence = fresh(session, newer.interview_id)
        assert len(inputs.answers) == 4
        assert stored(session, newer).confidence == confidence
