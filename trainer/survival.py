"""Calibration: what share of benign requests scores at least as high as a logit.

The table is conformal: S(x) = (held-out benign requests with logit >= x, plus 1) / (n + 1), so a threshold at S = budget
keeps the false-positive rate of exchangeable traffic at the budget on average, whatever the model is. Above the largest
held-out logit nothing is known; an exponential tail keeps scores ordered there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .errors import TrainerError

TABLE_POINTS = 200  # log-spaced in S: neighbors differ by under 6 % at 100,000 requests
TAIL_POINTS = 20  # excesses that the tail's scale is fitted to: fewer is noise, more is the bulk
MIN_TAIL_SCALE = 0.05  # logits; identical top values would make the tail a cliff
CONFIDENCE = 0.95
REPLICATES = 400  # of the bootstrap over sites
FEW_SITES = 20  # below that, drawing sites anew says little about other sites


@dataclass(frozen=True)
class Survival:
    """`logits` increase strictly, `log_s` decreases; beyond the last one the tail takes over."""

    requests: int
    logits: np.ndarray  # [P]
    log_s: np.ndarray  # [P]
    tail_scale: float

    def log_survival(self, logit: float) -> float:
        """ln S: 0 below the table, linear between its points, the tail beyond."""
        if logit < self.logits[0]:
            return 0.0
        if logit > self.logits[-1]:
            return float(self.log_s[-1]) - (logit - float(self.logits[-1])) / self.tail_scale
        return float(np.interp(logit, self.logits, self.log_s))

    def log_survivals(self, logits: np.ndarray) -> np.ndarray:
        """`log_survival` of each: float64 [n]."""
        inside = np.interp(logits, self.logits, self.log_s, left=0.0)
        beyond = self.log_s[-1] - (logits - self.logits[-1]) / self.tail_scale
        return np.where(logits > self.logits[-1], beyond, inside)

    def logit_at(self, share: float) -> float:
        """The logit whose survival is `share`, in (0, 1]."""
        target = math.log(share)
        if target < self.log_s[-1]:
            return float(self.logits[-1]) + (float(self.log_s[-1]) - target) * self.tail_scale
        return float(np.interp(-target, -self.log_s, self.logits))

    def score(self, logit: float, budget: float) -> float:
        """b / (b + S): in [0, 1], monotone, 0.5 where S equals the budget."""
        return 1.0 / (1.0 + math.exp(min(700.0, self.log_survival(logit) - math.log(budget))))

    def manifest(self, sites: int) -> dict:
        return {"requests": self.requests, "sites": sites, "smallestBudget": 1 / (self.requests + 1), **self.table()}

    def table(self) -> dict:
        return {
            "survival": [[float(x), math.exp(float(s))] for x, s in zip(self.logits, self.log_s)],
            "tail": {"from": float(self.logits[-1]), "scale": self.tail_scale},
        }

    @staticmethod
    def from_manifest(value: dict) -> "Survival":
        points = np.array(value["survival"], dtype=np.float64)
        return Survival(value["requests"], points[:, 0], np.log(points[:, 1]), value["tail"]["scale"])


def fit_weighted_survival(logits: np.ndarray, weights: np.ndarray, tail_share: float) -> Survival:
    """The table of logits [n] that count by their weights [n]. The tail begins where a share `tail_share` lies above."""
    order = np.argsort(-logits, kind="stable")
    logits, weights = np.asarray(logits, dtype=np.float64)[order], np.asarray(weights, dtype=np.float64)[order]
    n = len(logits)
    if n < 2 or not np.isfinite(logits).all():
        raise TrainerError(f"calibration: expected at least 2 fields with finite logits, got {n}")
    ranks = np.cumsum(weights) / weights.sum() * n
    points: dict[float, float] = {}
    for rank in np.geomspace(max(1, tail_share * n), n, TABLE_POINTS):
        logit = logits[min(n - 1, int(np.searchsorted(ranks, rank * (1 - 1e-9))))]
        at_least = ranks[int(np.searchsorted(-logits, -logit, side="right")) - 1]  # ties count
        points[float(logit)] = math.log((at_least + 1) / (n + 1))
    table = sorted(points.items())
    above = logits >= table[-1][0]
    scale = max(MIN_TAIL_SCALE, float(np.average(logits[above] - table[-1][0], weights=weights[above])))
    return Survival(n, np.array([x for x, _ in table]), np.array([s for _, s in table]), scale)


def fit_survival(request_logits: np.ndarray, exact_at: tuple[float, ...] = (0.01, 0.001, 0.0001)) -> Survival:
    """The table of held-out benign request logits [n]; `exact_at` are budgets whose ranks are table points. The tail begins
    at the largest logit."""
    logits = np.sort(np.asarray(request_logits, dtype=np.float64))[::-1]  # [n], largest first
    n = len(logits)
    if n < 2 or not np.isfinite(logits).all():
        raise TrainerError(f"calibration: expected at least 2 requests with finite logits, got {n}")
    ranks = set(np.unique(np.round(np.geomspace(1, n, TABLE_POINTS)).astype(int)))
    ranks |= {min(n, max(1, math.floor(budget * (n + 1)) - 1)) for budget in exact_at}
    points: dict[float, float] = {}
    for rank in sorted(ranks):
        logit = logits[rank - 1]
        at_least = int(np.searchsorted(-logits, -logit, side="right"))  # ties count
        points[float(logit)] = math.log((at_least + 1) / (n + 1))
    table = sorted(points.items())
    top = logits[: min(n, TAIL_POINTS + 1)]
    scale = max(MIN_TAIL_SCALE, float(np.mean(top[:-1] - top[-1])))
    return Survival(n, np.array([x for x, _ in table]), np.array([s for _, s in table]), scale)


def check_budget(budget: float, requests: int) -> None:
    """A quantile beyond the sample is a guess; refuse it."""
    if not 0 < budget < 1:
        raise TrainerError(f"threshold: expected a false-positive budget between 0 and 1, got {budget}")
    if budget < 1 / (requests + 1):
        raise TrainerError(
            f"threshold: a budget of {budget:g} needs at least {math.ceil(1 / budget) - 1} held-out benign requests, "
            f"there are {requests}; smallest budget here is {1 / (requests + 1):.3g}"
        )


def threshold_interval(request_logits: np.ndarray, survival: Survival, budget: float) -> tuple[float, float]:
    """95 % interval of the logit that a share `budget` of all such requests exceeds.

    The number of the sample's requests above the true quantile is Binomial(n, budget), which gives order statistics as
    bounds. Where even the largest request is no upper bound, the tail stands in for it.
    """
    logits = np.sort(np.asarray(request_logits, dtype=np.float64))[::-1]
    n, outside = len(logits), (1 - CONFIDENCE) / 2
    fewest = binomial_quantile(outside, n, budget)
    most = binomial_quantile(1 - outside, n, budget)
    low = float(logits[min(n - 1, most)])
    high = float(logits[fewest - 1]) if fewest > 0 else survival.logit_at(-math.log(1 - outside) / n)
    return low, max(low, high)


def site_interval(request_logits: np.ndarray, site: np.ndarray, budget: float, seed: int = 0) -> tuple[float, float] | None:
    """95 % interval of the threshold over other samples of sites: requests of one site go together. None for few sites."""
    sites, index = np.unique(site, return_inverse=True)
    if len(sites) < FEW_SITES:
        return None
    order = np.argsort(request_logits, kind="stable")
    logits, index = np.asarray(request_logits, dtype=np.float64)[order], index[order]
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(REPLICATES):
        weight = np.bincount(rng.integers(len(sites), size=len(sites)), minlength=len(sites))[index]
        below = np.cumsum(weight)
        drawn.append(float(logits[min(len(logits) - 1, int(np.searchsorted(below, (1 - budget) * below[-1], side="left")))]))
    outside = (1 - CONFIDENCE) / 2
    return float(np.quantile(drawn, outside)), float(np.quantile(drawn, 1 - outside))


def strata(request_logits: np.ndarray, fields: np.ndarray, threshold: float) -> list[dict]:
    """What a threshold does to requests of few, some and many fields: the more fields, the higher the largest of them.

    Told, not corrected: were the threshold to rise with the number of fields, sixty parameters more would hide a payload.
    """
    result, below = [], -1
    for high in np.unique(np.quantile(fields, (1 / 3, 2 / 3, 1)).astype(int)):
        chosen = (fields > below) & (fields <= high)
        result.append({"fields": [int(fields[chosen].min()), int(high)], "requests": int(chosen.sum()),
                       "denied": float((request_logits[chosen] >= threshold).mean())})  # fmt: skip
        below = high
    return result


def binomial_quantile(q: float, n: int, p: float) -> int:
    """Smallest k with P(X <= k) >= q for X ~ Binomial(n, p), 0 < p < 1."""
    total = 0.0
    for k in range(n + 1):
        total += math.exp(
            math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * math.log(p) + (n - k) * math.log1p(-p)
        )
        if total >= q:
            return k
    return n
