"""Jobs over HTTP: how far an analysis is, waiting for it, ending it, starting it over."""

from __future__ import annotations

import random
import threading
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from problem_details import errors_of, problem_of

from webapp.jobs import leases
from webapp.jobs.models import Job
from worker.analysis.errors import ProviderRejectedError, ProviderTimeoutError
from worker.runner import Runner

pytest_plugins = ["stages"]

JOB = {
    "id", "kind", "state", "progress", "stage", "attempts", "max_attempts", "error", "interview_id", "question_id",
    "response_id", "created_at", "started_at", "finished_at", "eta_seconds", "links",
}  # fmt: skip


class FailingEngine:
    """Judges nothing: raises what it is given."""

    provider = "failing"
    model = "none"

    def __init__(self, error: Exception) -> None:
        self.error = error

    def assess(self, *_args, **_kwargs):
        raise self.error


@pytest.fixture
def fail_job(settings, sessions):
    """Runs a job with an engine that fails."""

    def fail(job_id: str, error: Exception) -> None:
        Runner(settings, sessions, FailingEngine(error), worker="failing", rng=random.Random(1)).run(
            uuid.UUID(job_id)
        )

    return fail


@pytest.fixture
def job(api):
    """A queued feedback job."""
    return api.answer(api.start()["questions"][0]["id"])["job"]


def path_of(job):
    return f"/api/jobs/{job['id']}"


def test_a_queued_job_has_the_contracts_shape(api, job):
    response = api.get(path_of(job))
    assert set(response.json) == JOB | {"history"}
    assert {name: response.json[name] for name in JOB} == job
    assert (job["state"], job["progress"], job["attempts"], job["error"]) == ("queued", 0, 0, None)
    assert (job["started_at"], job["finished_at"]) == (None, None)
    assert job["eta_seconds"] > 0
    assert int(response.headers["Retry-After"]) >= 1
    for link in job["links"].values():
        assert api.get(link).status_code == 200


def test_a_job_that_has_waited_longer_than_usual_is_expected_to_wait_longer(api, job, session):
    def eta(**ago):
        session.execute(
            sa.update(Job)
            .where(Job.id == uuid.UUID(job["id"]))
            .values({name: sa.func.now() - timedelta(seconds=seconds) for name, seconds in ago.items()})
        )
        session.commit()
        return api.get(path_of(job)).json["eta_seconds"]

    assert 60 <= eta(run_at=60) < eta(run_at=600)
    # One that waits to be tried again, 100 seconds from now.
    assert 95 < eta(run_at=-100) < 110


def test_a_job_that_runs_longer_than_usual_is_expected_to_run_longer(api, job, session):
    claimed = leases.claim(session, uuid.UUID(job["id"]), worker="w", lease_seconds=600)
    leases.renew(session, claimed, lease_seconds=600, progress=0.5, stage="judging")
    session.execute(
        sa.update(Job)
        .where(Job.id == claimed.job_id)
        .values(started_at=sa.func.now() - timedelta(seconds=100))
    )
    session.commit()
    assert 50 <= api.get(path_of(job)).json["eta_seconds"] < 100


def test_a_succeeded_job_is_finished_and_has_no_retry_after(api, job, run_jobs):
    run_jobs()
    response = api.get(path_of(job))
    done = response.json
    assert (done["state"], done["progress"], done["attempts"], done["error"]) == ("succeeded", 1, 1, None)
    assert done["created_at"] <= done["started_at"] <= done["finished_at"]
    assert done["eta_seconds"] is None
    assert "Retry-After" not in response.headers
    assert [attempt["outcome"] for attempt in done["history"]] == ["succeeded"]
    for link in done["links"].values():
        assert api.get(link).status_code == 200


