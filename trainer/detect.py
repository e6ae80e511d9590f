"""Scores canonical requests from Python with the numbers of `normgate score`.

    detector = RequestDetector.open("models/base-3")
    detection = detector.detect(canonical)           # what `normgate canonicalize` printed of one request
    detection.anomaly_score, detection.is_anomaly, detection.threshold
    detections = detector.detect_all(canonicals)

With a memory (`memory.py`) fields are judged by what is normal on the request's host.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
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

    def surprises(self, texts: Sequence[str]) -> np.ndarray:
        """Raw score of each text, whatever it can come to: combined surprise or, with the Transformer alone, logit."""
        logits = self.scorer.field_logits(list(texts))
        return logits if self.rule is None else self.rule.combine(logits, self.linear.field_logits(texts))

    def detect(self, canonical: dict, memory: FieldMemory | None = None) -> Detection:
        """`canonical` has `sequences` and, where hosts matter, `host`."""
        return self.detect_all([canonical], memory)[0]

    def detect_all(self, canonicals: Iterable[dict], memory: FieldMemory | None = None) -> list[Detection]:
        looks = [self._look(canonical, memory) for canonical in canonicals]
        texts = list(dict.fromkeys(text for look in looks for text in look.shifts))
        linear_logits = self.linear.field_logits(texts) if self.linear is not None else np.zeros(len(texts))
        linear = dict(zip(texts, linear_logits.tolist()))
        settled = dict(zip(texts, self.rule.surprise("linear", linear_logits).tolist())) if self.rule else {}
        for look in looks:
            look.open = {text for text in look.shifts if self._is_open(settled.get(text), look.shifts[text], look.threshold)}
        open_ = list(dict.fromkeys(text for look in looks for text in look.shifts if text in look.open))
        judged = self.scorer.field_logits(open_) if open_ else np.zeros(0)
        if self.rule is not None and open_:
            judged = self.rule.combine(judged, np.array([linear[text] for text in open_]))
        raw = dict(zip(open_, judged.tolist()))
        return [self._detection(look, raw, settled) for look in looks]

    def _look(self, request: dict, memory: FieldMemory | None) -> "_Look":
        sequences, host = request["sequences"], request.get("host") or ""
        # What memory adds does not depend on the surprise, so that of zero tells it.
        judged = memory.judge(host, sequences, dict.fromkeys(sequences, 0.0)) if memory is not None else [0.0] * len(sequences)
        shifts = {text: shift for text, shift in zip(sequences, judged) if shift is not None}
        mature = memory is not None and self.memory_survival is not None and memory.requests.get(host, 0) >= self.memory_settings["matureFrom"]
        survival = self.memory_survival if mature else self.hosts(host) or self.survival
        return _Look(shifts, survival, survival.logit_at(self.budget))

    def _is_open(self, linear_surprise: float | None, shift: float, threshold: float) -> bool:
        """Whether the Transformer must judge a field: without the cascade or a second view always."""
        if not self.cascade or linear_surprise is None:
            return True
        return (self.rule.bound + linear_surprise) / 2 + shift >= threshold - ROUNDING

    def _detection(self, look: "_Look", raw: dict[str, float], settled: dict[str, float]) -> Detection:
        values = ((raw[text] if text in look.open else settled[text]) + shift for text, shift in look.shifts.items())
        worst, field = max(zip(values, look.shifts), key=lambda pair: pair[0], default=(NOT_SCORED, ""))
        score = look.survival.score(worst, self.budget) if look.shifts else 0.0
        return Detection(score, score >= THRESHOLD, THRESHOLD, field, worst)


@dataclass
class _Look:
    """A request before its fields are scored: what memory adds to each that it does not know, and the table that applies."""

    shifts: dict[str, float]
    survival: Survival
    threshold: float
    open: set[str] = field(default_factory=set)


def own_calibrations(hosts: dict | None, budget: float, highest: float) -> Callable[[str], Survival | None]:
    """Of a host its own calibration, where the bundle has one that supports the budget below the highest threshold."""
    tables = {key: Survival.from_manifest(table) for key, table in (hosts or {"tables": {}})["tables"].items() if budget >= table["smallestBudget"] * (1 - 1e-9)}
    tables = {key: table for key, table in tables.items() if table.logit_at(budget) < highest}
    if not tables:
        return lambda host: None
    salt = bytes.fromhex(hosts["salt"])
    return lambda host: tables.get(host_key(salt, site_of(host)))
