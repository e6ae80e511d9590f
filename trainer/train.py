"""Verb `train`: corrupted-text detection.

Every sample is a benign field, half of the time corrupted as text. The model learns per token what does not belong and
per sequence whether it was touched: token BCE + 0.3 x sequence BCE. No attack is read anywhere. Runs unchanged on CPU and
CUDA; the loop is plain PyTorch, so `accelerate` or anything else can take it over.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import json
import math
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from .config import Config, config_to_dict, load_config
from .corpus import Corpus, MappedTexts
from .errors import TrainerError
from .markers import PAD_ID
from .model import SIZES, Architecture, Detector
from .scoring import bucketed, pad_batch
from .split import SPLITS
from .stream import Batch, PoolMaker, Stream, TextCorruptor, sample_weights
from .tokenizer import encode_batch, load_tokenizer
from .windows import WindowShape, windows_of

CHECKPOINT_VERSION = 1
SELECT_SEED = 7_777_777  # selection must not share draws with training
SELECT_RATES = (0.0005, 0.001, 0.002)  # recall is averaged around the 0.1 % that counts: one quantile alone is noisy
SELECT_BATCH_TOKENS = 8192
DECAY_SHARE = 0.25  # of the run, at its end


# --- model and optimizer from the config -----------------------------------------------------------------------------


def architecture_of(config: Config, vocab_size: int) -> Architecture:
    layers, hidden, heads, longest = SIZES[config.architecture]
    hidden = config.hidden_size or hidden
    return Architecture(config.architecture, hidden, config.num_layers or layers, config.num_heads or heads,
                        4 * hidden, vocab_size, config.max_length or longest)  # fmt: skip


def learning_rate(config: Config, step: int, progress: float) -> float:
    """At `step` (from 0), with `progress` = the part of the run that is over."""
    rate = config.learning_rate * min(1.0, (step + 1) / max(1, config.warmup_steps))
    if config.schedule == "cosine":
        return rate * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
    return rate * min(1.0, max(0.0, 1 - progress) / DECAY_SHARE)


def autocast_type(config: Config, device: torch.device) -> torch.dtype | None:
    """bf16 where the processor multiplies it natively; elsewhere it is emulated and slower than fp32."""
    if config.precision == "fp32":
        return None
    if config.precision == "bf16":
        return torch.bfloat16
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else None
    native = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return torch.bfloat16 if device.type == "cpu" and native() else None


def detection_loss(token_logits: Tensor, sequence_logit: Tensor, batch: dict[str, Tensor], sequence_weight: float) -> Tensor:
    """Logits [B, T] and [B]; [CLS] and padding do not count."""
    real = batch["attention_mask"].bool()
    real[:, 0] = False
    tokens = F.binary_cross_entropy_with_logits(token_logits.float()[real], batch["token_labels"][real])
    return tokens + sequence_weight * F.binary_cross_entropy_with_logits(sequence_logit.float(), batch["sequence_labels"])


def to_device(batch: Batch, device: torch.device) -> dict[str, Tensor]:
    ids = torch.from_numpy(batch.ids.astype(np.int64)).to(device)
    return {
        "input_ids": ids,  # [B, T]
        "attention_mask": (ids != PAD_ID).long(),  # [B, T]
        "token_labels": torch.from_numpy(batch.token_labels.astype(np.float32)).to(device),  # [B, T]
        "sequence_labels": torch.from_numpy(batch.sequence_labels.astype(np.float32)).to(device),  # [B]
    }


# --- choosing a checkpoint -------------------------------------------------------------------------------------------


def selection_texts(config: Config, corpus: Corpus, corruptor: TextCorruptor) -> tuple[list[str], list[str]]:
    """Benign fields of the selection sites, and generated corruption of them."""
    rng = random.Random(SELECT_SEED)
    indexes = np.flatnonzero(corpus.counts("select")).tolist()
    rng.shuffle(indexes)
    benign = [corpus.text(index) for index in indexes[: config.select_benign]]
    corruptor.reseed(SELECT_SEED)
    corrupted: list[str] = []
    for _ in range(20 * config.select_corrupted):  # bounded: a corruptor may leave everything benign
        if len(corrupted) == config.select_corrupted:
            break
        text, spans = corruptor.sample(rng.choice(benign))
        if spans:
            corrupted.append(text)
    if not benign or not corrupted:
        raise TrainerError(f"select: expected benign and corrupted texts, got {len(benign)} and {len(corrupted)}")
    return benign, corrupted


class Selection:
    """Recall of generated corruption on held-out sites at small false-positive rates on their benign fields."""

    def __init__(self, config: Config, corpus: Corpus, corruptor: TextCorruptor, tokenizer, shape: WindowShape) -> None:
        benign, corrupted = selection_texts(config, corpus, corruptor)
        self.benign_count = len(benign)
        self.windows: list[list[int]] = []
        self.owners: list[int] = []
        for owner, ids in enumerate(encode_batch(tokenizer, benign + corrupted)):
            for window in windows_of(ids, shape):
                self.windows.append(window)
                self.owners.append(owner)
        self.batches = bucketed([len(window) for window in self.windows], SELECT_BATCH_TOKENS)
        self.total = len(benign) + len(corrupted)

    @torch.no_grad()
    def measure(self, model: Detector, device: torch.device) -> dict[str, float]:
        logits = np.full(self.total, -np.inf)
        owners = np.array(self.owners)
        for batch in self.batches:
            arrays = pad_batch([self.windows[index] for index in batch])
            *_, pooled = model(*(torch.from_numpy(arrays[name]).to(device) for name in ("input_ids", "attention_mask")))
            np.maximum.at(logits, owners[batch], pooled.float().cpu().numpy())
        benign, corrupted = logits[: self.benign_count], logits[self.benign_count :]
        recall = lambda rate: float((corrupted > np.quantile(benign, 1 - rate, method="higher")).mean())  # noqa: E731
        return {
            "selection": float(np.mean([recall(rate) for rate in SELECT_RATES])),
            "recallAt1Percent": recall(0.01),
            "recallAt0.1Percent": recall(0.001),
        }


# --- checkpoints -----------------------------------------------------------------------------------------------------


def save_checkpoint(path: Path, state: dict) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    os.replace(partial, path)


def load_checkpoint(path: Path) -> dict:
    if not path.is_file():
        raise TrainerError(f"checkpoint: no file {path}")
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state.get("version") != CHECKPOINT_VERSION:
        raise TrainerError(f"{path}: version: expected {CHECKPOINT_VERSION}, got {state.get('version')!r}")
    return state


def detector_from_checkpoint(state: dict) -> Detector:
    """The averaged weights, ready to export."""
    model = Detector(Architecture.from_manifest(state["architecture"]))
    model.load_state_dict(state["ema"])
    return model.eval()


# --- the loop --------------------------------------------------------------------------------------------------------


class Trainer:
    """`run` trains to the end of the schedule; `losses` holds every step's loss of this process."""

    def __init__(self, config: Config, corpus: Corpus, tokenizer_path: Path,
                 make_corruptor: Callable[[Sequence[str]], TextCorruptor], device: torch.device,
                 max_minutes: float = math.inf) -> None:  # fmt: skip
        self.config, self.device, self.max_minutes = config, device, max_minutes
        expected = {name: getattr(config.splits, name) for name in SPLITS}
        if corpus.meta["split"]["shares"] != expected:
            raise TrainerError(f"splits: the data was split as {corpus.meta['split']['shares']}, the config says {expected}; prepare again")
        tokenizer = load_tokenizer(tokenizer_path)
        arch = architecture_of(config, tokenizer.get_vocab_size())
        shape = WindowShape(tokens=arch.max_length)

        counts = corpus.counts("train")
        chosen = np.flatnonzero(counts)
        if config.max_samples and len(chosen) > config.max_samples:
            chosen = np.sort(np.random.default_rng(config.seed).choice(chosen, config.max_samples, replace=False))
        texts = MappedTexts(corpus.folder, chosen)
        self.maker = PoolMaker(texts, sample_weights(counts[chosen]), make_corruptor, tokenizer_path, shape, config.batch_size, config.seed)
        self.selection = Selection(config, corpus, make_corruptor(texts), tokenizer, shape)

        torch.manual_seed(config.seed)
        self.model = Detector(arch, config.dropout).to(device)
        self.average = Detector(arch).to(device).eval()
        self.average.load_state_dict(self.model.state_dict())
        self.optimizer = torch.optim.AdamW(self.model.parameters(), config.learning_rate, betas=(0.9, 0.98), weight_decay=config.weight_decay)
        self.cast = autocast_type(config, device)
        self.folder = Path(config.checkpoint_dir)
        self.step, self.position, self.seconds, self.best = 0, (0, 0), 0.0, -1.0
        self.samples = 0
        self.losses: list[float] = []
        self.history: list[dict] = []

    @property
    def total_steps(self) -> int:
        return self.config.epochs * self.config.steps_per_epoch

    def resume(self) -> None:
        state = load_checkpoint(self.folder / "last.pt")
        for key, now in (("config", _comparable(config_to_dict(self.config))), ("architecture", self.model.arch.manifest())):
            if state[key] != now:
                differing = [name for name in now if state[key].get(name) != now[name]]
                raise TrainerError(f"--resume: {', '.join(differing)}: the checkpoint was trained with "
                                   f"{ {name: state[key].get(name) for name in differing} }")  # fmt: skip
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["ema"])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["rng"])
        if self.device.type == "cuda" and state["cudaRng"] is not None:
            torch.cuda.set_rng_state(state["cudaRng"], self.device)
        self.step, self.position, self.seconds = state["step"], tuple(state["position"]), state["seconds"]
        self.best, self.history, self.samples = state["best"], state["history"], state["samples"]

    def state(self) -> dict:
        return {
            "version": CHECKPOINT_VERSION,
            "architecture": self.model.arch.manifest(),
            "config": _comparable(config_to_dict(self.config)),
            "model": self.model.state_dict(),
            "ema": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "rng": torch.get_rng_state(),
            "cudaRng": torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None,
            "step": self.step,
            "position": list(self.position),
            "seconds": self.seconds,
            "samples": self.samples,
            "best": self.best,
            "history": self.history,
        }

    def progress(self) -> float:
        return max(self.step / self.total_steps, self.seconds / 60 / self.max_minutes)

    def train_step(self, batch: Batch) -> float:
        tensors = to_device(batch, self.device)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.config, self.step, self.progress())
        with torch.autocast(self.device.type, self.cast or torch.bfloat16, enabled=self.cast is not None):
            token_logits, sequence_logit, _ = self.model.encode(tensors["input_ids"], tensors["attention_mask"])
        loss = detection_loss(token_logits, sequence_logit, tensors, self.config.sequence_loss)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.gradient_clip)
        self.optimizer.step()
        keep = min(self.config.ema, (self.step + 1) / (self.step + 10))  # the first steps are not worth remembering
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1 - keep)
        self.step += 1
        self.samples += len(batch.ids)
        return loss.item()

    def run(self, stop_after: int | None = None) -> None:
        """To the end, or (`stop_after`) as if killed after that many steps of this process."""
        self.model.train()
        window: list[float] = []
        bar = tqdm(total=self.total_steps, initial=self.step, unit="step", disable=not sys.stderr.isatty(), dynamic_ncols=True)
        with Stream(self.maker, self.config.workers, self.position) as stream, bar:
            batches = iter(stream)
            while self.step < self.total_steps and self.progress() < 1:
                if stop_after is not None and len(self.losses) >= stop_after:
                    return
                started = time.monotonic()
                loss = self.train_step(next(batches))
                self.seconds += time.monotonic() - started
                self.position = stream.position
                self.losses.append(loss)
                window.append(loss)
                bar.update()
                if self.step % 50 == 0:
                    bar.set_postfix(loss=f"{np.mean(window[-200:]):.4f}")
                if self.step % self.config.steps_per_epoch == 0:
                    self.end_epoch(window)
                    window = []
            if window:  # the time limit ended it within an epoch
                self.end_epoch(window)

    def end_epoch(self, losses: list[float]) -> None:
        measured = self.selection.measure(self.average, self.device)
        entry = {"step": self.step, "loss": round(float(np.mean(losses)), 5), "minutes": round(self.seconds / 60, 2),
                 "samples": self.samples, **{key: round(value, 4) for key, value in measured.items()}}  # fmt: skip
        self.history.append(entry)
        best = measured["selection"] > self.best
        self.best = max(self.best, measured["selection"])
        state = self.state()
        epoch = math.ceil(self.step / self.config.steps_per_epoch)
        save_checkpoint(self.folder / f"epoch-{epoch:03d}.pt", state)
        save_checkpoint(self.folder / "last.pt", state)
        if best:
            save_checkpoint(self.folder / "best.pt", state)
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")
        tqdm.write(f"epoch {epoch}: loss {entry['loss']:.4f}, recall on held-out sites {measured['recallAt1Percent']:.1%} at 1 %, "
                   f"{measured['recallAt0.1Percent']:.1%} at 0.1 %{', best' if best else ''} ({entry['minutes']:.1f} min)")  # fmt: skip


