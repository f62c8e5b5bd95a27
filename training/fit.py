"""Fits the judge: `python -m training.fit --start FOLDER --out FILE.pt` (make fit does that, and what comes after).

A linear schedule over `--passes` fresh passes of the examples, cut short by `--minutes`. On a GPU it runs in bfloat16.
With `--teacher`, a larger fitted judge's readings are mixed into the labels (distillation, Hinton et al. 2015).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from training.corpus import read_answers, read_bank, read_statements
from training.examples import BankExamples, Example, build
from training.model import Encoded, Judge, Tokenizer, collate, pool_of, pooled_reading
from training.splits import held_out

UNKNOWN = -1.0


def batches(encoded: Sequence[Encoded], size: int, rng: random.Random) -> list[list[int]]:
    """Indices in batches of like length, in random order."""
    order = list(range(len(encoded)))
    rng.shuffle(order)
    made: list[list[int]] = []
    for start in range(0, len(order), size * 50):
        block = sorted(order[start : start + size * 50], key=lambda index: len(encoded[index].ids))
        made += [block[at : at + size] for at in range(0, len(block), size)]
    rng.shuffle(made)
    return made


def targets(examples: Sequence[Example], slots: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Readings of the wholes (B, 3) and of the sentences (B, S, 3; UNKNOWN where unknown or absent), and weights (B,)."""
    whole = torch.tensor([example.whole for example in examples])
    each = torch.full((len(examples), slots, 3), UNKNOWN)
    for at, example in enumerate(examples):
        for index, reading in enumerate(example.each[:slots]):
            if reading is not None:
                each[at, index] = torch.tensor(reading)
    return whole, each, torch.tensor([example.weight for example in examples])


