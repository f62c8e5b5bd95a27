"""An interview's report as Markdown for a reader and as CSV for a spreadsheet. Takes the dumped ReportSchema."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

CSV_COLUMNS = (
    "order_number",
    "question_text",
    "question_type",
    "skill_category",
    "status",
    "score",
    "relevance",
    "correctness",
    "depth",
    "structure",
    "clarity",
    "criteria_covered",
    "criteria_total",
    "user_answer",
    "summary",
)
# Spreadsheets take a file without it for one in the local 8-bit encoding.
BYTE_ORDER_MARK = "\ufeff"
_MARKS = {"covered": "x", "partial": "~", "missing": " "}


def to_csv(report: dict[str, Any]) -> str:
    """One line per question, in their order, with a byte order mark for spreadsheets."""
    buffer = io.StringIO()
    buffer.write(BYTE_ORDER_MARK)
    writer = csv.writer(buffer)
    writer.writerow(CSV_COLUMNS)
    for question in report["questions"]:
        feedback = question["feedback"] or {}
        criteria = feedback.get("criteria", [])
        values = {
            **{name: question[name] for name in CSV_COLUMNS if name in question},
            **{name: dimension["score"] for name, dimension in feedback.get("dimensions", {}).items()},
            "criteria_covered": sum(c["status"] == "covered" for c in criteria) if feedback else None,
            "criteria_total": len(criteria) if feedback else None,
            "summary": feedback.get("summary"),
        }
        writer.writerow([_cell(values.get(name)) for name in CSV_COLUMNS])
    return buffer.getvalue()


def to_markdown(report: dict[str, Any]) -> str:
    """The whole report, to read or print."""
    interview = report["interview"]
    kind = interview["interview_type"].replace("_", " ")
    told = (
        f"{interview['difficulty_level']}, {kind} interview of {interview['started_at'][:10]}, "
        f"{interview['answered']} of {interview['total']} questions answered."
    )
    title = f"# Interview report: {_plain(interview['job_role'])}"
    lines = [title, "", told, "", _plain(report["headline"]), ""]
    if interview["dimension_scores"]:
        lines += ["| overall | " + " | ".join(interview["dimension_scores"]) + " |"]
        lines += ["| --- " * (len(interview["dimension_scores"]) + 1) + "|"]
        scores = [interview["overall_score"], *interview["dimension_scores"].values()]
        lines += ["| " + " | ".join(f"{score:g}" for score in scores) + " |", ""]
    if report["next_steps"]:
        lines += ["## What to do next", ""]
        for number, step in enumerate(report["next_steps"], start=1):
            lines.append(
                f"{number}. **{step['skill_name']}**: {_inline(step['what'])} {_inline(step['why'])}"
            )
        lines.append("")
    lines += ["## Question by question", ""]
    for question in report["questions"]:
        lines += _question(question)
    if report["skill_gaps"]:
        lines += [
            "## Skills",
            "",
            "| skill | level | mastery | trend | review on |",
            "| --- | --- | --- | --- | --- |",
        ]
        lines += [
            f"| {gap['skill_name']} | {gap['proficiency_level']} | {gap['gap_score']:g} | {gap['trend']} "
            f"| {gap['next_review_on']} |"
            for gap in report["skill_gaps"]
        ]
        lines.append("")
    if report["not_assessed"]:
        names = ", ".join(skill["skill_name"] for skill in report["not_assessed"])
        lines += [f"Asked but not answered, so not assessed: {names}.", ""]
    if report["study_plan"]:
        lines += ["## Study plan", ""]
        for step in report["study_plan"]:
            resource = f" ({_inline(step['resource'])})" if step["resource"] else ""
            lines.append(
                f"- **{step['skill_name']}: {_inline(step['title'])}**, about {step['hours']:g} h{resource}. {_inline(step['why'])}"
            )
        lines.append("")
    return "\n".join(lines)


def _question(question: dict[str, Any]) -> list[str]:
    score = f", {question['score']:g} of 100" if question["score"] is not None else ""
    lines = [
        f"### {question['order_number']}. {_inline(question['question_text'])}",
        "",
        f"*{question['skill_category']}, {question['question_type'].replace('_', ' ')}{score}*",
        "",
    ]
    feedback = question["feedback"]
    if question["user_answer"] is None:
        return [*lines, "Not answered.", ""]
    lines += [*_fenced(question["user_answer"]), ""]
    if feedback is None:
        return [
            *lines,
            "No feedback yet." if question["status"] == "pending" else "The analysis failed; retry its job.",
            "",
        ]
    lines += [_inline(feedback["summary"]), ""]
    for criterion in feedback["criteria"]:
        quote = f' - "{_plain(criterion["evidence"]["quote"])}"' if criterion["evidence"] else ""
        lines.append(f"- [{_MARKS[criterion['status']]}] {_inline(criterion['text'])}{quote}")
    for heading, points in (("Strengths", feedback["strengths"]), ("To improve", feedback["improvements"])):
        if points:
            lines += ["", f"**{heading}**", ""]
            lines += [f"- {_inline(point['text'])}" for point in points]
    return [*lines, "", "**A model answer**", "", _inline(feedback["model_answer"]), ""]


def _fenced(text: str) -> list[str]:
    """Text of a person as it was written, between fences longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", text, fence]


# A code span of one line: a run of backticks, and what stands before the next run of the same length.
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")


def _plain(text: str) -> str:
    """Text of a person on one line, with all that Markdown or HTML would act on made plain."""
    return _escaped(" ".join(text.split()))


def _inline(text: str) -> str:
    """Text of the bank or an engine on one line: as _plain, but code between backticks stays code."""
    line = " ".join(text.split())
    plain, end = [], 0
    for span in _CODE_SPAN.finditer(line):
        plain += [_escaped(line[end : span.start()]), span.group()]
        end = span.end()
    return "".join([*plain, _escaped(line[end:])])


def _escaped(text: str) -> str:
    # An underscore inside a word, as in lower_bound, is no markup in CommonMark.
    return re.sub(r"[\\`*\[\]<>|#]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", text)


# What makes a spreadsheet compute: a call, another sheet, or DDE, which starts programs.
_COMPUTES = re.compile(r"[(!|=]")
_SIGNS = ("+", "-", "＋", "－")
_FORMULA_STARTS = ("=", "@", "＝", "＠")


def _cell(value: Any) -> Any:
    """A cell's value, with an apostrophe before a text that a spreadsheet could take for a formula."""
    return f"'{value}" if isinstance(value, str) and _may_be_formula(value) else value


def _may_be_formula(text: str) -> bool:
    # Some spreadsheets drop white space before they look.
    start = text.lstrip()
    if start.startswith(_FORMULA_STARTS):
        return True
    if not start.startswith(_SIGNS):
        return False
    # An item of a list: a sign, a blank and words, with nothing in it that computes.
    is_item = re.match(r"[-+] +[^\W\d_]", start) and not _COMPUTES.search(text)
    return not is_item
