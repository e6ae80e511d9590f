"""Protocol: benign requests that look like attacks, at the bundle's threshold and at those of ordinary benign requests."""

from __future__ import annotations

import numpy as np

from .tables import Scored, alarms


def hard_benign_table(hard: Scored, at: dict[str, float]) -> dict:
    """By source: share denied, also of unique (site, field) requests, and at other thresholds."""
    result = {}
    sources = np.array(hard.requests.source, dtype=object)
    for name in sorted(set(hard.requests.source)):
        chosen = hard.where(sources == name)
        entry: dict = {"requests": len(chosen)}
        if np.isfinite(chosen.limit).all():
            entry |= alarms(chosen) | {"unique": alarms(chosen.where(chosen.unique()))}
        entry |= {key: float((chosen.logits > limit).mean()) for key, limit in at.items()}
        result[name] = entry
    return result
