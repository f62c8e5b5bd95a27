"""Agreement of the shipped engine with human graders: `python -m bench.scoring FILE.csv [--json]`.

FILE has the columns question, reference, answer, score, score_max; other_references (` || ` between), label, corpus and
split are used where they are. Nothing is fitted on FILE. Every row goes the way of the product: the gates, then the
engine, the reference being the one criterion. `--shared` measures the files in ../shared/data, by corpus and split.
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
from worker.analysis.screening import screen
from worker.analysis.local.engine import LocalEngine
from worker.analysis.local.grading import Grade, row_question

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
NEEDED = ("question", "reference", "answer", "score", "score_max")

PUBLISHED = {
    "human-human, CS answers 0-5, Pearson": 0.597,
    "ceiling against the graders' mean, Pearson": 0.865,
    "TF-IDF / BM25 / MiniLM sentence cosine, CS answers, Pearson": "0.45 / 0.49 / 0.49",
    "MiniLM token recall untrained / head fitted on SemEval used cold, CS answers, Pearson": "0.62 / 0.575",
    "logistic regression, SciEntsBank unseen answers / questions / domains, macro-F1": ".72 / .73 / .745",
    "mean of three learners, the same, macro-F1": ".74 / .74 / .74",
    "plain feature head, Beetle unseen questions, macro-F1": 0.65,
}
"""Figures of others and of plain methods, printed beside ours."""


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


def grade(rows: Sequence[Row], engine: LocalEngine) -> list[Graded]:
    """Every row judged alone."""
    graded = []
    for row in rows:
        gated, touched = engine.grade_row(row.answer, row.question, row.references), _touched(row)
        plain = engine.grade_row(row.answer, row.question, row.references, gates=False) if touched else gated
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
        np.array([(grade.low, grade.high) for grade in grades]),
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
    out(
        f"  90 % intervals cover {100 * result['interval_coverage']:.1f} %, mean width {result['interval_width']:.2f}\n"
    )
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
        help="measure the SemEval files in ../shared/data, with folds by question",
    )
    options = parser.parse_args(arguments)
    if not options.files and not options.shared:
        parser.error("give a FILE.csv, or --shared")
    results: dict[str, Any] = {}
    engine = LocalEngine()
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
    sys.stdout.write("Published, for comparison:\n")
    for name, value in PUBLISHED.items():
        sys.stdout.write(f"  {name}: {value}\n")
    return 0


def _shared(engine: LocalEngine) -> dict[str, Any]:
    """The test file by corpus and split (the shipped weights never saw it), and the training file by folds."""
    test = SHARED / "semeval2013-test.csv"
    if not test.is_file():
        sys.stdout.write(f"Nothing measured: {SHARED.name} has no SemEval files here.\n")
        return {}
    results = {name: evaluate(part) for name, part in _groups(grade(read_rows(test), engine)).items()}
    train = SHARED / "semeval2013-train.csv"
    if train.is_file():
        try:
            # Only here: users of the other commands have no scikit-learn.
            from bench.fit import fold_probabilities  # noqa: PLC0415
        except ImportError:
            sys.stderr.write("Folds over the training file need scikit-learn; left out.\n")
            return results
        rows = read_rows(train)
        for name, (probability, marks) in fold_probabilities(train).items():
            part = measures(
                probability, probability, np.column_stack([probability * 0, probability * 0 + 1]), marks
            )
            part["gates"] = {"touched_share": 0.0, "pearson_off": part["pearson"], "pearson_cost": 0.0}
            results[f"{name} (10 folds by question, probability alone, of {len(rows)})"] = part
    return results


if __name__ == "__main__":
    sys.exit(main())
