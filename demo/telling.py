"""What the demonstration prints. Texts of the service are printed as they are, never read as markup."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console, Group
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from demo.answers import PlayedAnswer

BAR_CELLS = 20
MARKS = {"covered": ("[x]", "green"), "partial": ("[~]", "yellow"), "missing": ("[ ]", "red")}


def make_console(*, plain: bool) -> Console:
    """Plain: no colours, no animation, no character beyond what every terminal shows for bars."""
    # A terminal that cannot show a dash or a quotation mark shows something else; it does not fail.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    if plain:
        return Console(no_color=True, highlight=False, force_terminal=False, safe_box=True, width=100)
    return Console(highlight=False)


def opening(
    console: Console, url: str, info: dict[str, Any], account: dict[str, str], interview: dict[str, Any]
) -> None:
    console.print(Rule("An interview, start to end", characters="="))
    analysis = info["analysis"]
    matched = ", ".join(role["title"] for role in interview["matched_roles"]) or "no role of the catalog"
    facts = {
        "service": f"{info['name']} {info['version']} at {url}",
        "judged by": " ".join(filter(None, (analysis["provider"], analysis["model"]))),
        "candidate": f"{account['email']}, just registered (password {account['password']})",
        "interview": f"{interview['job_role']} ({matched}), {interview['difficulty_level']}, "
        f"{interview['interview_type']}, {interview['total']} questions",
        "answers": "written by a script at known qualities, told before each; the service is not told",
    }
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        table.add_row(Text(name, style="dim"), Text(value))
    console.print(table)


def question(console: Console, number: int, total: int, asked: dict[str, Any], answer: PlayedAnswer) -> None:
    console.print()
    kind = asked["question_type"].replace("_", " ")
    title = f"Question {number} of {total}: {asked['skill_category']} ({kind}, {asked['difficulty']})"
    console.print(Rule(Text(title, style="bold"), align="left", characters="-"))
    console.print(Text(asked["question_text"], style="bold"))
    console.print(Text(f"\nAnswer played: {answer.quality.value} ({answer.recipe})", style="magenta"))
    console.print(_indented(Text(answer.text, style="italic")))


def feedback(console: Console, given: dict[str, Any], seconds: float, *, plain: bool) -> None:
    """One answer's feedback; `seconds` is how long its job took, as the candidate felt it."""
    console.print(
        Text.assemble(
            "\nScore ",
            (f"{given['score']:g}", f"bold {_colour(given['score'])}"),
            f" of 100, confidence {given['confidence']:.2f}, after {seconds:.1f} s",
        )
    )
    if given["insufficient"] and given["insufficient_reason"]:
        console.print(
            Text(f"Not judged as an answer: {given['insufficient_reason']['reason']}", style="yellow")
        )
    table = Table.grid(padding=(0, 2))
    for name, dimension in given["dimensions"].items():
        table.add_row(
            Text(name),
            _bar(dimension["score"], plain=plain),
            Text(f"{dimension['score']:5.1f}"),
            Text(dimension["comment"], style="dim"),
        )
    console.print(_indented(table))
    _criteria(console, given["criteria"])
    for mistake in given["mistakes"]:
        console.print(
            _indented(Text.assemble(("[!] ", "red"), f"“{mistake['evidence']['quote']}” {mistake['why']}"))
        )
    _points(console, "Strengths", given["strengths"])
    _points(console, "To improve", given["improvements"])
    console.print(Text("Summary", style="bold"))
    console.print(_indented(Text(given["summary"])))


def closing(console: Console, report: dict[str, Any], links: list[str], *, plain: bool) -> None:
    interview = report["interview"]
    console.print()
    console.print(Rule("The interview as a whole", characters="="))
    score = interview["overall_score"]
    console.print(
        Text.assemble(
            "Score ",
            (f"{score:g}", f"bold {_colour(score)}"),
            f" of 100, the mean of {interview['answered']} answered questions of {interview['total']}",
        )
    )
    console.print(Text(report["headline"]))
    table = Table.grid(padding=(0, 2))
    for name, value in interview["dimension_scores"].items():
        table.add_row(Text(name), _bar(value, plain=plain), Text(f"{value:5.1f}"))
    console.print(_indented(table))

    console.print(Text("Skills, by mastery", style="bold"))
    for gap in report["skill_gaps"]:
        console.print(_indented(_gap(gap, plain=plain)))
    for skill in report["not_assessed"]:
        console.print(
            _indented(Text(f"{skill['skill_name']}: not assessed (asked, not answered)", style="dim"))
        )
    console.print(Text("Study plan", style="bold"))
    for step in report["study_plan"]:
        source = f" ({step['resource']})" if step["resource"] else ""
        console.print(_indented(Text(f"{step['hours']:g} h  {step['title']}{source}\n     {step['why']}")))
    console.print(Text("Next steps", style="bold"))
    for number, step in enumerate(report["next_steps"], start=1):
        console.print(_indented(Text(f"{number}. {step['skill_name']}: {step['what']} {step['why']}")))
    console.print(Text("The report (as this candidate: log in, send the token as Bearer)", style="bold"))
    for link in links:
        # One line each, however narrow the terminal: an address is there to be copied.
        console.print(Text(f"  {link}"), soft_wrap=True)


def _gap(gap: dict[str, Any], *, plain: bool) -> Group:
    head = Table.grid(padding=(0, 2))
    head.add_row(
        Text(gap["skill_name"], style="bold"),
        _bar(gap["gap_score"], plain=plain),
        Text(f"{gap['gap_score']:5.1f}"),
        Text(f"{gap['proficiency_level']}, trend {gap['trend']}, review on {gap['next_review_on']}"),
    )
    return Group(head, _indented(Text(gap["recommendation"])))


def _criteria(console: Console, criteria: list[dict[str, Any]]) -> None:
    covered = sum(criterion["status"] == "covered" for criterion in criteria)
    console.print(Text(f"What a good answer covers ({covered} of {len(criteria)})", style="bold"))
    for criterion in criteria:
        mark, colour = MARKS[criterion["status"]]
        line = Text.assemble((mark, colour), f" {criterion['status']:8} {criterion['text']}")
        console.print(_indented(line))
        if criterion["evidence"]:
            console.print(_indented(_quote(criterion["evidence"]), by=15))


def _points(console: Console, title: str, points: list[dict[str, Any]]) -> None:
    if not points:
        return
    console.print(Text(title, style="bold"))
    for point in points:
        console.print(_indented(Text(f"- {point['text']}")))
        if point["evidence"]:
            console.print(_indented(_quote(point["evidence"]), by=4))


def _quote(evidence: dict[str, Any]) -> Text:
    return Text(f"“{evidence['quote']}”", style="cyan")


def _bar(score: float, *, plain: bool) -> Text:
    filled = round(score / 100 * BAR_CELLS)
    full, empty = ("#", ".") if plain else ("█", "░")
    return Text.assemble((full * filled, _colour(score)), (empty * (BAR_CELLS - filled), "dim"))


def _colour(score: float) -> str:
    return "green" if score >= 75 else "yellow" if score >= 50 else "red"


def _indented(what: Any, by: int = 2) -> Padding:
    return Padding(what, (0, 0, 0, by))
