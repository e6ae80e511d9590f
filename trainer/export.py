"""Verb `export`: a checkpoint's averaged weights -> the ONNX files of a bundle, refused unless they agree.

The checks compare on held-out benign fields and generated corruption of them; no attack is read.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from .bundle import FP16, FP32, INT8, NGRAM, check_id, new_manifest, write_manifest
from .checkpoint import detector_from_checkpoint, load_checkpoint
from .config import config_from_dict
from .corpus import Corpus
from .fragments import FragmentBank
from .corruptors import corruptor_factory
from .errors import CheckFailed, TrainerError
from .metrics import spearman, threshold_at
from .model import Detector
from .ngrams import NgramModel
from .onnx_files import OUTPUTS, write_fp16, write_fp32, write_int8
from .provenance import write_provenance
from .scoring import Scorer, bucketed, pad_batch
from .stream import TextCorruptor
from .tokenizer import encode_batch, load_tokenizer
from .windows import WindowShape, windows_of

MAX_ONNX_DIFFERENCE = 1e-3  # logits, ONNX in single precision against PyTorch
MIN_RANK_CORRELATION = 0.98  # reduced precision against single precision
MAX_FLIPS = 0.005  # share of fields on the other side of its threshold, each file with its own
CHECK_TEXTS = 4_000  # benign, and as many corrupted: the flip share is then known to a tenth of a percent
CHECK_SEED = 99
MAX_BUNDLE_BYTES = 15 * 1024 * 1024


def check_texts(corpus: Corpus, corruptor: TextCorruptor, count: int) -> tuple[list[str], list[str]]:
    """Benign texts of the calibration split, and corrupted ones made from them."""
    rng = random.Random(CHECK_SEED)
    indexes = np.flatnonzero(corpus.counts("calibrate")).tolist()
    rng.shuffle(indexes)
    benign = [corpus.text(index) for index in indexes[:count]]
    corruptor.reseed(CHECK_SEED)
    corrupted = [text for text, spans in (corruptor.sample(rng.choice(benign)) for _ in range(3 * len(benign))) if spans]
    return benign, corrupted[:count]


def onnx_difference(model: Detector, path: Path, texts: list[str], tokenizer: Path, shape: WindowShape) -> float:
    """Largest absolute difference over all four outputs and all windows."""
    session = Scorer(path, tokenizer, shape).session
    windows = [window for ids in encode_batch(load_tokenizer(tokenizer), texts) for window in windows_of(ids, shape)]
    worst = 0.0
    for batch in bucketed([len(window) for window in windows], 4096):
        arrays = pad_batch([windows[index] for index in batch])
        with torch.no_grad():
            expected = model(*(torch.from_numpy(arrays[name]) for name in ("input_ids", "attention_mask")))
        for name, left, right in zip(OUTPUTS, expected, session.run(list(OUTPUTS), arrays)):
            if left.shape != right.shape:
                raise CheckFailed(f"{path.name}: {name}: expected shape {tuple(left.shape)}, got {right.shape}")
            worst = max(worst, float(np.abs(left.numpy() - right).max()))
    return worst


def compare_precision(reference: np.ndarray, other: np.ndarray, benign_count: int, budget: float) -> dict:
    """Rank correlation, and flips at each one's own (1 - budget) quantile of the benign fields, which come first."""
    denied = [logits >= threshold_at(logits[:benign_count], budget) for logits in (reference, other)]
    return {
        "rankCorrelation": spearman(reference, other),
        "verdictFlips": float((denied[0] != denied[1]).mean()),
        "maxDifference": float(np.abs(reference - other).max()),
    }


def refuse_unless_close(name: str, result: dict) -> None:
    if not result["rankCorrelation"] >= MIN_RANK_CORRELATION:
        raise CheckFailed(f"{name}: rank correlation with {FP32}: expected at least {MIN_RANK_CORRELATION}, got {result['rankCorrelation']:.4f}")
    if not result["verdictFlips"] <= MAX_FLIPS:
        raise CheckFailed(f"{name}: verdict flips against {FP32}: expected at most {MAX_FLIPS:.1%}, got {result['verdictFlips']:.2%}")