def loss_of(
    whole: torch.Tensor, each: torch.Tensor, present: torch.Tensor,
    whole_target: torch.Tensor, each_target: torch.Tensor, weights: torch.Tensor,
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

    def __init__(self, model: Judge, tokenizer: Tokenizer, device: str) -> None:
        self.model = model.to(device)
        self.tokenizer = tokenizer
        self.device = device
        self.pad = tokenizer.inner.pad_token_id

    def outputs(self, rows: Sequence[Encoded], model: Judge | None = None) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        batch = {name: value.to(self.device, non_blocking=True) for name, value in collate(rows, self.pad).items()}
        pool = pool_of(batch["owner"], batch["slots"])
        with torch.autocast(self.device, torch.bfloat16, enabled=self.device == "cuda"):
            whole, each = (model or self.model)(batch["ids"], batch["mask"], batch["types"], pool)
        return whole, each, pool.sum(2) > 0

    def encode(self, examples: Sequence[Example]) -> list[Encoded]:
        self.tokenizer.pieces([text for example in examples for text in (example.claim, *example.sentences)])
        return [self.tokenizer.encode(example.claim, example.sentences) for example in examples]

    def fit(
        self, passes: Iterator[list[Example]], count: int, *, rate: float, size: int, minutes: float, seed: int,
        teacher: Judge | None = None, share: float = 0.6,
    ) -> None:
        rng = random.Random(seed)
        head = [p for name, p in self.model.named_parameters() if not name.startswith("encoder.")]
        body = [p for name, p in self.model.named_parameters() if name.startswith("encoder.")]
        groups = [{"params": body, "lr": rate, "top": rate}, {"params": head, "lr": 5 * rate, "top": 5 * rate}]
        optimiser = torch.optim.AdamW(groups, weight_decay=0.01, fused=self.device == "cuda")
        began, step, running = time.monotonic(), 0, 0.0
        self.model.train()
        for number in range(count):
            examples = next(passes)
            encoded = self.encode(examples)
            made = batches(encoded, size, rng)
            for at, indices in enumerate(made):
                spent = (time.monotonic() - began) / (60 * minutes)
                done = max((number + at / len(made)) / count, spent)
                if done >= 1:
                    return
                for group in optimiser.param_groups:
                    group["lr"] = group["top"] * min(1.0, (step + 1) / 100) * max(0.02, 1 - done)
                chosen = [examples[index] for index in indices]
                rows = [encoded[index] for index in indices]
                whole, each, present = self.outputs(rows)
                wanted, wanted_each, weights = (value.to(self.device) for value in targets(chosen, each.shape[1]))
                if teacher is not None:
                    with torch.no_grad():
                        taught, taught_each, _ = self.outputs(rows, teacher)
                    wanted = (1 - share) * wanted + share * taught.softmax(-1)
                    known = (wanted_each[:, :, :1] != UNKNOWN).float()
                    taught_each = taught_each.softmax(-1)
                    wanted_each = known * ((1 - share) * wanted_each + share * taught_each) + (1 - known) * taught_each
                loss = loss_of(whole, each, present, wanted, wanted_each, weights)
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                optimiser.step()
                step += 1
                if step % 200 == 0:
                    running = loss.item() if not running else 0.7 * running + 0.3 * loss.item()
                    print(f"pass {number} {at}/{len(made)} loss {running:.3f} {time.monotonic() - began:.0f} s", flush=True)

    @torch.no_grad()
    def read(self, pairs: Sequence[tuple[str, Sequence[str]]], size: int = 128) -> list[tuple[list[float], list[list[float]]]]:
        """Logits of the whole and of each sentence for every (claim, sentences)."""
        self.model.eval()
        encoded = [self.tokenizer.encode(claim, sentences) for claim, sentences in pairs]
        order = sorted(range(len(encoded)), key=lambda index: len(encoded[index].ids))
        result: list[Any] = [None] * len(encoded)
        for start in range(0, len(order), size):
            indices = order[start : start + size]
            whole, each, _ = self.outputs([encoded[index] for index in indices])
            for row, index in enumerate(indices):
                result[index] = (whole[row].tolist(), each[row, : encoded[index].sentences].tolist())
        self.model.train()
        return result


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.fit", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--start", type=Path, required=True, help="folder of the pretrained encoder")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--passes", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=150)
    parser.add_argument("--rate", type=float, default=8e-5)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--warm", type=int, default=0, help="passes over the public entailment sets before the rest")
    parser.add_argument("--teacher", type=Path, help="a larger fitted judge (.pt), with --teacher-start its folder")
    parser.add_argument("--teacher-start", type=Path)
    parser.add_argument("--hold-out", action="store_true", help="leave out the validation questions' answers")
    parser.add_argument("--unseen", action="store_true", help="... and half of their passages")
    parser.add_argument("--limit", type=int, help="at most this many examples a pass, to try the code")
    parser.add_argument("--predict", type=Path, help="write the readings of the validation answers here (JSON)")
    options = parser.parse_args(arguments)
    torch.manual_seed(options.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = Tokenizer(options.start)
    run = Run(Judge.start(options.start), tokenizer, device)
    bank, statements, answers = read_bank(), read_statements(), read_answers()
    validation = [answer for answer in answers if held_out(answer.question_id)]
    if options.hold_out:
        answers = [answer for answer in answers if not held_out(answer.question_id)]
    if options.unseen:
        statements = {at: own for at, own in statements.items() if held_out(at[0]) != "unseen"}
    source = BankExamples(bank, statements, answers, read_stated())
    teacher = None
    if options.teacher:
        teacher = Judge.start(options.teacher_start)
        teacher.load_state_dict(torch.load(options.teacher, map_location="cpu"))
        teacher.to(device).eval()

    def passes() -> Iterator[list[Example]]:
        for number in range(10**6):
            general = 1.0 if number < options.warm else 0.2
            examples = build(source, 1000 * options.seed + number, general=general)
            yield examples[: options.limit]

    run.fit(passes(), options.passes, rate=options.rate, size=options.size, minutes=options.minutes, seed=options.seed, teacher=teacher)
    torch.save({name: value.half().cpu() for name, value in run.model.state_dict().items()}, options.out)
    if options.predict:
        from training.measure import predict  # noqa: PLC0415 - only where asked for

        options.predict.write_text(json.dumps(predict(run, bank, validation)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
