"""Checkpoints: one file with everything that resuming needs, lighter ones with the averaged weights alone.

The lighter kind also exists as a folder of half-precision parts small enough to carry anywhere: `index.json` (what the
file would hold beside the weights, and each tensor's name, shape and place) and `part-000.bin`, ... one little-endian
float16 stream cut into parts of PART_BYTES.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import torch

from .errors import TrainerError
from .model import Architecture, Detector

CHECKPOINT_VERSION = 1
PART_BYTES = 15 * 1024 * 1024
INDEX = "index.json"
ONLY_TO_RESUME = ("model", "optimizer", "rng", "position")


def save_checkpoint(path: Path, state: dict) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    os.replace(partial, path)


def without_optimizer(state: dict) -> dict:
    """What exporting needs: a quarter of the size."""
    return {key: value for key, value in state.items() if key not in ONLY_TO_RESUME}


def save_parts(folder: Path, state: dict) -> None:
    """The averaged weights in half precision; replaces the folder whole."""
    tensors, arrays, place = [], [], 0
    for name, tensor in state["ema"].items():
        arrays.append(tensor.detach().cpu().numpy().astype("<f2").ravel())
        tensors.append({"name": name, "shape": list(tensor.shape), "from": place})
        place += len(arrays[-1])
    data = np.concatenate(arrays).tobytes()
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    parts = []
    for number, begin in enumerate(range(0, len(data), PART_BYTES)):
        part = data[begin : begin + PART_BYTES]
        parts.append({"file": f"part-{number:03d}.bin", "sha256": hashlib.sha256(part).hexdigest()})
        (partial / parts[-1]["file"]).write_bytes(part)
    rest = {key: value for key, value in without_optimizer(state).items() if key != "ema"}
    (partial / INDEX).write_text(json.dumps({**rest, "tensors": tensors, "parts": parts}, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(partial, folder)


def load_checkpoint(path: Path) -> dict:
    """Of a file, or of a folder of parts."""
    if path.is_dir():
        state = _load_parts(path)
    elif path.is_file():
        state = torch.load(path, map_location="cpu", weights_only=True)
    else:
        raise TrainerError(f"checkpoint: no file {path}")
    if state.get("version") != CHECKPOINT_VERSION:
        raise TrainerError(f"{path}: version: expected {CHECKPOINT_VERSION}, got {state.get('version')!r}")
    return state


def _load_parts(folder: Path) -> dict:
    if not (folder / INDEX).is_file():
        raise TrainerError(f"checkpoint: no {INDEX} in {folder}")
    state = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    data = bytearray()
    for part in state.pop("parts"):
        path = folder / part["file"]
        raw = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(raw).hexdigest() != part["sha256"]:
            raise TrainerError(f"{path}: missing or changed since it was written")
        data += raw
    values = torch.from_numpy(np.frombuffer(data, dtype="<f2").astype(np.float32))
    state["ema"] = {}
    for tensor in state.pop("tensors"):
        size = int(np.prod(tensor["shape"]))
        state["ema"][tensor["name"]] = values[tensor["from"] : tensor["from"] + size].reshape(tensor["shape"])
    return state


def detector_from_checkpoint(state: dict) -> Detector:
    """The averaged weights, ready to export."""
    model = Detector(Architecture.from_manifest(state["architecture"]))
    model.load_state_dict(state["ema"])
    return model.eval()
