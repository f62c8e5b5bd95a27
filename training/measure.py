"""Reads the validation answers in several cuts, so that the way of summing is chosen on them and on nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from training.corpus import GradedAnswer
from worker.analysis.passages import sentences

CUTS = {"1": (1, 1), "2": (2, 1), "4": (4, 2), "all": (10**6, 10**6)}
"""By name: sentences in a passage, and sentences from one passage's start to the next's."""


def windows(count: int, size: int, stride: int) -> list[tuple[int, int]]:
    """Passages of `size` sentences that cover `count` sentences, as [start, stop)."""
    spans = []
    start = 0
    while True:
        spans.append((start, min(count, start + size)))
        if start + size >= count:
            return spans
        start += stride


def predict(
    run: Any, bank: dict[str, dict[str, Any]], answers: Sequence[GradedAnswer]
) -> list[dict[str, Any]]:
    """For every answer and claim (criteria by key, red flags by number), the logits of each cut's passages."""
    pairs: list[tuple[str, Sequence[str]]] = []
    places: list[tuple[dict[str, Any], tuple[int, int]]] = []
    rows = []
    for answer in answers:
        texts = [span.of(answer.answer) for span in sentences(answer.answer)]
        question = bank[answer.question_id]
        claims = {criterion["key"]: criterion["text"] for criterion in question["criteria"]}
        claims |= {f"flag {n}": flag["text"] for n, flag in enumerate(question.get("red_flags") or [])}
        row: dict[str, Any] = {"aid": answer.aid, "claims": {}}
        rows.append(row)
        for key, claim in claims.items():
            for name, (size, stride) in CUTS.items():
                cuts: list[Any] = row["claims"].setdefault(key, {}).setdefault(name, [])
                for start, stop in windows(len(texts), size, stride):
                    cut: dict[str, Any] = {}
                    cuts.append(cut)
                    pairs.append((claim, texts[start:stop]))
                    places.append((cut, (start, stop)))
    for (cut, (start, stop)), (whole, each) in zip(places, run.read(pairs), strict=True):
        cut |= {
            "start": start,
            "stop": stop,
            "whole": [round(v, 3) for v in whole],
            "each": [[round(v, 3) for v in e] for e in each],
        }
    return rows
