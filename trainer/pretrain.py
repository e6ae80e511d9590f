"""Verb `pretrain`: trains the detector on the prepared requests of many sites.

Reads prepared files alone (no canonicalizer, no Node), so the folder can be carried to where a GPU is. Of a run under
`accelerate launch` or `torchrun` every process takes its share of the config's `lanes`.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
from pathlib import Path

import torch

from .checkpoint import detector_from_checkpoint, load_checkpoint
from .config import Config, load_config
from .corpus import Corpus
from .corruptors import corruptor_factory, selection_factories
from .devices import Team, pick_device, set_threads
from .distill import Teacher
from .errors import TrainerError
from .provenance import record_inputs
from .train import Trainer


def run(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainer pretrain", description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, help="YAML, see trainer/config/")
    parser.add_argument("--data", type=Path, required=True, help="folder that `prepare` wrote")
    parser.add_argument("--tokenizer", type=Path, help="default: tokenizer.json in the data folder")
    parser.add_argument("--bank", type=Path, help="fragment bank that `bank` wrote; default: bank.npz in the data folder")
    parser.add_argument("--out", type=Path, help="folder of the checkpoints (default: the config's checkpoint_dir)")
    parser.add_argument("--parts", type=Path, metavar="FOLDER", help="the best weights also there, in half precision, in files under 16 MiB")
    parser.add_argument("--from", type=Path, dest="initial", metavar="CHECKPOINT", help="begin with these weights, and their size")
    parser.add_argument("--teacher", type=Path, nargs="+", default=[], metavar="CHECKPOINT",
                        help="models with the same pieces, larger or of other seeds, whose probabilities soften the labels")  # fmt: skip
    parser.add_argument("--max-minutes", type=float, default=math.inf, help="end the schedule after this long, if sooner")
    parser.add_argument("--seed", type=int, help="instead of the config's")
    parser.add_argument("--workers", type=int, help="instead of the config's")
    parser.add_argument("--resume", action="store_true", help="go on from last.pt")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--compile", choices=("auto", "on", "off"), default="auto", help="torch.compile; auto: on a GPU")
    args = parser.parse_args(argv)
    if args.max_minutes <= 0:
        raise TrainerError(f"--max-minutes: expected a positive number, got {args.max_minutes}")
    changes = {"seed": args.seed, "workers": args.workers, "checkpoint_dir": str(args.out) if args.out else None}
    config = dataclasses.replace(load_config(args.config), **{key: value for key, value in changes.items() if value is not None})
    set_threads(config)
    device = pick_device(args.device)
    team = Team.join(device)
    try:
        _train(args, config, device, team)
    finally:
        team.leave()


def _train(args: argparse.Namespace, config: Config, device: torch.device, team: Team) -> None:
    tokenizer, bank = args.tokenizer or args.data / "tokenizer.json", args.bank or args.data / "bank.npz"
    initial, *teachers = (detector_from_checkpoint(load_checkpoint(path)) if path else None for path in (args.initial, *args.teacher))
    teacher = Teacher(teachers, device, config) if teachers else None
    compiled = args.compile == "on" or (args.compile == "auto" and device.type == "cuda")
    corpus = Corpus.open(args.data)
    trainer = Trainer(config, corpus, tokenizer, corruptor_factory(config, bank), device, args.max_minutes,
                      team=team, teacher=teacher, initial=initial, compile_math=compiled, parts=args.parts,
                      make_selectors=selection_factories(config, bank))  # fmt: skip
    if teacher:
        teacher.check(trainer.model.arch.vocab_size, trainer.model.arch.max_length)
    if args.resume:
        trainer.resume()
    elif (trainer.folder / "last.pt").exists():
        raise TrainerError(f"{trainer.folder}: holds a run already; --resume goes on with it, --out starts another")
    if team.first:
        inputs = {"tokenizer": tokenizer, "bank": bank, **({"config": args.config} if args.config else {})}
        checkpoints = {f"teacher {number}": path for number, path in enumerate(args.teacher, 1)}
        checkpoints |= {"initial": args.initial} if args.initial else {}
        record_inputs(trainer.folder / "inputs.json", "pretrain", inputs, corpus, checkpoints)
        weights = sum(p.numel() for p in trainer.model.parameters())
        print(f"{config.architecture}: {weights / 1e6:.2f} M weights, {len(trainer.maker.texts)} benign texts, {trainer.total_steps} steps, "
              f"{team.size} x {device.type} {'bf16' if trainer.cast else 'fp32'}{', compiled' if compiled else ''}, "
              f"{torch.get_num_threads()} thread(s), {config.workers} worker(s)", flush=True)  # fmt: skip
    trainer.run()
    if team.first:
        print(f"{trainer.folder}: best selection {trainer.best:.4f} after {trainer.step} steps, {trainer.seconds / 60:.1f} min, "
              f"{trainer.step / max(1e-9, trainer.seconds):.1f} steps/s")  # fmt: skip
