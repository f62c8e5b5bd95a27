"""Root, health, information, metrics, and what every response carries."""

from __future__ import annotations

import dataclasses
import logging
import re
import socket
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from problem_details import problem_of

from webapp.app import create_app
from webapp.jobs.models import WorkerHeartbeat
from webapp.logs import JsonFormatter

pytest_plugins = ["stages"]

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.fixture
def closed_port():
    """A port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]


# --- root and health --------------------------------------------------------------------------------


@pytest.mark.parametrize("accept", [None, "*/*", "application/json"])
def test_the_root_tells_a_program_what_this_is(client, accept):
    response = client.get("/", headers={"Accept": accept} if accept else {})
    assert response.status_code == 200
    assert {"name", "version", "status", "links"} <= set(response.json)
    for link in response.json["links"].values():
        assert client.get(link).status_code == 200, link


def test_the_root_sends_a_browser_to_a_page(client):
    response = client.get("/", headers={"Accept": BROWSER})
    assert response.status_code == 302
    page = client.get(response.headers["Location"], headers={"Accept": BROWSER})
    assert page.status_code == 200
    assert page.mimetype == "text/html"


def test_info_tells_the_engine_and_the_limits(client):
    body = client.get("/api/info").json
    assert body["name"]
    assert body["version"]
    assert body["analysis"]["provider"] == "local"
    assert body["limits"]["max_body_bytes"] == 256 * 1024
    assert body["limits"]["max_page_size"] == 100
    assert body["limits"]["job_retention_days"] == 90


def test_info_gives_no_retention_where_jobs_are_kept(client_of):
    assert client_of(job_retention_days=0).get("/api/info").json["limits"]["job_retention_days"] is None


def test_liveness_answers_with_the_database_and_the_broker_away(client_of, closed_port):
    alone = client_of(
        database_url=f"postgresql+psycopg2://x:y@127.0.0.1:{closed_port}/z",
        redis_url=f"redis://127.0.0.1:{closed_port}/0",
    )
    response = alone.get("/api/health")
    assert response.status_code == 200
    assert response.json["status"] == "healthy"


def test_readiness_is_200_with_a_line_for_each_dependency_when_workers_are_seen(client, session):
    session.execute(sa.delete(WorkerHeartbeat))
    for role in ("worker", "beat"):
        session.add(WorkerHeartbeat(worker=role, role=role, seen_at=sa.func.now()))
    session.commit()
    response = client.get("/api/health/ready")
    assert response.status_code == 200
    lines = {line["name"]: line["up"] for line in response.json["dependencies"]}
    assert lines == {"database": True, "broker": True, "workers": True, "beat": True}


def test_readiness_is_503_when_no_worker_was_seen_lately(client, session):
    session.execute(sa.delete(WorkerHeartbeat))
    session.add(WorkerHeartbeat(worker="w", role="worker", seen_at=sa.text("now() - interval '10 minutes'")))
    session.commit()
    response = client.get("/api/health/ready")
    assert response.status_code == 503
    lines = {line["name"]: line["up"] for line in response.json["dependencies"]}
    assert lines == {"database": True, "broker": True, "workers": False, "beat": False}


def test_a_worker_that_fell_silent_is_not_counted_beside_the_one_that_is_alive(client, session):
    session.execute(sa.delete(WorkerHeartbeat))
    for worker, seconds in (("alive", 5), ("killed", 31)):
        seen_at = sa.func.now() - timedelta(seconds=seconds)
        session.add(WorkerHeartbeat(worker=worker, role="worker", seen_at=seen_at))
    session.commit()
    lines = {line["name"]: line["detail"] for line in client.get("/api/health/ready").json["dependencies"]}
    assert lines["workers"] == "1 with a heartbeat in the last 30 s"
    assert 'workers_alive{role="worker"} 1.0' in client.get("/metrics").get_data(as_text=True)


def test_a_beat_whose_sweeps_are_rare_is_not_called_silent(client_of, session):
    session.execute(sa.delete(WorkerHeartbeat))
    session.add(WorkerHeartbeat(worker="beat", role="beat", seen_at=sa.text("now() - interval '10 minutes'")))
    session.commit()
    for seconds, is_up in ((5.0, False), (300.0, True)):
        answer = client_of(sweep_seconds=seconds).get("/api/health/ready").json
        assert {line["name"]: line["up"] for line in answer["dependencies"]}["beat"] is is_up


def test_readiness_is_503_and_names_the_broker_when_it_is_away(client_of, session, closed_port):
    session.execute(sa.delete(WorkerHeartbeat))
    session.add(WorkerHeartbeat(worker="w", role="worker", seen_at=sa.func.now()))
    session.commit()
    response = client_of(redis_url=f"redis://127.0.0.1:{closed_port}/0").get("/api/health/ready")
    assert response.status_code == 503
    assert [line["name"] for line in response.json["dependencies"] if not line["up"]] == ["broker", "beat"]


def test_a_database_that_is_away_is_503_with_retry_after_and_tells_nothing(settings, migrated, closed_port):
    url = f"postgresql+psycopg2://someone:hidden-word@127.0.0.1:{closed_port}/z"
    alone = create_app(dataclasses.replace(settings, database_url=url)).test_client()
    response = alone.get("/api/catalog")
    problem_of(response, 503)
    assert int(response.headers["Retry-After"]) >= 1
    ready = alone.get("/api/health/ready")
    assert ready.status_code == 503
    assert [line["name"] for line in ready.json["dependencies"] if not line["up"]] == ["database", "workers"]
    for answer in (response, ready):
        assert "hidden-word" not in answer.get_data(as_text=True)


# --- metrics ----------------------------------------------------------------------------------------


def test_metrics_count_requests_and_jobs(api, client, run_jobs):
    def samples():
        text = client.get("/metrics").get_data(as_text=True)
        return {
            line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
            for line in text.splitlines()
            if line and not line.startswith("#")
        }

    interview = api.start(num_questions=2)
    before = samples()
    submitted = api.answer(interview["questions"][0]["id"])
    queued = 'jobs_unfinished{kind="answer_feedback",state="queued"}'
    after = samples()
    assert after[queued] == before.get(queued, 0) + 1
    answered = (
        'http_requests_total{method="POST",route="/api/questions/<uuid:question_id>/answer",status="202"}'
    )
    assert after[answered] == before.get(answered, 0) + 1
    succeeded = 'job_attempts_total{code="",kind="answer_feedback",outcome="succeeded"}'
    run_jobs()
    assert samples()[succeeded] == before.get(succeeded, 0) + 1
    assert submitted["job"]["id"] not in client.get("/metrics").get_data(as_text=True)


def test_metrics_are_for_loopback_and_hide_from_others(client):
    assert client.get("/metrics").mimetype == "text/plain"
    problem_of(client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"}), 404)
    problem_of(client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}), 404)


def test_metrics_with_a_token_are_for_who_has_it(client_of):
    guarded = client_of(metrics_token="operators-word")
    problem_of(guarded.get("/metrics"), 404)
    problem_of(guarded.get("/metrics", headers={"Authorization": "Bearer other"}), 404)
    given = guarded.get(
        "/metrics",
        headers={"Authorization": "Bearer operators-word"},
        environ_base={"REMOTE_ADDR": "192.0.2.7"},
    )
    assert given.status_code == 200


# --- logs -------------------------------------------------------------------------------------------


def test_a_request_is_logged_by_its_route_and_ids_without_a_word_of_the_users(api, caplog):
    caplog.set_level(logging.INFO)
    interview = api.start(num_questions=2)
    question = interview["questions"][0]["id"]
    headers = {"X-Request-ID": "the-callers-own"}
    api.post(
        f"/api/questions/{question}/answer", {"user_answer": "A very private sentence."}, headers=headers
    )
    record = next(
        record for record in caplog.records if getattr(record, "request_id", "") == "the-callers-own"
    )
    assert record.route == "/api/questions/<uuid:question_id>/answer"
    assert (record.method, record.status, record.user_id) == ("POST", 202, api.user["id"])
    lines = "\n".join(JsonFormatter().format(record) for record in caplog.records)
    assert "the-callers-own" in lines
    private = ["private sentence", api.tokens["access_token"], api.user["email"], "Backend Engineer"]
    assert [text for text in private if text in lines] == []


# --- what every response carries --------------------------------------------------------------------


EVERYWHERE = ["/api/health", "/api/catalog", "/api/nothing", "/api/docs", "/api/openapi.json", "/metrics"]


def test_every_response_has_a_new_request_id(client):
    seen = {client.get(path).headers["X-Request-ID"] for path in EVERYWHERE}
    assert len(seen) == len(EVERYWHERE)


def test_a_sane_request_id_of_the_callers_is_kept_and_another_is_not(client):
    for sane in ("abc-123", str(uuid.uuid4()), "a" * 128, "req_1.2"):
        assert client.get("/api/nothing", headers={"X-Request-ID": sane}).headers["X-Request-ID"] == sane
    for odd in ("", "a" * 129, "a b", "<script>", "ä", 'x"y'):
        answered = client.get("/api/nothing", headers={"X-Request-ID": odd}).headers["X-Request-ID"]
        assert re.fullmatch(r"[0-9a-f]{32}", answered), odd


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_response_tells_browsers_to_take_nothing_for_granted(client, path):
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "Strict-Transport-Security" not in headers


def test_what_is_a_users_own_is_never_cached(api):
    for path in ("/api/auth/me", "/api/interviews", "/api/user/stats", "/api/jobs"):
        assert api.get(path).headers["Cache-Control"] == "no-store"


def test_production_asks_for_https(client_of):
    headers = client_of(environment="production").get("/api/health").headers
    assert headers["Strict-Transport-Security"].startswith("max-age=")


def test_cors_is_for_allowed_origins_only(client_of):
    ours, theirs = "https://app.example", "https://evil.example"
    allowing = client_of(allowed_origins=(ours,))
    for method, asked in (("GET", {}), ("OPTIONS", {"Access-Control-Request-Method": "POST"})):
        good = allowing.open("/api/interviews/start", method=method, headers={"Origin": ours, **asked})
        assert good.headers["Access-Control-Allow-Origin"] == ours
        bad = allowing.open("/api/interviews/start", method=method, headers={"Origin": theirs, **asked})
        assert "Access-Control-Allow-Origin" not in bad.headers
    preflight = allowing.options(
        "/api/questions/x/answer",
        headers={
            "Origin": ours,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
        },
    )
    allowed = preflight.headers["Access-Control-Allow-Headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "idempotency-key"))
    exposed = allowing.get("/api/health", headers={"Origin": ours}).headers["Access-Control-Expose-Headers"]
    assert {"Location", "Retry-After", "ETag", "X-Request-ID"} <= {
        name.strip() for name in exposed.split(",")
    }


def test_no_origin_is_allowed_by_default(client):
    headers = client.get("/api/health", headers={"Origin": "https://app.example"}).headers
    assert "Access-Control-Allow-Origin" not in headers
