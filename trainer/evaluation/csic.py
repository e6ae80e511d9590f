"""Protocol: one shop, by what its anomalous requests show. Most of them are misspelt parameters, which no payload detector
can or should find, so a pooled figure would mean nothing."""

from __future__ import annotations

import numpy as np

from .requests import Requests
from .tables import Scored, alarms, rates

FIRST_HALF = 0.5


def halves(benign: Requests) -> tuple[np.ndarray, np.ndarray]:
    """What memory may learn from, and what is measured: by order, since the set has no times."""
    cut = int(len(benign) * FIRST_HALF)
    return np.arange(cut), np.arange(cut, len(benign))


def csic_table(anomalous: Scored, spliced: Scored, benign: Scored) -> dict:
    """`spliced` are public payloads in requests to the same shop."""
    site_ids: dict[str, int] = {}
    attack_group, benign_group = anomalous.group(site_ids), benign.group(site_ids)
    slices = np.array([str(meta.get("class_guess")) for meta in anomalous.requests.meta])
    result: dict = {"slices": {}} | ({"falsePositives": alarms(benign)} if np.isfinite(benign.limit).all() else {})
    for name, mask in {"with a payload": slices != "none", **{name: slices == name for name in sorted(set(slices.tolist()))}}.items():
        if entry := rates(attack_group.where(mask), benign_group):
            result["slices"][name] = entry
    if entry := rates(spliced.group(site_ids), benign_group):
        result["slices"]["payloads spliced in"] = entry
    return result
