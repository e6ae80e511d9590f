"""Requests judged by views and field memory together, as a service does that has watched the same hosts for a while."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..bundle import Bundle
from ..memory import FieldMemory, MemoryRule, Quorum
from ..model import NOT_SCORED
from .requests import Requests, TextPool
from .tables import Scored

BASE_QUANTILE = 0.99  # of benign fields' surprise, for a bundle that was calibrated without memory


@dataclass
class MemorySettings:
    """How a bundle uses memory; without a table of its own a host with memory keeps the bare threshold."""

    rule: MemoryRule
    bare_threshold: float
    threshold: float
    mature_from: int

    @staticmethod
    def of(bundle: Bundle, benign: Requests, scores: np.ndarray) -> "MemorySettings":
        bare = bundle.manifest["threshold"]
        memory = bundle.manifest.get("memory")
        if memory is not None:
            return MemorySettings(MemoryRule.from_manifest(memory["rule"]), bare, memory["threshold"], memory["matureFrom"])
        return MemorySettings(MemoryRule(float(np.quantile(scores[np.concatenate(benign.fields)], BASE_QUANTILE))), bare, bare, 0)


class WithMemory:
    """Learns a log, then scores requests. Logs without clients trust every request: a quorum of one."""

    def __init__(self, settings: MemorySettings, pool: TextPool, scores: np.ndarray, quorum: Quorum = Quorum(1, 1)) -> None:
        self.settings, self.pool, self.scores = settings, pool, scores
        self.memory = FieldMemory(settings.rule, quorum)

    def learn(self, log: Requests, clients: list[str] | None = None, windows: list[int] | None = None) -> "WithMemory":
        for index, fields in enumerate(log.fields):
            texts, surprises = self._of(fields)
            client = clients[index] if clients else log.client[index]
            self.memory.learn(log.host[index], client, windows[index] if windows else 0, texts, surprises)
        return self

    def score(self, requests: Requests) -> Scored:
        logits, top = np.full(len(requests), NOT_SCORED), np.full(len(requests), -1, dtype=np.int64)
        limit = np.empty(len(requests))
        for index, fields in enumerate(requests.fields):
            host = requests.host[index]
            judged = self.memory.judge(host, *self._of(fields))
            for field, adjusted in zip(fields.tolist(), judged):
                if adjusted is not None and adjusted > logits[index]:
                    logits[index], top[index] = adjusted, field
            mature = self.memory.requests.get(host, 0) >= self.settings.mature_from
            limit[index] = self.settings.threshold if mature else self.settings.bare_threshold
        return Scored(requests, logits, top, limit)

    def _of(self, fields: np.ndarray) -> tuple[list[str], dict[str, float]]:
        texts = [self.pool.texts[field] for field in fields.tolist()]
        return texts, dict(zip(texts, self.scores[fields].tolist()))