def export(state: dict, tokenizer: Path, corpus: Corpus, make_corruptor: Callable[[Sequence[str]], TextCorruptor], out: Path,
           bundle_id: str, *, budget: float, serve: str = INT8, parent_id: str | None = None,
           linear: Path | None = None, bank: Path | None = None, parent: dict | None = None, training: dict | None = None,
           checkpoint: Path | None = None, without: Sequence[str] = (), quantize: Callable[[Path, Path], None] = write_int8) -> dict:  # fmt: skip
    """Writes the bundle folder, whole or not at all, and returns its manifest (not calibrated yet).

    Files in `without` are made and checked like the others, then left out: a large model is too big in single precision.
    """
    check_id(bundle_id)
    if serve in without:
        raise TrainerError(f"--without: expected another file than the one that is served, got {serve}")
    if out.exists() and any(out.iterdir()):
        raise TrainerError(f"--out: {out} is not empty; a bundle is never overwritten")
    model = detector_from_checkpoint(state)
    shape = WindowShape(tokens=model.arch.max_length)
    benign, corrupted = check_texts(corpus, make_corruptor(corpus.texts), CHECK_TEXTS)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".export-") as temporary:
        folder = Path(temporary) / bundle_id
        folder.mkdir()
        shutil.copyfile(tokenizer, folder / "tokenizer.json")
        if linear is not None:
            NgramModel.read(linear)  # refuses what is none
            shutil.copyfile(linear, folder / NGRAM)
        write_fp32(model, folder / FP32)
        quantize(folder / FP32, folder / INT8)
        write_fp16(folder / FP32, folder / FP16)

        difference = onnx_difference(model, folder / FP32, (benign + corrupted)[:: max(1, len(benign) // 400)], tokenizer, shape)
        if not difference <= MAX_ONNX_DIFFERENCE:
            raise CheckFailed(f"{FP32}: largest difference from PyTorch: expected at most {MAX_ONNX_DIFFERENCE}, got {difference:.2g}")
        reference = Scorer(folder / FP32, tokenizer, shape).field_logits(benign + corrupted)
        checks: dict = {"onnxMaxDifference": difference, "fields": len(reference)}
        for file in (INT8, FP16):
            logits = Scorer(folder / file, tokenizer, shape).field_logits(benign + corrupted)
            checks[file] = compare_precision(reference, logits, len(benign), budget)
            refuse_unless_close(file, checks[file])

        for name in without:
            (folder / name).unlink()
        manifest = new_manifest(bundle_id, model.arch, shape, serve=serve, parent_id=parent_id)
        manifest["falsePositiveBudget"] = budget
        manifest["training"] = training_summary(state, corpus, checkpoint.name if checkpoint else "") | (training or {})
        manifest["metrics"] = {"export": checks, "selection": best_entry(state)}
        files = {"tokenizer": tokenizer, **({"linear": linear} if linear else {}), **({"bank": bank} if bank else {})}
        grammars = FragmentBank.load(bank).meta.get("grammars", {}) if bank else {}
        write_provenance(folder, corpus, state, files, grammars, checkpoint, parent)
        write_manifest(folder, manifest)
        total = sum(path.stat().st_size for path in folder.iterdir())
        if total > MAX_BUNDLE_BYTES:
            print(f"warning: {total / 2**20:.1f} MiB; bundles that ship stay under {MAX_BUNDLE_BYTES // 2**20} MiB")
        if out.exists():
            out.rmdir()
        folder.rename(out)
    return manifest


def best_entry(state: dict) -> dict:
    """The selection figures of this very checkpoint."""
    return next((entry for entry in reversed(state["history"]) if entry["step"] == state["step"]), {})


def training_summary(state: dict, corpus: Corpus, checkpoint_name: str) -> dict:
    return {
        "objective": "corrupted-text detection",
        "checkpoint": checkpoint_name,
        "steps": state["step"],
        "samples": state["samples"],
        "minutes": round(state["seconds"] / 60, 1),
        "seed": state["config"]["seed"],
        "config": state["config"],
        "requests": corpus.meta["requests"],
        "sites": corpus.meta["sites"],
        "uniqueSequences": corpus.meta["uniqueSequences"],
        "split": corpus.meta["split"],
    }


def run(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainer export", description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, required=True, help="best.pt")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--linear", type=Path, help="ngram.bin that `linear` wrote (default: a bundle of the Transformer alone)")
    parser.add_argument("--data", type=Path, required=True, help="folder that `prepare` wrote")
    parser.add_argument("--bank", type=Path, required=True, help="fragment bank, for the checks")
    parser.add_argument("--out", type=Path, required=True, help="bundle folder to create; its name is the bundle's id")
    parser.add_argument("--id", help="another id than the folder's name")
    parser.add_argument("--parent", help="id of the bundle this one was fine-tuned from")
    parser.add_argument("--budget", type=float, default=0.001, help="false-positive budget (default 0.001)")
    parser.add_argument("--serve", choices=(INT8, FP32, FP16), default=INT8, help=f"file to serve (default {INT8})")
    parser.add_argument("--without", choices=(FP32, FP16, INT8), nargs="+", default=[], help="files to leave out, of a model too big to ship all three")
    args = parser.parse_args(argv)
    state = load_checkpoint(args.checkpoint)
    settings = {**state["config"], "holdout_families": []}
    factory = corruptor_factory(config_from_dict(settings), args.bank)
    manifest = export(state, args.tokenizer, Corpus.open(args.data), factory, args.out, args.id or args.out.name,
                      budget=args.budget, serve=args.serve, parent_id=args.parent, checkpoint=args.checkpoint, linear=args.linear, bank=args.bank, without=args.without)  # fmt: skip
    checks = manifest["metrics"]["export"]
    print(f"{args.out}: ONNX within {checks['onnxMaxDifference']:.1g} of PyTorch; " + "; ".join(
        f"{file}: rank correlation {checks[file]['rankCorrelation']:.4f}, flips {checks[file]['verdictFlips']:.2%}" for file in (INT8, FP16)))  # fmt: skip
    print("not calibrated yet: run `python -m trainer calibrate`")
