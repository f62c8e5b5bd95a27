"""Agreement of the shipped engine with human graders: `python -m bench.scoring FILE.csv [--json]`.

FILE has the columns question, reference, answer, score, score_max; other_references (` || ` between), label, corpus and
split are used where they are. Nothing is fitted on FILE. A reference is read as the points that it makes (its sentences
and list items): the grade comes from the whole reference as a claim and from the mean over its points, of several
references the best (bench/references.py). `--shared` measures the files in ../shared/data, by corpus and split.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.agreement import measures
from bench.references import Grade, grade_row, row_question
from worker.analysis.judge.engine import JudgeEngine
from worker.analysis.screening import screen

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
NEEDED = ("question", "reference", "answer", "score", "score_max")


class BadFileError(Exception):
    """What is wrong with a file, in one line."""


@dataclass(frozen=True, slots=True)
class Row:
    question: str
    references: tuple[str, ...]
    answer: str
    mark: float
    """The human score as a share of the highest, 0-1."""
    corpus: str
    split: str


def read_rows(path: Path) -> list[Row]:
    """The rows of a file; BadFileError says which line is wrong and how."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            lacking = [name for name in NEEDED if name not in (reader.fieldnames or ())]
            if lacking:
                raise BadFileError(f"{path}: no column {', '.join(lacking)} (needed: {', '.join(NEEDED)})")
            rows = [_row(path, number, values) for number, values in enumerate(reader, start=2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadFileError(f"{path}: cannot be read as a CSV file ({error})") from error
    if not rows:
        raise BadFileError(f"{path}: no rows")
    return rows


def _row(path: Path, number: int, values: dict[str, str | None]) -> Row:
    try:
        mark = float(values["score"] or "") / float(values["score_max"] or "")
    except (ValueError, ZeroDivisionError):
        raise BadFileError(
            f"{path}, row {number}: score and score_max must be numbers, score_max above 0"
        ) from None
    if not 0 <= mark <= 1:
        raise BadFileError(f"{path}, row {number}: score must lie between 0 and score_max")
    others = [part.strip() for part in (values.get("other_references") or "").split("||")]
    references = tuple(part for part in (values["reference"] or "", *others) if part.strip())
    if not references:
        raise BadFileError(f"{path}, row {number}: reference is empty")
    return Row(
        values["question"] or "",
        references,
        values["answer"] or "",
        mark,
        values.get("corpus") or "",
        values.get("split") or "",
    )


@dataclass(frozen=True, slots=True)
class Graded:
    """A row with what the engine says of it, as the product runs and without the gates."""

    row: Row
    gated: Grade
    plain: Grade
    touched: bool


def grade(rows: Sequence[Row], engine: JudgeEngine) -> list[Graded]:
    """Every row judged alone."""
    graded = []
    for row in rows:
        gated, touched = grade_row(engine, row.answer, row.question, row.references), _touched(row)
        plain = (
            grade_row(engine, row.answer, row.question, row.references, screened=False) if touched else gated
        )
        graded.append(Graded(row, gated, plain, touched))
    return graded


def evaluate(graded: Sequence[Graded]) -> dict[str, Any]:
    """All measures of the rows, gates on (as the product runs), with what the gates touch and cost."""
    marks = np.array([item.row.mark for item in graded])
    gated, plain = [item.gated for item in graded], [item.plain for item in graded]
    touched = np.array([item.touched for item in graded])
    result = _of(gated, marks)
    off = _of(plain, marks)
    result["gates"] = {
        "touched_share": round(float(touched.mean()), 4),
        "touched_share_of_full_marks": round(float(touched[marks == 1].mean()), 4)
        if (marks == 1).any()
        else None,
        "pearson_off": off["pearson"],
        "pearson_cost": round(off["pearson"] - result["pearson"], 4),
        "off": {
            name: off.get(name) for name in ("spearman", "rmse", "qwk", "mae", "accuracy", "macro_f1", "auc")
        },
    }
    return result


def _of(grades: Sequence[Grade], marks: Any) -> dict[str, Any]:
    return measures(
        np.array([grade.score for grade in grades]),
        np.array([grade.probability for grade in grades]),
        marks,
    )


def _touched(row: Row) -> bool:
    screening = screen(row.answer, row_question(row.question, row.references))
    return bool(screening.insufficient or screening.flags or screening.cap < 100.0)


def _groups(graded: Sequence[Graded]) -> dict[str, list[Graded]]:
    """Rows by corpus and split, in the order they come."""
    groups: dict[str, list[Graded]] = {}
    for item in graded:
        groups.setdefault(f"{item.row.corpus} {item.row.split}".strip() or "all", []).append(item)
    return groups


def _print(name: str, result: dict[str, Any]) -> None:
    out = sys.stdout.write
    out(
        f"{name}: {result['rows']} answers, human mean {result['human_mean']:.3f}, ours {result['mean']:.3f}\n"
    )
    keys = ("pearson", "spearman", "rmse", "mae", "qwk", "accuracy", "macro_f1", "auc")
    out("  " + "  ".join(f"{key} {result[key]:.3f}" for key in keys if result.get(key) is not None) + "\n")
    if "calibration" in result:
        out("  tenth of probability: predicted / observed (answers)\n")
        out(
            "    "
            + "  ".join(
                f"{bin_['predicted']:.2f}/{bin_['observed']:.2f} ({bin_['answers']})"
                for bin_ in result["calibration"]
            )
            + "\n"
        )
    gates = result["gates"]
    out(
        f"  gates touch {100 * gates['touched_share']:.2f} % of answers; Pearson without them {gates['pearson_off']:.3f}, "
        f"they cost {gates['pearson_cost']:+.4f}\n"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.scoring", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE.csv")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    parser.add_argument(
        "--shared",
        action="store_true",
        help="measure the unseen parts of SAF and SemEval in ../shared/data",
    )
    options = parser.parse_args(arguments)
    if not options.files and not options.shared:
        parser.error("give a FILE.csv, or --shared")
    results: dict[str, Any] = {}
    engine = JudgeEngine()
    try:
        for path in options.files:
            graded = grade(read_rows(path), engine)
            groups = _groups(graded)
            results[path.name] = evaluate(graded)
            if len(groups) > 1:
                results |= {f"{path.name} {name}": evaluate(part) for name, part in groups.items()}
        if options.shared:
            results |= _shared(engine)
    except BadFileError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.json:
        only = len(options.files) == 1 and not options.shared
        payload = {**results[options.files[0].name], "groups": results} if only else results
        sys.stdout.write(json.dumps(payload, indent=2) + "\n")
        return 0
    for name, result in results.items():
        _print(name, result)
    return 0


def _shared(engine: JudgeEngine) -> dict[str, Any]:
    """The files that the shipped weights never saw, by corpus and split."""
    results: dict[str, Any] = {}
    for name in ("saf-unseen-answers.csv", "semeval2013-test.csv"):
        if (SHARED / name).is_file():
            graded = grade(read_rows(SHARED / name), engine)
            results |= {f"{name} {group}": evaluate(part) for group, part in _groups(graded).items()}
    if not results:
        sys.stdout.write(f"Nothing measured: {SHARED.name} has no such files here.\n")
    return results


if __name__ == "__main__":
    sys.exit(main())
