"""An interview's report as Markdown and CSV."""

from __future__ import annotations

import csv
import io

import pytest

from webapp.reports.rendering import BYTE_ORDER_MARK, CSV_COLUMNS, to_csv, to_markdown

DIMENSIONS = ("relevance", "correctness", "depth", "structure", "clarity")


def feedback(**fields):
    return {
        "score": 61.5,
        "dimensions": {name: {"score": 50.0 + number} for number, name in enumerate(DIMENSIONS)},
        "criteria": [
            {"text": "Says what an index is", "status": "covered", "evidence": {"quote": "an index"}},
            {"text": "Names a cost", "status": "partial", "evidence": None},
            {"text": "Names a limit", "status": "missing", "evidence": None},
        ],
        "strengths": [{"text": "Clear", "evidence": None}],
        "improvements": [{"text": "Go deeper", "evidence": None}],
        "summary": "A fair answer.",
        "model_answer": "An index keeps keys sorted.",
    } | fields


def question(number=1, **fields):
    return {
        "order_number": number,
        "question_text": "What is an index?",
        "question_type": "system_design",
        "skill_category": "SQL",
        "status": "ready",
        "user_answer": "It is an index.",
        "score": 61.5,
        "feedback": feedback(),
    } | fields


def unanswered(number=2):
    return question(number, status="unanswered", user_answer=None, score=None, feedback=None)


def report(*questions, **fields):
    return {
        "interview": {
            "job_role": "Backend Engineer",
            "difficulty_level": "intermediate",
            "interview_type": "system_design",
            "started_at": "2026-01-02T03:04:05+00:00",
            "answered": 1,
            "total": 2,
            "overall_score": 61.5,
            "dimension_scores": dict.fromkeys(DIMENSIONS, 52.0),
        },
        "headline": "A base.",
        "next_steps": [{"skill_name": "SQL", "what": "Practise.", "why": "Weak."}],
        "questions": list(questions) or [question(), unanswered()],
        "skill_gaps": [
            {
                "skill_name": "SQL",
                "proficiency_level": "moderate",
                "gap_score": 61.5,
                "trend": "new",
                "next_review_on": "2026-02-01",
            }
        ],
        "not_assessed": [{"skill_name": "Caching"}],
        "study_plan": [
            {"skill_name": "SQL", "title": "Read", "why": "It helps.", "hours": 2.5, "resource": None}
        ],
    } | fields


def rows(text):
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")))


def test_a_csv_has_the_named_columns_and_a_line_for_each_question():
    lines = rows(to_csv(report()))
    assert tuple(lines[0]) == CSV_COLUMNS
    assert [line["order_number"] for line in lines] == ["1", "2"]
    assert (lines[0]["criteria_covered"], lines[0]["criteria_total"], lines[0]["relevance"]) == (
        "1",
        "3",
        "50.0",
    )


def test_an_unanswered_question_has_empty_cells_and_no_zeros():
    line = rows(to_csv(report()))[1]
    empty = {"score", *DIMENSIONS, "criteria_covered", "criteria_total", "user_answer", "summary"}
    assert {name for name, value in line.items() if value == ""} == empty


def test_text_with_commas_quotes_and_lines_survives_a_csv():
    text = 'a, "b"\nc;\td'
    assert rows(to_csv(report(question(user_answer=text))))[0]["user_answer"] == text


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "\n\n-", "\u00a0+", "＝", "＋", "－", "＠"]
)
@pytest.mark.parametrize("column", ["user_answer", "question_text", "skill_category"])
def test_a_cell_that_a_spreadsheet_would_run_is_made_text(start, column):
    value = f"{start}1+1"
    assert rows(to_csv(report(question(**{column: value}))))[0][column] == f"'{value}"


@pytest.mark.parametrize(
    "text",
    [
        "- Keep the keys sorted, so that lookups are fast.",
        "- Keep the keys sorted.\n- Keep a copy.",
        "+ Fast reads",
        "caf\u00e9 \U0001f680",
        "a = b",
        "\tindented",
        "Use @ in an address",
    ],
)
def test_a_cell_that_no_spreadsheet_would_run_stays_verbatim(text):
    assert rows(to_csv(report(question(user_answer=text))))[0]["user_answer"] == text


@pytest.mark.parametrize(
    "text",
    [
        "- cmd|'/C calc'!A0",
        '- HYPERLINK("http://x")',
        "-\tSum (A1)",
        "- 1",
        "-A1",
        "+ x!A1",
        "- a=b",
        "-\nKeep",
    ],
)
def test_a_list_item_in_which_something_computes_is_made_text(text):
    assert rows(to_csv(report(question(user_answer=text))))[0]["user_answer"] == f"'{text}"


