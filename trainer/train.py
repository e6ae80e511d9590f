"""The training loop of `pretrain` and `finetune`: corrupted-text detection.

Every sample is a benign field, half of the time corrupted as text. The model learns per token what does not belong and
per sequence whether it was touched: token BCE + 0.3 x sequence BCE. No attack is read anywhere. Runs unchanged on CPU and
CUDA, in one process or in several that share every step.

A step takes one batch from each of `lanes` streams of pools and adds up their gradients. Processes divide the lanes among
them, so the result does not depend on how many there are.
"""

from __future__ import annotations

import contextlib
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from .checkpoint import CHECKPOINT_VERSION, load_checkpoint, save_checkpoint, save_parts, without_optimizer
from .config import Config, config_to_dict
from .corpus import Corpus, MappedArray
from .devices import Team, autocast_type
from .distill import Teacher, soft_targets
from .errors import TrainerError
from .markers import PAD_ID
from .model import SIZES, Architecture, Detector
from .objective import DECAY_SHARE, detection_loss, learning_rate
from .selection import Selection
from .split import SPLITS
from .stream import Batch, PoolMaker, Stream, TextCorruptor
from .tokenizer import load_tokenizer
from .windows import WindowShape

# What an average of epochs may lack of the best one's selection and still be preferred: two draws of the selection's texts
# differ by as much, and on real requests of foreign sites the average found 94 % where the best epoch found 91 (1 % false positives).
SELECTION_NOISE = 0.02


def architecture_of(config: Config, vocab_size: int) -> Architecture:
    layers, hidden, heads, longest = SIZES[config.architecture]
    hidden = config.hidden_size or hidden
    return Architecture(config.architecture, hidden, config.num_layers or layers, config.num_heads or heads,
                        4 * hidden, vocab_size, config.max_length or longest, config.gram_rows)  # fmt: skip


def to_device(batch: Batch, device: torch.device) -> dict[str, Tensor]:
    ids = torch.from_numpy(batch.ids.astype(np.int64)).to(device)
    return {
        "input_ids": ids,  # [B, T]
        "attention_mask": (ids != PAD_ID).long(),  # [B, T]
        "token_labels": torch.from_numpy(batch.token_labels.astype(np.float32)).to(device),  # [B, T]
        "sequence_labels": torch.from_numpy(batch.sequence_labels.astype(np.float32)).to(device),  # [B]
        "own": torch.from_numpy(batch.own).to(device),  # [B]
    }


