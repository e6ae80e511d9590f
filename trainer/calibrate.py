"""Verb `calibrate`: the score table of what is served on held-out benign requests, and the threshold at the budget.

In a bundle with a linear view, first each view's survival among benign fields of sites that did not train, which makes
the two comparable (`views.py`), then the table of the requests' combined surprises.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .bundle import SCHEMA_VERSION, SCHEMA_VERSION_VIEWS, Bundle, write_manifest
from .corpus import Corpus
from .errors import TrainerError
from .model import NOT_SCORED
from .scoring import Scorer
from .survival import check_budget, fit_survival, threshold_interval
from .views import BOUND, Rule, linear_view

FIELD_SPLITS = ("select", "calibrate")  # of the views' tables: two monotone curves, too stiff to follow single requests


class HeldOut:
    """Requests of some splits, as rows of unique texts that are scored once."""

    def __init__(self, corpus: Corpus, splits: tuple[str, ...]) -> None:
        owned = {split: [corpus.request_sequences(request) for request in corpus.requests_in(split)] for split in splits}
        flat = [sequences for rows in owned.values() for sequences in rows]
        unique = np.unique(np.concatenate(flat)) if flat else np.zeros(0, dtype=np.int64)
        self.texts = [corpus.text(index) for index in unique]
        self.rows = {split: [np.searchsorted(unique, sequences) for sequences in rows] for split, rows in owned.items()}

    def fields(self, values: np.ndarray) -> np.ndarray:
        """The value of every field, as often as requests hold it."""
        return values[np.concatenate([row for rows in self.rows.values() for row in rows])]

    def worst(self, values: np.ndarray, split: str) -> np.ndarray:
        """The largest value of each request; NOT_SCORED where nothing needs scoring."""
        return np.array([values[row].max(initial=NOT_SCORED) for row in self.rows[split]])


def calibrate(folder: Path, corpus: Corpus, budget: float | None = None, split: str = "calibrate", bound: float = BOUND,
              tell: Callable[[str], None] = lambda line: None) -> dict:  # fmt: skip
    """Adds `calibration`, `falsePositiveBudget`, `threshold`, `thresholdInterval` and, with a linear view, `views` to the
    manifest and returns it."""
    bundle = Bundle.open(folder)
    budget = bundle.manifest.get("falsePositiveBudget", 0.001) if budget is None else budget
    check_budget(budget, len(corpus.requests_in(split)))
    linear = linear_view(bundle)
    held_out = HeldOut(corpus, (split,) if linear is None else tuple(dict.fromkeys((*FIELD_SPLITS, split))))
    values = Scorer.of(bundle).field_logits(held_out.texts)
    manifest = {key: value for key, value in bundle.manifest.items() if key != "views"} | {"schemaVersion": SCHEMA_VERSION}
    if linear is not None:
        linear_logits = linear.field_logits(held_out.texts)
        rule = Rule.fit(held_out.fields(values), held_out.fields(linear_logits), bound)
        values = rule.combine(values, linear_logits)
        manifest |= {"schemaVersion": SCHEMA_VERSION_VIEWS, "views": rule.manifest()}

    requests = held_out.worst(values, split)
    survival = fit_survival(requests, exact_at=(0.01, 0.001, 0.0001, budget))
    threshold = survival.logit_at(budget)
    if linear is not None:
        if threshold >= bound:
            raise TrainerError(f"bound: expected more than the threshold {threshold:.3g}, or nothing could be denied; got {bound:g}")
        open_ = rule.at_most(linear_logits) >= threshold
        shares = (held_out.fields(open_).mean(), held_out.worst(open_.astype(float), split).clip(0).mean())
        tell(f"the linear view leaves {shares[0]:.1%} of the fields and {shares[1]:.1%} of the requests to the Transformer")
    manifest |= {
        "calibration": survival.manifest(sites=corpus.site_count(split)),
        "falsePositiveBudget": budget,
        "threshold": threshold,
        "thresholdInterval": list(threshold_interval(requests, survival, budget)),
    }
    write_manifest(folder, manifest)
    return manifest


def run(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainer calibrate", description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder that `prepare` wrote; its calibration split is used")
    parser.add_argument("--budget", type=float, help="false-positive budget, a share of requests (default: the bundle's)")
    parser.add_argument("--bound", type=float, default=BOUND, help=f"of a view's surprise, where there are two (default {BOUND:g})")
    args = parser.parse_args(argv)
    if not 2 <= args.bound <= 100:
        raise TrainerError(f"--bound: expected 2 to 100, got {args.bound:g}")
    manifest = calibrate(args.bundle, Corpus.open(args.data), args.budget, bound=args.bound, tell=print)
    table, (low, high) = manifest["calibration"], manifest["thresholdInterval"]
    print(f"{args.bundle}: {table['requests']} requests of {table['sites']} site(s); budget {manifest['falsePositiveBudget']:g} at "
          f"{'surprise' if 'views' in manifest else 'logit'} {manifest['threshold']:.3f}, 95 % interval {low:.3f} to {high:.3f}; "
          f"smallest budget {table['smallestBudget']:.2g}")  # fmt: skip
