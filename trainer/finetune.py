"""Verb `finetune`: adapts a bundle to one application, from its logs alone.

Both views go on from the parent's weights, on the application's own benign fields and on rehearsed ones (`replay.py`),
with the parent as teacher wherever it is not to be corrected (`distill.py`). What the parent flags is left out first. The
newest requests calibrate. Every step leaves its result in the work folder: the same command goes on where it was killed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path


from .bundle import FP16, FP32, INT8, MANIFEST, NGRAM, Bundle, check_id, sha256_of
from .calibrate import calibrate
from .checkpoint import load_checkpoint
from .config import Config, config_to_dict, load_config
from .contamination import REPORT, leave_out
from .corpus import Corpus
from .fragments import FragmentBank, build_bank, canonicalize
from .corruptors import corruptor_factory
from .devices import pick_device, set_threads
from .distill import Teacher
from .errors import TrainerError
from .export import export
from .linear import check, linear_maker, train_linear
from .logs import FORMATS
from .ngrams import NgramModel
from .normgate import DEFAULT_COMMAND, split_command
from .prepare import prepare
from .provenance import inputs_path, record_inputs
from .replay import mixed, rehearsal
from .selection import selection_texts
from .split import SplitShares
from .stream import TextCorruptor
from .survival import check_budget
from .tokenizer import load_tokenizer
from .train import Trainer
from .warm_start import detector_from_bundle

# A fifth calibrates: of 20,000 requests 4,000, which support a budget of 0.025 %.
SHARES = SplitShares(train=0.65, select=0.05, calibrate=0.20, test=0.10)
BANK_SIZE = 60_000
REHEARSED = 20_000
MOST_TEXTS = 300_000  # of the application: more than the steps below ever draw


@dataclasses.dataclass(frozen=True)
class Settings:
    """What fine-tuning adds to a `Config`."""

    replay_share: float = 0.5
    linear_fields: int = 100_000
    quorum: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.replay_share <= 0.95:
            raise TrainerError(f"--replay: expected 0 to 0.95, got {self.replay_share:g}")
        if self.linear_fields < 1 or self.quorum < 0:
            raise TrainerError(f"--linear-fields, --quorum: expected 1 and 0 at least, got {self.linear_fields} and {self.quorum}")


def tuning_config(parent: Bundle, path: Path | None, out: Path) -> Config:
    """Short, gentle steps; corruption as the parent knew it. A file overrides."""
    trained = parent.manifest.get("training", {}).get("config", {})
    base = Config(epochs=2, steps_per_epoch=400, learning_rate=3e-4, warmup_steps=50, ema=0.99, max_samples=MOST_TEXTS,
                  select_benign=4_000, select_corrupted=2_000, corruption=trained.get("corruption", {}))  # fmt: skip
    given = {}
    if path is not None:
        loaded, default = config_to_dict(load_config(path)), config_to_dict(Config())
        given = {key: value for key, value in loaded.items() if value != default[key] and key != "splits"}
    return dataclasses.replace(base, **given, splits=SHARES, checkpoint_dir=str(out))


class Tuning:
    """One run in its work folder; each method is one step and does nothing where its result is there already."""

    def __init__(self, parent: Bundle, work: Path, config: Config, settings: Settings, normgate: str, tell: Callable[[str], None]) -> None:
        self.parent, self.work, self.config, self.settings, self.normgate, self.tell = parent, work, config, settings, normgate, tell
        self.data, self.bank, self.linear = work / "data", work / "bank.npz", work / NGRAM
        self.tokenizer = parent.folder / "tokenizer.json"
        self.minutes: dict[str, float] = {}
        self.cpu_minutes: dict[str, float] = {}

    def begin(self, logs: Sequence[Path], rest: dict) -> None:
        """Binds the folder to these inputs: another command in the same folder is refused."""
        config = {key: value for key, value in config_to_dict(self.config).items() if key not in ("checkpoint_dir", "workers", "threads")}
        now = {"parent": sha256_of(self.parent.folder / MANIFEST), "logs": [sha256_of(path) for path in logs], **rest,
               "settings": dataclasses.asdict(self.settings), "config": config}  # fmt: skip
        now = json.loads(json.dumps(now))
        path = self.work / "run.json"
        if path.is_file():
            then = json.loads(path.read_text(encoding="utf-8"))
            if differing := [key for key in now if then.get(key) != now[key]]:
                raise TrainerError(f"--work: {self.work} holds a run with other {', '.join(differing)}; name another folder or remove it")
            self.tell(f"{self.work}: going on with the run in it")
            return
        self.work.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")

    def prepare(self, logs: list[Path], licenses: list[str], fmt: str) -> Corpus:
        if not (self.data / REPORT).is_file():
            prepare(logs, self.data, licenses, fmt, self.normgate, False, SHARES, self.config.seed, big_share=0.0)
            report = leave_out(Corpus.open(self.data), self.parent, self.settings.quorum)
        report = json.loads((self.data / REPORT).read_text(encoding="utf-8"))
        self.tell(f"{report['requests']} requests; {report['flagged']} flagged by {report['judge']}, {report['leftOut']} of them left out; "
                  + ", ".join(f"{name} {count}" for name, count in report["kept"].items()))  # fmt: skip
        self.left_out = report
        return Corpus.open(self.data)

    def fragments(self, given: Path | None) -> FragmentBank:
        if given is not None:
            self.bank = given
        elif not self.bank.is_file():
            partial = self.work / "bank.partial"
            build_bank(partial, split_command(self.normgate), self.config.seed, BANK_SIZE)
            partial.rename(self.bank)
        return FragmentBank.load(self.bank)

    def rehearse(self, bank: FragmentBank) -> list[str]:
        path = self.work / "rehearsal.json"
        if not path.is_file():
            count = REHEARSED if self.settings.replay_share else 0
            texts = rehearsal(load_tokenizer(self.tokenizer), bank, count, self.config.seed,
                              lambda values: canonicalize(values, split_command(self.normgate))) if count else []  # fmt: skip
            partial = path.with_suffix(".partial")
            partial.write_text(json.dumps(texts), encoding="utf-8")
            partial.rename(path)
        return json.loads(path.read_text(encoding="utf-8"))

    def train(self, corpus: Corpus, rehearsed: list[str], factory: Callable[[Sequence[str]], TextCorruptor]) -> dict:
        """The Transformer; returns its last checkpoint. The schedule ends at zero, so the last is what was aimed for."""
        device = pick_device("auto")
        own, draws = corpus.training_texts(self.config.max_samples, self.config.seed)
        source = mixed(own, draws, rehearsed, self.settings.replay_share if rehearsed else 0.0)
        teacher = Teacher([detector_from_bundle(self.parent)], device, self.config) if self.config.teacher_weight else None
        trainer = Trainer(self.config, corpus, self.tokenizer, factory, device, teacher=teacher,
                          initial=detector_from_bundle(self.parent), source=source, own_texts=len(own))  # fmt: skip
        if (trainer.folder / "last.pt").is_file():
            trainer.resume()
        trainer.run()
        record_inputs(trainer.folder / "inputs.json", "finetune", {"parent": self.parent.folder / MANIFEST, "bank": self.bank}, corpus)
        return load_checkpoint(trainer.folder / "last.pt")

    def train_linear(self, corpus: Corpus, rehearsed: list[str], factory: Callable[[Sequence[str]], TextCorruptor]) -> Path | None:
        start = self.parent.folder / NGRAM
        if not start.is_file():
            return None
        if not self.linear.is_file():
            view = NgramModel.read(start)
            own, draws = corpus.training_texts(self.config.max_samples, self.config.seed)
            source = mixed(own, draws, rehearsed, self.settings.replay_share if rehearsed else 0.0)
            maker = linear_maker(self.config, corpus, factory, view.shape, source=source)
            trained = train_linear(maker, self.settings.linear_fields, self.config.workers, view)
            result = check(trained, *selection_texts(self.config, corpus, [factory(maker.texts)]))
            self.tell(f"linear view: recall of generated corruption {result['recallAt0.01']:.1%} at 1 %, {result['recallAt0.001']:.1%} at 0.1 % of fields")
            partial = self.work / "ngram.partial"
            trained.model.write(partial)
            record_inputs(inputs_path(self.linear), "finetune", {"parent": start, "bank": self.bank}, corpus)
            partial.rename(self.linear)
        return self.linear

    def bundle(self, corpus: Corpus, state: dict, linear: Path | None, factory: Callable[[Sequence[str]], TextCorruptor], out: Path, budget: float) -> dict:
        """Export and calibration in the work folder, then the finished bundle in its place."""
        folder = self.work / "bundle" / out.name
        shutil.rmtree(folder, ignore_errors=True)
        parent = self.parent.manifest
        lineage = {"id": parent["id"], "manifestSha256": sha256_of(self.parent.folder / MANIFEST),
                   "provenance": json.loads((self.parent.folder / "provenance.json").read_text(encoding="utf-8"))
                   if (self.parent.folder / "provenance.json").is_file() else None}  # fmt: skip
        training = {"finetuned": {**dataclasses.asdict(self.settings), "parent": parent["id"], "contamination": self.left_out,
                                  "minutes": self.minutes, "cpuMinutes": self.cpu_minutes}}  # fmt: skip
        without = [name for name in (FP32, FP16, INT8) if not (self.parent.folder / name).is_file()]
        export(state, self.tokenizer, corpus, factory, folder, out.name, budget=budget, serve=parent["serve"], parent_id=parent["id"],
               linear=linear, bank=self.bank, parent=lineage, training=training, checkpoint=Path(self.config.checkpoint_dir) / "last.pt", without=without)  # fmt: skip
        bound = {"bound": parent["views"]["surpriseBound"]} if linear and "views" in parent else {}
        manifest = calibrate(folder, corpus, budget, tell=self.tell, **bound)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder, out)
        return manifest


def finetune(parent: Bundle, logs: list[Path], out: Path, work: Path, *, config: Config, settings: Settings = Settings(), budget: float | None = None,
             licenses: Sequence[str] = (), fmt: str = "auto", bank: Path | None = None, normgate: str = DEFAULT_COMMAND,
             make_factory: Callable[[Config, Path], Callable] = corruptor_factory,
             tell: Callable[[str], None] = lambda line: None) -> dict:  # fmt: skip
    """Writes the bundle `out`, whole or not at all, and returns its manifest."""
    check_id(out.name)
    if out.exists():
        raise TrainerError(f"--out: {out} exists; a bundle is never overwritten")
    budget = parent.manifest["falsePositiveBudget"] if budget is None else budget
    run = Tuning(parent, work, dataclasses.replace(config, checkpoint_dir=str(work / "checkpoints")), settings, normgate, tell)
    run.begin(logs, {"bank": sha256_of(bank) if bank else None, "format": fmt})

    def timed(name: str, step: Callable):
        started, cpu = time.monotonic(), sum(os.times()[:4])  # of this process and of those it has waited for
        result = step()
        run.minutes[name] = round((time.monotonic() - started) / 60, 2)
        run.cpu_minutes[name] = round((sum(os.times()[:4]) - cpu) / 60, 2)
        return result

    corpus = timed("prepare", lambda: run.prepare(logs, [*licenses, *["unstated"] * (len(logs) - len(licenses))], fmt))
    check_budget(budget, len(corpus.requests_in("calibrate")))  # before the minutes below are spent
    fragments = timed("bank", lambda: run.fragments(bank))
    rehearsed = timed("replay", lambda: run.rehearse(fragments))
    factory = make_factory(run.config, run.bank)
    state = timed("transformer", lambda: run.train(corpus, rehearsed, factory))
    linear = timed("linear", lambda: run.train_linear(corpus, rehearsed, factory))
    manifest = timed("bundle", lambda: run.bundle(corpus, state, linear, factory, out, budget))
    tell("minutes (of all cores): " + ", ".join(f"{name} {minutes:.1f} ({run.cpu_minutes[name]:.1f})" for name, minutes in run.minutes.items())
         + f"; together {sum(run.minutes.values()):.1f} ({sum(run.cpu_minutes.values()):.1f})")  # fmt: skip
    return manifest


def run(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainer finetune", description=__doc__.splitlines()[0])
    parser.add_argument("--from", dest="parent", type=Path, required=True, metavar="BUNDLE", help="bundle to start from")
    parser.add_argument("--logs", type=Path, nargs="+", required=True, metavar="FILE", help="the application's logs, plain or gzip")
    parser.add_argument("--out", type=Path, required=True, help="bundle folder to create; its name is the bundle's id")
    parser.add_argument("--work", type=Path, help="folder of intermediate files (default work/finetune/<id>); the same command goes on from them")
    parser.add_argument("--license", action="append", default=[], metavar="TEXT", help="license of each file, in their order")
    parser.add_argument("--format", choices=("auto", *FORMATS), default="auto")
    parser.add_argument("--bank", type=Path, help=f"fragment bank (default: one of {BANK_SIZE:,} is drawn)")
    parser.add_argument("--budget", type=float, help="false-positive budget, a share of requests (default: the parent's)")
    parser.add_argument("--config", type=Path, help="YAML whose settings replace those of fine-tuning")
    parser.add_argument("--replay", type=float, default=Settings.replay_share, help=f"share of rehearsed texts (default {Settings.replay_share:g})")
    parser.add_argument("--linear-fields", type=int, default=Settings.linear_fields, help=f"texts the linear view sees (default {Settings.linear_fields:,})")
    parser.add_argument("--quorum", type=int, default=0, metavar="CLIENTS",
                        help="readmit flagged requests when so many clients sent that kind of value in that field (default 0: none)")  # fmt: skip
    parser.add_argument("--normgate", default=DEFAULT_COMMAND, help=f"command of the canonicalizer (default: {DEFAULT_COMMAND})")
    args = parser.parse_args(argv)
    if len(args.license) > len(args.logs):
        raise TrainerError(f"--license: expected at most one a file ({len(args.logs)}), got {len(args.license)}")
    parent = Bundle.open(args.parent)
    work = args.work or Path("work/finetune") / args.out.name
    config = tuning_config(parent, args.config, work)
    set_threads(config)
    manifest = finetune(parent, args.logs, args.out, work, config=config, settings=Settings(args.replay, args.linear_fields, args.quorum),
                        budget=args.budget, licenses=args.license, fmt=args.format, bank=args.bank, normgate=args.normgate,
                        tell=lambda line: print(line, flush=True))  # fmt: skip
    low, high = manifest["thresholdInterval"]
    print(f"{args.out}: from {manifest['parentId']}; budget {manifest['falsePositiveBudget']:g} at {manifest['threshold']:.3f}, "
          f"95 % interval {low:.3f} to {high:.3f}, on {manifest['calibration']['requests']} requests")  # fmt: skip
