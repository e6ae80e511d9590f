"""Scores canonical requests from Python with the numbers of `normgate score`.

    detector = RequestDetector.open("models/base-2")
    detection = detector.detect(canonical)           # what `normgate canonicalize` printed of one request
    detection.anomaly_score, detection.is_anomaly, detection.threshold
    detections = detector.detect_all(canonicals)

With a memory (`memory.py`) fields are judged by what is normal on the request's host.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .bundle import Bundle
from .errors import TrainerError
from .memory import FieldMemory, MemoryRule, Quorum
from .model import NOT_SCORED
from .scoring import Scorer
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
        self.raw_threshold = self.survival.logit_at(self.budget)
        self.scorer = Scorer.of(bundle)
        self.cascade = cascade
        self.rule = Rule.from_manifest(manifest["views"]) if "views" in manifest else None
        self.linear = linear_view(bundle) if self.rule else None
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

    def surprises(self, texts: Sequence[str], cascade: bool = False) -> np.ndarray:
        """Raw score of each text: combined surprise or, with the Transformer alone, logit. With `cascade` a field that the
        Transformer cannot push over the threshold has the linear view's surprise."""
        if self.rule is None or self.linear is None:
            return self.scorer.field_logits(list(texts))
        linear_logits = self.linear.field_logits(texts)
        result = self.rule.surprise("linear", linear_logits)
        most = self.rule.at_most(linear_logits)
        open_ = np.flatnonzero(most >= self.raw_threshold - ROUNDING) if cascade else np.arange(len(texts))
        if len(open_):
            result[open_] = self.rule.combine(self.scorer.field_logits([texts[index] for index in open_]), linear_logits[open_])
        return result

    def detect(self, canonical: dict, memory: FieldMemory | None = None) -> Detection:
        """`canonical` has `sequences` and, where memory is used, `host`."""
        return self.detect_all([canonical], memory)[0]

    def detect_all(self, canonicals: Iterable[dict], memory: FieldMemory | None = None) -> list[Detection]:
        requests = list(canonicals)
        texts = list(dict.fromkeys(text for request in requests for text in request["sequences"]))
        # Memory moves scores both ways, so nothing can be settled before it.
        raw = dict(zip(texts, self.surprises(texts, self.cascade and memory is None).tolist())) if texts else {}
        return [self._detection(request, raw, memory) for request in requests]

    def _detection(self, request: dict, raw: dict[str, float], memory: FieldMemory | None) -> Detection:
        sequences, host = request["sequences"], request.get("host") or ""
        judged = [raw[text] for text in sequences] if memory is None else memory.judge(host, sequences, raw)
        worst, field = max(((value, text) for value, text in zip(judged, sequences) if value is not None), default=(NOT_SCORED, ""))
        mature = memory is not None and self.memory_survival is not None and memory.requests.get(host, 0) >= self.memory_settings["matureFrom"]
        survival = self.memory_survival if mature else self.survival
        score = 0.0 if field == "" else survival.score(worst, self.budget)
        return Detection(score, score >= THRESHOLD, THRESHOLD, field, worst)
