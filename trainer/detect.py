"""Scores canonical requests from Python with the numbers of `normgate score`.

    detector = RequestDetector.open("models/base-2")
    detection = detector.detect(canonical)           # what `normgate canonicalize` printed of one request
    detection.anomaly_score, detection.is_anomaly, detection.threshold
    detections = detector.detect_all(canonicals)

With a memory (`memory.py`) fields are judged by what is normal on the request's host.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .bundle import Bundle
from .calibrate import host_key
from .errors import TrainerError
from .memory import FieldMemory, MemoryRule, Quorum
from .model import NOT_SCORED
from .scoring import Scorer
from .split import site_of
from .survival import Survival, check_budget
from .views import Rule, linear_view

THRESHOLD = 0.5  # the calibrated score at which a request is an anomaly
ROUNDING = 1e-9  # below this distance from the threshold the Transformer decides, as in the service


@dataclass(frozen=True)
class Detection:
    """`anomaly_score` is calibrated, in [0, 1]; `threshold` is what it is compared with; `field` is the text that decided."""

    anomaly_score: float
    is_anomaly: bool
    threshold: float
    field: str
    raw: float  # surprise or logit of that field; NOT_SCORED when nothing needed a score


class RequestDetector:
    """A verified bundle, at the operator's false-positive budget (default: the bundle's)."""

    def __init__(self, bundle: Bundle, budget: float | None = None, cascade: bool = True) -> None:
        manifest = bundle.manifest
        self.survival: Survival = bundle.survival
        self.budget = manifest["falsePositiveBudget"] if budget is None else budget
        check_budget(self.budget, manifest["calibration"]["requests"])
        self.scorer = Scorer.of(bundle)
        self.cascade = cascade
        self.rule = Rule.from_manifest(manifest["views"]) if "views" in manifest else None
        self.linear = linear_view(bundle) if self.rule else None
        self.hosts = own_calibrations(manifest.get("hosts"), self.budget, self.rule.bound if self.rule else math.inf)
        self.memory_settings = manifest.get("memory")
        self.memory_survival = Survival.from_manifest(self.memory_settings) if self.memory_settings else None

    @staticmethod
    def open(folder: Path | str, budget: float | None = None, cascade: bool = True) -> "RequestDetector":
        return RequestDetector(Bundle.open(Path(folder)), budget, cascade)

    def new_memory(self, quorum: Quorum = Quorum()) -> FieldMemory:
        """An empty memory by the bundle's rule. Raises TrainerError for a bundle that has none."""
        if self.memory_settings is None:
            raise TrainerError("memory: this bundle was calibrated without one")
        return FieldMemory(MemoryRule.from_manifest(self.memory_settings["rule"]), quorum)

    def surprises(self, texts: Sequence[str], threshold: float = -math.inf) -> np.ndarray:
        """Raw score of each text: combined surprise or, with the Transformer alone, logit. A field that the Transformer cannot
        push over the threshold has the linear view's surprise."""
        if self.rule is None or self.linear is None:
            return self.scorer.field_logits(list(texts))
        linear_logits = self.linear.field_logits(texts)
        result = self.rule.surprise("linear", linear_logits)
        most = self.rule.at_most(linear_logits)
        open_ = np.flatnonzero(most >= threshold - ROUNDING)
        if len(open_):
            result[open_] = self.rule.combine(self.scorer.field_logits([texts[index] for index in open_]), linear_logits[open_])
        return result

    def detect(self, canonical: dict, memory: FieldMemory | None = None) -> Detection:
        """`canonical` has `sequences` and, where memory is used, `host`."""
        return self.detect_all([canonical], memory)[0]

    def detect_all(self, canonicals: Iterable[dict], memory: FieldMemory | None = None) -> list[Detection]:
        requests = list(canonicals)
        result: list[Detection | None] = [None] * len(requests)
        by_survival: dict[int, list[int]] = {}
        tables = [self.hosts(request.get("host") or "") or self.survival for request in requests]
        for index, table in enumerate(tables):
            by_survival.setdefault(id(table), []).append(index)
        for indexes in by_survival.values():
            table = tables[indexes[0]]
            texts = list(dict.fromkeys(text for index in indexes for text in requests[index]["sequences"]))
            # Memory moves scores both ways, so nothing can be settled before it.
            settle = self.cascade and memory is None
            raw = dict(zip(texts, self.surprises(texts, table.logit_at(self.budget) if settle else -math.inf).tolist())) if texts else {}
            for index in indexes:
                result[index] = self._detection(requests[index], raw, memory, table)
        return [one for one in result if one is not None]

    def _detection(self, request: dict, raw: dict[str, float], memory: FieldMemory | None, table: Survival) -> Detection:
        sequences, host = request["sequences"], request.get("host") or ""
        judged = [raw[text] for text in sequences] if memory is None else memory.judge(host, sequences, raw)
        worst, field = max(((value, text) for value, text in zip(judged, sequences) if value is not None), default=(NOT_SCORED, ""))
        mature = memory is not None and self.memory_survival is not None and memory.requests.get(host, 0) >= self.memory_settings["matureFrom"]
        survival = self.memory_survival if mature else table
        score = 0.0 if field == "" else survival.score(worst, self.budget)
        return Detection(score, score >= THRESHOLD, THRESHOLD, field, worst)


def own_calibrations(hosts: dict | None, budget: float, highest: float) -> Callable[[str], Survival | None]:
    """Of a host its own calibration, where the bundle has one that supports the budget below the highest threshold."""
    tables = {key: Survival.from_manifest(table) for key, table in (hosts or {"tables": {}})["tables"].items() if budget >= table["smallestBudget"] * (1 - 1e-9)}
    tables = {key: table for key, table in tables.items() if table.logit_at(budget) < highest}
    if not tables:
        return lambda host: None
    salt = bytes.fromhex(hosts["salt"])
    return lambda host: tables.get(host_key(salt, site_of(host)))
