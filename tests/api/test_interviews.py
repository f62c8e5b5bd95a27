"""Starting, listing and ending interviews."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa
from problem_details import errors_of, problem_of

from webapp.interviews.models import Interview, Question

INTERVIEW = {
    "id", "job_role", "matched_roles", "difficulty_level", "interview_type", "status", "overall_score",
    "dimension_scores", "started_at", "completed_at", "duration_minutes", "answered", "total", "questions",
}  # fmt: skip
QUESTION = {
    "id", "order_number", "question_text", "question_type", "difficulty", "skill_category", "parent_question_id",
    "response",
}  # fmt: skip
TYPES = ["technical", "behavioral", "coding", "system_design", "mixed"]
LEVELS = ["beginner", "intermediate", "advanced"]
# Says nothing: whatever a question looks for, this misses it.
EMPTY = "It depends on many things, and in my last team we always found a good way together in the end."


def skills_of(interview):
    return [question["skill_category"] for question in interview["questions"]]


# --- start ------------------------------------------------------------------------------------------


def test_a_started_interview_has_the_contracts_shape(api):
    response = api.post("/api/interviews/start", {"job_role": " Backend Engineer "})
    assert response.status_code == 201
    interview = response.json
    assert response.headers["Location"] == f"/api/interviews/{interview['id']}"
    assert set(interview) == INTERVIEW
    assert {
        name: interview[name] for name in INTERVIEW - {"id", "questions", "started_at", "matched_roles"}
    } == {
        "job_role": "Backend Engineer",
        "difficulty_level": "intermediate",
        "interview_type": "mixed",
        "status": "in_progress",
        "overall_score": None,
        "dimension_scores": None,
        "completed_at": None,
        "duration_minutes": None,
        "answered": 0,
        "total": 5,
    }
    assert interview["started_at"].endswith("+00:00")
    assert [question["order_number"] for question in interview["questions"]] == [1, 2, 3, 4, 5]
    for question in interview["questions"]:
        assert set(question) == QUESTION
        assert question["response"] is None
        assert question["parent_question_id"] is None
    assert len({question["question_text"] for question in interview["questions"]}) == 5
    assert api.get(response.headers["Location"]).json == interview


@pytest.mark.parametrize("interview_type", TYPES)
@pytest.mark.parametrize("level", LEVELS)
def test_every_type_and_level_gives_as_many_fitting_questions_as_asked(api, interview_type, level):
    interview = api.start(
        job_role="Product Manager", interview_type=interview_type, difficulty_level=level, num_questions=20
    )
    assert len(interview["questions"]) == 20
    types = {question["question_type"] for question in interview["questions"]}
    assert types == {interview_type} if interview_type != "mixed" else {"behavioral", "technical"} <= types
    assert interview["interview_type"] == interview_type
    assert interview["difficulty_level"] == level


def test_the_questions_are_of_the_asked_level_where_the_bank_has_them(api):
    for level in LEVELS:
        interview = api.start(interview_type="technical", difficulty_level=level, num_questions=5)
        assert {question["difficulty"] for question in interview["questions"]} == {level}


@pytest.mark.parametrize("topic", ["caching", "Caching", "CACHING"])
def test_a_topic_is_asked_about_however_it_is_written(api, topic):
    interview = api.start(job_role="UX Designer", topics=[topic], interview_type="technical", num_questions=3)
    assert skills_of(interview) == ["Caching"] * 3


def test_several_topics_all_come_up(api):
    interview = api.start(topics=["sql", "kubernetes"], interview_type="technical", num_questions=4)
    assert sorted(skills_of(interview)) == ["Kubernetes", "Kubernetes", "SQL", "SQL"]


def test_an_unknown_topic_is_422_and_named(api):
    body = {"job_role": "Backend Engineer", "topics": ["sql", "underwater basket weaving"]}
    assert set(errors_of(api.post("/api/interviews/start", body))) == {"topics.1"}


def test_topics_that_have_no_question_of_the_type_are_422(api):
    body = {"job_role": "Backend Engineer", "topics": ["sql"], "interview_type": "behavioral"}
    assert set(errors_of(api.post("/api/interviews/start", body))) == {"topics"}


def test_a_job_description_steers_which_skills_are_asked(api):
    description = "You run our Kubernetes clusters. Kubernetes every day: we live and breathe Kubernetes."
    wishes = {"job_role": "Backend Engineer", "interview_type": "technical", "num_questions": 3}
    assert "Kubernetes" not in skills_of(api.start(**wishes))
    assert "Kubernetes" in skills_of(api.start(**wishes, job_description=description))


def test_a_second_interview_asks_other_questions(api):
    wishes = {"interview_type": "technical", "num_questions": 8}
    first, second = (
        {question["question_text"] for question in api.start(**wishes)["questions"]} for _ in range(2)
    )
    assert first.isdisjoint(second)


def test_a_known_role_is_matched_exactly(api):
    for title in ("Backend Engineer", "backend  engineer", "Senior Backend Engineer"):
        roles = api.start(job_role=title)["matched_roles"]
        assert [(role["id"], role["similarity"]) for role in roles] == [("backend_engineer", 1.0)]


def test_a_role_in_any_script_gets_an_interview(api):
    for title in (
        "Pâtissière",
        "データサイエンティスト",
        "🦄🦄",
        "--",
        "Robert'); DROP TABLE users;--",
        "<b>x</b>",
    ):
        interview = api.start(job_role=title)
        assert interview["job_role"] == title
        assert 1 <= len(interview["matched_roles"]) <= 2
        assert all(0 <= role["similarity"] < 1 for role in interview["matched_roles"])


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("job_role", ["", "x", "x" * 101, "   ", None, 7, ["a"]]),
        ("difficulty_level", ["", "expert", "Advanced", None, 1]),
        ("interview_type", ["", "oral", None, 1]),
        ("num_questions", [0, -1, 21, 1.5, "5", None, 10**30, True]),
        ("topics", ["sql", [""], ["  "], [7], None, ["x" * 81], ["sql"] * 21]),
        ("job_description", ["x" * 20_001, 7, []]),
        ("follow_ups", ["maybe", None, 7, 0, 1, "yes", "true"]),
    ],
)
def test_a_wish_out_of_bounds_is_422_and_named(api, field, wrong):
    for value in wrong:
        body = {"job_role": "Backend Engineer", field: value}
        errors = errors_of(api.post("/api/interviews/start", body))
        assert {name.partition(".")[0] for name in errors} == {field}, value


def test_wishes_at_their_bounds_are_granted(api):
    interview = api.start(job_role="x" * 100, num_questions=1, job_description="x" * 20_000, topics=[])
    assert interview["total"] == 1
    assert api.start(job_role="QA", job_description=None)["matched_roles"][0]["id"] == "qa_engineer"


def test_a_started_interviews_bank_that_is_not_loaded_is_503(api, session):
    session.execute(sa.text("DELETE FROM catalog_roles"))
    session.commit()
    problem_of(api.post("/api/interviews/start", {"job_role": "Backend Engineer"}), 503)


# --- the catalog ------------------------------------------------------------------------------------


def test_the_catalog_is_open_and_has_what_a_picker_needs(client, bank):
    catalog = client.get("/api/catalog").json
    assert catalog["interview_types"] == TYPES
    assert catalog["difficulty_levels"] == LEVELS
    assert catalog["total_questions"] == len(bank.questions)
    assert [role["id"] for role in catalog["roles"]] == [role["id"] for role in bank.roles]
    for role in catalog["roles"]:
        assert role["title"]
        for skill in role["skills"] + role["behavioral_skills"]:
            assert set(skill) == {"id", "name", "summary", "questions"}
            assert skill["questions"] > 0


def test_every_role_and_skill_of_the_catalog_can_be_asked_for(api):
    catalog = api.get("/api/catalog").json
    for role in catalog["roles"]:
        matched = api.start(job_role=role["title"])["matched_roles"]
        assert [match["id"] for match in matched] == [role["id"]]
    skills = {skill["id"]: skill["name"] for role in catalog["roles"] for skill in role["skills"]}
    for identifier, name in skills.items():
        for topic in (identifier, name):
            assert set(skills_of(api.start(topics=[topic], num_questions=1))) == {name}


# --- reading ----------------------------------------------------------------------------------------


def test_my_interviews_come_newest_first_in_pages(api):
    started = [api.start(num_questions=1)["id"] for _ in range(5)]
    pages = [api.get(f"/api/interviews?page={page}&page_size=2").json for page in (1, 2, 3, 4)]
    assert [[item["id"] for item in page["items"]] for page in pages] == [
        [started[4], started[3]],
        [started[2], started[1]],
        [started[0]],
        [],
    ]
    assert {(page["total"], page["page_size"]) for page in pages} == {(5, 2)}
    assert [page["page"] for page in pages] == [1, 2, 3, 4]
    assert set(pages[0]["items"][0]) == INTERVIEW - {"questions"}
    assert api.get(f"/api/interviews/user/{api.user['id']}?page=1&page_size=2").json == pages[0]


def test_my_interviews_are_filtered_by_status(api):
    running, abandoned, completed = (api.start()["id"] for _ in range(3))
    api.post(f"/api/interviews/{abandoned}/abandon")
    api.post(f"/api/interviews/{completed}/complete")
    for status, identifier in (("in_progress", running), ("abandoned", abandoned), ("completed", completed)):
        page = api.get(f"/api/interviews?status={status}").json
        assert [item["id"] for item in page["items"]] == [identifier]
        assert page["total"] == 1


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=x",
        "page=99999999999999999999",
        "page_size=0",
        "page_size=101",
        "status=odd",
    ],
)
def test_a_page_out_of_bounds_is_422(api, query):
    for path in ("/api/interviews", f"/api/interviews/user/{api.user['id']}"):
        assert set(errors_of(api.get(f"{path}?{query}"))) == {query.partition("=")[0]}


def test_questions_are_listed_with_their_responses(api):
    interview = api.start()
    response = api.answer(interview["questions"][0]["id"])["response"]
    items = api.get(f"/api/questions/{interview['id']}").json["items"]
    assert [item["id"] for item in items] == [question["id"] for question in interview["questions"]]
    assert [item["response"] for item in items] == [response, None]
    assert api.get(f"/api/interviews/{interview['id']}").json["questions"] == items


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
        assert set(response.json) == INTERVIEW
    assert api.get("/api/jobs").json["total"] == 0
    problem_of(api.post(f"/api/interviews/{interview['id']}/complete"), 409)


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
