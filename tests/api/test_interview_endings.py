"""Ending interviews, follow-up questions, and what is never told before an answer is judged."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa
from problem_details import problem_of

from webapp.interviews.models import Interview, Question

# Says nothing: whatever a question looks for, this misses it.
EMPTY = "It depends on many things, and in my last team we always found a good way together in the end."


# --- ending -----------------------------------------------------------------------------------------


def test_completing_early_ends_it_with_what_has_been_answered(api, run_jobs):
    interview = api.start(num_questions=3)
    api.answer(interview["questions"][1]["id"])
    response = api.post(f"/api/interviews/{interview['id']}/complete")
    assert response.status_code == 202
    job = response.json
    assert job["kind"] == "skill_gap_analysis"
    assert job["interview_id"] == interview["id"]
    assert response.headers["Location"] == job["links"]["self"] == f"/api/jobs/{job['id']}"
    assert int(response.headers["Retry-After"]) >= 1
    ended = api.get(f"/api/interviews/{interview['id']}").json
    assert (ended["status"], ended["answered"], ended["total"]) == ("completed", 1, 3)
    assert ended["overall_score"] is None
    assert ended["completed_at"] >= ended["started_at"]
    assert ended["duration_minutes"] >= 0
    run_jobs()
    # The unanswered questions are no zeros.
    scored = api.get(f"/api/interviews/{interview['id']}").json
    assert scored["overall_score"] == scored["questions"][1]["response"]["feedback"]["score"]


def test_completing_twice_answers_with_the_same_job(api):
    interview = api.start()
    first, second = (api.post(f"/api/interviews/{interview['id']}/complete") for _ in range(2))
    assert second.status_code == 202
    assert first.json["id"] == second.json["id"]
    assert api.get("/api/jobs?kind=skill_gap_analysis").json["total"] == 1


def test_an_interview_completed_without_an_answer_has_no_score(api, run_jobs):
    interview = api.start()
    api.post(f"/api/interviews/{interview['id']}/complete")
    run_jobs()
    ended = api.get(f"/api/interviews/{interview['id']}").json
    assert (ended["overall_score"], ended["dimension_scores"], ended["answered"]) == (None, None, 0)


def test_the_last_answer_completes_the_interview_and_the_others_do_not(api):
    interview = api.start(num_questions=3)
    statuses = []
    for question in reversed(interview["questions"]):
        api.answer(question["id"])
        statuses.append(api.get(f"/api/interviews/{interview['id']}").json["status"])
    assert statuses == ["in_progress", "in_progress", "completed"]
    again = api.post(f"/api/interviews/{interview['id']}/complete").json
    assert [job["id"] for job in api.get("/api/jobs?kind=skill_gap_analysis").json["items"]] == [again["id"]]


def test_abandoning_ends_it_without_an_analysis(api):
    interview = api.start()
    for _ in range(2):
        response = api.post(f"/api/interviews/{interview['id']}/abandon")
        assert response.status_code == 200
        assert response.json["status"] == "abandoned"
        assert set(response.json) == set(interview)
    assert api.get("/api/jobs").json["total"] == 0
    problem_of(api.post(f"/api/interviews/{interview['id']}/complete"), 409)


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_abandoned_interview_is_scored_by_what_was_answered_whenever_its_feedback_comes(
    api, run_jobs, when
):
    interview = api.start(num_questions=2)
    api.answer(interview["questions"][0]["id"])
    if when == "before":
        run_jobs()
    abandoned = api.post(f"/api/interviews/{interview['id']}/abandon").json
    if when == "after":
        assert abandoned["overall_score"] is None
        run_jobs()
        abandoned = api.get(f"/api/interviews/{interview['id']}").json
    [score, none] = [
        (question["response"] or {}).get("feedback", {}).get("score") for question in abandoned["questions"]
    ]
    assert none is None
    assert abandoned["overall_score"] == score is not None
    assert abandoned["dimension_scores"]


def test_an_interview_completed_with_all_feedback_there_is_scored_at_once(api, run_jobs):
    interview = api.start(num_questions=2)
    api.answer(interview["questions"][0]["id"])
    run_jobs()
    api.post(f"/api/interviews/{interview['id']}/complete")
    completed = api.get(f"/api/interviews/{interview['id']}").json
    assert completed["overall_score"] == completed["questions"][0]["response"]["feedback"]["score"]


def test_cancelling_the_feedback_that_an_interview_waits_for_completes_it_at_once(api, published):
    interview = api.start(num_questions=1, interview_type="technical", follow_ups=True)
    job = api.answer(interview["questions"][0]["id"])["job"]
    assert api.get(f"/api/interviews/{interview['id']}").json["status"] == "in_progress"
    assert api.post(f"/api/jobs/{job['id']}/cancel").status_code == 200
    assert api.get(f"/api/interviews/{interview['id']}").json["status"] == "completed"
    [analysis] = api.get("/api/jobs?kind=skill_gap_analysis").json["items"]
    assert uuid.UUID(analysis["id"]) in published


def test_cancelling_the_last_feedback_of_a_finished_interview_scores_it_at_once(api, runner, published):
    interview = api.start(num_questions=2)
    judged, cancelled = (api.answer(question["id"])["job"] for question in interview["questions"])
    assert runner.run(uuid.UUID(judged["id"])) is True
    assert api.get(f"/api/interviews/{interview['id']}").json["overall_score"] is None
    published.clear()
    api.post(f"/api/jobs/{cancelled['id']}/cancel")
    scored = api.get(f"/api/interviews/{interview['id']}").json
    assert scored["overall_score"] == scored["questions"][0]["response"]["feedback"]["score"]
    [analysis] = api.get("/api/jobs?kind=skill_gap_analysis").json["items"]
    assert published == [uuid.UUID(analysis["id"])], "the analysis that waited for it is woken"


def test_a_completed_interview_cannot_be_abandoned(api):
    interview = api.start()
    api.post(f"/api/interviews/{interview['id']}/complete")
    problem_of(api.post(f"/api/interviews/{interview['id']}/abandon"), 409)
    assert api.get(f"/api/interviews/{interview['id']}").json["status"] == "completed"


@pytest.mark.parametrize("ending", ["complete", "abandon"])
def test_a_finished_interview_takes_no_answer(api, ending):
    interview = api.start()
    api.post(f"/api/interviews/{interview['id']}/{ending}")
    body = {"user_answer": "Too late."}
    problem_of(api.post(f"/api/questions/{interview['questions'][0]['id']}/answer", body), 409)
    assert api.get(f"/api/interviews/{interview['id']}").json["answered"] == 0


def test_the_calls_that_end_an_interview_take_no_fields(api):
    interview = api.start()
    for _ in range(2):
        response = api.post(
            f"/api/interviews/{interview['id']}/complete", data="", content_type="application/json"
        )
        assert response.status_code == 202


# --- follow-ups -------------------------------------------------------------------------------------


def test_follow_ups_append_one_question_to_an_answer_that_missed_something(api, run_jobs, session):
    interview = api.start(num_questions=1, interview_type="technical", follow_ups=True)
    parent = interview["questions"][0]
    api.answer(parent["id"], EMPTY)
    # The feedback may still append a question, so it is not over yet.
    assert api.get(f"/api/interviews/{interview['id']}").json["status"] == "in_progress"
    run_jobs()
    asked = api.get(f"/api/interviews/{interview['id']}").json
    assert asked["status"] == "in_progress"
    assert [question["parent_question_id"] for question in asked["questions"]] == [None, parent["id"]]
    follow_up = asked["questions"][1]
    assert follow_up["order_number"] == 2
    assert follow_up["skill_category"] == parent["skill_category"]
    assert follow_up["question_text"] != parent["question_text"]
    rubric = session.get_one(Question, uuid.UUID(parent["id"])).rubric
    aim = next(f["aims_at"] for f in rubric["follow_ups"] if f["text"] == follow_up["question_text"])
    missed = next(c["text"] for c in rubric["criteria"] if c["key"] == aim)
    judged = asked["questions"][0]["response"]["feedback"]["criteria"]
    assert next(c["status"] for c in judged if c["text"] == missed) != "covered"
    # A follow-up has none of its own: its answer ends the interview, once it is judged.
    api.answer(follow_up["id"], EMPTY)
    run_jobs()
    ended = api.get(f"/api/interviews/{interview['id']}").json
    assert (ended["status"], ended["answered"], ended["total"]) == ("completed", 2, 2)
    scores = [question["response"]["feedback"]["score"] for question in ended["questions"]]
    assert ended["overall_score"] == pytest.approx(sum(scores) / 2, abs=0.01)


def test_without_follow_ups_no_question_is_appended(api, run_jobs):
    interview = api.start(num_questions=1, interview_type="technical")
    api.answer(interview["questions"][0]["id"], EMPTY)
    run_jobs()
    ended = api.get(f"/api/interviews/{interview['id']}").json
    assert (ended["status"], ended["total"]) == ("completed", 1)


def test_an_interview_ended_by_hand_gets_no_follow_up_from_feedback_that_comes_later(api, run_jobs):
    interview = api.start(num_questions=2, interview_type="technical", follow_ups=True)
    api.answer(interview["questions"][0]["id"], EMPTY)
    api.post(f"/api/interviews/{interview['id']}/complete")
    run_jobs()
    ended = api.get(f"/api/interviews/{interview['id']}").json
    assert (ended["status"], ended["total"], ended["answered"]) == ("completed", 2, 1)


# --- nothing expected is told -----------------------------------------------------------------------


def texts_in(value):
    """Every text of a JSON document, keys included."""
    if isinstance(value, dict):
        return [*value, *(text for item in value.values() for text in texts_in(item))]
    if isinstance(value, list):
        return [text for item in value for text in texts_in(item)]
    return [value] if isinstance(value, str) else []


def expected_of(session, question_ids):
    """Every text of these questions' rubrics that is long enough to be told from chance."""
    rubrics = session.scalars(
        sa.select(Question.rubric).where(Question.id.in_(map(uuid.UUID, question_ids)))
    ).all()
    found = {text for rubric in rubrics for text in texts_in(rubric) if len(text) > 20}
    assert len(found) > 10 * len(question_ids)
    return found


