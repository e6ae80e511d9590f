"""Protocol: attacks hidden in the log that memory and calibration learn from, before and after the log is filtered.

The filter is a model that has not learned from the log: the bundle itself, bare. It drops what it denies or, stricter, what
only STRICT_SHARE of benign requests reach. The attacks in the log and those that are measured share no payload.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..memory import Quorum
from ..metrics import supports, threshold_at
from .field_scores import request_scores
from .requests import Requests
from .tables import visible_mask
from .with_memory import WithMemory

SHARES = (0.01, 0.05)  # of the log
STRICT_SHARE = 0.01
DRAWS = 5  # of the attacks that get into the log
RATES = (0.01, 0.001)
CLIENTS, WINDOWS = 20, 10  # that benign requests are dealt out to where a quorum is measured; all attacks come from one client
TRUSTING, QUORUM = Quorum(1, 1), Quorum(3, 2)


@dataclass
class Contamination:
    """`log` is what memory and calibration learn from; `benign` and `attacks`, of the same sites, are measured."""

    log: Requests
    benign: Requests
    attacks: Requests
    scores: np.ndarray
    fresh: Callable[[Quorum], WithMemory]
    filters: dict[str, float]  # name -> bare score from which a request is dropped
    budget: float

    def table(self) -> dict:
        """By share of attacks in the log: recall of other payloads with a memory of that log at false-positive rates of
        clean benign requests, and what comes of the budget's threshold that the log sets as calibration sample."""
        shown = self.attacks.take(visible_mask(self.attacks))
        log_scores, shown_scores = request_scores(self.log, self.scores), request_scores(shown, self.scores)
        result: dict = {}
        for share in SHARES:
            runs: dict[str, list[dict]] = {}
            drops: dict[str, list[float]] = {name: [] for name in self.filters}
            for draw in range(DRAWS):
                hidden, left = _drawn(shown, round(share / (1 - share) * len(self.log)), draw)
                bad, measured = shown.take(hidden), shown.take(left)
                todo = {"clean": (self.log, None, TRUSTING), "unfiltered": (self.log, bad, TRUSTING)}
                for name, limit in self.filters.items():
                    drops[name].append(float((shown_scores[hidden] >= limit).mean()))
                    todo[name] = self.log.take(log_scores < limit), bad.take(shown_scores[hidden] < limit), TRUSTING
                todo |= {"clean, quorum": (self.log, None, QUORUM), "unfiltered, quorum": (self.log, bad, QUORUM)}
                for name, given in todo.items():
                    runs.setdefault(name, []).append(self._measured(measured, *given))
            result[f"{share:g}"] = {
                "attacksInLog": len(hidden), "log": len(self.log),
                "filters": {name: {"dropsAttacks": float(np.mean(values)), "dropsBenign": float((log_scores >= self.filters[name]).mean())}
                            for name, values in drops.items()},
                "runs": {name: _mean(entries) for name, entries in runs.items()},
            }  # fmt: skip
        return result

    def _measured(self, attacks: Requests, log: Requests, bad: Requests | None, quorum: Quorum) -> dict:
        bad = bad or Requests()
        memory = self.fresh(quorum)
        rng = random.Random(1)
        memory.learn(log, [f"client-{rng.randrange(CLIENTS)}" for _ in range(len(log))], _windows(len(log)))
        memory.learn(bad, ["attacker"] * len(bad), _windows(len(bad)))
        against, found = memory.score(self.benign).logits, memory.score(attacks).logits
        result = {f"at{rate:g}": float((found > threshold_at(against, rate)).mean()) for rate in RATES if supports(len(against), rate)}
        threshold = threshold_at(request_scores(log + bad, self.scores), self.budget)
        return result | {"recallAtOwnThreshold": float((request_scores(attacks, self.scores) > threshold).mean()),
                         "alarmsAtOwnThreshold": float((request_scores(self.benign, self.scores) > threshold).mean())}  # fmt: skip


def _windows(count: int) -> list[int]:
    return [index * WINDOWS // count for index in range(count)]


def _drawn(attacks: Requests, count: int, draw: int) -> tuple[np.ndarray, np.ndarray]:
    """Attacks for the log, and those left to measure whose payloads are not among them."""
    order = random.Random(draw).sample(range(len(attacks)), len(attacks))
    hidden = order[: min(count, len(order) // 2)]
    payloads = {attacks.meta[index].get("payload") for index in hidden}
    return np.array(hidden), np.array([index for index in order[len(hidden) :] if attacks.meta[index].get("payload") not in payloads])


def _mean(entries: list[dict]) -> dict:
    return {key: float(np.mean([entry[key] for entry in entries])) for key in entries[0]}
