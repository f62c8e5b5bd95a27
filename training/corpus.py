"""Reads what the judge is fitted on: the project's own corpus (corpus/), the question bank, and the public sets.

The card of the corpus is README.md beside this; the public sets are not part of the repository (see MODEL_CARD.md).
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

CORPUS = Path(__file__).parent / "corpus"
SKILLS = Path(__file__).parents[1] / "worker" / "content" / "skills"
PUBLIC = Path(os.environ.get("PUBLIC_DATA", Path(__file__).parents[2] / "shared" / "data"))

csv.field_size_limit(10**9)

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Statements:
    """Short passages about one criterion, by what they say of it: see README.md."""

    yes: tuple[str, ...]
    part: tuple[str, ...]
    wrong: tuple[str, ...]
    near: tuple[str, ...]

    def of(self, kind: str) -> tuple[str, ...]:
        passages: tuple[str, ...] = getattr(self, kind)
        return passages


@dataclass(frozen=True, slots=True)
class GradedAnswer:
    """A whole answer with its grades. Spans are in characters of `answer`.

    `overall`: 0-100 by each grader; `credits`: 0, 0.5 or 1 by criterion, the graders' mean; `evidence`: where the
    point is made; `opposite`: where the opposite of a criterion is said; `false_spans`: where serious false claims
    or poor conduct are told; `pointed`: whether a grader marked those places at all.
    """

    aid: str
    question_id: str
    kind: str
    answer: str
    overall: tuple[float, ...]
    credits: dict[str, float]
    false_claim: bool
    evidence: dict[str, tuple[Span, ...]] = field(default_factory=dict)
    opposite: dict[str, tuple[Span, ...]] = field(default_factory=dict)
    false_spans: tuple[Span, ...] = ()
    pointed: bool = False

    @property
    def mark(self) -> float:
        """The graders' mean, 0-100."""
        return sum(self.overall) / len(self.overall)


def read_bank() -> dict[str, dict[str, Any]]:
    """Every question of the bank by id, each with its `skill` id added."""
    questions = {}
    for path in sorted(SKILLS.glob("*.yaml")):
        content = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both loaders are safe
        for question in content["questions"]:
            questions[question["id"]] = {**question, "skill": content["skill"]["id"]}
    return questions


def read_statements(path: Path = CORPUS / "statements.json") -> dict[tuple[str, str], Statements]:
    """Passages by (question id, criterion key)."""
    return {
        (row["question_id"], row["criterion"]): Statements(
            *(tuple(row[kind]) for kind in ("yes", "part", "wrong", "near"))
        )
        for row in json.loads(path.read_text(encoding="utf-8"))
    }


def read_stated(path: Path = CORPUS / "red_flags.json") -> dict[tuple[str, str], tuple[tuple[str, int], ...]]:
    """By (question id, a red flag's text), the `wrong` passages that state it, as (criterion key, index)."""
    stated = {}
    for row in json.loads(path.read_text(encoding="utf-8")):
        references = [reference.rsplit(":", 1) for reference in row["stated_by"]]
        stated[row["question_id"], row["text"]] = tuple((key, int(number)) for key, number in references)
    return stated


def read_answers(path: Path = CORPUS / "answers.json") -> list[GradedAnswer]:
    """The graded answers of a file in the form of corpus/answers.json."""
    return [_answer(row) for row in json.loads(path.read_text(encoding="utf-8"))]


def _answer(row: dict[str, Any]) -> GradedAnswer:
    def spans(name: str) -> dict[str, tuple[Span, ...]]:
        return {key: tuple((a, b) for a, b in places) for key, places in row.get(name, {}).items()}

    return GradedAnswer(
        aid=row["aid"],
        question_id=row["question_id"],
        kind=row["kind"],
        answer=row["answer"],
        overall=tuple(row["overall"]),
        credits={key: sum(marks) / len(marks) for key, marks in row["criteria"].items()},
        false_claim=row["false_claim"],
        evidence=spans("evidence"),
        opposite=spans("opposite"),
        false_spans=tuple((a, b) for a, b in row.get("false_spans", ())),
        pointed="evidence" in row,
    )


def public_rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of a public set, such as `saf-train.csv` or `nli/snli-test.csv`; nothing where the file is absent."""
    path = PUBLIC / name
    if not path.is_file():
        return
    with path.open(newline="", encoding="utf-8-sig") as file:
        yield from csv.DictReader(file)
