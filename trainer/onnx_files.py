"""The three ONNX files of a bundle: single precision, int8 for CPUs, half precision for GPUs."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from .model import Detector

INPUTS = ("input_ids", "attention_mask")
OUTPUTS = ("token_scores", "anomaly_score", "embedding", "pooled_logit")
OPSET = 17


def write_fp32(model: Detector, path: Path) -> None:
    """Exports with free batch and token axes."""
    ids = torch.ones(2, 9, dtype=torch.int64)
    axes = {name: {0: "batch", 1: "tokens"} for name in (*INPUTS, "token_scores")}
    axes |= {name: {0: "batch"} for name in ("anomaly_score", "embedding", "pooled_logit")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The other exporter needs packages that are not installed.
        torch.onnx.export(model.eval(), (ids, torch.ones_like(ids)), str(path), dynamo=False, opset_version=OPSET,
                          input_names=list(INPUTS), output_names=list(OUTPUTS), dynamic_axes=axes)  # fmt: skip


def write_int8(source: Path, path: Path) -> None:
    """Dynamic quantization with a scale a weight column. 7-bit weights: 8 bits overflow on CPUs without VNNI."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        quantize_dynamic(source, path, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)
    finally:
        root.setLevel(level)
    onnx.checker.check_model(str(path))


def write_fp16(source: Path, path: Path) -> None:
    """Half-precision weights and arithmetic between single-precision outputs; where it would overflow, single."""
    from onnxruntime.transformers.float16 import convert_float_to_float16

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tells of every weight that half precision rounds to its smallest value
        half = convert_float_to_float16(onnx.load(str(source)), keep_io_types=True)
    onnx.save(half, str(path))