class Trainer:
    """`run` trains to the end of the schedule; `losses` holds every step's loss of this process."""

    def __init__(self, config: Config, corpus: Corpus, tokenizer_path: Path,
                 make_corruptor: Callable[[Sequence[str]], TextCorruptor], device: torch.device,
                 max_minutes: float = math.inf, *, team: Team | None = None, teacher: Teacher | None = None,
                 initial: Detector | None = None, source: tuple[Sequence[str], np.ndarray | MappedArray] | None = None,
                 own_texts: int = 0, compile_math: bool = False, parts: Path | None = None,
                 make_selectors: Sequence[Callable[[Sequence[str]], TextCorruptor]] = ()) -> None:  # fmt: skip
        """`initial` is what training begins with. `source` replaces the corpus' training texts; its first `own_texts` are
        an application's own, on which a teacher has no say (`distill.py`). `parts` also gets the best weights. `make_selectors`
        corrupt the texts that choose a checkpoint, by turns (default: what corrupts for training)."""
        self.config, self.device, self.max_minutes = config, device, max_minutes
        self.team, self.teacher, self.parts = team or Team(), teacher, parts
        expected = {name: getattr(config.splits, name) for name in SPLITS}
        if corpus.meta["split"]["shares"] != expected:
            raise TrainerError(f"splits: the data was split as {corpus.meta['split']['shares']}, the config says {expected}; prepare again")
        if config.lanes % self.team.size:
            raise TrainerError(f"lanes: expected a multiple of the {self.team.size} processes, got {config.lanes}")
        tokenizer = load_tokenizer(tokenizer_path)
        arch = initial.arch if initial else architecture_of(config, tokenizer.get_vocab_size())
        if arch.vocab_size != tokenizer.get_vocab_size():
            raise TrainerError(f"{tokenizer_path}: expected {arch.vocab_size} pieces, got {tokenizer.get_vocab_size()}")
        shape = WindowShape(tokens=arch.max_length)
        texts, draws = source or corpus.training_texts(config.max_samples, config.seed)
        self.maker = PoolMaker(texts, draws, make_corruptor, tokenizer_path, shape, config.batch_size, config.seed, own_texts)
        selectors = [make(texts) for make in make_selectors or (make_corruptor,)] if self.team.first else []
        self.selection = Selection(config, corpus, selectors, tokenizer, shape) if self.team.first else None

        torch.manual_seed(config.seed)
        self.model = Detector(arch, config.dropout)
        if initial:
            self.model.load_state_dict(initial.state_dict())
        self.model.to(device)
        self.average = Detector(arch).to(device).eval()
        self.average.load_state_dict(self.model.state_dict())
        if self.team.rank:
            torch.manual_seed(config.seed + self.team.rank)  # the same weights above, other dropout from here on
        self.encode = torch.compile(self.model.encode, dynamic=True) if compile_math else self.model.encode
        self.optimizer = torch.optim.AdamW(self.model.parameters(), config.learning_rate, betas=(0.9, 0.98), weight_decay=config.weight_decay)
        self.cast = autocast_type(config, device)
        self.folder = Path(config.checkpoint_dir)
        self.step, self.seconds, self.best, self.samples = 0, 0.0, -1.0, 0
        each = config.lanes // self.team.size
        self.lanes = range(self.team.rank * each, (self.team.rank + 1) * each)
        self.positions = [(lane, 0) for lane in self.lanes]
        self.losses: list[float] = []
        self.history: list[dict] = []
        self._loss: Tensor | None = None
        self._speed = {"samples": 0, "wait": 0.0, "math": 0.0, "made": 0.0}

    @property
    def total_steps(self) -> int:
        return self.config.epochs * self.config.steps_per_epoch

    def resume(self) -> None:
        state = load_checkpoint(self.folder / "last.pt")
        known = {"config": _comparable(config_to_dict(self.config)), "architecture": self.model.arch.manifest(), "processes": {"processes": self.team.size}}
        for key, now in known.items():
            then = {"processes": len(state["rng"])} if key == "processes" else state[key]
            if then != now:
                differing = [name for name in now if then.get(name) != now[name]]
                raise TrainerError(f"--resume: {', '.join(differing)}: the checkpoint was trained with "
                                   f"{ {name: then.get(name) for name in differing} }")  # fmt: skip
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["ema"])
        self.optimizer.load_state_dict(state["optimizer"])
        rng, cuda = state["rng"][self.team.rank]
        torch.set_rng_state(rng)
        if self.device.type == "cuda" and cuda is not None:
            torch.cuda.set_rng_state(cuda, self.device)
        self.positions = [tuple(state["position"][lane]) for lane in self.lanes]
        self.step, self.seconds = state["step"], state["seconds"]
        self.best, self.history, self.samples = state["best"], state["history"], state["samples"]

    def state(self) -> dict:
        """Everything, on every process alike."""
        cuda = torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None
        return {
            "version": CHECKPOINT_VERSION,
            "architecture": self.model.arch.manifest(),
            "config": _comparable(config_to_dict(self.config)),
            "model": self.model.state_dict(),
            "ema": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "rng": self.team.gather((torch.get_rng_state(), cuda)),
            "step": self.step,
            "position": [list(position) for part in self.team.gather(self.positions) for position in part],
            "seconds": self.seconds,
            "samples": self.samples,
            "best": self.best,
            "history": self.history,
        }

    def progress(self) -> float:
        return max(self.step / self.total_steps, self.seconds / 60 / self.max_minutes)

    def train_step(self, batches: list[Batch], seconds: float) -> float:
        """One step over this process' batches; returns how long it took all of them, `seconds` of waiting included."""
        started = time.monotonic()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.config, self.step, self.progress())
        self.optimizer.zero_grad(set_to_none=True)
        counts = torch.tensor([sum(int((b.ids != PAD_ID).sum()) - len(b.ids) for b in batches), sum(len(b.ids) for b in batches)],
                              dtype=torch.float64, device=self.device if self.team.size > 1 else None)  # fmt: skip
        tokens, sequences = self.team.add_up(counts).tolist()
        total = torch.zeros((), device=self.device)
        for batch in batches:
            tensors = to_device(batch, self.device)
            if self.teacher:
                tensors = soft_targets(self.teacher, tensors, self.config.teacher_weight)
            with torch.autocast(self.device.type, self.cast or torch.bfloat16, enabled=self.cast is not None):
                token_logits, sequence_logit, _ = self.encode(tensors["input_ids"], tensors["attention_mask"])
            loss = detection_loss(token_logits, sequence_logit, tensors, self.config.sequence_loss, max(1.0, tokens), sequences)
            loss.backward()
            total += loss.detach()
        self.team.add_up_gradients(list(self.model.parameters()))
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.gradient_clip)
        self.optimizer.step()
        keep = min(self.config.ema, (self.step + 1) / (self.step + 10))  # the first steps are not worth remembering
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1 - keep)
        self.step += 1
        self.samples += int(sequences)
        self._read_loss()  # of the step before: reading this one's would make a GPU wait for the next batch
        self._loss = self.team.add_up(total)
        math_seconds = time.monotonic() - started
        self._speed["samples"] += sum(len(batch.ids) for batch in batches)
        self._speed["math"] += math_seconds
        self._speed["wait"] += seconds
        spent = torch.tensor([seconds + math_seconds], dtype=torch.float64, device=counts.device)
        return float(self.team.add_up(spent)) / self.team.size

    def _read_loss(self) -> None:
        if self._loss is not None:
            self.losses.append(self._loss.item())
            self._loss = None

    def run(self, stop_after: int | None = None) -> None:
        """To the end, or (`stop_after`) as if killed after that many steps of this process."""
        self.model.train()
        begun, epoch_begin = self.step, len(self.losses)
        bar = tqdm(total=self.total_steps, initial=self.step, unit="step", dynamic_ncols=True,
                   disable=not (sys.stderr.isatty() and self.team.first))  # fmt: skip
        each = self.config.workers if not self.config.workers else max(1, self.config.workers // len(self.lanes))
        with contextlib.ExitStack() as stack:
            stack.enter_context(bar)
            streams = [stack.enter_context(Stream(self.maker, each, position, self.config.lanes)) for position in self.positions]
            lanes = [iter(stream) for stream in streams]
            while self.step < self.total_steps and self.progress() < 1:
                if stop_after is not None and self.step - begun >= stop_after:
                    self._read_loss()
                    return
                started = time.monotonic()
                batches = [next(lane) for lane in lanes]
                self.seconds += self.train_step(batches, time.monotonic() - started)
                self.positions = [stream.position for stream in streams]
                bar.update()
                if self.step % 50 == 0:
                    bar.set_postfix(loss=f"{np.mean(self.losses[-200:]):.4f}")
                if self.step % self.config.steps_per_epoch == 0 or self.step >= self.total_steps or self.progress() >= 1:
                    self._read_loss()
                    for stream in streams:
                        self._speed["made"] += stream.make_seconds / max(1, each * len(streams))
                        stream.make_seconds = 0.0
                    self.end_epoch(self.losses[epoch_begin:])
                    epoch_begin = len(self.losses)
        if self.team.first:
            self.settle()

    def settle(self) -> None:
        """`best.pt` becomes the mean of the weights at the ends of the decay's epochs (https://arxiv.org/abs/2209.14981),
        unless that chooses clearly worse on held-out sites than the best epoch."""
        epochs = sorted(self.folder.glob("epoch-*.pt"))
        decayed = round(DECAY_SHARE * len(epochs))  # of those that there are: a run may end by its time
        if decayed < 2:
            return
        states = [load_checkpoint(path) for path in epochs[-decayed:]]
        mean = {name: torch.stack([state["ema"][name].float() for state in states]).mean(0) for name in states[-1]["ema"]}
        self.average.load_state_dict(mean)
        measured = self.selection.measure(self.average, self.device)
        kept = measured["selection"] >= self.best - SELECTION_NOISE
        tqdm.write(f"mean of the last {decayed} epochs: selection {measured['selection']:.4f}, of the best epoch {self.best:.4f}; "
                   f"{'taken' if kept else 'the best epoch stays'}")  # fmt: skip
        if not kept:
            return
        entry = {**states[-1]["history"][-1], **_rounded(measured), "averagedEpochs": decayed}
        self._save_best(states[-1] | {"ema": mean, "history": [*states[-1]["history"][:-1], entry]})

    def _save_best(self, light: dict) -> None:
        save_checkpoint(self.folder / "best.pt", light)
        if self.parts:
            save_parts(self.parts, light)

    def end_epoch(self, losses: list[float]) -> None:
        entry: dict = {}
        best = False
        if self.team.first:
            measured = self.selection.measure(self.average, self.device)
            entry = {"step": self.step, "loss": round(float(np.mean(losses)), 5), "minutes": round(self.seconds / 60, 2),
                     "samples": self.samples, **_rounded(measured), **self._speeds()}  # fmt: skip
            best = measured["selection"] > self.best
            self.best = max(self.best, measured["selection"])
        self.history.append(entry)
        state = self.state()
        if not self.team.first:
            return
        epoch = math.ceil(self.step / self.config.steps_per_epoch)
        light = without_optimizer(state)
        save_checkpoint(self.folder / f"epoch-{epoch:03d}.pt", light)
        save_checkpoint(self.folder / "last.pt", state)
        if best:
            self._save_best(light)
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")
        tqdm.write(f"epoch {epoch}: loss {entry['loss']:.4f}, recall on held-out sites {entry['recallAt1Percent']:.1%} at 1 %, "
                   f"{entry['recallAt0.1Percent']:.1%} at 0.1 %{', best' if best else ''} ({entry['minutes']:.1f} min; samples/s: corruption could make "
                   f"{entry['madePerSecond']}, math {entry['mathPerSecond']}; {entry['waitShare']:.0%} of the time waiting)")  # fmt: skip

    def _speeds(self) -> dict:
        """Of this process since the last call: what each side can do alone, and how much of the time math waited."""
        speed, self._speed = self._speed, {"samples": 0, "wait": 0.0, "math": 0.0, "made": 0.0}
        rate = lambda seconds: round(speed["samples"] / max(1e-9, seconds))  # noqa: E731
        return {"madePerSecond": rate(speed["made"]), "mathPerSecond": rate(speed["math"]),
                "waitShare": round(speed["wait"] / max(1e-9, speed["wait"] + speed["math"]), 3)}  # fmt: skip


def _rounded(measured: dict[str, float]) -> dict[str, float]:
    """As the history keeps it."""
    return {key: round(value, 4) for key, value in measured.items()}


def _comparable(config: dict) -> dict:
    """As it comes back from a checkpoint, less what does not change the result."""
    free = ("workers", "threads", "checkpoint_dir", "threshold")
    return json.loads(json.dumps({key: value for key, value in config.items() if key not in free}))
