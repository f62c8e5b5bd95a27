"""`python -m bench.attacks`: the families against the embedded engine; exit status 1 when a requirement is missed."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from bench.attacks.cases import sample
from bench.attacks.families import families
from bench.attacks.measuring import Bench, Result
from bench.attacks.requirements import percentile
from worker.analysis.judge.engine import JudgeEngine


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.attacks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON and no table")
    parser.add_argument("--questions", type=int, default=60, help="how many questions of the bank (60)")
    parser.add_argument("--seed", type=int, default=1, help="which questions, and which random choices (1)")
    parser.add_argument("--family", default="", help="only families whose name contains this")
    parser.add_argument(
        "--worst", type=int, default=0, help="also show this many of the worst answers of each"
    )
    options = parser.parse_args(arguments)

    engine = JudgeEngine()
    engine.load()
    bench = Bench(engine)
    cases = sample(options.questions, options.seed)
    chosen = [family for family in families() if options.family in family.name]
    if not options.json:
        print(f"{engine.provider} {engine.model}, {len(cases)} questions, seed {options.seed}")
        print(f"{'family':44} {'n':>4} {'mean':>7} {'p95':>7} {'max':>7} {'inside':>7}  requirement")
    rows = []
    started = time.perf_counter()
    for family in chosen:
        row = _row(bench.run(family, cases, options.seed), options.worst)
        rows.append(row)
        if not options.json:
            _print(row)
    if options.json:
        print(json.dumps({"model": engine.model, "seed": options.seed, "families": rows}, indent=2))
    else:
        missed = sum(not row["met"] for row in rows)
        print(f"{len(rows) - missed} of {len(rows)} met, in {time.perf_counter() - started:.0f} s")
    return 0 if all(row["met"] for row in rows) else 1


def _row(result: Result, worst: int) -> dict[str, Any]:
    requirement = result.family.requirement
    values = requirement.values(result.outcomes)
    share = requirement.share(result.outcomes)
    return {
        "family": result.family.name,
        "n": len(values),
        "of": "change" if result.family.clean else "score",
        "mean": round(fmean(values), 2),
        "p95": round(percentile(values, 0.95), 2),
        "max": round(max(values), 2),
        "inside": None if share is None else round(share, 3),
        "requirement": requirement.text,
        "met": result.met,
        "worst": [
            {
                "question": outcome.case_id,
                "score": outcome.score,
                "clean_score": outcome.clean_score,
                "flags": outcome.flags,
                "insufficient": outcome.insufficient,
                "answer": outcome.answer,
            }
            for outcome in result.worst(worst)
        ],
    }


def _print(row: dict[str, Any]) -> None:
    inside = "" if row["inside"] is None else f"{row['inside']:.0%}"
    print(
        f"{row['family']:44} {row['n']:4} {row['mean']:7.1f} {row['p95']:7.1f} {row['max']:7.1f} {inside:>7}  "
        f"{'met   ' if row['met'] else 'MISSED'} {row['requirement']} ({row['of']})"
    )
    for outcome in row["worst"]:
        clean = "" if outcome["clean_score"] is None else f" (clean {outcome['clean_score']})"
        found = ", ".join([*outcome["flags"], *filter(None, [outcome["insufficient"]])])
        print(f"    {outcome['score']}{clean} {outcome['question']} [{found}]: {outcome['answer'][:300]!r}")


if __name__ == "__main__":
    sys.exit(main())