def _comparable(config: dict) -> dict:
    """As it comes back from a checkpoint, less what does not change the result."""
    free = ("workers", "threads", "checkpoint_dir", "threshold")
    return json.loads(json.dumps({key: value for key, value in config.items() if key not in free}))


# --- command line ----------------------------------------------------------------------------------------------------


def bank_corruptor(texts: Sequence[str], bank_path: Path, settings: dict, holdout: tuple[str, ...], seed: int) -> TextCorruptor:
    """A top-level function, so that worker processes can be told to call it."""
    from .corrupt import CorruptionConfig, Corruptor, FragmentBank

    try:
        bank = FragmentBank.load(bank_path)
        return Corruptor(texts, bank.without(holdout) if holdout else bank, random.Random(seed), CorruptionConfig.from_dict(settings))
    except (OSError, ValueError) as error:
        raise TrainerError(f"corruption: {error}") from None


def corruptor_factory(config: Config, bank: Path) -> Callable[[Sequence[str]], TextCorruptor]:
    return functools.partial(bank_corruptor, bank_path=bank, settings=config.corruption, holdout=config.holdout_families, seed=config.seed)


def pick_device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise TrainerError(f"--device: expected cpu, as this PyTorch sees no GPU, got {name!r}")
    return torch.device(name)


