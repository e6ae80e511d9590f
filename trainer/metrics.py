"""Detection rates at fixed false-positive rates, with intervals that know that requests of one site go together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FEW_SITES = 5  # below that, whole sites cannot be drawn from: requests are, and the interval is too narrow for other sites
REPLICATES = 400  # of the bootstrap: the 2.5 % ends then rest on ten replicates each
CONFIDENCE = 0.95


def threshold_at(benign: np.ndarray, rate: float) -> float:
    """Logit that at most a share `rate` of the benign requests exceeds: an observed value, never between two."""
    return float(np.quantile(benign, 1 - rate, method="higher"))


def supports(requests: int, rate: float) -> bool:
    """Whether so many benign requests can show a rate: at least one of them stands for it."""
    return requests * rate >= 1


def spearman(left: np.ndarray, right: np.ndarray) -> float:
    """Rank correlation; ties share their mean rank."""
    return float(np.corrcoef(_ranks(left), _ranks(right))[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[inverse]


@dataclass(frozen=True)
class Group:
    """Requests of one kind: raw logits and the site of each, as small integers."""

    logits: np.ndarray  # float64 [N]
    site: np.ndarray  # int64 [N]
    denied: np.ndarray | None = None  # bool [N], at the bundle's threshold

    def __len__(self) -> int:
        return len(self.logits)

    def where(self, mask: np.ndarray) -> "Group":
        return Group(self.logits[mask], self.site[mask], None if self.denied is None else self.denied[mask])


def detection_rate(attacks: Group, benign: Group, rate: float, seed: int = 0) -> dict:
    """Share of attacks above the benign threshold at `rate`, with a cluster-bootstrap interval over both sets' sites.

    `above` is how many benign requests exceed that threshold: on so few the figure rests.
    """
    threshold = threshold_at(benign.logits, rate)
    value = float((attacks.logits > threshold).mean())
    low, high = _interval(attacks, benign, rate, seed)
    return {"rate": value, "low": low, "high": high, "threshold": threshold, "above": int((benign.logits > threshold).sum())}


def _interval(attacks: Group, benign: Group, rate: float, seed: int) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    order = np.argsort(benign.logits)
    benign_logits = benign.logits[order]
    benign_sites, benign_site = _clusters(benign.site[order])
    attack_sites, attack_site = _clusters(attacks.site)
    sizes = np.bincount(attack_site)
    rates = []
    for _ in range(REPLICATES):
        weight = np.bincount(rng.integers(len(benign_sites), size=len(benign_sites)), minlength=len(benign_sites))[benign_site]
        below = np.cumsum(weight)
        at = min(len(below) - 1, int(np.searchsorted(below, (1 - rate) * below[-1], side="left")))
        hits = np.bincount(attack_site, weights=attacks.logits > benign_logits[at])
        times = np.bincount(rng.integers(len(attack_sites), size=len(attack_sites)), minlength=len(attack_sites))
        rates.append(float((hits * times).sum() / (sizes * times).sum()))
    tail = (1 - CONFIDENCE) / 2
    return float(np.quantile(rates, tail)), float(np.quantile(rates, 1 - tail))


def _clusters(site: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the bootstrap draws from, and which of it each request belongs to."""
    sites, index = np.unique(site, return_inverse=True)
    return (sites, index) if len(sites) >= FEW_SITES else (np.arange(len(site)), np.arange(len(site)))


def share_of(hits: np.ndarray, site: np.ndarray, seed: int = 0) -> dict:
    """Share of requests that are hits, bool [N], with a cluster-bootstrap interval over their sites."""
    rng = np.random.default_rng(seed)
    sites, site = _clusters(site)
    hits, sizes = np.bincount(site, weights=hits), np.bincount(site)
    rates = []
    for _ in range(REPLICATES):
        times = np.bincount(rng.integers(len(sites), size=len(sites)), minlength=len(sites))
        rates.append(float((hits * times).sum() / (sizes * times).sum()))
    tail = (1 - CONFIDENCE) / 2
    return {"rate": float(hits.sum() / sizes.sum()), "low": float(np.quantile(rates, tail)), "high": float(np.quantile(rates, 1 - tail))}


def paired_difference(after: np.ndarray, before: np.ndarray, seed: int = 0) -> dict:
    """Mean of after - before over pairs, both bool [n], with a bootstrap interval over pairs."""
    change = after.astype(np.float64) - before.astype(np.float64)
    rng = np.random.default_rng(seed)
    means = [float(change[rng.integers(len(change), size=len(change))].mean()) for _ in range(REPLICATES)]
    tail = (1 - CONFIDENCE) / 2
    return {"change": float(change.mean()), "changeLow": float(np.quantile(means, tail)), "changeHigh": float(np.quantile(means, 1 - tail))}
