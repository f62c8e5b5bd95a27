"""API3: no field is set that a client may not set, and none is told that it may not know."""

from __future__ import annotations

import json
import uuid

import pytest
import sqlalchemy as sa

from webapp.accounts.models import User
from webapp.interviews.models import Question, Response

PRIVILEGED = {
    "id": str(uuid.uuid4()),
    "is_active": False,
    "is_admin": True,
    "role": "admin",
    "created_at": "2000-01-01T00:00:00Z",
    "password_hash": "x",
    "user_id": str(uuid.uuid4()),
    "score": 100,
    "overall_score": 100,
    "feedback": {"score": 100},
    "status": "completed",
    "attempt": 1,
    "rubric": {},
    "questions": [],
    "llm_base_url": "http://169.254.169.254/",
}


def bodies(name: str) -> dict[str, dict]:
    return {
        "/api/auth/register": {
            "email": f"{name}@example.com", "username": name, "password": "Correct-Horse-9", "full_name": "Ada",
        },
        "/api/auth/login": {"email": f"{name}@example.com", "password": "Correct-Horse-9"},
        "/api/auth/change-password": {"current_password": "x", "new_password": "Correct-Horse-9"},
        "/api/interviews/start": {"job_role": "Backend Engineer", "num_questions": 1},
    }  # fmt: skip


@pytest.mark.parametrize("field", PRIVILEGED)
def test_a_field_that_a_client_may_not_set_is_refused_everywhere(api, field, session):
    question = api.start(num_questions=1)["questions"][0]["id"]
    name = f"mass-{uuid.uuid4().hex[:12]}"
    calls = [("POST", path, body) for path, body in bodies(name).items()]
    calls += [
        ("PUT", "/api/user/profile", {"full_name": "Ada Byron"}),
        ("POST", f"/api/questions/{question}/answer", {"user_answer": "An index is sorted."}),
        ("POST", f"/api/questions/{question}/retry", {"user_answer": "An index is sorted."}),
    ]
    for method, path, body in calls:
        response = api.call(method, path, json=body | {field: PRIVILEGED[field]})
        assert response.status_code == 422, path
        assert list(response.json["errors"]) == [field]
    assert session.scalar(sa.select(sa.func.count()).select_from(User).where(User.username == name)) == 0
    assert api.get("/api/user/profile").json == api.user
    assert session.scalar(sa.select(Response.id).where(Response.question_id == uuid.UUID(question))) is None


def test_what_is_expected_of_an_answer_is_never_told_before_it_is_given(api, session):
    interview = api.start(num_questions=6, follow_ups=True)
    unanswered = [question["id"] for question in interview["questions"]]
    told = [json.dumps(interview)]
    told += [
        api.get(path).text
        for path in (
            f"/api/interviews/{interview['id']}",
            "/api/interviews",
            f"/api/questions/{interview['id']}",
            f"/api/interviews/{interview['id']}/report",
            f"/api/interviews/{interview['id']}/report?format=md",
            f"/api/interviews/{interview['id']}/report?format=csv",
            f"/api/skill-gaps/interview/{interview['id']}",
            "/api/catalog",
            "/api/user/stats",
        )
    ]
    rubrics = session.scalars(
        sa.select(Question.rubric).where(Question.id.in_(map(uuid.UUID, unanswered)))
    ).all()
    expected = [rubric["model_answer"] for rubric in rubrics]
    expected += [criterion["text"] for rubric in rubrics for criterion in rubric["criteria"]]
    expected += [flag["text"] for rubric in rubrics for flag in rubric["red_flags"]]
    assert len(expected) > 6 * 3
    for text in told:
        assert [phrase for phrase in expected if phrase in text or json.dumps(phrase)[1:-1] in text] == []
        assert "rubric" not in text.replace("rubric_version", "")


def test_an_answer_that_waits_for_its_feedback_tells_nothing_of_what_was_expected(api, session):
    interview = api.start(num_questions=1)
    submitted = api.answer(interview["questions"][0]["id"])
    rubric = session.scalars(
        sa.select(Question.rubric).where(Question.id == uuid.UUID(interview["questions"][0]["id"]))
    ).one()
    text = json.dumps(submitted) + api.get(f"/api/responses/{submitted['response']['id']}").text
    assert json.dumps(rubric["model_answer"])[1:-1] not in text


def test_a_user_is_told_without_the_password_hash(api, session):
    stored = session.scalars(sa.select(User.password_hash).where(User.id == uuid.UUID(api.user["id"]))).one()
    for path in ("/api/auth/me", "/api/user/profile", "/api/user/stats"):
        assert stored not in api.get(path).text
        assert "password" not in api.get(path).text
