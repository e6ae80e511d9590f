"""Verb `calibrate`: the score table of what is served on held-out benign requests, and the threshold at the budget.

In a bundle with a linear view, first each view's survival among benign fields of sites that did not train, which makes
the two comparable (`views.py`), then the table of the requests' combined surprises; and a second table for hosts whose
fields are known (`memory.py`): memory of the first half of each site's requests, applied to the second half.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import secrets
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .bundle import SCHEMA_VERSION, SCHEMA_VERSION_VIEWS, Bundle, write_manifest
from .corpus import Corpus
from .errors import TrainerError
from .highest_logit import highest_logit
from .memory import FieldMemory, MemoryRule
from .model import NOT_SCORED
from .scoring import Scorer
from .survival import check_budget, fit_survival, site_interval, strata, threshold_interval
from .views import BOUND, Rule, judge, linear_view

FIELD_SPLITS = ("select", "calibrate")  # of the views' tables: two monotone curves, too stiff to follow single requests
BASE_QUANTILE = 0.99  # of benign fields' surprise: up to there, odd values of a field excuse nothing
MATURE_FROM = 20  # learned requests of a host from which its memory's table applies


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

    def weights(self) -> np.ndarray:
        """Of every field its share in its request."""
        return np.concatenate([np.full(len(row), 1 / max(1, len(row))) for rows in self.rows.values() for row in rows])

    def worst(self, values: np.ndarray, split: str) -> np.ndarray:
        """The largest value of each request; NOT_SCORED where nothing needs scoring."""
        return np.array([values[row].max(initial=NOT_SCORED) for row in self.rows[split]])

    def with_memory(self, corpus: Corpus, values: np.ndarray, split: str, rule: MemoryRule) -> tuple[np.ndarray, np.ndarray]:
        """The largest adjusted value of each request in the second half of its site's, and its site, both [requests]. A text
        that is the oddest of several requests counts once: one visitor's cookie is one novelty, however often it comes."""
        memory = FieldMemory(rule)
        seen: set[tuple[int, str]] = set()
        rows = dict(zip(corpus.requests_in(split).tolist(), self.rows[split]))
        sites: dict[int, list[int]] = {}
        for request in rows:
            sites.setdefault(int(corpus.site[request]), []).append(request)
        worst: list[float] = []
        site_of_each: list[int] = []
        for site, requests in sites.items():
            requests.sort(key=lambda request: (corpus.time[request], request))
            half = len(requests) // 2
            for position, request in enumerate(requests):
                texts = [self.texts[index] for index in rows[request]]
                surprises = dict(zip(texts, values[rows[request]].tolist()))
                if position < half:
                    memory.learn(str(site), "", 0, texts, surprises)
                else:
                    judged = zip(memory.judge(str(site), texts, surprises), texts)
                    z, text = max(((z, text) for z, text in judged if z is not None), default=(NOT_SCORED, ""))
                    if text and (site, text) in seen:
                        continue
                    seen.add((site, text))
                    worst.append(z)
                    site_of_each.append(site)
        return np.array(worst), np.array(site_of_each)


def calibrate(folder: Path, corpus: Corpus, budget: float | None = None, split: str = "calibrate", bound: float | None = None,
              per_host: bool = False, tell: Callable[[str], None] = lambda line: None) -> dict:  # fmt: skip
    """Adds `calibration`, `falsePositiveBudget`, `threshold`, `thresholdInterval` and, with a linear view, `views` to the
    manifest and returns it; with `per_host` also `hosts`. Budget and bound are those of the last calibration unless given."""
    bundle = Bundle.open(folder)
    if bound is None:
        bound = bundle.manifest.get("views", {}).get("surpriseBound", BOUND)
    budget = bundle.manifest.get("falsePositiveBudget", 0.001) if budget is None else budget
    check_budget(budget, len(corpus.requests_in(split)))
    linear = linear_view(bundle)
    held_out = HeldOut(corpus, (split,) if linear is None else tuple(dict.fromkeys((*FIELD_SPLITS, split))))
    transformer = Scorer.of(bundle).field_logits
    manifest = {key: value for key, value in bundle.manifest.items() if key != "views"} | {"schemaVersion": SCHEMA_VERSION}
    if linear is None:
        values = transformer(held_out.texts)
    else:
        pieces = judge(held_out.texts, transformer, linear)
        highest = highest_logit(bundle.folder / bundle.manifest["serve"])
        rule = Rule.fit(*(held_out.fields(pieces.largest(logits)) for logits in (pieces.transformer, pieces.linear)), held_out.weights(), bound, highest)
        values = pieces.combined(rule)
        manifest |= {"schemaVersion": SCHEMA_VERSION_VIEWS, "views": rule.manifest()}

    requests = held_out.worst(values, split)
    survival = fit_survival(requests, exact_at=(0.01, 0.001, 0.0001, budget))
    threshold = survival.logit_at(budget)
    if linear is not None:
        if threshold >= (most := (rule.most + bound) / 2):
            raise TrainerError(f"bound: expected more than the threshold {threshold:.3g}, or nothing could be denied; got {bound:g}, of which {most:.3g} can be reached")
        open_ = pieces.largest(rule.at_most(pieces.linear)) >= threshold
        shares = (held_out.fields(open_).mean(), held_out.worst(open_.astype(float), split).clip(0).mean())
        tell(f"the linear view leaves {shares[0]:.1%} of the fields and {shares[1]:.1%} of the requests to the Transformer")
    chosen = corpus.requests_in(split)
    site = corpus.site[chosen]
    fields = np.array([len(row) for row in held_out.rows[split]])
    manifest |= {
        "calibration": survival.manifest(sites=corpus.site_count(split)) | {"strata": strata(requests, fields, threshold)},
        "falsePositiveBudget": budget,
        "threshold": threshold,
        "thresholdInterval": list(widest(threshold_interval(requests, survival, budget), site_interval(requests, site, budget))),
    }
    for key in ("memory", "hosts"):
        manifest.pop(key, None)
    if per_host:
        manifest["hosts"] = host_tables(requests, [corpus.sites[index] for index in site.tolist()], budget, tell)
    if linear is not None:
        memory = calibrate_memory(held_out, corpus, values, split, budget, threshold, tell)
        manifest |= {} if memory is None else {"memory": memory}
    write_manifest(folder, manifest)
    return manifest


