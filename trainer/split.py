"""Which requests train, choose checkpoints, calibrate and test. Requests of one site repeat, so sites stay together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .errors import TrainerError

SPLITS = ("train", "select", "calibrate", "test")
BIG_SITE_SHARE = 0.01  # sites above this share of all requests are cut by time: whole, one odd site would set the threshold alone
BORDER_SAMPLE = 50_000  # requests of a site that say where its time is cut: within 1 / 50,000 of the share
CHUNK = 1 << 19  # requests walked at a time


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


def split_requests(site: np.ndarray, time: np.ndarray, names: list[str], shares: SplitShares, seed: int,
                   big_share: float = BIG_SITE_SHARE) -> tuple[np.ndarray, list[str]]:  # fmt: skip
    """Split number of each request (uint8 [R]), and warnings.

    Whole sites go where a seeded hash of their name sends them; a site with more than `big_share` of all requests (a
    hundredth; 0 = every site), and the only site, is cut by time: its oldest part trains, its newest tests. Walks mapped
    arrays in chunks: a byte a request stays.
    """
    counts = np.zeros(len(names), dtype=np.int64)
    for _, sites, _ in _chunks(site, time):
        counts += np.bincount(sites, minlength=len(names))
    draws = np.array([_draw(name, seed) for name in names])
    by_site = np.searchsorted(shares.bounds, draws, side="right").clip(max=len(SPLITS) - 1).astype(np.uint8)
    result = _assign(site, time, counts, by_site, counts > big_share * len(site), shares)
    if (np.bincount(result, minlength=len(SPLITS)) > 0).all():
        return result, []
    result = _assign(site, time, counts, by_site, np.ones(len(names), dtype=bool), shares)
    empty = [name for k, name in enumerate(SPLITS) if not (result == k).any()]
    if empty:
        raise TrainerError(f"splits: {len(site)} request(s) leave {', '.join(empty)} empty; at least 40 are needed")
    return result, ["too few sites to keep them apart: every site is split by time, so figures for new sites are unknown"]


def _chunks(site: np.ndarray, time: np.ndarray) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    for begin in range(0, len(site), CHUNK):
        yield begin, np.asarray(site[begin : begin + CHUNK]), np.asarray(time[begin : begin + CHUNK])


def _assign(site: np.ndarray, time: np.ndarray, counts: np.ndarray, by_site: np.ndarray, cut: np.ndarray, shares: SplitShares) -> np.ndarray:
    """`cut` sites by time, the others whole."""
    borders = _time_borders(site, time, counts, cut, shares)
    parts = [np.zeros(0, dtype=np.uint8)]
    for begin, sites, times in _chunks(site, time):
        part = by_site[sites]
        timed = np.flatnonzero(cut[sites])
        at = borders[sites[timed]]  # [n, 3, (time, arrival)]
        when, arrival = times[timed, None], (begin + timed)[:, None]
        part[timed] = ((when > at[..., 0]) | ((when == at[..., 0]) & (arrival >= at[..., 1]))).sum(axis=1)
        parts.append(part)
    return np.concatenate(parts)


def _time_borders(site: np.ndarray, time: np.ndarray, counts: np.ndarray, cut: np.ndarray, shares: SplitShares) -> np.ndarray:
    """(time, arrival) of the first request of each split but the first: int64 [sites, 3, 2].

    Exact for sites of at most BORDER_SAMPLE requests, from every k-th request of larger ones.
    """
    stride = -(-counts // BORDER_SAMPLE).clip(min=1)
    seen = np.zeros(len(counts), dtype=np.int64)
    samples: list[np.ndarray] = []
    for begin, sites, times in _chunks(site, time):
        order = np.argsort(sites, kind="stable")
        met, starts, number = np.unique(sites[order], return_index=True, return_counts=True)
        rank = np.empty(len(sites), dtype=np.int64)  # of each request among those of its site
        rank[order] = np.arange(len(sites)) - np.repeat(starts, number)
        rank += seen[sites]
        seen[met] += number
        kept = np.flatnonzero(cut[sites] & (rank % stride[sites] == 0))
        samples.append(np.stack([sites[kept].astype(np.int64), times[kept], kept + begin]))
    found = np.concatenate(samples, axis=1)
    found = found[:, np.lexsort((found[2], found[1], found[0]))]
    result = np.full((len(counts), len(SPLITS) - 1, 2), np.iinfo(np.int64).max)
    met, starts, number = np.unique(found[0], return_index=True, return_counts=True)
    for index, start, n in zip(met.tolist(), starts.tolist(), number.tolist()):
        firsts = np.searchsorted((np.arange(n) + 0.5) / n, shares.bounds[:-1])
        inside = firsts < n
        result[index, inside] = found[1:, start + firsts[inside]].T
    return result


def _draw(name: str, seed: int) -> float:
    """Uniform in [0, 1), the same on every machine."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
