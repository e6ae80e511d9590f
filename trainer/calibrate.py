"""Verb `calibrate`: the score table of the served model on held-out benign requests, and the threshold at the budget."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from .bundle import Bundle, write_manifest
from .corpus import Corpus
from .model import NOT_SCORED
from .scoring import Scorer
from .survival import check_budget, fit_survival, threshold_interval


def request_logits(scorer: Scorer, corpus: Corpus, requests: np.ndarray) -> np.ndarray:
    """Largest field logit of each request [len(requests)]; NOT_SCORED where nothing needs scoring."""
    owned = [corpus.request_sequences(request) for request in requests]
    unique, inverse = np.unique(np.concatenate(owned), return_inverse=True)
    logits = scorer.field_logits([corpus.text(index) for index in unique])[inverse]
    ends = np.cumsum([len(sequences) for sequences in owned])
    return np.array([logits[start:end].max(initial=NOT_SCORED) for start, end in zip(np.r_[0, ends[:-1]], ends)])


def calibrate(folder: Path, corpus: Corpus, budget: float | None = None, split: str = "calibrate") -> dict:
    """Adds `calibration`, `falsePositiveBudget`, `threshold` and `thresholdInterval` to the manifest and returns it."""
    bundle = Bundle.open(folder)
    budget = bundle.manifest.get("falsePositiveBudget", 0.001) if budget is None else budget
    requests = corpus.requests_in(split)
    check_budget(budget, len(requests))
    logits = request_logits(Scorer.of(bundle), corpus, requests)
    survival = fit_survival(logits, exact_at=(0.01, 0.001, 0.0001, budget))
    manifest = bundle.manifest | {
        "calibration": survival.manifest(sites=corpus.site_count(split)),
        "falsePositiveBudget": budget,
        "threshold": survival.logit_at(budget),
        "thresholdInterval": list(threshold_interval(logits, survival, budget)),
    }
    write_manifest(folder, manifest)
    return manifest


def run(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainer calibrate", description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder that `prepare` wrote; its calibration split is used")
    parser.add_argument("--budget", type=float, help="false-positive budget, a share of requests (default: the bundle's)")
    args = parser.parse_args(argv)
    manifest = calibrate(args.bundle, Corpus.open(args.data), args.budget)
    table, (low, high) = manifest["calibration"], manifest["thresholdInterval"]
    print(f"{args.bundle}: {table['requests']} requests of {table['sites']} site(s); budget {manifest['falsePositiveBudget']:g} at logit "
          f"{manifest['threshold']:.3f}, 95 % interval {low:.3f} to {high:.3f}; smallest budget {table['smallestBudget']:.2g}")  # fmt: skip
