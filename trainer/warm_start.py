"""A bundle's weights as a model that can be trained on: bundles ship ONNX files, not checkpoints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from .bundle import FP16, FP32, Bundle
from .errors import TrainerError
from .model import Architecture, Detector
from .scoring import open_session, pad_batch

TOLERANCE = {FP32: 1e-3, FP16: 0.05}  # logits, of the restored model against the file


def detector_from_bundle(bundle: Bundle) -> Detector:
    """From the single-precision file, or where a bundle leaves that out the half-precision one; checked against it."""
    file = next((name for name in (FP32, FP16) if (bundle.folder / name).is_file()), None)
    if file is None:
        raise TrainerError(f"{bundle.folder}: expected {FP32} or {FP16} to start from; int8 weights cannot be trained on")
    model = Detector(Architecture.from_manifest(bundle.manifest["architecture"])).eval()
    known = model.state_dict()
    found = {name: value for name, value in _weights(bundle.folder / file).items() if name in known}
    if missing := sorted(known.keys() - found.keys()):
        raise TrainerError(f"{bundle.folder / file}: expected the weights of a detector, got none of {', '.join(missing)}")
    model.load_state_dict({name: torch.from_numpy(value.astype(np.float32).reshape(known[name].shape)) for name, value in found.items()})
    _check(model, bundle.folder / file, TOLERANCE[file])
    return model


def _weights(path: Path) -> dict[str, np.ndarray]:
    """By the model's names. Matrices of linear layers lie transposed under other names, found through their nodes."""
    graph = onnx.load(str(path)).graph
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    named = dict(arrays)
    for node in graph.node:
        if node.op_type == "MatMul" and node.name.endswith("/MatMul") and len(node.input) == 2 and node.input[1] in arrays:
            layer = node.name.removesuffix("/MatMul").strip("/").replace("/", ".")
            named[f"{layer}.weight"] = arrays[node.input[1]].T
    return named


def _check(model: Detector, path: Path, tolerance: float) -> None:
    rng = np.random.default_rng(0)
    lengths = (2, 9, 40, model.arch.max_length)
    inputs = pad_batch([[1, *rng.integers(32, model.arch.vocab_size, length - 1).tolist()] for length in lengths])
    (expected,) = open_session(path).run(["pooled_logit"], inputs)
    with torch.no_grad():
        *_, got = model(*(torch.from_numpy(inputs[name]) for name in ("input_ids", "attention_mask")))
    difference = float(np.abs(got.numpy() - expected).max())
    if not difference <= tolerance:
        raise TrainerError(f"{path}: expected restored weights to give its logits within {tolerance}, got a difference of {difference:.3g}")
