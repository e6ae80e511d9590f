"""Tables of detection rates: groups of attacks against the benign requests that each belongs with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..metrics import Group, detection_rate, share_of, supports
from .field_scores import request_scores, top_fields
from .requests import Requests

RATES = (0.01, 0.001, 0.0001)
SMALL_GROUP = 20  # requests; a rate over fewer says nothing


@dataclass
class Scored:
    """Requests with what one view makes of each."""

    requests: Requests
    logits: np.ndarray  # float64 [R]
    top: np.ndarray  # int64 [R], the field that decided, -1 for none
    limit: np.ndarray  # float64 [R], the score from which the service denies

    @staticmethod
    def of(requests: Requests, scores: np.ndarray, limit: float = np.inf) -> "Scored":
        """By the scores of the pool's texts; a single view, which nobody serves alone, has no limit."""
        return Scored(requests, request_scores(requests, scores), top_fields(requests, scores), np.full(len(requests), limit))

    @property
    def denied(self) -> np.ndarray:
        return self.logits >= self.limit

    def __len__(self) -> int:
        return len(self.logits)

    def where(self, mask: np.ndarray) -> "Scored":
        indexes = np.flatnonzero(mask) if mask.dtype == bool else mask
        return Scored(self.requests.take(indexes), self.logits[indexes], self.top[indexes], self.limit[indexes])

    def unique(self) -> np.ndarray:
        """One request of each site and deciding field: repeats flatter, or damn, whoever is measured."""
        first: set[tuple[str, int]] = set()
        return np.array([not (mark in first or first.add(mark)) for mark in zip(self.requests.site, self.top.tolist())], dtype=bool)

    def group(self, site_ids: dict[str, int]) -> Group:
        ids = [site_ids.setdefault(site, len(site_ids)) for site in self.requests.site]
        return Group(self.logits, np.array(ids, dtype=np.int64), None if np.isinf(self.limit).all() else self.denied)


def visible(meta: dict) -> bool:
    """False where whoever labeled it saw no payload in it: a parameter that is merely misspelt, a plain URL."""
    return meta.get("class_guess") != "none"


def attack_class(meta: dict) -> str:
    return str(meta.get("class") or meta.get("class_guess") or "unknown")


def visible_mask(requests: Requests) -> np.ndarray:
    return np.array([visible(meta) for meta in requests.meta], dtype=bool)


def attack_masks(attacks: Scored, details: bool = True) -> dict[str, np.ndarray]:
    """Groups of attacks by name; `details` adds classes, zones and what the payload was put into."""
    shown = visible_mask(attacks.requests)
    masks = {"all": np.ones(len(attacks), dtype=bool), "visible": shown, "unique": shown & attacks.unique()}
    if details:
        meta = attacks.requests.meta
        for prefix, values in (("class", [attack_class(one) for one in meta]), ("zone", [one.get("zone") for one in meta]), ("base", [one.get("base") for one in meta])):
            column = np.array([str(value) for value in values])
            masks |= {f"{prefix}:{name}": shown & (column == name) for name in sorted(set(column.tolist()) - {"None"})}
    return masks


def rates(attacks: Group, benign: Group) -> dict | None:
    """Recall at each rate that so many benign requests can show, and at the bundle's threshold; None for a small group."""
    if len(attacks) < SMALL_GROUP or len(benign) < SMALL_GROUP:
        return None
    entry: dict = {"requests": len(attacks), "benign": len(benign)}
    for rate in RATES:
        if supports(len(benign), rate):
            entry[f"at{rate:g}"] = detection_rate(attacks, benign, rate)
    if attacks.denied is not None:
        entry["deployed"] = share_of(attacks.denied, attacks.site)
    return entry


def detection_table(attacks: Scored, benign: Scored, details: bool = True) -> dict:
    """`rates` by group. `unique` stands against unique benign requests; everything else against all of them."""
    site_ids: dict[str, int] = {}
    attack_group, benign_group = attacks.group(site_ids), benign.group(site_ids)
    unique = benign_group.where(benign.unique())
    result = {}
    for name, mask in attack_masks(attacks, details).items():
        if entry := rates(attack_group.where(mask), unique if name == "unique" else benign_group):
            result[name] = entry
    return result


def alarms(benign: Scored) -> dict:
    """Share denied at the bundle's threshold, with an interval over sites."""
    group = benign.group({})
    return {"requests": len(benign), **share_of(benign.denied, group.site)}
