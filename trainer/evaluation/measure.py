"""All protocols of one bundle, as one tree of figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..baselines import open_baselines
from ..bundle import Bundle, now_iso
from ..corpus import Corpus
from ..errors import TrainerError
from ..memory import Quorum
from ..metrics import threshold_at
from .compared import QUICK
from .contamination import STRICT_SHARE, Contamination
from .csic import csic_table, halves
from .curves import histogram, reliability, roc
from .evasion import Disguised, disguised_attacks, disguised_benign, evasion_table
from .field_scores import BundleScores, CachedView, identity_of, request_scores
from .hard_benign import hard_benign_table
from .latency import latency
from .requests import RequestReader, Requests, TextPool, corpus_requests, labeled_records, raw_records
from .sites import TRAINED, SiteSplit, budget_carried_over, by_time, cascade_share, protocol, seen_sites, seen_split, unseen_split
from .tables import Scored, alarms, detection_table, visible_mask
from .with_memory import MemorySettings, WithMemory
from .worst import worst_alarms, worst_misses

PROTOCOLS = ("sites", "hard", "evasion", "csic", "contamination")
EVASION_RATES = (0.01, 0.001)
CSIC = "csic2010"  # `meta.base` of payloads that were spliced into that shop


@dataclass
class Inputs:
    """Requests of every kind in one pool; what was not given is empty."""

    pool: TextPool
    benign: Requests
    attacks: Requests
    hard: Requests
    csic_benign: Requests
    csic_attacks: Requests
    has_corpus: bool
    evasion: Disguised | None = None
    evasion_benign: Disguised | None = None
    protocols: tuple[str, ...] = PROTOCOLS
    measured: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))  # benign that nothing was trained or calibrated on


def load_inputs(corpus: Corpus | None, benign: list[Path], attacks: list[Path], hard: list[Path], csic: Path | None,
                command: str, cache: Path | None, protocols: tuple[str, ...], sample: int) -> Inputs:  # fmt: skip
    pool = TextPool()
    reader = RequestReader(pool, command, cache)
    if benign:
        found = reader.benign(benign, corpus)
    else:
        found = corpus_requests(corpus, pool, ("train", "select", "calibrate", "test"))
    inputs = Inputs(pool, found, reader.attacks(attacks), Requests(), Requests(), Requests(), corpus is not None, protocols=protocols)
    inputs.measured = np.array([split in ("test", "") for split in found.split], dtype=bool)
    if inputs.measured.sum() < 2:
        raise TrainerError(f"--benign: expected at least 2 requests, got {int(inputs.measured.sum())}")
    if "hard" in protocols:
        inputs.hard = reader.benign(hard)
    if csic and "csic" in protocols:
        inputs.csic_attacks = reader.attacks([csic])
        inputs.csic_benign = reader.benign_of([csic])
    if "evasion" in protocols and attacks:
        inputs.evasion = disguised_attacks([record for path in attacks for record in labeled_records(path, benign=False)], reader, sample)
        if benign:
            inputs.evasion_benign = disguised_benign(raw_records(found, inputs.measured), reader, sample)
    return inputs


def baseline_scores(inputs: Inputs, folder: Path, cache: Path | None) -> dict[str, np.ndarray]:
    """By baseline, float64 [len(pool)]: of the texts that the tables need, NaN for others. Disguised attacks are scored by QUICK ones alone."""
    held_out = inputs.benign.take(np.array([split not in TRAINED for split in inputs.benign.split], dtype=bool))
    plain = [held_out, inputs.attacks, inputs.hard, inputs.csic_benign, inputs.csic_attacks]
    disguised = list(inputs.evasion.requests.values()) if inputs.evasion else []
    result = {}
    for name, (identity, score) in open_baselines(folder).items():
        needed = [fields for part in (plain + disguised if name in QUICK else plain) for fields in part.fields]
        chosen = np.unique(np.concatenate(needed))
        texts = TextPool()
        for index in chosen.tolist():
            texts.add(inputs.pool.texts[index])
        result[name] = np.full(len(inputs.pool), np.nan)
        result[name][chosen] = CachedView(score, identity_of(identity), cache, name).logits(texts)
    return result


def measure(bundle: Bundle, inputs: Inputs, cache: Path | None, baselines: dict[str, np.ndarray] | None = None) -> dict:
    views = BundleScores(bundle, cache)
    scores = views.scores(inputs.pool)
    served = scores[views.served]
    threshold = bundle.manifest["threshold"]
    benign = Scored.of(inputs.benign.take(inputs.measured), served, threshold)
    attacks = Scored.of(inputs.attacks, served, threshold)
    result: dict = {
        "createdAt": now_iso(),
        "model": bundle.manifest["id"],
        "threshold": threshold,
        "falsePositiveBudget": bundle.manifest["falsePositiveBudget"],
        "falsePositives": false_positives(benign, seen_sites(inputs.benign) if inputs.has_corpus else None),
        "worstFalsePositives": worst_alarms(bundle, benign, inputs.pool),
        "attacks": {},
    }
    sources = np.array(inputs.attacks.source, dtype=object)
    for name in sorted(set(inputs.attacks.source)):
        chosen = attacks.where(sources == name)
        result["attacks"][name] = {"rates": detection_table(chosen, benign), "worstMisses": worst_misses(bundle, chosen, inputs.pool)}
        if compared := {other: detection_table(*(Scored.of(part.requests, values) for part in (chosen, benign)), details=False) for other, values in (baselines or {}).items()}:
            result["attacks"][name]["baselines"] = compared
    protocols = Protocols(bundle, inputs, views, scores, baselines or {})
    return result | {"protocols": protocols.run(), "curves": protocols.curves, "latency": latency(bundle)}


def false_positives(benign: Scored, seen: set[str] | None) -> dict:
    """At the bundle's threshold, on requests that nothing was trained, chosen or calibrated on."""
    sources = np.array(benign.requests.source, dtype=object)
    result = {"all": alarms(benign), "unique": alarms(benign.where(benign.unique()))}
    result |= {f"source:{name}": alarms(benign.where(sources == name)) for name in sorted(set(benign.requests.source))}
    if seen is not None:
        inside = np.array([site in seen for site in benign.requests.site], dtype=bool)
        result |= {name: alarms(benign.where(mask)) for name, mask in (("seen", inside), ("unseen", ~inside)) if mask.any()}
    return result


