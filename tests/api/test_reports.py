"""Skill gaps, and an interview's report in its formats."""

from __future__ import annotations

import csv
import io
import json
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from problem_details import errors_of, problem_of

from webapp.reports.models import ProficiencyLevel, SkillGap, Trend

GAP = {
    "id", "interview_id", "skill_name", "proficiency_level", "gap_score", "confidence", "trend", "evidence",
    "recommendation", "study_plan", "next_review_on", "identified_at",
}  # fmt: skip
DIMENSIONS = ["relevance", "correctness", "depth", "structure", "clarity"]


@pytest.fixture
def add_gap(session):
    """A standing of a user in a skill, as an analysis writes it; `days_ago` says when."""

    def add(api, interview, skill="Caching", mastery=40.0, days_ago=0, **fields):
        question = interview["questions"][0]
        gap = SkillGap(
            **{
                "user_id": uuid.UUID(api.user["id"]),
                "interview_id": uuid.UUID(interview["id"]),
                "skill_id": skill.lower(),
                "skill_name": skill,
                "proficiency_level": ProficiencyLevel.WEAK,
                "gap_score": mastery,
                "confidence": 0.5,
                "trend": Trend.NEW,
                "evidence": [
                    {
                        "question_id": question["id"],
                        "response_id": str(uuid.uuid4()),
                        "score": mastery,
                        "quote": None,
                    }
                ],
                "recommendation": f"Practise {skill}.",
                "study_plan": [{"title": "Read", "why": "It helps.", "hours": 2.0, "resource": None}],
                "next_review_on": date(2030, 1, 2),
                "identified_at": datetime.now(UTC) - timedelta(days=days_ago),
            }
            | fields
        )
        session.add(gap)
        session.commit()
        return gap

    return add


# --- skill gaps -------------------------------------------------------------------------------------


def test_a_finished_interviews_gaps_have_the_contracts_shape_and_come_weakest_first(api, run_jobs):
    interview = api.start(num_questions=4, interview_type="technical")
    for question, text in zip(
        interview["questions"], ["I don't know.", "An index.", "A cache.", "A queue."], strict=True
    ):
        api.answer(question["id"], text)
    assert api.get(f"/api/skill-gaps/interview/{interview['id']}").json["items"] == []
    run_jobs()
    listed = api.get(f"/api/skill-gaps/interview/{interview['id']}").json
    assert set(listed) == {"items", "not_assessed"}
    assert listed["not_assessed"] == []
    gaps = listed["items"]
    assert {gap["skill_name"] for gap in gaps} == {
        question["skill_category"] for question in interview["questions"]
    }
    assert [gap["gap_score"] for gap in gaps] == sorted(gap["gap_score"] for gap in gaps)
    questions = {question["id"] for question in interview["questions"]}
    for gap in gaps:
        assert set(gap) == GAP
        assert gap["interview_id"] == interview["id"]
        mastery = gap["gap_score"]
        level = "strong" if mastery >= 75 else "moderate" if mastery >= 50 else "weak"
        assert gap["proficiency_level"] == level
        assert 0 <= gap["confidence"] <= 1
        assert gap["trend"] in ("up", "down", "steady", "new")
        assert gap["recommendation"]
        assert date.fromisoformat(gap["next_review_on"])
        for evidence in gap["evidence"]:
            assert set(evidence) == {"question_id", "response_id", "score", "quote"}
            assert evidence["question_id"] in questions
            response = api.get(f"/api/responses/{evidence['response_id']}").json
            assert evidence["quote"] is None or evidence["quote"] in response["user_answer"]
        for step in gap["study_plan"]:
            assert set(step) == {"title", "why", "hours", "resource"}
    assert api.get(f"/api/skill-gaps/user/{api.user['id']}").json["items"] == gaps


def test_a_skill_that_was_asked_but_not_answered_is_not_assessed_and_never_weak(api, run_jobs):
    interview = api.start(topics=["caching"], num_questions=1, interview_type="technical")
    both = api.start(topics=["caching", "sql"], num_questions=2, interview_type="technical")
    answered = next(question for question in both["questions"] if question["skill_category"] == "SQL")
    api.answer(answered["id"])
    for one in (interview, both):
        api.post(f"/api/interviews/{one['id']}/complete")
    run_jobs()
    for path, asked in ((f"interview/{both['id']}", 1), (f"user/{api.user['id']}", 2)):
        listed = api.get(f"/api/skill-gaps/{path}").json
        assert [gap["skill_name"] for gap in listed["items"]] == ["SQL"]
        assert listed["not_assessed"] == [
            {"skill_id": "caching", "skill_name": "Caching", "questions_asked": asked}
        ]
    # Answered anywhere, it is assessed.
    third = api.start(topics=["caching"], num_questions=1, interview_type="technical")
    api.answer(third["questions"][0]["id"])
    run_jobs()
    assert api.get(f"/api/skill-gaps/user/{api.user['id']}").json["not_assessed"] == []


