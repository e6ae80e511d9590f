"""All protocols of one bundle, as one tree of figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..bundle import Bundle, now_iso
from ..corpus import Corpus
from ..errors import TrainerError
from ..logs import read_requests
from ..metrics import threshold_at
from .csic import csic_table, halves
from .evasion import Disguised, disguised_attacks, disguised_benign, evasion_table
from .field_scores import BundleScores
from .hard_benign import hard_benign_table
from .requests import RequestReader, Requests, TextPool, corpus_requests, labeled_records
from .sites import SiteSplit, budget_carried_over, cascade_share, protocol, seen_sites, seen_split, unseen_split
from .tables import Scored, alarms, detection_table
from .worst import worst_alarms, worst_misses

PROTOCOLS = ("sites", "hard", "evasion", "csic")
EVASION_RATES = (0.01, 0.001)


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
            inputs.evasion_benign = disguised_benign(_records(benign, found, inputs.measured), reader, sample)
    return inputs


def _records(paths: list[Path], requests: Requests, chosen: np.ndarray) -> list[dict]:
    """The raw records of some requests that came from these files, in order."""
    numbers: dict[Path, set[int]] = {path: set() for path in paths}
    at = -1
    previous = len(requests) + 1
    for index, record in enumerate(requests.record):
        at += record <= previous if index else 1  # numbers start again with each file
        previous = record
        if chosen[index]:
            numbers[paths[at]].add(record)
    return [record for path in paths for number, (_, record) in enumerate(read_requests(path)) if number in numbers[path]]


def measure(bundle: Bundle, inputs: Inputs, cache: Path | None) -> dict:
    views = BundleScores(bundle, cache)
    scores = views.scores(inputs.pool)
    served = scores[views.served]
    threshold = bundle.manifest["threshold"]
    benign, attacks = Scored.of(inputs.benign.take(inputs.measured), served), Scored.of(inputs.attacks, served)
    result: dict = {
        "createdAt": now_iso(),
        "model": bundle.manifest["id"],
        "threshold": threshold,
        "falsePositiveBudget": bundle.manifest["falsePositiveBudget"],
        "falsePositives": false_positives(benign, threshold, seen_sites(inputs.benign) if inputs.has_corpus else None),
        "worstFalsePositives": worst_alarms(bundle, benign, inputs.pool, threshold),
        "attacks": {},
        "protocols": {},
    }
    sources = np.array(inputs.attacks.source, dtype=object)
    for name in sorted(set(inputs.attacks.source)):
        chosen = attacks.where(sources == name)
        result["attacks"][name] = {"rates": detection_table(chosen, benign, threshold), "worstMisses": worst_misses(bundle, chosen, inputs.pool, threshold)}
    protocols = result["protocols"]
    if "sites" in inputs.protocols and inputs.has_corpus and len(inputs.attacks):
        protocols |= site_protocols(inputs, scores, views, threshold)
    held_out = Scored.of(inputs.benign.take(np.array([split not in ("train", "select") for split in inputs.benign.split])), served)
    at = {f"at{rate:g}": threshold_at(held_out.logits, rate) for rate in EVASION_RATES}
    if len(inputs.hard):
        protocols["hardBenign"] = {"bare": hard_benign_table(Scored.of(inputs.hard, served), threshold, at)}
    if inputs.evasion:
        protocols["evasion"] = evasion_table(inputs.evasion, served, at | {"deployed": threshold})
    if inputs.evasion_benign:
        protocols["evasionBenign"] = evasion_table(inputs.evasion_benign, served, at | {"deployed": threshold})
    if len(inputs.csic_benign):
        _, later = halves(inputs.csic_benign)
        protocols["csic"] = {"bare": csic_table(Scored.of(inputs.csic_attacks, served), Scored.of(inputs.csic_benign.take(later), served), threshold)}
    return result


def false_positives(benign: Scored, threshold: float, seen: set[str] | None) -> dict:
    """At the bundle's threshold, on requests that nothing was trained, chosen or calibrated on."""
    sources = np.array(benign.requests.source, dtype=object)
    result = {"all": alarms(benign, threshold), "unique": alarms(benign.where(benign.unique()), threshold)}
    result |= {f"source:{name}": alarms(benign.where(sources == name), threshold) for name in sorted(set(benign.requests.source))}
    if seen is not None:
        inside = np.array([site in seen for site in benign.requests.site], dtype=bool)
        result |= {name: alarms(benign.where(mask), threshold) for name, mask in (("seen", inside), ("unseen", ~inside)) if mask.any()}
    return result


def site_protocols(inputs: Inputs, scores: dict[str, np.ndarray], views: BundleScores, threshold: float) -> dict:
    unseen = unseen_split(inputs.benign, inputs.attacks, halves=False)
    seen = seen_split(inputs.benign, inputs.attacks)
    result: dict = {}
    for name, split in (("unseen", unseen), ("seen", seen)):
        if len(split.benign) < 2 or not len(split.attacks):
            continue
        result[name] = {"views": {}}
        for view, values in scores.items():
            attacks, benign = _scored(inputs, split, values)
            # A single view has no threshold of its own; what is measured of it needs none.
            result[name]["views"][view] = protocol(attacks, benign, threshold, details=view == views.served)
        if "linear" in scores:
            result[name]["transformerRuns"] = cascade_share(inputs.benign.take(split.benign), scores["linear"], views.needs_transformer, threshold)
    if "unseen" in result and "seen" in result:
        served = scores[views.served]
        attacks, benign = _scored(inputs, unseen, served)
        result["unseen"]["budgetFromSeenSites"] = budget_carried_over(_scored(inputs, seen, served)[1], benign, attacks)
    return result


def _scored(inputs: Inputs, split: SiteSplit, values: np.ndarray) -> tuple[Scored, Scored]:
    return Scored.of(inputs.attacks.take(split.attacks), values), Scored.of(inputs.benign.take(split.benign), values)