def test_an_etag_is_304_until_the_job_changes(api, job, run_jobs):
    first = api.get(path_of(job))
    tag = first.headers["ETag"]
    for value in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        same = api.get(path_of(job), headers={"If-None-Match": value})
        assert same.status_code == 304
        assert same.data == b""
        assert same.headers["ETag"] == tag
    assert api.get(path_of(job), headers={"If-None-Match": '"other"'}).status_code == 200
    run_jobs()
    changed = api.get(path_of(job), headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_prefer_wait_answers_when_the_job_is_finished(committed):
    submitted = committed.answer(committed.start()["questions"][0]["id"])
    path = path_of(submitted["job"])
    worker = threading.Timer(0.3, committed.runner.run, [uuid.UUID(submitted["job"]["id"])])
    worker.start()
    try:
        response = committed.call("GET", path, headers={"Prefer": "wait=30"})
    finally:
        worker.join()
    assert response.json["state"] == "succeeded"
    assert response.headers["Preference-Applied"] == "wait=30"
    assert "Retry-After" not in response.headers


def test_prefer_wait_answers_with_the_present_state_when_the_time_is_up(committed):
    submitted = committed.answer(committed.start()["questions"][0]["id"])
    response = committed.call("GET", path_of(submitted["job"]), headers={"Prefer": "respond-async, wait=1"})
    assert response.status_code == 200
    assert response.json["state"] == "queued"
    assert response.headers["Preference-Applied"] == "wait=1"
    assert int(response.headers["Retry-After"]) >= 1


def test_a_finished_job_is_not_waited_for(api, job, run_jobs):
    run_jobs()
    response = api.get(path_of(job), headers={"Prefer": "wait=600"})
    assert response.json["state"] == "succeeded"
    assert response.headers["Preference-Applied"] == "wait=30"


@pytest.mark.parametrize(
    "prefer", ["", "wait", "wait=", "wait=-1", "wait=x", "wait=0", "respond-async", "await=9"]
)
def test_another_preference_is_not_waited_for(api, job, prefer):
    response = api.get(path_of(job), headers={"Prefer": prefer})
    assert response.status_code == 200
    assert "Preference-Applied" not in response.headers


def test_jobs_are_listed_newest_first_in_pages_and_filtered(api):
    one, two = api.start(num_questions=2), api.start(num_questions=1)
    made = [api.answer(question["id"])["job"]["id"] for question in one["questions"]]
    closing = api.post(f"/api/interviews/{one['id']}/complete").json["id"]
    cancelled = api.answer(two["questions"][0]["id"])["job"]["id"]
    api.post(f"/api/jobs/{cancelled}/cancel")
    last = api.post(f"/api/interviews/{two['id']}/complete").json["id"]

    def listed(query=""):
        page = api.get(f"/api/jobs{query}").json
        return [item["id"] for item in page["items"]], page["total"]

    everything = [last, cancelled, closing, *reversed(made)]
    # The one that the last answer made and the one asked for are one.
    assert listed() == (everything, 5)
    assert listed("?page=2&page_size=2") == (everything[2:4], 5)
    assert listed("?page=4&page_size=2") == ([], 5)
    assert listed(f"?interview_id={two['id']}") == ([last, cancelled], 2)
    assert listed("?kind=skill_gap_analysis") == ([last, closing], 2)
    assert listed("?state=cancelled") == ([cancelled], 1)
    assert listed(f"?state=queued&kind=answer_feedback&interview_id={one['id']}") == (list(reversed(made)), 2)
    assert listed(f"?interview_id={uuid.uuid4()}") == ([], 0)
    assert set(api.get("/api/jobs").json["items"][0]) == JOB


@pytest.mark.parametrize(
    "query", ["state=done", "kind=x", "interview_id=1", "page=0", "page_size=101", "page_size=x", "state="]
)
def test_a_filter_that_is_none_is_422(api, query):
    assert set(errors_of(api.get(f"/api/jobs?{query}"))) == {query.partition("=")[0]}


def test_a_cancelled_job_is_finished_and_stays_so(api, job, run_jobs):
    response = api.post(f"{path_of(job)}/cancel")
    assert response.status_code == 200
    assert response.json["state"] == "cancelled"
    assert response.json["finished_at"]
    assert response.json["eta_seconds"] is None
    problem_of(api.post(f"{path_of(job)}/cancel"), 409)
    run_jobs()
    assert api.get(path_of(job)).json["state"] == "cancelled"


def test_a_succeeded_job_is_neither_cancelled_nor_retried(api, job, run_jobs):
    run_jobs()
    problem_of(api.post(f"{path_of(job)}/cancel"), 409)
    problem_of(api.post(f"{path_of(job)}/retry"), 409)


def test_a_queued_job_is_not_retried(api, job):
    problem_of(api.post(f"{path_of(job)}/retry"), 409)


def test_a_retried_job_runs_again(api, job, run_jobs, published):
    api.post(f"{path_of(job)}/cancel")
    response = api.post(f"{path_of(job)}/retry")
    assert response.status_code == 202
    assert response.headers["Location"] == path_of(job)
    assert {name: response.json[name] for name in ("state", "finished_at", "error")} == {
        "state": "queued",
        "finished_at": None,
        "error": None,
    }
    assert published.count(uuid.UUID(job["id"])) == 2
    run_jobs()
    assert api.get(path_of(job)).json["state"] == "succeeded"


def test_a_failed_job_tells_why_and_can_be_retried(api, job, fail_job, run_jobs):
    fail_job(job["id"], ProviderRejectedError("The provider refused."))
    failed = api.get(path_of(job)).json
    assert failed["state"] == "failed"
    assert set(failed["error"]) == {"code", "message", "retryable"}
    assert failed["error"] == {
        "code": "provider_rejected",
        "message": "The provider refused.",
        "retryable": False,
    }
    assert failed["history"][0]["outcome"] == "failed"
    assert failed["history"][0]["error_code"] == "provider_rejected"
    assert "Retry-After" not in api.get(path_of(job)).headers
    problem_of(api.post(f"{path_of(job)}/cancel"), 409)
    assert api.get(f"/api/responses/{job['response_id']}").json["status"] == "failed"
    assert api.post(f"{path_of(job)}/retry").json["error"] is None
    run_jobs()
    done = api.get(path_of(job)).json
    assert (done["state"], done["error"], done["attempts"]) == ("succeeded", None, 1)
    assert [attempt["outcome"] for attempt in done["history"]] == ["failed", "succeeded"]


def test_a_failure_that_may_pass_is_tried_again_up_to_the_limit(api, job, fail_job, session):
    for attempt in range(1, job["max_attempts"] + 1):
        # The back-off's time is up.
        session.execute(sa.update(Job).where(Job.id == uuid.UUID(job["id"])).values(run_at=sa.func.now()))
        session.commit()
        fail_job(job["id"], ProviderTimeoutError("The provider did not answer."))
        told = api.get(path_of(job)).json
        assert told["attempts"] == attempt
        assert told["state"] == ("failed" if attempt == job["max_attempts"] else "queued")
    assert told["error"]["code"] == "provider_timeout"
    assert told["error"]["retryable"] is True
    assert told["error"]["message"] == (
        f"The provider did not answer. To retry it: POST {path_of(job)}/retry."
    )
    assert api.get("/api/jobs?state=failed").json["items"][0]["error"] == told["error"]
    assert len(told["history"]) == job["max_attempts"]


def test_an_engines_bug_fails_the_job_without_its_words(api, job, fail_job, session):
    session.execute(sa.update(Job).where(Job.id == uuid.UUID(job["id"])).values(max_attempts=1))
    session.commit()
    fail_job(job["id"], RuntimeError("the secret of the house"))
    response = api.get(path_of(job))
    assert response.json["error"]["code"] == "internal"
    assert "secret" not in response.get_data(as_text=True)


def test_a_failed_answer_is_not_in_the_interviews_score(api, fail_job, run_jobs):
    interview = api.start(num_questions=2)
    good, bad = (api.answer(question["id"])["job"] for question in interview["questions"])
    fail_job(bad["id"], ProviderRejectedError("The provider refused."))
    run_jobs()
    told = api.get(f"/api/interviews/{interview['id']}").json
    assert [question["response"]["status"] for question in told["questions"]] == ["ready", "failed"]
    assert told["overall_score"] == told["questions"][0]["response"]["feedback"]["score"]
    assert good["id"] != bad["id"]
