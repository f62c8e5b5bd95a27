"""A whole interview over HTTP, with real judgement."""

from __future__ import annotations

import pytest


def test_answering_every_question_completes_and_scores_the_interview(api, run_jobs):
    interview = api.start(num_questions=2)
    for question in interview["questions"]:
        submitted = api.answer(question["id"], time_taken_seconds=30)
        assert submitted["job"]["state"] == "queued"
        assert submitted["response"]["status"] == "pending"
        assert submitted["response"]["feedback"] is None
    run_jobs()
    done = api.get(f"/api/interviews/{interview['id']}").json
    assert done["status"] == "completed"
    scores = [q["response"]["feedback"]["score"] for q in done["questions"]]
    assert done["overall_score"] == pytest.approx(sum(scores) / len(scores), abs=0.01)
    assert set(done["dimension_scores"]) == {"relevance", "correctness", "depth", "structure", "clarity"}
    jobs = api.get("/api/jobs").json["items"]
    assert [job["state"] for job in jobs] == ["succeeded"] * 3


def test_every_quote_is_the_answers_own_text(api, run_jobs, bank):
    interview = api.start(num_questions=1, interview_type="technical")
    question = interview["questions"][0]
    model_answer = next(q["model_answer"] for q in bank.questions if q["text"] == question["question_text"])
    submitted = api.answer(question["id"], model_answer)
    run_jobs()
    response = api.get(f"/api/responses/{submitted['response']['id']}").json
    evidence = [c["evidence"] for c in response["feedback"]["criteria"] if c["evidence"]]
    assert evidence
    for piece in evidence:
        assert response["user_answer"][piece["start"] : piece["end"]] == piece["quote"]
