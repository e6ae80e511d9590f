"""Which requests train, choose checkpoints, calibrate and test. Requests of one site repeat, so sites stay together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from .errors import TrainerError

SPLITS = ("train", "select", "calibrate", "test")
BIG_SITE_SHARE = 0.01  # sites above this share of all requests are cut by time: whole, one odd site would set the threshold alone


@dataclass(frozen=True)
class SplitShares:
    """80/10/10, where one part in sixteen of the training sites is kept back for choosing checkpoints."""

    train: float = 0.75
    select: float = 0.05
    calibrate: float = 0.10
    test: float = 0.10

    def __post_init__(self) -> None:
        values = [getattr(self, name) for name in SPLITS]
        if min(values) <= 0 or abs(sum(values) - 1) > 1e-6:
            raise TrainerError(f"splits: expected positive shares that add up to 1, got {dict(zip(SPLITS, values))}")

    @property
    def bounds(self) -> np.ndarray:  # upper ends, the last one 1
        return np.cumsum([getattr(self, name) for name in SPLITS])


def site_of(host: str) -> str:
    """The last two labels of Host, three under suffixes such as `co.uk`; addresses whole; `none` without a Host."""
    host = host.strip().lower().rstrip(".")
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    host = host.partition(":")[0]
    labels = [label for label in host.split(".") if label]
    if not labels:
        return "none"
    if all(label.isdigit() for label in labels):
        return host
    country = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in {"com", "co", "org", "net", "gov", "edu", "ac", "or", "ne", "go"}
    return ".".join(labels[-3:] if country else labels[-2:])


def split_requests(site: np.ndarray, time: np.ndarray, names: list[str], shares: SplitShares, seed: int) -> tuple[np.ndarray, list[str]]:
    """Split number of each request (uint8 [R]), and warnings.

    Whole sites go where a seeded hash of their name sends them; a site with more than a hundredth of all requests, and the
    only site, is cut by time: its oldest part trains, its newest tests.
    """
    counts = np.bincount(site, minlength=len(names))
    result = np.zeros(len(site), dtype=np.uint8)
    big = counts > BIG_SITE_SHARE * len(site)
    draws = np.array([_draw(name, seed) for name in names])
    by_site = np.searchsorted(shares.bounds, draws, side="right").clip(max=len(SPLITS) - 1)
    small = ~big[site]
    result[small] = by_site[site[small]]
    for index in np.flatnonzero(big):
        _cut_by_time(result, np.flatnonzero(site == index), time, shares)
    if (np.bincount(result, minlength=len(SPLITS)) > 0).all():
        return result, []
    for index in range(len(names)):
        _cut_by_time(result, np.flatnonzero(site == index), time, shares)
    empty = [name for k, name in enumerate(SPLITS) if not (result == k).any()]
    if empty:
        raise TrainerError(f"splits: {len(site)} request(s) leave {', '.join(empty)} empty; at least 40 are needed")
    return result, ["too few sites to keep them apart: every site is split by time, so figures for new sites are unknown"]


def _cut_by_time(result: np.ndarray, requests: np.ndarray, time: np.ndarray, shares: SplitShares) -> None:
    ordered = requests[np.argsort(time[requests], kind="stable")]
    position = (np.arange(len(ordered)) + 0.5) / max(1, len(ordered))
    result[ordered] = np.searchsorted(shares.bounds, position, side="right").clip(max=len(SPLITS) - 1)


def _draw(name: str, seed: int) -> float:
    """Uniform in [0, 1), the same on every machine."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