class Protocols:
    """Every protocol whose requests were given, for one bundle."""

    def __init__(self, bundle: Bundle, inputs: Inputs, views: BundleScores, scores: dict[str, np.ndarray],
                 baselines: dict[str, np.ndarray]) -> None:  # fmt: skip
        self.inputs, self.views, self.scores, self.baselines, self.compared = inputs, views, scores, baselines, scores | baselines
        self.served = scores[views.served]
        self.threshold, self.budget = bundle.manifest["threshold"], bundle.manifest["falsePositiveBudget"]
        self.bundle, self.survival = bundle, bundle.survival
        self.curves: dict[str, dict] = {}
        self.held_out = inputs.benign.take(np.array([split not in TRAINED for split in inputs.benign.split], dtype=bool))
        # The rule of memory counts in surprises, which only a bundle of two views has.
        self.memory = MemorySettings.of(bundle, self.held_out, self.served) if views.rule is not None else None

    def run(self) -> dict:
        inputs, result = self.inputs, {}
        if "sites" in inputs.protocols and inputs.has_corpus and len(inputs.attacks):
            result |= self.sites()
        at = self.thresholds(self.served)
        if len(inputs.hard):
            result["hardBenign"] = self.hard(at)
        if inputs.evasion:
            result["evasion"] = evasion_table(inputs.evasion, self.served, at | {"deployed": self.threshold})
            result["evasionByView"] = {view: evasion_table(inputs.evasion, values, self.thresholds(values)) for view, values in self.scores.items()}
            # Few values, most of them equal: what merely reaches such a threshold is what benign requests have too.
            above = lambda values: {at: np.nextafter(limit, np.inf) for at, limit in self.thresholds(values).items()}  # noqa: E731
            result["evasionByView"] |= {name: evasion_table(inputs.evasion, values, above(values)) for name, values in self.baselines.items() if name in QUICK}
        if inputs.evasion_benign:
            result["evasionBenign"] = evasion_table(inputs.evasion_benign, self.served, at | {"deployed": self.threshold})
        if len(inputs.csic_benign):
            result["csic"] = self.csic()
        if "contamination" in inputs.protocols and self.memory and inputs.has_corpus and len(inputs.attacks):
            split = unseen_split(inputs.benign, inputs.attacks, halves=True)
            if len(split.benign) * EVASION_RATES[0] >= 1 and len(split.attacks) > 1:
                result["contamination"] = Contamination(
                    inputs.benign.take(split.log), inputs.benign.take(split.benign), inputs.attacks.take(split.attacks), self.served, self.with_memory,
                    {"what it denies dropped": self.threshold, "the oddest 1 % dropped": self.survival.logit_at(STRICT_SHARE)}, self.budget,
                ).table()  # fmt: skip
        return result

    def with_memory(self, quorum: Quorum = Quorum(1, 1)) -> WithMemory:
        return WithMemory(self.memory, self.inputs.pool, self.served, quorum)

    def thresholds(self, values: np.ndarray) -> dict[str, float]:
        """What ordinary benign requests, seen sites and unseen ones, put a view's thresholds at."""
        logits = request_scores(self.held_out, values)
        return {f"at{rate:g}": threshold_at(logits, rate) for rate in EVASION_RATES}

    def bare(self, requests: Requests) -> Scored:
        return Scored.of(requests, self.served, self.threshold)

    def sites(self) -> dict:
        benign, attacks = self.inputs.benign, self.inputs.attacks
        splits = {"unseen": unseen_split(benign, attacks, halves=False), "seen": seen_split(benign, attacks)}
        result: dict = {name: {"views": self.by_view(name, split)} for name, split in splits.items() if measurable(split)}
        for name in result:
            split = splits[name]
            if "linear" in self.scores:
                result[name]["transformerRuns"] = cascade_share(benign.take(split.benign), self.scores["linear"], self.views.needs_transformer, self.threshold)
        if len(result) == 2:
            set_on = self.bare(benign.take(splits["seen"].benign))
            here, attacked = self.bare(benign.take(splits["unseen"].benign)), self.bare(attacks.take(splits["unseen"].attacks))
            result["unseen"]["budgetFromSeenSites"] = budget_carried_over(set_on, here, attacked)
            self.curves["reliability"] = {"bare": reliability(set_on, here)}
        # Bare, on what protocols with a log measure: beside memory, and for bundles that were fine-tuned on that log.
        splits["unseen"] = unseen_split(benign, attacks, halves=True)
        if measurable(splits["unseen"]):
            later = splits["unseen"]
            pair = self.bare(attacks.take(later.attacks)), self.bare(benign.take(later.benign))
            result["unseenLater"] = {"views": {self.views.served: protocol(*pair, details=True)}}
            for name, values in self.baselines.items():
                others = (Scored.of(part.requests, values) for part in pair)
                result["unseenLater"]["views"][name] = protocol(*others, details=False)
        if self.memory:
            for name in [name for name in splits if name in result and measurable(splits[name])]:
                split = splits[name]
                memory = self.with_memory().learn(benign.take(split.log))
                pair = memory.score(attacks.take(split.attacks)), memory.score(benign.take(split.benign))
                entry = {"views": {self.views.served: protocol(*pair, details=True)}, "log": len(split.log),
                         "worstFalsePositives": worst_alarms(self.bundle, pair[1], self.inputs.pool, memory),
                         "worstMisses": worst_misses(self.bundle, pair[0], self.inputs.pool, memory)}  # fmt: skip
                self.curves[f"{name}Memory"] = {"roc": {self.views.served: roc(*pair)}, "histogram": histogram(*pair)}
                if "reliability" in self.curves:
                    set_on = self.bare(benign.take(splits["seen"].benign))
                    entry["budgetFromSeenSites"] = budget_carried_over(set_on, pair[1], pair[0])
                    if name == "unseen":
                        self.curves["reliability"]["with memory"] = reliability(set_on, pair[1])
                result[f"{name}Memory"] = entry
        return result

    def by_view(self, name: str, split: SiteSplit) -> dict:
        result = {}
        curves = self.curves[name] = {"roc": {}}
        for view, values in self.compared.items():
            limit = self.threshold if view == self.views.served else np.inf
            attacks, benign = (Scored.of(part, values, limit) for part in (self.inputs.attacks.take(split.attacks), self.inputs.benign.take(split.benign)))
            result[view] = protocol(attacks, benign, details=view == self.views.served)
            curves["roc"][view] = roc(attacks, benign)
            if view == self.views.served:
                curves["histogram"] = histogram(attacks, benign)
        return result

    def hard(self, at: dict[str, float]) -> dict:
        hard = self.inputs.hard
        result = {"bare": hard_benign_table(self.bare(hard), at)}
        result |= {f"by {view} alone": hard_benign_table(Scored.of(hard, values), self.thresholds(values)) for view, values in self.compared.items() if view != self.views.served}
        if self.memory:
            older, newer = by_time(hard, np.arange(len(hard)), hard.site)
            result["with memory"] = hard_benign_table(self.with_memory().learn(hard.take(older)).score(hard.take(newer)), at)
        return result

    def csic(self) -> dict:
        earlier, later = halves(self.inputs.csic_benign)
        benign, anomalous = self.inputs.csic_benign.take(later), self.inputs.csic_attacks
        shown = visible_mask(self.inputs.attacks) & np.array([meta.get("base") == CSIC for meta in self.inputs.attacks.meta], dtype=bool)
        parts = anomalous, self.inputs.attacks.take(shown), benign
        result = {"bare": csic_table(*map(self.bare, parts))}
        for view, values in self.compared.items():
            if view != self.views.served:
                result[f"by {view} alone"] = csic_table(*(Scored.of(part, values) for part in parts))
        if self.memory:
            memory = self.with_memory().learn(self.inputs.csic_benign.take(earlier))
            result["with memory"] = csic_table(*map(memory.score, parts))
        return result


def measurable(split: SiteSplit) -> bool:
    return len(split.benign) >= 2 and len(split.attacks) > 0
