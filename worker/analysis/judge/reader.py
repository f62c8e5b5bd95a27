"""What a passage says of a claim, by the fitted cross-encoder, on one CPU thread.

The network is described in training/model.py, its making and its limits in training/MODEL_CARD.md. The session owns
no threads and may be made before a fork. The same batch gives the same numbers in any process on the same machine.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# onnxruntime's telemetry is on by default and writes to the user's cache folder; it is read at import.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

WEIGHTS = Path(__file__).parent / "weights"
CLAIM_TOKENS, PASSAGE_TOKENS = 96, 400
"""Where claims and passages are cut, as in the fit."""

BATCH_TOKENS = 1024
"""Tokens in one run of the network, padding included: larger batches need more memory and are no faster on one thread."""

Logits = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim and a passage in sentences."""

    claim: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """Logits of (silent, makes, opposes): `whole` (3,) for the passage, `each` (S, 3) for its sentences."""

    whole: Logits
    each: Logits


class Reader:
    """Reads pairs in batches of like length."""

    def __init__(self, folder: Path = WEIGHTS) -> None:
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / "judge.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._first = self._tokenizer.get_vocab()["[CLS]"]
        self._separator = self._tokenizer.get_vocab()["[SEP]"]

    def read(self, pairs: Sequence[Pair]) -> list[Reading]:
        """One reading per pair, in order."""
        texts = list(dict.fromkeys(text for pair in pairs for text in (pair.claim, *pair.sentences)))
        encodings = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        tokens = {text: encoding.ids for text, encoding in zip(texts, encodings, strict=True)}
        rows = [self._row(pair, tokens) for pair in pairs]
        order = sorted(range(len(rows)), key=lambda index: (len(rows[index][0]), index))
        readings: dict[int, Reading] = {}
        start = 0
        while start < len(order):
            stop = start + 1
            while stop < len(order) and (stop + 1 - start) * len(rows[order[stop]][0]) <= BATCH_TOKENS:
                stop += 1
            chosen = order[start:stop]
            whole, each = self._run([rows[index] for index in chosen])
            for at, index in enumerate(chosen):
                readings[index] = Reading(whole[at], each[at, : len(pairs[index].sentences)])
            start = stop
        return [readings[index] for index in range(len(pairs))]

    def _row(self, pair: Pair, tokens: dict[str, list[int]]) -> tuple[list[int], int, list[int]]:
        """Token ids, the length of the claim's part, and the sentence of each token (-1 for none)."""
        head = [self._first, *tokens[pair.claim][:CLAIM_TOKENS], self._separator]
        ids, owner = list(head), [-1] * len(head)
        for index, sentence in enumerate(pair.sentences):
            left = PASSAGE_TOKENS - (len(ids) - len(head))
            kept = tokens[sentence][:left]
            ids += kept
            owner += [index] * len(kept)
        return [*ids, self._separator], len(head), [*owner, -1]

    def _run(self, rows: Sequence[tuple[list[int], int, list[int]]]) -> tuple[Logits, Logits]:
        length = max(len(ids) for ids, _, _ in rows)
        most = 1 + max(max(owner) for _, _, owner in rows)
        ids = np.zeros((len(rows), length), dtype=np.int64)
        mask, types = np.zeros_like(ids), np.zeros_like(ids)
        pool = np.zeros((len(rows), max(most, 1), length), dtype=np.float32)
        for at, (row, head, owner) in enumerate(rows):
            size = len(row)
            ids[at, :size] = row
            mask[at, :size] = 1
            types[at, head:size] = 1
            owners = np.asarray(owner)
            for sentence in range(owners.max() + 1):
                hits = np.flatnonzero(owners == sentence)
                pool[at, sentence, hits] = 1 / max(len(hits), 1)
        whole, each = self._session.run(
            ["whole", "each"], {"ids": ids, "mask": mask, "types": types, "pool": pool}
        )
        return whole.astype(np.float64), each.astype(np.float64)
