"""Scores canonical requests from Python with the numbers of `normgate score`.

    detector = RequestDetector.open("models/base-9")
    detection = detector.detect(canonical)           # what `normgate canonicalize` printed of one request
    detection.anomaly_score, detection.is_anomaly, detection.threshold
    detections = detector.detect_all(canonicals)

With a memory (`memory.py`) fields are judged by what is normal on the request's host. A service's memory cannot be read here:
`detector.new_memory()` is empty and has to learn the host's requests again (`memory.learn`).

Every window that is open is judged. The service's Transformer judges at most `score.maxWindows` of one request, so of requests
with more the scores can differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .bundle import Bundle
from .calibrate import host_key, mature_budget
from .errors import TrainerError
from .memory import FieldMemory, MemoryRule, Quorum
from .model import NOT_SCORED
from .scoring import Scorer
from .split import site_of
from .survival import Survival, check_budget
from .views import Rule, cut, judge, linear_logits, linear_view

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
        if self.memory_survival is not None:
            self.memory_budget = mature_budget(self.memory_survival, self.survival.logit_at(self.budget), self.budget)

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
        if self.rule is None:
            return self.scorer.field_logits(list(texts))
        return judge(texts, self.scorer.field_logits, self.linear, self.rule.pieces).combined(self.rule)

    def detect(self, canonical: dict, memory: FieldMemory | None = None) -> Detection:
        """`canonical` has `sequences` and, where hosts matter, `host`."""
        return self.detect_all([canonical], memory)[0]

    def detect_all(self, canonicals: Iterable[dict], memory: FieldMemory | None = None) -> list[Detection]:
        looks = [self._look(canonical, memory) for canonical in canonicals]
        texts = list(dict.fromkeys(text for look in looks for text in look.adjust))
        pieces = self._pieces(texts)
        for look in looks:
            look.open = {text: [piece for piece in pieces[text] if self._is_open(piece.linear, adjust, look.threshold)] for text, adjust in look.adjust.items()}
        asked = list(dict.fromkeys(piece.text for look in looks for own in look.open.values() for piece in own))
        logits = dict(zip(asked, self.scorer.field_logits(asked).tolist())) if asked else {}
        return [self._detection(look, pieces, logits) for look in looks]

    def _pieces(self, texts: list[str]) -> dict[str, list["_Piece"]]:
        """What the linear view says of the pieces of each text; without that view a text is one piece."""
        if self.rule is None:
            return {text: [_Piece(text, None)] for text in texts}
        own, owners = cut(texts, self.rule.pieces)
        surprises = self.rule.surprise("linear", linear_logits(texts, self.linear, self.rule.pieces)) if texts else np.zeros(0)
        result: dict[str, list[_Piece]] = {text: [] for text in texts}
        for piece, owner, surprise in zip(own, owners.tolist(), surprises.tolist()):
            result[texts[owner]].append(_Piece(piece, surprise))
        return result

    def _look(self, request: dict, memory: FieldMemory | None) -> "_Look":
        sequences, host = request["sequences"], request.get("host") or ""
        adjustments = memory.adjustments(host, sequences) if memory is not None else [lambda surprise: surprise] * len(sequences)
        adjust = {text: one for text, one in zip(sequences, adjustments) if one is not None}
        mature = memory is not None and self.memory_survival is not None and memory.requests.get(host, 0) >= self.memory_settings["matureFrom"]
        survival = self.memory_survival if mature else self.hosts(host) or self.survival
        budget = self.memory_budget if mature else self.budget
        return _Look(adjust, survival, budget, survival.logit_at(budget))

    def _is_open(self, linear_surprise: float | None, adjust: Callable[[float], float], threshold: float) -> bool:
        """Whether the Transformer must judge a piece: without the cascade or a second view always."""
        if not self.cascade or linear_surprise is None:
            return True
        return adjust((self.rule.most + linear_surprise) / 2) >= threshold - ROUNDING

    def _raw(self, open_: list["_Piece"], pieces: list["_Piece"], logits: dict[str, float]) -> float:
        """Of a field: the worst of its open pieces; where there is none, what the linear view says stands for both."""
        if self.rule is None:
            return logits[open_[0].text]
        if not open_:
            return max(piece.linear for piece in pieces)
        transformer = self.rule.surprise("transformer", np.array([logits[piece.text] for piece in open_]))
        return float(((transformer + np.array([piece.linear for piece in open_])) / 2).max())

    def _detection(self, look: "_Look", pieces: dict[str, list["_Piece"]], logits: dict[str, float]) -> Detection:
        values = (adjust(self._raw(look.open[text], pieces[text], logits)) for text, adjust in look.adjust.items())
        worst, field = max(zip(values, look.adjust), key=lambda pair: pair[0], default=(NOT_SCORED, ""))
        score = look.survival.score(worst, look.budget) if look.adjust else 0.0
        return Detection(score, score >= THRESHOLD, THRESHOLD, field, worst)


@dataclass
class _Look:
    """A request before its fields are scored: what memory makes of the surprise of each that it does not know, and the table that applies."""

    adjust: dict[str, Callable[[float], float]]
    survival: Survival
    budget: float
    threshold: float
    open: dict[str, list["_Piece"]] = field(default_factory=dict)  # of each field the pieces that the Transformer judges


@dataclass(frozen=True)
class _Piece:
    text: str
    linear: float | None  # the linear view's surprise; None without that view


def own_calibrations(hosts: dict | None, budget: float, highest: float) -> Callable[[str], Survival | None]:
    """Of a host its own calibration, where the bundle has one that supports the budget below the highest threshold."""
    tables = {key: Survival.from_manifest(table) for key, table in (hosts or {"tables": {}})["tables"].items() if budget >= table["smallestBudget"] * (1 - 1e-9)}
    tables = {key: table for key, table in tables.items() if table.logit_at(budget) < highest}
    if not tables:
        return lambda host: None
    salt = bytes.fromhex(hosts["salt"])
    return lambda host: tables.get(host_key(salt, site_of(host)))
