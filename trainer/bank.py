"""Verb `bank`: draws foreign fragments, hard benign text and name suffixes, and passes them through the canonicalizer."""

from __future__ import annotations

import argparse
from pathlib import Path

from .fragments import build_bank
from .errors import TrainerError
from .normgate import DEFAULT_COMMAND, split_command
from .provenance import inputs_path, record_inputs


def run(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainer bank", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="bank.npz to write")
    parser.add_argument("--size", type=int, default=200_000, help="foreign fragments to draw (default 200,000: few repeat in a run)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--normgate", default=DEFAULT_COMMAND, help=f"command of the canonicalizer (default: {DEFAULT_COMMAND})")
    args = parser.parse_args(argv)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    try:
        bank = build_bank(args.out, split_command(args.normgate), args.seed, args.size)
    except (RuntimeError, ValueError, OSError) as error:
        raise TrainerError(f"bank: {error}") from None
    record_inputs(inputs_path(args.out), "bank", {}, grammars=bank.meta["grammars"])
    print(f"{args.out}: {len(bank.foreign)} foreign, {len(bank.benign)} hard benign, {len(bank.name)} name fragments")