def test_a_csv_begins_with_the_byte_order_mark_of_utf_8():
    assert to_csv(report()).encode().startswith(b"\xef\xbb\xbforder_number,")


def test_numbers_below_zero_stay_numbers():
    assert rows(to_csv(report(question(score=-1.5))))[0]["score"] == "-1.5"


def test_a_markdown_report_has_its_parts_in_order():
    text = to_markdown(report())
    parts = [
        "# Interview report: Backend Engineer",
        "intermediate, system design interview of 2026-01-02, 1 of 2 questions answered.",
        "| 61.5 | 52 | 52 | 52 | 52 | 52 |",
        "## What to do next",
        "1. **SQL**: Practise. Weak.",
        "### 1. What is an index?",
        "*SQL, system design, 61.5 of 100*",
        "```text\nIt is an index.\n```",
        "A fair answer.",
        '- [x] Says what an index is - "an index"',
        "- [~] Names a cost",
        "- [ ] Names a limit",
        "**Strengths**",
        "**To improve**",
        "**A model answer**",
        "### 2. ",
        "Not answered.",
        "## Skills",
        "| SQL | moderate | 61.5 | new | 2026-02-01 |",
        "Asked but not answered, so not assessed: Caching.",
        "## Study plan",
        "- **SQL: Read**, about 2.5 h. It helps.",
    ]
    places = [text.find(part) for part in parts]
    assert -1 not in places, parts[places.index(-1)]
    assert places == sorted(places)


def test_feedback_that_is_missing_is_told_by_its_reason():
    for status, said in (("pending", "No feedback yet."), ("failed", "The analysis failed")):
        assert said in to_markdown(report(question(status=status, score=None, feedback=None)))


def test_a_report_without_scores_has_no_empty_tables():
    bare = report(unanswered(), next_steps=[], skill_gaps=[], not_assessed=[], study_plan=[])
    bare["interview"] |= {"overall_score": None, "dimension_scores": None}
    text = to_markdown(bare)
    assert "|" not in text
    assert "## Skills" not in text
    assert "## What to do next" not in text


@pytest.mark.parametrize("mark", ["\\", "`", "*", "[", "]", "<", ">", "|", "#"])
def test_every_mark_outside_an_answer_is_escaped(mark):
    odd = f"a{mark}b"
    quoted = [{"text": odd, "status": "covered", "evidence": {"quote": odd}}]
    shown = feedback(summary=odd, criteria=quoted, model_answer=odd)
    text = to_markdown(report(question(question_text=odd, feedback=shown)))
    assert text.count(f"a\\{mark}b") == 5
    assert odd not in text.replace(f"\\{mark}", "")


def test_an_underscore_is_escaped_where_it_is_markup_and_not_inside_a_word():
    text = to_markdown(report(question(feedback=feedback(summary="lower_bound is _very_ __fast"))))
    assert "lower_bound is \\_very\\_ \\_\\_fast" in text


def test_code_in_a_model_answer_stays_code_and_what_is_around_it_is_escaped():
    model = "Call `lower_bound(a, *x)` or ``a`b`` on <T>, never `unclosed [x](y)"
    text = to_markdown(report(question(feedback=feedback(model_answer=model))))
    assert "Call `lower_bound(a, *x)` or ``a`b`` on \\<T\\>, never \\`unclosed \\[x\\](y)" in text


def test_a_persons_backticks_are_no_code_outside_the_answer():
    bare = report(headline="For `<b>`.")
    bare["interview"]["job_role"] = "`<b>` engineer"
    text = to_markdown(bare)
    assert "# Interview report: \\`\\<b\\>\\` engineer" in text
    assert "For \\`\\<b\\>\\`." in text


@pytest.mark.parametrize(
    ("answer", "fence"),
    [
        ("def f(x):\n    return lower_bound(x)\n\n\n# a comment <b> *x*", "```"),
        ("one\n\n# two\r\nthree\u2028four", "```"),
        ("```py\nx = 1\n```\n# after", "````"),
        ("````\n```", "`````"),
        ("~~~\nx\n~~~", "```"),
    ],
)
def test_an_answer_stands_verbatim_between_fences_that_it_cannot_close(answer, fence):
    text = to_markdown(report(question(user_answer=answer)))
    assert f"\n{fence}text\n{answer}\n{fence}\n" in text
    assert text.count(fence) == 2
