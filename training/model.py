"""The judge's network: a cross-encoder that reads a claim beside a passage.

Input: `[CLS] claim [SEP] sentence sentence ... [SEP]`. Two heads give logits over READINGS: one for the passage as a
whole (from the first token and the mean of the passage), one for each of its sentences (from the mean of its tokens
and the first token). `worker/analysis/judge/reader.py` runs the same network in onnxruntime.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoModel, AutoTokenizer

CLAIM_TOKENS = 96
"""Longer claims are cut; the bank's have 50 at most, whole references of exams may have more."""

PASSAGE_TOKENS = 320


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids, 0 for the claim's tokens and 1 for the passage's, and each token's sentence (-1 for none)."""

    ids: list[int]
    types: list[int]
    owner: list[int]
    sentences: int


class Tokenizer:
    """Pairs as token ids, with the sentence that each token belongs to."""

    def __init__(self, folder: Path) -> None:
        self.inner: Any = AutoTokenizer.from_pretrained(folder)
        self._known: dict[str, list[int]] = {}

    def pieces(self, texts: Sequence[str]) -> None:
        """Tokenises what is not known yet, all at once."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            ids = self.inner(new, add_special_tokens=False, truncation=True, max_length=PASSAGE_TOKENS)["input_ids"]
            self._known.update(zip(new, ids, strict=True))

    def encode(self, claim: str, sentences: Sequence[str]) -> Encoded:
        self.pieces([claim, *sentences])
        first, separator = self.inner.cls_token_id, self.inner.sep_token_id
        head = [first, *self._known[claim][:CLAIM_TOKENS], separator]
        ids, owner = list(head), [-1] * len(head)
        for index, sentence in enumerate(sentences):
            left = PASSAGE_TOKENS - (len(ids) - len(head))
            tokens = self._known[sentence][:left]
            ids += tokens
            owner += [index] * len(tokens)
        ids.append(separator)
        owner.append(-1)
        return Encoded(ids, [0] * len(head) + [1] * (len(ids) - len(head)), owner, len(sentences))


def collate(rows: Sequence[Encoded], pad: int) -> dict[str, torch.Tensor]:
    """A batch: `ids`, `mask`, `types` (B, L) and `pool` (B, S, L), whose rows average each sentence's tokens."""
    length = max(len(row.ids) for row in rows)
    most = max(row.sentences for row in rows)
    ids = torch.full((len(rows), length), pad, dtype=torch.long)
    mask = torch.zeros((len(rows), length), dtype=torch.long)
    types = torch.zeros((len(rows), length), dtype=torch.long)
    owner = torch.full((len(rows), length), -1, dtype=torch.long)
    for at, row in enumerate(rows):
        size = len(row.ids)
        ids[at, :size] = torch.tensor(row.ids)
        mask[at, :size] = 1
        types[at, :size] = torch.tensor(row.types)
        owner[at, :size] = torch.tensor(row.owner)
    return {"ids": ids, "mask": mask, "types": types, "owner": owner, "slots": torch.arange(most)}


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

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor, pool: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
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
