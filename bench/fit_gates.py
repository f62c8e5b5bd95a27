"""Writes the gates' tables of counts: `python -m bench.fit_gates TRAIN.csv` (SemEval-2013 Task 7, train).

Counts of letter pairs and of pairs of word classes, over the training answers and references and the question
bank's model answers. Counting draws no random numbers. See bench/data-provenance.md.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import yaml

from worker.analysis.passages import sentences, words
from worker.analysis.screening.wording import TABLES_PATH, without_code, word_class

SKILLS = Path("worker/content/skills")


def main(arguments: list[str]) -> int:
    with Path(arguments[0]).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    texts = [row["answer"] for row in rows] + sorted({row["reference"] for row in rows})
    for path in sorted(SKILLS.glob("*.yaml")):
        for question in yaml.safe_load(path.read_text(encoding="utf-8"))["questions"]:
            texts += [
                question["model_answer"],
                question["text"],
                *(criterion["text"] for criterion in question["criteria"]),
            ]
    first: Counter[str] = Counter()
    second: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    letters: Counter[str] = Counter()
    for text in texts:
        prose = without_code(text)
        for span in sentences(prose):
            found = words(span.of(prose))
            for word in found:
                padded = f"^{word}$"
                if word.isascii() and word.isalpha():
                    letters.update(padded[at : at + 2] for at in range(len(padded) - 1))
            classes = [word_class(word) for word in found]
            for a, b in pairwise(classes):
                first[a] += 1
                second[b] += 1
                pairs[f"{a} {b}"] += 1
    starts: Counter[str] = Counter()
    for pair, count in letters.items():
        starts[pair[0]] += count
    tables = {
        "order": {
            "total": sum(first.values()),
            "first": dict(sorted(first.items())),
            "second": dict(sorted(second.items())),
            "pairs": dict(sorted(pairs.items())),
        },
        "letters": {
            pair: round(math.log((count + 0.2) / (starts[pair[0]] + 6)), 3)
            for pair, count in sorted(letters.items())
        },
    }
    TABLES_PATH.write_text(json.dumps(tables, separators=(",", ":")) + "\n", encoding="utf-8")
    sys.stdout.write(f"{TABLES_PATH}: {TABLES_PATH.stat().st_size} bytes from {len(texts)} texts\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
