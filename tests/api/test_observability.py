"""What an operator sees: the queue and its outcomes in /metrics, and requests and jobs in the logs."""

from __future__ import annotations

import json
import logging
import re
import uuid

import pytest
import sqlalchemy as sa
from celery import Celery
from flask import g

from webapp.accounts.models import User
from webapp.jobs import leases
from webapp.jobs.models import Job
from webapp.logs import JsonFormatter
from webapp.queue import JobQueue

KIND = "answer_feedback"


@pytest.fixture
def metric(client):
    """The present value of a sample of /metrics, by its name and labels; 0 where there is none."""

    def value(sample):
        for line in client.get("/metrics").get_data(as_text=True).splitlines():
            if line.rpartition(" ")[0] == sample:
                return float(line.rpartition(" ")[2])
        return 0.0

    return value


@pytest.fixture
def queued(api):
    """The id of a queued feedback job."""
    return uuid.UUID(api.answer(api.start(num_questions=2)["questions"][0]["id"])["job"]["id"])


@pytest.fixture
def claimed(queued, session):
    claim = leases.claim(session, queued, worker="w", lease_seconds=60)
    session.commit()
    return claim


def test_the_age_of_the_oldest_job_that_waits_is_told_by_kind(metric, queued, session):
    sample = f'jobs_oldest_queued_seconds{{kind="{KIND}"}}'
    before = metric(sample)
    session.execute(
        sa.update(Job).where(Job.id == queued).values(run_at=sa.func.now() - sa.text("interval '3 days'"))
    )
    session.commit()
    assert metric(sample) >= 3 * 86_400 > before


def test_a_failed_job_is_counted_by_its_code(metric, claimed, session):
    finished = f'jobs_finished_total{{code="provider_timeout",kind="{KIND}",state="failed"}}'
    attempts = f'job_attempts_total{{code="provider_timeout",kind="{KIND}",outcome="failed"}}'
    before = metric(finished), metric(attempts)
    assert leases.fail(session, claimed, code="provider_timeout", message="Too slow.", retryable=True)
    session.commit()
    assert (metric(finished), metric(attempts)) == (before[0] + 1, before[1] + 1)


def test_a_lost_lease_is_counted_and_logged_with_the_worker_that_lost_it(metric, claimed, session, caplog):
    sample = f'job_attempts_total{{code="worker_lost",kind="{KIND}",outcome="lost"}}'
    before = metric(sample)
    session.execute(
        sa.update(Job)
        .where(Job.id == claimed.job_id)
        .values(lease_until=sa.func.now() - sa.text("interval '1 minute'"))
    )
    with caplog.at_level(logging.INFO):
        leases.recover_lost(session)
    session.commit()
    assert metric(sample) == before + 1
    [lost] = [record for record in caplog.records if record.getMessage() == "lease lost"]
    assert (lost.job_id, lost.worker, lost.attempt) == (str(claimed.job_id), "w", 1)


def test_engine_time_and_the_providers_tokens_are_summed(metric, claimed, session):
    samples = (
        f'engine_seconds_total{{kind="{KIND}"}}',
        'provider_tokens_total{direction="input"}',
        'provider_tokens_total{direction="output"}',
    )
    before = [metric(sample) for sample in samples]
    assert leases.succeed(session, claimed, engine_seconds=2.5)
    leases.charge(session, claimed.job_id, {"input_tokens": 700, "output_tokens": 90})
    session.commit()
    after = [metric(sample) for sample in samples]
    assert [new - old for new, old in zip(after, before, strict=True)] == pytest.approx([2.5, 700, 90])


def test_a_published_job_is_logged_with_the_request_that_made_it(app, caplog):
    job_id = uuid.uuid4()
    with caplog.at_level(logging.INFO), app.test_request_context("/"):
        g.request_id = "a-request"
        assert JobQueue(Celery("test", broker="memory://", set_as_current=False)).publish(job_id)
        lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    [line] = [line for line in lines if line["message"] == "job published"]
    assert (line["job_id"], line["request_id"]) == (str(job_id), "a-request")


def test_a_job_that_ran_is_one_line_with_its_ids(api, run_jobs, caplog):
    interview = api.start(num_questions=2)
    job = api.answer(interview["questions"][0]["id"])["job"]
    with caplog.at_level(logging.INFO):
        run_jobs()
    [line] = [record for record in caplog.records if record.getMessage() == "job"]
    assert (line.job_id, line.kind, line.outcome, line.attempt) == (job["id"], KIND, "succeeded", 1)
    assert (line.user_id, line.interview_id) == (api.user["id"], interview["id"])


@pytest.mark.parametrize(("path", "lines"), [("/api/health", 0), ("/api/catalog", 1)])
def test_liveness_probes_do_not_fill_the_log(client, caplog, path, lines):
    with caplog.at_level(logging.INFO):
        assert client.get(path).status_code == 200
    assert len([record for record in caplog.records if record.getMessage() == "request"]) == lines


def test_totals_survive_the_deletion_of_the_account_that_they_came_from(
    metric, client, claimed, session, api
):
    sample = f'jobs_finished_total{{code="",kind="{KIND}",state="succeeded"}}'
    assert leases.succeed(session, claimed, engine_seconds=2.0)
    leases.charge(session, claimed.job_id, {"input_tokens": 700, "output_tokens": 90, "cost_usd": 0.5})
    session.commit()
    before, told = metric(sample), client.get("/api/info").json["totals"]
    assert before >= 1
    session.execute(sa.delete(User).where(User.id == uuid.UUID(api.user["id"])))
    session.commit()
    assert (metric(sample), client.get("/api/info").json["totals"]) == (before, told)


def test_a_job_that_is_retried_lowers_no_total(metric, claimed, session, api):
    sample = f'jobs_finished_total{{code="provider_timeout",kind="{KIND}",state="failed"}}'
    assert leases.fail(session, claimed, code="provider_timeout", message="Too slow.", retryable=True)
    session.commit()
    before = metric(sample)
    assert api.post(f"/api/jobs/{claimed.job_id}/retry").status_code == 202
    assert metric(sample) == before


def test_metrics_and_information_read_no_row_of_a_finished_job(client, claimed, session, app):
    """Neither may cost more the longer the service has run."""
    assert leases.succeed(session, claimed, engine_seconds=2.0)
    session.commit()
    statements = []
    bind = session.get_bind()
    sa.event.listen(bind, "before_cursor_execute", lambda *args: statements.append(args[2]))
    client.get("/metrics")
    client.get("/api/info")
    about_jobs = [text for text in statements if re.search(r"\b(FROM|JOIN) (jobs|job_attempts)\b", text)]
    assert len(about_jobs) == 1, "the queue, which ix_jobs_unfinished holds"
    assert "jobs.state IN" in about_jobs[0]