def test_a_users_standing_is_the_newest_of_each_skill(api, add_gap):
    old, new = api.start(), api.start()
    add_gap(api, old, "Caching", 20, days_ago=9)
    add_gap(api, new, "Caching", 60, days_ago=1)
    add_gap(api, old, "Messaging", 30, days_ago=9)
    items = api.get(f"/api/skill-gaps/user/{api.user['id']}").json["items"]
    assert [(gap["skill_name"], gap["gap_score"], gap["interview_id"]) for gap in items] == [
        ("Messaging", 30, old["id"]),
        ("Caching", 60, new["id"]),
    ]


def test_a_retry_in_an_older_interview_leaves_the_standing_at_the_latest_one_and_counts_in_it(api, run_jobs):
    wishes = {"topics": ["sql"], "num_questions": 1, "interview_type": "technical"}
    older, newer = api.start(**wishes), api.start(**wishes)
    for interview in (older, newer):
        api.answer(interview["questions"][0]["id"], "I don't know.")
        run_jobs()
    [before] = api.get(f"/api/skill-gaps/user/{api.user['id']}").json["items"]
    question = older["questions"][0]["id"]
    body = {"user_answer": "An index keeps the keys of a column sorted, so that a lookup reads few pages."}
    assert api.post(f"/api/questions/{question}/retry", body).status_code == 202
    run_jobs()
    [after] = api.get(f"/api/skill-gaps/user/{api.user['id']}").json["items"]
    assert after["interview_id"] == before["interview_id"] == newer["id"]
    assert after["confidence"] > before["confidence"], "the retry is one answer more"


def test_a_new_user_has_no_standing(api):
    assert api.get(f"/api/skill-gaps/user/{api.user['id']}").json == {"items": [], "not_assessed": []}


# --- reports ----------------------------------------------------------------------------------------


def test_dimensions_stand_in_one_order_everywhere(api, run_jobs):
    order = ["relevance", "correctness", "depth", "structure", "clarity"]
    interview = api.start(num_questions=1)
    submitted = api.answer(interview["questions"][0]["id"])
    run_jobs()
    path = f"/api/interviews/{interview['id']}"
    told = json.loads(report(api, interview, "json").data)
    # Parsed from the text itself: the test client's JSON keeps the order, too.
    assert list(json.loads(api.get(path).data)["dimension_scores"]) == order
    assert list(json.loads(api.get("/api/interviews").data)["items"][0]["dimension_scores"]) == order
    assert list(told["interview"]["dimension_scores"]) == order
    assert list(told["questions"][0]["feedback"]["dimensions"]) == order
    response = json.loads(api.get(f"/api/responses/{submitted['response']['id']}").data)
    assert list(response["feedback"]["dimensions"]) == order
    assert f"| overall | {' | '.join(order)} |" in report(api, interview, "md").get_data(as_text=True)
    assert ",".join(order) in report(api, interview, "csv").get_data(as_text=True)


def report(api, interview, kind):
    return api.get(f"/api/interviews/{interview['id']}/report?format={kind}")


@pytest.fixture
def finished(api, run_jobs, bank):
    """A completed interview: a good answer, an empty one, none."""
    interview = api.start(num_questions=3, interview_type="technical")
    first, second, _third = interview["questions"]
    api.answer(
        first["id"], next(q["model_answer"] for q in bank.questions if q["text"] == first["question_text"])
    )
    api.answer(second["id"], "I don't know.")
    api.post(f"/api/interviews/{interview['id']}/complete")
    run_jobs()
    return api.get(f"/api/interviews/{interview['id']}").json


def test_a_json_report_puts_the_interview_together(api, finished):
    response = api.get(f"/api/interviews/{finished['id']}/report")
    assert response.mimetype == "application/json"
    told = response.json
    assert told == report(api, finished, "json").json
    assert told["interview"] == {name: value for name, value in finished.items() if name != "questions"}
    assert f"{finished['overall_score']:g}" in told["headline"]
    for question, asked in zip(told["questions"], finished["questions"], strict=True):
        assert question["question_id"] == asked["id"]
        assert question["question_text"] == asked["question_text"]
        assert question["feedback"] == (asked["response"]["feedback"] if asked["response"] else None)
    assert [question["status"] for question in told["questions"]] == ["ready", "ready", "unanswered"]
    assert [question["score"] is None for question in told["questions"]] == [False, False, True]
    assert told["strengths"]
    for strength in told["strengths"]:
        if strength["evidence"]:
            answer = next(
                q["user_answer"] for q in told["questions"] if q["question_id"] == strength["question_id"]
            )
            assert strength["evidence"]["quote"] in answer
    gaps = api.get(f"/api/skill-gaps/interview/{finished['id']}").json
    assert told["skill_gaps"] == gaps["items"]
    assert told["not_assessed"] == gaps["not_assessed"]
    assert [step["skill_name"] for step in told["next_steps"]] == [
        gap["skill_name"] for gap in gaps["items"][:3]
    ]


