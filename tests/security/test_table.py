"""docs/security.md is held to the tests: it names none that is missing, and leaves none of these out of its reach."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
TABLE = HERE.parents[1] / "docs" / "security.md"


def rows() -> list[list[str]]:
    lines = [
        line.strip("| \n").split(" | ") for line in TABLE.read_text().splitlines() if line.startswith("|")
    ]
    return [cells for cells in lines if cells[0] != "row" and not cells[0].startswith("---")]


def written() -> set[str]:
    return {
        node.name
        for path in HERE.glob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_row_names_a_test_that_exists():
    known = written()
    assert len(rows()) >= 30
    for cells in rows():
        assert len(cells) == 3, cells[0]
        named = re.findall(r"`(test_\w+)`", cells[2])
        assert named, cells[0]
        assert set(named) <= known, cells[0]


def test_every_row_of_the_top_ten_is_there():
    named = {match[1] for cells in rows() if (match := re.match(r"(API\d+) ", cells[0]))}
    assert named == {f"API{number}" for number in range(1, 11)}