def test_nothing_expected_of_an_answer_is_told_before_it_is_judged(api, run_jobs, session):
    interview = api.start(num_questions=3, interview_type="technical", follow_ups=True)
    first, *others = (question["id"] for question in interview["questions"])

    def everything():
        listed = api.get("/api/jobs").json["items"]
        calls = [
            f"/api/interviews/{interview['id']}", "/api/interviews", f"/api/questions/{interview['id']}",
            f"/api/skill-gaps/interview/{interview['id']}", f"/api/skill-gaps/user/{api.user['id']}",
            f"/api/interviews/{interview['id']}/report", *(f"/api/jobs/{job['id']}" for job in listed),
        ]  # fmt: skip
        documents = [interview, listed, *(api.get(path).json for path in calls)]
        plain = [
            api.get(f"/api/interviews/{interview['id']}/report?format={kind}").data.decode()
            for kind in ("md", "csv")
        ]
        return "\n".join([*(text for document in documents for text in texts_in(document)), *plain])

    told = everything()
    assert [text for text in expected_of(session, [first, *others]) if text in told] == []
    submission = api.answer(first)
    told = everything() + "\n".join(texts_in(submission))
    told += "\n".join(texts_in(api.get(f"/api/responses/{submission['response']['id']}").json))
    assert [text for text in expected_of(session, [first, *others]) if text in told] == []
    run_jobs()
    told = everything()
    assert [text for text in expected_of(session, [first]) if text in told]
    assert [text for text in expected_of(session, others) if text in told] == []


def test_an_interviews_rows_keep_what_was_wished(api, session):
    wishes = {"topics": ["sql"], "job_description": "SQL all day", "follow_ups": True}
    row = session.get_one(Interview, uuid.UUID(api.start(**wishes)["id"]))
    assert {
        "topics": row.topics,
        "job_description": row.job_description,
        "follow_ups": row.follow_ups,
    } == wishes