def test_a_report_counts_every_attempt_and_shows_the_first(api, finished, run_jobs):
    question = finished["questions"][1]
    api.post(f"/api/questions/{question['id']}/retry", {"user_answer": "An index keeps keys sorted."})
    run_jobs()
    told = report(api, finished, "json").json
    assert told["interview"]["overall_score"] == finished["overall_score"]
    assert told["questions"][1]["user_answer"] == "I don't know."
    assert [attempt["attempt"] for attempt in told["questions"][1]["attempts"]] == [1, 2]


def test_a_markdown_report_tells_all_of_it(api, finished):
    response = report(api, finished, "md")
    assert response.mimetype == "text/markdown"
    assert "attachment" in response.headers["Content-Disposition"]
    assert f"interview-{finished['id']}.md" in response.headers["Content-Disposition"]
    text = response.get_data(as_text=True)
    assert text.startswith("# ")
    for number in (1, 2, 3):
        assert f"### {number}. " in text
    assert "Not answered." in text
    assert f"| {finished['overall_score']:g} |" in text


def test_a_csv_report_has_a_line_for_each_question(api, finished):
    response = report(api, finished, "csv")
    assert response.mimetype == "text/csv"
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert f"interview-{finished['id']}.csv" in response.headers["Content-Disposition"]
    assert response.data.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(response.data.decode("utf-8-sig"))))
    assert [line["order_number"] for line in lines] == ["1", "2", "3"]
    for line, question in zip(lines, finished["questions"], strict=True):
        assert line["question_text"] == question["question_text"]
        feedback = question["response"]["feedback"] if question["response"] else None
        assert line["score"] == (str(feedback["score"]) if feedback else "")
        for name in DIMENSIONS:
            assert line[name] == (str(feedback["dimensions"][name]["score"]) if feedback else "")
    assert [line["status"] for line in lines] == ["ready", "ready", "unanswered"]


FORMULAS = [
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    '=HYPERLINK("http://x","y")',
    " =1+1",
    "\n=1",
    "'=1",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_a_csv_report_is_a_formula(api, formula):
    interview = api.start(num_questions=1)
    api.answer(interview["questions"][0]["id"], formula)
    text = report(api, interview, "csv").get_data(as_text=True)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == 2
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if formula in cell]
    for cell in cells:
        # What a spreadsheet takes for a formula, also behind white space that some of them drop.
        assert not cell.lstrip().startswith(("=", "+", "-", "@")), cell


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<script>alert(1)</script>", r"\<script\>alert(1)\</script\>"),
        ("[x](javascript:alert(1))", r"\[x\](javascript:alert(1))"),
        ("![x](http://x/y)", r"!\[x\](http://x/y)"),
        ("# Heading", r"\# Heading"),
        ("**bold** `code` | cell", r"\*\*bold\*\* \`code\` \| cell"),
    ],
)
def test_nothing_in_a_markdown_report_is_markup_of_the_users(api, text, plain):
    interview = api.start(num_questions=1, job_role=text)
    api.answer(interview["questions"][0]["id"], f"{text}\n{text}")
    lines = report(api, interview, "md").get_data(as_text=True).splitlines()
    assert lines[0] == f"# Interview report: {plain}"
    fence = lines.index("```text")
    assert lines[fence : fence + 4] == ["```text", text, text, "```"]
    # Outside the fence, it stands nowhere as it was written.
    outside = lines[:fence] + lines[fence + 4 :]
    assert [line for line in outside if text in line.replace(plain, "")] == []


def test_a_report_exists_from_the_start_without_a_score(api):
    interview = api.start()
    assert "no score yet" in report(api, interview, "json").json["headline"]
    for kind in ("md", "csv"):
        assert report(api, interview, kind).status_code == 200


def test_an_unknown_format_is_422_and_an_unknown_interview_404(api):
    interview = api.start()
    for kind in ("docx", "", "JSON"):
        assert set(errors_of(report(api, interview, kind))) == {"format"}
    problem_of(report(api, {"id": uuid.uuid4()}, "md"), 404)
