"""A bundle for unit tests: seeded random weights, valid in every other way, under 300 KB. It detects nothing."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import torch

from .bundle import FP32, INT8, new_manifest, write_manifest
from .model import SIZES, Architecture, Detector
from .onnx_files import write_fp32, write_int8
from .scoring import Scorer
from .survival import fit_survival, threshold_interval
from .vectors import benign_text, framed, long_text, odd_text, write_json
from .windows import WindowShape

BUNDLE_ID = "tiny-test"
BUDGET = 0.001
CREATED_AT = "2025-01-01T00:00:00Z"  # fixed: the bundle is reproducible


def random_detector(vocab_size: int) -> Detector:
    """1 layer x 32, with output weights large enough that texts differ by several logits."""
    torch.manual_seed(3)
    longest = SIZES["tiny"][3]
    model = Detector(Architecture("tiny", 32, 1, 4, 128, vocab_size, longest)).eval()
    with torch.no_grad():
        model.token_head.weight.mul_(6)
        model.sequence_head.weight.mul_(6)
        model.token_head.bias.fill_(-3)
    return model


def write_tiny_bundle(folder: Path, vectors: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    shutil.copyfile(vectors / "tokenizer.json", folder / "tokenizer.json")
    model = random_detector(len(json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]))
    write_fp32(model, folder / FP32)
    write_int8(folder / FP32, folder / INT8)

    shape = WindowShape()
    served = Scorer(folder / INT8, folder / "tokenizer.json", shape)
    rng = random.Random(4)
    # One logit lower than random weights give, so that some of the odd texts below are over the threshold.
    benign = served.field_logits([benign_text(rng) for _ in range(5000)]) - 1.0
    survival = fit_survival(benign)
    manifest = new_manifest(BUNDLE_ID, model.arch, shape, serve=INT8)
    manifest |= {
        "createdAt": CREATED_AT,
        "calibration": survival.manifest(sites=12),
        "falsePositiveBudget": BUDGET,
        "threshold": survival.logit_at(BUDGET),
        "thresholdInterval": list(threshold_interval(benign, survival, BUDGET)),
        "training": {"seed": 3, "steps": 0},
        "metrics": {},
    }
    write_manifest(folder, manifest)
    print(f"{folder}: {sum(path.stat().st_size for path in folder.iterdir())} bytes")

    texts = [framed(rng, odd_text(rng)) or "a" for _ in range(30)] + [benign_text(rng) for _ in range(10)]
    texts += [long_text(rng) for _ in range(12)]
    logits = Scorer(folder / FP32, folder / "tokenizer.json", shape).window_logits(texts)
    cases = []
    for text, windows in zip(texts, logits):
        rounded = [round(logit, 6) for logit in windows]
        cases.append({"text": text, "pooled_logit": rounded, "score": survival.score(max(rounded), BUDGET)})
    write_json(vectors / "scores.json", cases, one_per_line=True)
