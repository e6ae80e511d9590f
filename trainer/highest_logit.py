"""How high the pooled logit of a served file can be at all: its last layers bound it, whatever the input.

The cascade asks the Transformer only about what that could still push over the threshold, and a surprise that no logit
reaches could not. A normalized vector has mean 0 and at most length sqrt(D) (LayerNorm), which bounds every token's logit,
and a hyperbolic tangent lies in [-1, 1], which bounds the sequence's.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from .bundle import FP32, INT8
from .model import SEQUENCE_WEIGHT

LEVELS = 255  # steps of a dynamically quantized activation
ROUNDING = 0.005  # of single precision in between, far more than it is


def highest_logit(path: Path) -> float | None:
    """Of a single-precision or an int8 file whose last layers are this trainer's; None for others."""
    if path.name not in (FP32, INT8):
        return None
    graph = onnx.load(str(path)).graph
    if not any(node.op_type == "LayerNormalization" and node.name.startswith("/norm/") for node in graph.node):
        return None
    arrays = {tensor.name: numpy_helper.to_array(tensor).astype(np.float64) for tensor in graph.initializer}
    # Equal tensors are kept once; the others are copies of it.
    arrays |= {node.output[0]: arrays[node.input[0]] for node in graph.node if node.op_type == "Identity" and node.input[0] in arrays}
    levels = LEVELS if path.name == INT8 else np.inf
    gain, shift = (arrays[name] for name in _inputs_of(graph, arrays, "/norm/"))
    (token, token_bias), (sequence, sequence_bias) = (_head(graph, arrays, f"/{head}_head/", len(gain)) for head in ("token", "sequence"))
    width = len(gain)
    along = token * gain
    along -= along.mean()  # what points along the mean is taken out by the normalization
    reach = np.abs(gain) * np.sqrt(width - 1)  # of one number of a normalized vector
    step = (max((shift + reach).max(), 0) - min((shift - reach).min(), 0)) / levels
    of_token = np.sqrt(width) * np.linalg.norm(along) + token @ shift + np.abs(token).sum() * step / 2 + token_bias
    of_sequence = np.abs(sequence).sum() * (1 + 1 / levels) + sequence_bias
    return float((1 - SEQUENCE_WEIGHT) * of_token + SEQUENCE_WEIGHT * of_sequence + ROUNDING)


def _inputs_of(graph: onnx.GraphProto, arrays: dict[str, np.ndarray], scope: str) -> list[str]:
    """What the nodes of a module read beside their data: by node, since equal tensors share one name."""
    return [name for node in graph.node if node.name.startswith(scope) for name in node.input if name in arrays]


def _head(graph: onnx.GraphProto, arrays: dict[str, np.ndarray], scope: str, width: int) -> tuple[np.ndarray, float]:
    """Weights [D] of a layer of one number, as the file multiplies with them, and its bias."""
    names = _inputs_of(graph, arrays, scope)
    weights = next(name for name in names if arrays[name].size == width)
    scale = arrays[f"{weights.removesuffix('_quantized')}_scale"] if weights.endswith("_quantized") else 1.0
    bias = next(name for name in names if arrays[name].size == 1 and not name.endswith(("_scale", "_zero_point")))
    return arrays[weights].reshape(-1) * scale, arrays[bias].item()
