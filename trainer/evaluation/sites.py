"""Protocols by site: never seen, never seen with a memory of the first half of their traffic, seen with a split by time.

A site is seen when training, or the choice of a checkpoint, had requests of it. Of unseen sites both the calibration and
the test split are measured: recall at a false-positive rate takes its threshold from the requests at hand, and what
calibration learned from its sites, two monotone curves, cannot favor any of their requests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..metrics import threshold_at
from .requests import Requests
from .tables import Scored, alarms, detection_table, visible_mask

TRAINED, HELD_OUT = ("train", "select"), ("calibrate", "test", "")
BUDGETS = (0.01, 0.003, 0.001)
HALVES = 200  # random cuts of the sites in two


@dataclass
class SiteSplit:
    """Indexes into benign and attack requests; attacks only where the same site's benign requests are measured."""

    log: np.ndarray  # benign, what memory may learn from
    benign: np.ndarray
    attacks: np.ndarray


def seen_sites(benign: Requests) -> set[str]:
    return {site for site, split in zip(benign.site, benign.split) if split in TRAINED}


def _indexes(mask) -> np.ndarray:
    return np.flatnonzero(np.asarray(mask, dtype=bool))


def unseen_split(benign: Requests, attacks: Requests, halves: bool) -> SiteSplit:
    """`halves`: the first half of each site's traffic is the log, the second is measured; otherwise all is measured."""
    seen = seen_sites(benign)
    site = benign.site
    held_out = _indexes([name not in seen and split in HELD_OUT for name, split in zip(site, benign.split)])
    log = np.zeros(0, dtype=np.int64)
    if halves:
        log, held_out = by_time(benign, held_out, site)
    return SiteSplit(log, held_out, _attacks_on(attacks, site[held_out]))


def seen_split(benign: Requests, attacks: Requests) -> SiteSplit:
    """Sites whose older requests trained and whose newer ones did not; the log is what trained."""
    seen = seen_sites(benign)
    site = benign.site
    held_out = _indexes([name in seen and split in HELD_OUT for name, split in zip(site, benign.split)])
    log = _indexes([split in TRAINED for split in benign.split])
    return SiteSplit(log, held_out, _attacks_on(attacks, site[held_out]))


def by_time(requests: Requests, chosen: np.ndarray, site: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The older half and the newer half of each site's requests."""
    order = sorted(chosen.tolist(), key=lambda index: (site[index], requests.time[index], index))
    names = site[order]
    starts = np.flatnonzero(np.r_[True, names[1:] != names[:-1]]) if order else []
    older, newer = [], []
    for start, end in zip(starts, [*starts[1:], len(order)]):
        cut = start + (end - start) // 2
        older += order[start:cut]
        newer += order[cut:end]
    return np.array(older, dtype=np.int64), np.array(newer, dtype=np.int64)


def _attacks_on(attacks: Requests, sites: np.ndarray) -> np.ndarray:
    measured = set(sites.tolist())
    return _indexes([name in measured for name in attacks.site])


def protocol(attacks: Scored, benign: Scored, details: bool) -> dict:
    """Detection, false positives at the bundle's threshold, and how a budget carries over between the sites."""
    return {
        "sites": len(set(benign.requests.site.tolist())),
        **({"falsePositives": alarms(benign)} if np.isfinite(benign.limit).all() else {}),
        "rates": detection_table(attacks, benign, details),
        "budgetAcrossSites": budget_across_halves(benign, attacks),
    }


def budget_across_halves(benign: Scored, attacks: Scored, seed: int = 0) -> dict:
    """A budget's threshold set on half of the sites, observed on the others: mean, median and 90 % range over many cuts."""
    site_ids: dict[str, int] = {}
    group = benign.group(site_ids)
    attack_group = attacks.where(visible_mask(attacks.requests)).group(site_ids)
    rng = np.random.default_rng(seed)
    sites = np.unique(group.site)
    result = {}
    for budget in BUDGETS:
        if len(sites) < 4 or len(group) * budget < 2:  # each half must show it
            continue
        observed, recall = [], []
        for _ in range(HALVES):
            chosen = rng.permutation(sites)[: len(sites) // 2]
            here = np.isin(group.site, chosen)
            if not here.any() or here.all():
                continue
            threshold = threshold_at(group.logits[here], budget)
            observed.append(float((group.logits[~here] > threshold).mean()))
            there = ~np.isin(attack_group.site, chosen)
            if there.any():
                recall.append(float((attack_group.logits[there] > threshold).mean()))
        result[f"{budget:g}"] = _spread(observed) | ({"recall": float(np.mean(recall))} if recall else {})
    return result


def budget_carried_over(set_on: Scored, benign: Scored, attacks: Scored) -> dict:
    """A budget's threshold set on one kind of requests, observed on another."""
    shown = attacks.logits[visible_mask(attacks.requests)]
    result = {}
    for budget in BUDGETS:
        if len(set_on) * budget >= 1 and len(benign):
            threshold = threshold_at(set_on.logits, budget)
            result[f"{budget:g}"] = {"observed": float((benign.logits > threshold).mean()), "requests": len(benign), "setOn": len(set_on),
                                     "threshold": threshold, **({"recall": float((shown > threshold).mean())} if len(shown) else {})}  # fmt: skip
    return result


def _spread(values: list[float]) -> dict:
    low, median, high = (float(value) for value in np.quantile(values, (0.05, 0.5, 0.95)))
    return {"mean": float(np.mean(values)), "median": median, "low": low, "high": high}


def cascade_share(benign: Requests, linear: np.ndarray, needs: Callable[[np.ndarray, float], np.ndarray], threshold: float) -> dict:
    """Share of fields, and of requests, on which the service runs the Transformer at a threshold."""
    open_ = needs(linear, threshold)
    fields = np.concatenate(benign.fields) if len(benign) else np.zeros(0, dtype=np.int64)
    return {"fields": float(open_[fields].mean()) if len(fields) else 0.0,
            "requests": float(np.mean([bool(open_[row].any()) for row in benign.fields])) if len(benign) else 0.0}  # fmt: skip


