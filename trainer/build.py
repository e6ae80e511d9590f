"""Verb `build`: logs -> verified bundle, every verb in its order, under one folder of intermediate files."""

from __future__ import annotations

import argparse
from pathlib import Path

from . import bank, calibrate, evaluate, export, linear, prepare, pretrain, tokenizer
from .bundle import check_id
from .config import load_config
from .normgate import DEFAULT_COMMAND


def run(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainer build", description=__doc__.splitlines()[0])
    parser.add_argument("--logs", type=Path, nargs="+", required=True, metavar="FILE", help="benign logs")
    parser.add_argument("--license", action="append", default=[], metavar="TEXT", help="license of each file, in their order")
    parser.add_argument("--attacks", type=Path, nargs="+", default=[], metavar="FILE", help="for the evaluation alone")
    parser.add_argument("--config", type=Path, default=Path(__file__).parent / "config" / "tiny.yaml")
    parser.add_argument("--work", type=Path, default=Path("work/build"), help="intermediate files (default work/build)")
    parser.add_argument("--out", type=Path, required=True, help="bundle folder to create")
    parser.add_argument("--bank-size", type=int, default=200_000)
    parser.add_argument("--vocab-size", type=int, default=4096)
    parser.add_argument("--linear-fields", type=int, default=linear.FIELDS, help="texts that the linear view is trained on")
    parser.add_argument("--max-minutes", type=float, help="of the training")
    parser.add_argument("--normgate", default=DEFAULT_COMMAND, help=f"command of the canonicalizer (default: {DEFAULT_COMMAND})")
    args = parser.parse_args(argv)
    check_id(args.out.name)
    config = load_config(args.config)
    data, pieces, fragments, checkpoints, ngrams = (
        str(args.work / name) for name in ("data", "tokenizer.json", "bank.npz", "checkpoints", "ngram.bin"))
    common = ["--normgate", args.normgate]
    budget = str(config.threshold)
    licenses = [word for text in args.license for word in ("--license", text)]
    limit = ["--max-minutes", str(args.max_minutes)] if args.max_minutes else []
    attacks = ["--attacks", *map(str, args.attacks)] if args.attacks else []

    prepare.run(["--logs", *map(str, args.logs), *licenses, "--config", str(args.config), "--out", data, *common])
    tokenizer.run(["--data", data, "--out", pieces, "--vocab-size", str(args.vocab_size)])
    bank.run(["--out", fragments, "--size", str(args.bank_size), "--seed", str(config.seed), *common])
    pretrain.run(["--config", str(args.config), "--data", data, "--tokenizer", pieces, "--bank", fragments, "--out", checkpoints, *limit])
    linear.run(["--config", str(args.config), "--data", data, "--bank", fragments, "--out", ngrams, "--fields", str(args.linear_fields)])
    export.run(["--checkpoint", f"{checkpoints}/best.pt", "--tokenizer", pieces, "--linear", ngrams, "--data", data, "--bank", fragments,
                "--budget", budget, "--out", str(args.out)])  # fmt: skip
    calibrate.run(["--bundle", str(args.out), "--data", data])
    evaluate.run(["--bundle", str(args.out), "--data", data, *attacks, *common, "--out", str(args.work / "eval.json"), "--publish"])
