"""Agreement with graded interview answers: `python -m bench.answers FILE.json [--json]`.

FILE is a list of answers to the bank's questions in the form of training/corpus/answers.json: `question_id`, `kind`,
`answer`, `overall` (0-100, one number per grader), `criteria` (0, 0.5 or 1 by key, one number per grader) and
`false_claim`. Every answer goes the way of the product. A false claim counts as found where `mistakes` is not empty.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from bench.agreement import auc, pearson, ranks
from worker.analysis.judge.engine import JudgeEngine
from worker.analysis.rubric import bank_question_spec
from worker.analysis.types import Assessment, Engine, QuestionSpec
from worker.content.bank import read_bank

APART = 15.0
"""Points between two answers' grades from which their order counts."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer with its grades (`mark` 0-100, `credits` 0-1 by criterion key) and the engine's assessment."""

    question_id: str
    kind: str
    type: str
    mark: float
    credits: dict[str, float]
    false_claim: bool
    assessment: Assessment


def read_graded(path: Path) -> list[dict[str, Any]]:
    """The rows of a file. Raises ValueError with a sentence that says what is wrong."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read as JSON: {error}") from error
    needed = {"question_id", "kind", "answer", "overall", "criteria", "false_claim"}
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"{path} holds no list of answers.")
    for number, row in enumerate(rows, 1):
        lacking = sorted(needed - set(row)) if isinstance(row, dict) else sorted(needed)
        if lacking:
            raise ValueError(f"{path}, answer {number}: {', '.join(lacking)} is missing.")
    return rows


def assess_all(rows: Sequence[dict[str, Any]], engine: Engine, bank: dict[str, QuestionSpec]) -> list[Judged]:
    """Every answer assessed. Raises ValueError for a question that the bank does not have."""
    judged = []
    for row in rows:
        spec = bank.get(row["question_id"])
        if spec is None:
            raise ValueError(f"The bank has no question {row['question_id']}.")
        judged.append(
            Judged(
                row["question_id"],
                row["kind"],
                spec.question_type.value,
                fmean(row["overall"]),
                {key: fmean(marks) for key, marks in row["criteria"].items()},
                bool(row["false_claim"]),
                engine.assess(row["answer"], spec),
            )
        )
    return judged


def measures(judged: Sequence[Judged]) -> dict[str, Any]:
    """Agreement of scores and of criteria with the grades; see the module."""
    score = np.array([item.assessment.score for item in judged])
    mark = np.array([item.mark for item in judged])
    found = [
        (finding.credit, item.credits[finding.criterion.key])
        for item in judged
        for finding in item.assessment.findings
        if finding.criterion.key in item.credits
    ]
    credit, given = np.array([pair[0] for pair in found]), np.array([pair[1] for pair in found])
    clear = given != 0.5
    said = [bool(item.assessment.mistakes) for item in judged]
    false = [item.false_claim for item in judged]
    both = sum(a and b for a, b in zip(said, false, strict=True))
    return {
        "answers": len(judged),
        "pearson": round(pearson(score, mark), 3),
        "spearman": round(pearson(ranks(score), ranks(mark)), 3),
        "rmse": round(float(np.sqrt(((score - mark) ** 2).mean())), 1),
        "order": _order(judged),
        "criterion_auc": round(auc(credit[clear], given[clear] == 1), 3),
        "criterion_pearson": round(pearson(credit, given), 3),
        "by_kind": _by(judged, lambda item: item.kind),
        "by_type": _by(judged, lambda item: item.type),
        "mistakes_precision": round(both / max(sum(said), 1), 3),
        "mistakes_recall": round(both / max(sum(false), 1), 3),
        "confidence": _calibration(judged),
    }


def _order(judged: Sequence[Judged]) -> float | None:
    """The share of pairs of answers to one question, graded APART or more, in which the better one scores higher."""
    right = total = 0.0
    for at, one in enumerate(judged):
        for other in judged[at + 1 :]:
            if one.question_id == other.question_id and abs(one.mark - other.mark) >= APART:
                total += 1
                difference = (one.assessment.score - other.assessment.score) * (one.mark - other.mark)
                right += 1.0 if difference > 0 else 0.5 if difference == 0 else 0.0
    return round(right / total, 3) if total else None


def _by(judged: Sequence[Judged], key: Callable[[Judged], str]) -> dict[str, dict[str, float]]:
    groups: dict[str, list[Judged]] = {}
    for item in judged:
        groups.setdefault(key(item), []).append(item)
    return {
        name: {
            "answers": len(items),
            "graders": round(fmean(item.mark for item in items), 1),
            "engine": round(fmean(item.assessment.score for item in items), 1),
            "pearson": round(
                pearson(
                    np.array([item.assessment.score for item in items]),
                    np.array([item.mark for item in items]),
                ),
                3,
            ),
            "mistakes": round(fmean(bool(item.assessment.mistakes) for item in items), 2),
        }
        for name, items in sorted(groups.items())
    }


def _calibration(judged: Sequence[Judged]) -> list[dict[str, float]]:
    """By thirds of confidence, from low to high: the mean confidence, and the share of scores within 15 points."""
    ordered = sorted(judged, key=lambda item: item.assessment.confidence)
    thirds = [part.tolist() for part in np.array_split(np.arange(len(ordered)), min(3, len(ordered)))]
    return [
        {
            "confidence": round(fmean(ordered[i].assessment.confidence for i in part), 3),
            "within_15": round(
                fmean(abs(ordered[i].assessment.score - ordered[i].mark) <= 15 for i in part), 3
            ),
        }
        for part in thirds
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.answers", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("file", type=Path, metavar="FILE.json")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    options = parser.parse_args(arguments)
    bank = {question["id"]: bank_question_spec(question) for question in read_bank().questions}
    try:
        result = measures(assess_all(read_graded(options.file), JudgeEngine(), bank))
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.json:
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
        return 0
    single = ("answers", "pearson", "spearman", "rmse", "order", "criterion_auc", "criterion_pearson")
    sys.stdout.write("  ".join(f"{name} {result[name]}" for name in single) + "\n")
    sys.stdout.write(
        f"false claims: precision {result['mistakes_precision']}, recall {result['mistakes_recall']}\n"
    )
    for third in result["confidence"]:
        sys.stdout.write(
            f"confidence {third['confidence']}: {third['within_15']:.0%} of scores within 15 points\n"
        )
    for group in ("by_kind", "by_type"):
        for name, row in result[group].items():
            sys.stdout.write(
                f"{name:20} {row['answers']:4}  graders {row['graders']:5.1f}  engine {row['engine']:5.1f}  "
                f"pearson {row['pearson']:6.3f}  with mistakes {row['mistakes']:.0%}\n"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