def set_threads(config: Config) -> None:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    torch.set_num_threads(config.threads or max(1, cores - config.workers))


def run(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainer train", description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, help="YAML, see trainer/config/")
    parser.add_argument("--data", type=Path, required=True, help="folder that `prepare` wrote")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--bank", type=Path, required=True, help="fragment bank that `bank` wrote")
    parser.add_argument("--out", type=Path, help="folder of the checkpoints (default: the config's checkpoint_dir)")
    parser.add_argument("--max-minutes", type=float, default=math.inf, help="end the schedule after this long, if sooner")
    parser.add_argument("--seed", type=int, help="instead of the config's")
    parser.add_argument("--resume", action="store_true", help="go on from last.pt")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    args = parser.parse_args(argv)
    if args.max_minutes <= 0:
        raise TrainerError(f"--max-minutes: expected a positive number, got {args.max_minutes}")
    config = load_config(args.config)
    changes = {"checkpoint_dir": str(args.out)} if args.out else {}
    if args.seed is not None:
        changes["seed"] = args.seed
    config = dataclasses.replace(config, **changes)
    set_threads(config)
    trainer = Trainer(config, Corpus.open(args.data), args.tokenizer, corruptor_factory(config, args.bank), pick_device(args.device), args.max_minutes)
    if args.resume:
        trainer.resume()
    elif (trainer.folder / "last.pt").exists():
        raise TrainerError(f"{trainer.folder}: holds a run already; --resume goes on with it, --out starts another")
    weights = sum(p.numel() for p in trainer.model.parameters())
    precision = "bf16" if trainer.cast else "fp32"
    print(f"{config.architecture}: {weights / 1e6:.2f} M weights, {len(trainer.maker.texts)} benign texts, {trainer.total_steps} steps, "
          f"{trainer.device.type} {precision}, {torch.get_num_threads()} thread(s), {config.workers} worker(s)")  # fmt: skip
    trainer.run()
    print(f"{trainer.folder}: best selection {trainer.best:.4f} after {trainer.step} steps, {trainer.seconds / 60:.1f} min, "
          f"{trainer.step / max(1e-9, trainer.seconds):.1f} steps/s")  # fmt: skip
