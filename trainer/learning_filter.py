"""Which requests of a log memory may learn from; `src/memory/learner.ts` and `client-book.ts` decide the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MIN_BAD = 3  # flagged requests: a client with fewer may have been unlucky
BAD_SHARE = 0.02
WORSE_THAN_ALL = 4  # where the base model dislikes the application itself, everybody looks bad
HOPELESS_SHARE = 0.5  # above it a client misbehaves whatever the others do


def misbehaving(clients: Sequence[str], flagged: np.ndarray) -> set[str]:
    """Clients that stand out by flagged requests, bool [requests]; nothing is learned from them."""
    conduct: dict[str, list[int]] = {}
    for client, bad in zip(clients, flagged.tolist()):
        one = conduct.setdefault(client, [0, 0])
        one[0] += 1
        one[1] += bad
    usual = WORSE_THAN_ALL * flagged.mean() if len(flagged) else 0.0
    limit = min(HOPELESS_SHARE, max(BAD_SHARE, usual))
    return {client for client, (requests, bad) in conduct.items() if bad >= MIN_BAD and bad / requests >= limit}


def teachable(clients: Sequence[str], status: Sequence[int | None], flagged: np.ndarray, keep_flagged: bool) -> np.ndarray:
    """bool [requests]: accepted by the application, from a client that does not stand out and, unless `keep_flagged`, not
    denied by the base model alone."""
    out = misbehaving(clients, flagged)
    return np.array([
        (answer is None or answer < 400) and (keep_flagged or not bad) and client not in out
        for client, answer, bad in zip(clients, status, flagged.tolist())
    ], dtype=bool)  # fmt: skip
