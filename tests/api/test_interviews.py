"""Starting, listing and ending interviews."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from problem_details import errors_of, problem_of

INTERVIEW = {
    "id", "job_role", "matched_roles", "difficulty_level", "interview_type", "status", "overall_score",
    "dimension_scores", "started_at", "completed_at", "duration_minutes", "answered", "total", "questions", "notice",
}  # fmt: skip
QUESTION = {
    "id", "order_number", "question_text", "question_type", "difficulty", "skill_category", "parent_question_id",
    "response",
}  # fmt: skip
TYPES = ["technical", "behavioral", "coding", "system_design", "mixed"]
LEVELS = ["beginner", "intermediate", "advanced"]


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
        "notice": None,
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
        assert interview["matched_roles"] == []
        assert title in interview["notice"]
        assert {question["question_type"] for question in interview["questions"]} == {"behavioral"}
        assert api.get(f"/api/interviews/{interview['id']}").json["notice"] == interview["notice"]


def test_the_titles_rank_sets_the_level_where_the_request_does_not(api):
    assert api.start(job_role="Senior Backend Engineer")["difficulty_level"] == "advanced"
    assert api.start(job_role="Junior Backend Engineer")["difficulty_level"] == "beginner"
    asked = api.start(job_role="Senior Backend Engineer", difficulty_level="beginner")
    assert asked["difficulty_level"] == "beginner"


def test_questions_that_are_not_of_the_asked_level_are_announced(api):
    wishes = {
        "topics": ["sql"],
        "interview_type": "coding",
        "difficulty_level": "beginner",
        "num_questions": 20,
    }
    interview = api.start(**wishes)
    assert {question["difficulty"] for question in interview["questions"]} > {"beginner"}
    assert "at another level than beginner" in interview["notice"]


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