def widest(*intervals: tuple[float, float] | None) -> tuple[float, float]:
    """What all of them together leave open."""
    known = [interval for interval in intervals if interval is not None]
    return min(low for low, _ in known), max(high for _, high in known)


def host_tables(requests: np.ndarray, hosts: list[str], budget: float, tell: Callable[[str], None]) -> dict:
    """Manifest `hosts`: a table of its own for each host that alone supports the budget.

    A host's name, cut to its site as in `split.site_of`, is kept as a salted hash: whoever has the bundle can still ask
    whether a name that he knows is in it, so this belongs in bundles that stay with the owner of the hosts.
    """
    salt = secrets.token_bytes(16)
    column = np.array(hosts, dtype=object)
    tables: dict[str, dict] = {}
    for host in sorted(set(hosts)):
        logits = requests[column == host]
        if budget >= 1 / (len(logits) + 1):
            tables[host_key(salt, host)] = fit_survival(logits, exact_at=(0.01, 0.001, 0.0001, budget)).manifest(1)
    tell(f"{len(tables)} of {len(set(hosts))} host(s) have a threshold of their own")
    return {"salt": salt.hex(), "tables": dict(sorted(tables.items()))}


def host_key(salt: bytes, site: str) -> str:
    """The first 16 bytes of SHA-256 over salt and site, in hex; `src/score/host-calibrations.ts` computes the same."""
    return hashlib.sha256(salt + site.encode()).hexdigest()[:32]


def mature_budget(survival: Survival, bare_threshold: float, budget: float) -> float:
    """The budget on hosts with memory: the operator's or, where that is more, what the bare threshold lets through there. A
    history says nothing of fields that it does not know, and must not excuse in them what is denied elsewhere."""
    return max(budget, math.exp(survival.log_survival(bare_threshold)))


def calibrate_memory(held_out: HeldOut, corpus: Corpus, values: np.ndarray, split: str, budget: float, bare_threshold: float,
                     tell: Callable[[str], None]) -> dict | None:  # fmt: skip
    """Manifest `memory`; None where the second halves are too few for the budget."""
    rule = MemoryRule(float(np.quantile(held_out.fields(values), BASE_QUANTILE)))
    requests, site = held_out.with_memory(corpus, values, split, rule)
    if budget < 1 / (len(requests) + 1):
        tell(f"no memory table: {len(requests)} requests in the second halves are too few for a budget of {budget:g}")
        return None
    survival = fit_survival(requests, exact_at=(0.01, 0.001, 0.0001, budget))
    budget = mature_budget(survival, bare_threshold, budget)
    threshold = survival.logit_at(budget)
    tell(f"field memory: {(requests == NOT_SCORED).mean():.1%} of {len(requests)} requests fully known; budget {budget:.2g} at surprise {threshold:.3f}")
    return {
        "rule": rule.manifest(),
        "matureFrom": MATURE_FROM,
        **survival.manifest(len(np.unique(site))),
        "threshold": threshold,
        "thresholdInterval": list(widest(threshold_interval(requests, survival, budget), site_interval(requests, site, budget))),
    }


def run(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainer calibrate", description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder that `prepare` wrote; its calibration split is used")
    parser.add_argument("--budget", type=float, help="false-positive budget, a share of requests (default: the bundle's)")
    parser.add_argument("--bound", type=float, help=f"of a view's surprise, where there are two (default: the bundle's, {BOUND:g} where it was never calibrated)")
    parser.add_argument("--per-host", action="store_true", help="thresholds of their own for hosts with enough requests; not for bundles that are given away")
    args = parser.parse_args(argv)
    if args.bound is not None and not 2 <= args.bound <= 100:
        raise TrainerError(f"--bound: expected 2 to 100, got {args.bound:g}")
    manifest = calibrate(args.bundle, Corpus.open(args.data), args.budget, bound=args.bound, per_host=args.per_host, tell=print)
    table, (low, high) = manifest["calibration"], manifest["thresholdInterval"]
    print(f"{args.bundle}: {table['requests']} requests of {table['sites']} site(s); budget {manifest['falsePositiveBudget']:g} at "
          f"{'surprise' if 'views' in manifest else 'logit'} {manifest['threshold']:.3f}, 95 % interval {low:.3f} to {high:.3f}; "
          f"smallest budget {table['smallestBudget']:.2g}")  # fmt: skip
