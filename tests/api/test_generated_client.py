"""A client generated from the OpenAPI schema, as an integrator would make one: it type-checks, and it works."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

PACKAGE = "ai_interview_simulator_client"
PASSWORD = "Correct-Horse-9-battery"


@pytest.fixture(scope="module")
def generated(app, tmp_path_factory):
    """The folder in which the generated package lies."""
    folder = tmp_path_factory.mktemp("client")
    schema = folder / "openapi.json"
    schema.write_bytes(app.extensions["openapi"])
    made = subprocess.run(
        [Path(sys.executable).with_name("openapi-python-client"), "generate",
         "--path", schema, "--output-path", folder / PACKAGE, "--meta", "none", "--fail-on-warning"],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


@pytest.fixture(scope="module")
def generated_client(generated):
    sys.path.insert(0, str(generated))
    yield importlib.import_module(PACKAGE)
    sys.path.remove(str(generated))


def module(path):
    return importlib.import_module(f"{PACKAGE}.{path}")


def test_a_generated_client_type_checks(generated):
    # client.py is the generator's own, the same for every schema.
    (generated / "mypy.ini").write_text(
        f"[mypy]\nstrict = True\n[mypy-{PACKAGE}.client]\nignore_errors = True\n"
    )
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--cache-dir", generated / "cache", "-p", PACKAGE],
        capture_output=True, text=True, check=False, cwd=generated,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout


def test_a_generated_client_returns_models_and_not_any(generated):
    text = (generated / PACKAGE / "models" / "response_detail.py").read_text()
    assert "attempts: list[Response]" in text
    assert "status: ResponseStatus" in text
    for operation in (generated / PACKAGE / "api").rglob("*.py"):
        if operation.name != "__init__.py":
            assert "-> Response[Any]" not in operation.read_text(), operation


def test_a_generated_client_plays_an_interview(app, sessions, generated_client, run_jobs):
    models = module("models")
    transport = {"transport": httpx.WSGITransport(app=app)}
    anonymous = generated_client.Client(base_url="http://service", httpx_args=transport)
    register = module("api.auth.post_auth_register").sync
    login = module("api.auth.post_auth_login").sync
    account = {"email": "generated@example.com", "password": PASSWORD}
    user = register(
        client=anonymous, body=models.Register(**account, username="generated", full_name="Ada Lovelace")
    )
    tokens = login(client=anonymous, body=models.Login(**account))
    assert tokens.user == user
    client = generated_client.AuthenticatedClient(
        base_url="http://service", token=tokens.access_token, httpx_args=transport
    )
    interview = module("api.interviews.post_interviews_start").sync(
        client=client,
        body=models.InterviewCreate(
            job_role="Backend Engineer", num_questions=1, interview_type=models.InterviewType.TECHNICAL
        ),
    )
    assert interview.status is models.InterviewStatus.IN_PROGRESS
    answered = module("api.questions.post_questions_by_question_id_answer").sync_detailed(
        interview.questions[0].id,
        client=client,
        body=models.AnswerCreate(user_answer="An index keeps keys sorted \U0001f680, so lookups are fast."),
    )
    assert answered.headers["location"] == answered.parsed.job.links.self_
    assert answered.parsed.job.state is models.JobState.QUEUED
    run_jobs()
    job = module("api.jobs.get_jobs_by_job_id").sync(answered.parsed.job.id, client=client)
    assert job.state is models.JobState.SUCCEEDED
    response = module("api.responses.get_responses_by_response_id").sync(
        answered.parsed.response.id, client=client
    )
    assert response.status is models.ResponseStatus.READY
    assert response.attempts == []
    assert 0 <= response.feedback.dimensions.relevance.score <= 100
    for criterion in response.feedback.criteria:
        assert criterion.status in models.CriterionStatus
    again = module("api.questions.post_questions_by_question_id_retry").sync(
        interview.questions[0].id, client=client, body=models.AnswerCreate(user_answer="It sorts.")
    )
    second = module("api.responses.get_responses_by_response_id").sync(again.response.id, client=client)
    assert [attempt.id for attempt in second.attempts] == [response.id]
    refused = module("api.questions.post_questions_by_question_id_answer").sync(
        interview.questions[0].id, client=client, body=models.AnswerCreate(user_answer="Again.")
    )
    assert isinstance(refused, models.Problem)
    assert refused.status == 409
    report = module("api.reports.get_interviews_by_interview_id_report").sync(interview.id, client=client)
    assert report.questions[0].feedback.summary == response.feedback.summary
    assert json.dumps(report.to_dict())
