"""Fits the judge: `python -m training.fit --out FILE.pt` (make fit does that, and what comes after).

A linear schedule over `--passes` fresh passes of the examples, cut short by `--minutes`. On a GPU it runs in bfloat16.
With `--teacher`, a larger fitted judge's readings are mixed into the labels (distillation, Hinton et al. 2015).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from training.corpus import read_answers, read_bank, read_stated, read_statements
from training.examples import BankExamples, build
from training.model import Judge, Rows, Tokenizer, collate, pool_of, pooled_reading, pretrained
from training.splits import held_out

UNKNOWN = -1.0
TYPICAL_TOKENS = 96


@dataclass(frozen=True, slots=True)
class Prepared:
    """One pass as arrays: tokens, readings of the wholes (N, 3), of the sentences (end to end, UNKNOWN where unknown), weights."""

    rows: Rows
    whole: npt.NDArray[np.float32]
    each: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]


def prepare(
    source: BankExamples,
    tokenizer: Tokenizer,
    seed: int,
    general: float,
    rest: float,
    limit: int | None = None,
) -> Prepared:
    """The examples of one pass; for `general` and `rest` see examples.build."""
    rounds = 3 if rest == 1.0 else 1
    examples = build(source, seed, general=general, rest=rest, graded_rounds=rounds)[:limit]
    unknown = (UNKNOWN,) * 3
    return Prepared(
        tokenizer.rows([(example.claim, example.sentences) for example in examples]),
        np.array([example.whole for example in examples], dtype=np.float32),
        np.array([reading or unknown for example in examples for reading in example.each], dtype=np.float32),
        np.array([example.weight for example in examples], dtype=np.float32),
    )


def batches(lengths: npt.NDArray[np.int64], size: int, rng: random.Random) -> list[list[int]]:
    """Indices in batches of like length, in random order: `size` pairs of TYPICAL_TOKENS, fewer of longer ones."""
    order = list(range(len(lengths)))
    rng.shuffle(order)
    made: list[list[int]] = []
    for start in range(0, len(order), size * 50):
        block = sorted(order[start : start + size * 50], key=lambda index: lengths[index])
        at = 0
        while at < len(block):
            stop = at + 1
            while (
                stop < len(block)
                and stop - at < 2 * size
                and (stop + 1 - at) * lengths[block[stop]] <= size * TYPICAL_TOKENS
            ):
                stop += 1
            made.append(block[at:stop])
            at = stop
    rng.shuffle(made)
    return made


def targets(
    prepared: Prepared, offsets: npt.NDArray[np.int64], chosen: Sequence[int], slots: int
) -> tuple[torch.Tensor, ...]:
    """Readings of the wholes (B, 3) and of the sentences (B, S, 3), and weights (B,), of a batch."""
    each = np.full((len(chosen), slots, 3), UNKNOWN, dtype=np.float32)
    for at, index in enumerate(chosen):
        count = min(slots, int(prepared.rows.counts[index]))
        each[at, :count] = prepared.each[offsets[index] : offsets[index] + count]
    return (
        torch.from_numpy(prepared.whole[chosen]),
        torch.from_numpy(each),
        torch.from_numpy(prepared.weights[chosen]),
    )


def loss_of(
    whole: torch.Tensor,
    each: torch.Tensor,
    present: torch.Tensor,
    whole_target: torch.Tensor,
    each_target: torch.Tensor,
    weights: torch.Tensor,
) -> torch.Tensor:
    """Cross-entropy of the whole, of the whole as the sentences give it, and of the sentences whose reading is known."""

    def entropy(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return -(functional.log_softmax(logits, -1) * target).sum(-1)

    total = (entropy(whole, whole_target) * weights).mean()
    total = total + 0.5 * (entropy(pooled_reading(each, present), whole_target) * weights).mean()
    known = (each_target[:, :, 0] != UNKNOWN) & present
    single = entropy(each, each_target.clamp(min=0.0)) * known
    return total + 0.5 * (single.sum(1) / known.sum(1).clamp(min=1) * weights).mean()


class Run:
    """One fitting run on one device."""

    def __init__(
        self, model: Judge, tokenizer: Tokenizer, device: str, translation: torch.Tensor | None = None
    ) -> None:
        self.model = model.to(device)
        self.tokenizer = tokenizer
        self.device = device
        self.pad = tokenizer.inner.pad_token_id
        self.translation = translation

    def outputs(
        self, rows: Rows, chosen: Sequence[int], teacher: Judge | None = None
    ) -> tuple[torch.Tensor, ...]:
        """Logits of the wholes and of the sentences, and which sentences are there; with a teacher, its logits as well."""
        batch = {
            name: value.to(self.device, non_blocking=True)
            for name, value in collate(rows, chosen, self.pad).items()
        }
        pool = pool_of(batch["owner"], batch["slots"])
        with torch.autocast(self.device, torch.bfloat16, enabled=self.device == "cuda"):
            whole, each = self.model(batch["ids"], batch["mask"], batch["types"], pool)
            if teacher is None or self.translation is None:
                return whole, each, pool.sum(2) > 0
            with torch.no_grad():
                taught, taught_each = teacher(
                    self.translation[batch["ids"]], batch["mask"], batch["types"], pool
                )
        return whole, each, pool.sum(2) > 0, taught, taught_each

    def fit(
        self,
        passes: Iterator[Prepared],
        count: int,
        *,
        rate: float,
        size: int,
        minutes: float,
        seed: int,
        teacher: Judge | None = None,
        share: float = 0.5,
    ) -> None:
        """Runs `count` passes, or as many as the minutes allow; the learning rate falls to nothing either way."""
        rng = random.Random(seed)
        head = [
            p
            for name, p in self.model.named_parameters()
            if not name.startswith("encoder.") and p.requires_grad
        ]
        body = [
            p for name, p in self.model.named_parameters() if name.startswith("encoder.") and p.requires_grad
        ]
        groups = [
            {"params": body, "lr": rate, "top": rate},
            {"params": head, "lr": 5 * rate, "top": 5 * rate},
        ]
        optimiser = torch.optim.AdamW(groups, weight_decay=0.01, fused=self.device == "cuda")
        began, step = time.monotonic(), 0
        self.model.train()
        for number in range(count):
            prepared = next(passes)
            offsets = np.concatenate([[0], np.cumsum(prepared.rows.counts)])
            made = batches(prepared.rows.lengths, size, rng)
            for at, chosen in enumerate(made):
                done = max((number + at / len(made)) / count, (time.monotonic() - began) / (60 * minutes))
                if done >= 1:
                    return
                for group in optimiser.param_groups:
                    group["lr"] = group["top"] * min(1.0, (step + 1) / 100) * max(0.02, 1 - done)
                whole, each, present, *taught = self.outputs(prepared.rows, chosen, teacher)
                wanted, wanted_each, weights = (
                    value.to(self.device, non_blocking=True)
                    for value in targets(prepared, offsets, chosen, each.shape[1])
                )
                if taught:
                    readings, readings_each = (logits.softmax(-1) for logits in taught)
                    wanted = (1 - share) * wanted + share * readings
                    known = (wanted_each[:, :, :1] != UNKNOWN).float()
                    wanted_each = (
                        known * ((1 - share) * wanted_each + share * readings_each)
                        + (1 - known) * readings_each
                    )
                loss = loss_of(whole, each, present, wanted, wanted_each, weights)
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                optimiser.step()
                step += 1
                if step % 100 == 0:
                    print(
                        f"pass {number} {at}/{len(made)} loss {loss.item():.3f} {time.monotonic() - began:.0f} s",
                        flush=True,
                    )

    @torch.no_grad()
    def read(
        self, pairs: Sequence[tuple[str, Sequence[str]]], size: int = 128
    ) -> list[tuple[list[float], list[list[float]]]]:
        """Logits of the whole and of each sentence for every (claim, sentences)."""
        self.model.eval()
        rows = self.tokenizer.rows(pairs)
        order = np.argsort(rows.lengths, kind="stable")
        result: list[Any] = [None] * len(rows)
        for start in range(0, len(order), size):
            chosen = order[start : start + size].tolist()
            whole, each, _ = self.outputs(rows, chosen)
            whole, each = whole.cpu(), each.cpu()
            for row, index in enumerate(chosen):
                result[index] = (whole[row].tolist(), each[row, : int(rows.counts[index])].tolist())
        self.model.train()
        return result


def translation(student: Tokenizer, teacher: Tokenizer) -> torch.Tensor:
    """The teacher's token id for each of the student's: both read the same word pieces under other numbers."""
    numbers = teacher.inner.get_vocab()
    table = torch.zeros(len(student.inner), dtype=torch.long)
    for token, number in student.inner.get_vocab().items():
        table[number] = numbers.get(token, teacher.inner.unk_token_id)
    for name in ("cls", "sep", "pad", "unk"):
        table[getattr(student.inner, f"{name}_token_id")] = getattr(teacher.inner, f"{name}_token_id")
    return table


class Prefetch:
    """Prepares passes in other processes, a few ahead."""

    def __init__(self, workers: int, jobs: Iterator[tuple[Any, ...]]) -> None:
        self._pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
        self._jobs = jobs
        self._waiting: deque[Future[Prepared]] = deque(
            self._pool.submit(prepare, *next(jobs)) for _ in range(workers)
        )

    def __enter__(self) -> Iterator[Prepared]:
        return self._passes()

    def _passes(self) -> Iterator[Prepared]:
        while True:
            ready = self._waiting.popleft().result()
            self._waiting.append(self._pool.submit(prepare, *next(self._jobs)))
            yield ready

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m training.fit", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "--start", type=Path, help="folder of the pretrained encoder (all-MiniLM-L6-v2 of the wheel)"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--passes", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=150)
    parser.add_argument("--rate", type=float, default=8e-5)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--warm", type=int, default=0, help="passes over the public entailment sets before the rest"
    )
    parser.add_argument("--init", type=Path, help="go on from this fitted judge (.pt)")
    parser.add_argument(
        "--freeze", type=int, default=0, help="leave the embeddings and this many lower layers as they are"
    )
    parser.add_argument(
        "--rest", type=float, default=1.0, help="the share of examples that are not hard negatives"
    )
    parser.add_argument(
        "--teacher", type=Path, help="a larger fitted judge (.pt), with --teacher-start its folder"
    )
    parser.add_argument("--teacher-start", type=Path)
    parser.add_argument("--everything", action="store_true", help="fit on the validation answers as well")
    parser.add_argument("--workers", type=int, default=1, help="processes that prepare examples")
    parser.add_argument("--limit", type=int, help="at most this many examples a pass, to try the code")
    parser.add_argument(
        "--predict", type=Path, help="write the readings of the validation answers here (JSON)"
    )
    options = parser.parse_args(arguments)
    options.start = options.start or pretrained()
    torch.manual_seed(options.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = Tokenizer(options.start)
    run = Run(Judge.start(options.start), tokenizer, device)
    torch.backends.cuda.matmul.allow_tf32 = True
    if options.init:
        run.model.load_state_dict(
            {name: value.float() for name, value in torch.load(options.init, map_location=device).items()}
        )
    if options.freeze:
        for part in (run.model.encoder.embeddings, *run.model.encoder.encoder.layer[: options.freeze]):
            part.requires_grad_(requires_grad=False)
    bank, statements, answers = read_bank(), read_statements(), read_answers()
    validation = [answer for answer in answers if held_out(answer.question_id)]
    if not options.everything:
        answers = [answer for answer in answers if not held_out(answer.question_id)]
    source = BankExamples(bank, statements, answers, read_stated())
    teacher = None
    if options.teacher:
        teacher = Judge.start(options.teacher_start)
        teacher.load_state_dict(torch.load(options.teacher, map_location="cpu"))
        teacher.to(device).eval()
        run.translation = translation(tokenizer, Tokenizer(options.teacher_start)).to(device)

    def jobs() -> Iterator[tuple[Any, ...]]:
        for number in range(10**6):
            general = 1.0 if number < options.warm else 0.2
            yield source, tokenizer, 1000 * options.seed + number, general, options.rest, options.limit

    with Prefetch(options.workers, jobs()) as passes:
        run.fit(
            passes, options.passes, rate=options.rate, size=options.size, minutes=options.minutes, seed=options.seed, teacher=teacher,
        )  # fmt: skip
    torch.save({name: value.half().cpu() for name, value in run.model.state_dict().items()}, options.out)
    if options.predict:
        from training.measure import predict  # noqa: PLC0415 - only where asked for

        options.predict.write_text(json.dumps(predict(run, bank, validation)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
