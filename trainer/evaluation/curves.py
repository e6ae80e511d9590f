"""What the plots of the report need: few numbers, no texts, no names of sites."""

from __future__ import annotations

import numpy as np

from ..metrics import threshold_at
from .tables import Scored, visible_mask

POINTS = 60  # of a curve
BINS = 40
RELIABILITY = (0.03, 0.01, 0.003, 0.001)


def roc(attacks: Scored, benign: Scored) -> dict:
    """Recall of visible payloads at false-positive rates from one benign request up, log-spaced."""
    found = attacks.logits[visible_mask(attacks.requests)]
    rates = np.geomspace(1 / max(2, len(benign)), 1.0, POINTS)
    thresholds = [threshold_at(benign.logits, min(rate, 1.0)) for rate in rates]
    return {"falsePositiveRate": _short(rates), "recall": _short(np.array([(found > limit).mean() for limit in thresholds]))}


def histogram(attacks: Scored, benign: Scored) -> dict:
    """Shares of benign and of visible attack requests by score; what needed no score is left out."""
    found = attacks.logits[visible_mask(attacks.requests)]
    parts = {"benign": benign.logits[benign.top >= 0], "attacks": found}
    everything = np.concatenate(list(parts.values()))
    low, high = np.quantile(everything, (0.001, 0.999))
    edges = np.linspace(low, high + 1e-9, BINS + 1)
    return {"edges": _short(edges)} | {
        name: _short(np.histogram(np.clip(values, low, high), edges)[0] / max(1, len(values))) for name, values in parts.items()
    }


def reliability(set_on: Scored, benign: Scored) -> list[dict]:
    """Budgets whose thresholds were set on some sites, and what was observed on the others: all of them, and by site."""
    result = []
    site = benign.requests.site
    for budget in RELIABILITY:
        if len(set_on) * budget < 1:
            continue
        over = benign.logits > threshold_at(set_on.logits, budget)
        by_site = sorted(float(over[site == name].mean()) for name in set(site.tolist()))
        result.append({"budget": budget, "observed": float(over.mean()), "bySite": _short(np.array(by_site))})
    return result


def _short(values: np.ndarray) -> list[float]:
    return [float(f"{value:.5g}") for value in values]
