"""Answering questions: once, again, and what the responses tell."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa
from problem_details import errors_of, problem_of

from webapp.interviews.models import Response

RESPONSE = {
    "id", "question_id", "attempt", "user_answer", "time_taken_seconds", "answered_at", "status", "feedback",
}  # fmt: skip
FEEDBACK = {
    "score", "dimensions", "criteria", "mistakes", "strengths", "improvements", "summary", "model_answer", "delivery",
    "confidence", "insufficient", "insufficient_reason", "provider", "model", "rubric_version", "flags",
}  # fmt: skip
DIMENSIONS = {"relevance", "correctness", "depth", "structure", "clarity"}


@pytest.fixture
def question(api):
    """A question of an interview that has another one besides."""
    return api.start(interview_type="technical")["questions"][0]


def test_an_answer_is_202_with_its_response_and_its_job(api, question, published):
    response = api.post(
        f"/api/questions/{question['id']}/answer", {"user_answer": " An index. ", "time_taken_seconds": 12.5}
    )
    assert response.status_code == 202
    submission = response.json
    assert set(submission) == {"response", "job"}
    assert set(submission["response"]) == RESPONSE
    kept = {name: submission["response"][name] for name in RESPONSE - {"id", "answered_at"}}
    assert kept == {
        "question_id": question["id"],
        "attempt": 1,
        "user_answer": " An index. ",
        "time_taken_seconds": 12.5,
        "status": "pending",
        "feedback": None,
    }
    job = submission["job"]
    assert job["kind"] == "answer_feedback"
    assert (job["question_id"], job["response_id"]) == (question["id"], submission["response"]["id"])
    assert response.headers["Location"] == f"/api/jobs/{job['id']}"
    assert int(response.headers["Retry-After"]) >= 1
    assert published == [uuid.UUID(job["id"])]


@pytest.mark.parametrize(
    "user_answer", ["x", "x" * 5000, "\u202eعكس", "👩‍👩‍👧" * 500, "a\r\nb\tc\u2028d", "\ufeff.", "\x7f\x01."]
)
def test_an_answer_is_kept_to_the_letter(api, question, user_answer):
    response = api.answer(question["id"], user_answer)["response"]
    assert response["user_answer"] == user_answer
    assert api.get(f"/api/responses/{response['id']}").json["user_answer"] == user_answer


@pytest.mark.parametrize(
    "user_answer", ["", " ", "\n\t \r\n", "\u00a0\u2003", "x" * 5001, None, 7, ["x"], {}]
)
def test_an_answer_of_nothing_or_too_much_is_422(api, question, user_answer):
    for call in ("answer", "retry"):
        errors = errors_of(api.post(f"/api/questions/{question['id']}/{call}", {"user_answer": user_answer}))
        assert set(errors) == {"user_answer"}


@pytest.mark.parametrize(
    "seconds", ["-1", "-0.001", '"x"', "NaN", "Infinity", "-Infinity", "[]", "1e999", '"12"', "true"]
)
def test_a_time_that_is_no_time_is_422(api, question, seconds):
    text = f'{{"user_answer": "An index.", "time_taken_seconds": {seconds}}}'
    response = api.post(f"/api/questions/{question['id']}/answer", data=text, content_type="application/json")
    assert set(errors_of(response)) == {"time_taken_seconds"}


@pytest.mark.parametrize("seconds", [0, 0.001, 86_400, 1e300, None])
def test_a_time_of_any_length_is_taken_and_judged(api, question, seconds, run_jobs):
    submitted = api.answer(question["id"], time_taken_seconds=seconds)
    assert submitted["response"]["time_taken_seconds"] == seconds
    run_jobs()
    judged = api.get(f"/api/responses/{submitted['response']['id']}").json
    assert judged["status"] == "ready"
    assert judged["time_taken_seconds"] == seconds
    if seconds is None:
        assert judged["feedback"]["delivery"]["words_per_minute"] is None


def test_a_second_answer_is_409_and_keeps_the_first(api, question):
    first = api.answer(question["id"], "The first.")
    problem_of(api.post(f"/api/questions/{question['id']}/answer", {"user_answer": "The second."}), 409)
    assert api.get(f"/api/responses/{first['response']['id']}").json["user_answer"] == "The first."
    assert api.get("/api/jobs").json["total"] == 1


def test_a_retry_of_a_question_without_an_answer_is_409(api, question):
    problem_of(api.post(f"/api/questions/{question['id']}/retry", {"user_answer": "Again."}), 409)


def test_attempts_are_numbered_and_told_with_each_other(api, question):
    first = api.answer(question["id"], "The first.")["response"]
    attempts = [first]
    for text in ("The second.", "The third."):
        response = api.post(f"/api/questions/{question['id']}/retry", {"user_answer": text})
        assert response.status_code == 202
        assert response.headers["Location"] == f"/api/jobs/{response.json['job']['id']}"
        attempts.append(response.json["response"])
    assert [attempt["attempt"] for attempt in attempts] == [1, 2, 3]
    for mine in attempts:
        told = api.get(f"/api/responses/{mine['id']}").json
        assert set(told) == RESPONSE | {"attempts"}
        assert {name: told[name] for name in RESPONSE} == mine
        assert told["attempts"] == [other for other in attempts if other != mine]


def test_a_retry_is_open_after_the_end_and_keeps_the_interviews_score(api, run_jobs, bank):
    interview = api.start(num_questions=1, interview_type="technical")
    question = interview["questions"][0]
    api.answer(question["id"], "I do not know.")
    run_jobs()
    before = api.get(f"/api/interviews/{interview['id']}").json
    assert before["status"] == "completed"
    best = next(q["model_answer"] for q in bank.questions if q["text"] == question["question_text"])
    again = api.post(f"/api/questions/{question['id']}/retry", {"user_answer": best}).json
    run_jobs()
    second = api.get(f"/api/responses/{again['response']['id']}").json
    assert second["feedback"]["score"] > before["overall_score"]
    after = api.get(f"/api/interviews/{interview['id']}").json
    assert after == before
    assert after["questions"][0]["response"]["attempt"] == 1


def test_an_abandoned_interviews_question_can_be_practised_again(api, question, run_jobs):
    first = api.answer(question["id"])
    interview_id = first["job"]["interview_id"]
    api.post(f"/api/interviews/{interview_id}/abandon")
    again = api.post(f"/api/questions/{question['id']}/retry", {"user_answer": "Once more."})
    assert again.status_code == 202
    run_jobs()
    assert api.get(f"/api/responses/{again.json['response']['id']}").json["status"] == "ready"
    assert api.get(f"/api/interviews/{interview_id}").json["status"] == "abandoned"


def test_feedback_has_the_contracts_shape(api, question, run_jobs, bank):
    text = next(q["model_answer"] for q in bank.questions if q["text"] == question["question_text"])
    submitted = api.answer(question["id"], text, time_taken_seconds=60)
    run_jobs()
    response = api.get(f"/api/responses/{submitted['response']['id']}").json
    assert response["status"] == "ready"
    feedback = response["feedback"]
    assert set(feedback) == FEEDBACK
    assert 0 <= feedback["score"] <= 100
    assert round(feedback["score"], 2) == feedback["score"]
    assert set(feedback["dimensions"]) == DIMENSIONS
    for dimension in feedback["dimensions"].values():
        assert set(dimension) == {"score", "weight", "comment"}
        assert 0 <= dimension["score"] <= 100
    assert {c["status"] for c in feedback["criteria"]} <= {"covered", "partial", "missing"}
    for point in feedback["strengths"] + feedback["improvements"]:
        assert set(point) == {"text", "evidence"}
    for piece in [*feedback["criteria"], *feedback["strengths"], *feedback["improvements"]]:
        if piece["evidence"]:
            assert text[piece["evidence"]["start"] : piece["evidence"]["end"]] == piece["evidence"]["quote"]
    assert feedback["delivery"]["words"] == len(text.split()) or feedback["delivery"]["words"] > 0
    assert 0 <= feedback["confidence"] <= 1
    assert feedback["insufficient"] is False
    assert feedback["provider"] == "local"


def test_an_answer_of_nothing_that_can_be_judged_says_so(api, question, run_jobs):
    submitted = api.answer(question["id"], "I don't know.")
    run_jobs()
    feedback = api.get(f"/api/responses/{submitted['response']['id']}").json["feedback"]
    assert feedback["insufficient"] is True
    assert feedback["insufficient_reason"]["reason"]


def test_a_response_whose_analysis_ended_without_a_result_is_failed_until_it_is_retried(api, question):
    submitted = api.answer(question["id"])
    path = f"/api/responses/{submitted['response']['id']}"
    api.post(f"/api/jobs/{submitted['job']['id']}/cancel")
    assert api.get(path).json["status"] == "failed"
    api.post(f"/api/jobs/{submitted['job']['id']}/retry")
    assert api.get(path).json["status"] == "pending"


def test_stats_begin_at_zero_and_count_what_was_done(api, run_jobs):
    empty = api.get("/api/user/stats").json
    assert empty == {
        "total_interviews": 0,
        "completed_interviews": 0,
        "average_score": 0.0,
        "best_score": 0.0,
        "total_questions_answered": 0,
        "member_since": api.user["created_at"],
        "account_status": "active",
    }
    scores = []
    for _ in range(2):
        interview = api.start(num_questions=1)
        api.answer(interview["questions"][0]["id"])
        run_jobs()
        scores.append(api.get(f"/api/interviews/{interview['id']}").json["overall_score"])
    api.post(f"/api/questions/{interview['questions'][0]['id']}/retry", {"user_answer": "Once more."})
    api.start()
    stats = api.get("/api/user/stats").json
    assert (stats["total_interviews"], stats["completed_interviews"], stats["total_questions_answered"]) == (
        3,
        2,
        2,
    )
    assert stats["average_score"] == pytest.approx(sum(scores) / 2, abs=0.01)
    assert stats["best_score"] == max(scores)


def test_the_database_itself_refuses_a_second_first_attempt(api, question, session):
    first = api.answer(question["id"])["response"]
    session.add(Response(question_id=uuid.UUID(first["question_id"]), attempt=1, user_answer="Twice."))
    with pytest.raises(sa.exc.IntegrityError, match="uq_responses_question_id_attempt"):
        session.flush()
