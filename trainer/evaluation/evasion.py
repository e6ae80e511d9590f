"""Protocol: the same payloads in disguise, each beside the plain figure of the very same payloads; and benign values in
the same disguises, which must not alarm for it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from urllib.parse import unquote_plus

import numpy as np

from ..metrics import paired_difference
from .requests import RequestReader, Requests
from .splice import Slot, locate
from .tables import SMALL_GROUP, Scored, attack_class, visible
from .transformations import TRANSFORMATIONS

SAMPLE = 1000  # attacks, and benign values: a point of recall is ten payloads
BENIGN_KIND = "sqli"  # benign text has no class; the disguises of SQL are those that need one
SHORTEST_VALUE = 6  # characters of a benign value: shorter ones have nothing to disguise


@dataclass
class Disguised:
    """Requests by transformation, and for each the number of its payload: `payload[name]` int64 [requests]."""

    requests: dict[str, Requests]
    payload: dict[str, np.ndarray]
    skipped: int


def disguised_attacks(records: list[dict], reader: RequestReader, sample: int = SAMPLE, seed: int = 0) -> Disguised:
    """Of a random sample of the attacks that show a payload and tell where it stands."""
    records = [record for record in records if visible(record.get("meta") or {}) and (record.get("meta") or {}).get("payload")]
    chosen = random.Random(seed).sample(records, min(sample, len(records)))
    slots = [(locate(record), attack_class((record.get("meta") or {}) | {"class": record.get("class")}), record["meta"]["payload"]) for record in chosen]
    return _disguised([entry for entry in slots if entry[0] is not None], reader, "evasion", sum(entry[0] is None for entry in slots))


def disguised_benign(records: list[dict], reader: RequestReader, sample: int = SAMPLE, seed: int = 0) -> Disguised:
    """One parameter of each of a random sample of benign requests."""
    rng = random.Random(seed)
    slots = []
    for record in rng.sample(records, len(records)):
        values = [(name, value) for name, mark, value in (pair.partition("=") for pair in record["path"].partition("?")[2].split("&"))
                  if mark and len(unquote_plus(value)) >= SHORTEST_VALUE]  # fmt: skip
        if values:
            name, value = rng.choice(values)
            text = unquote_plus(value)
            slots.append((Slot(record, "query", unquote_plus(name), b""), BENIGN_KIND, text))
        if len(slots) == sample:
            break
    return _disguised(slots, reader, "evasion-benign", 0)


def _disguised(slots: list[tuple[Slot, str, str]], reader: RequestReader, kind: str, skipped: int) -> Disguised:
    result = Disguised({}, {}, skipped)
    for name, transform in TRANSFORMATIONS.items():
        made, numbers = [], []
        for number, (slot, kind_of_attack, text) in enumerate(slots):
            payload = transform(text, kind_of_attack, random.Random(f"{name}:{number}"))
            request = slot.request(payload) if payload else None
            if request is not None:
                made.append(request | {"meta": {"number": number}})
                numbers.append(number)
        result.requests[name] = reader.records(made, kind)
        # The canonicalizer leaves out what no server would read, so the numbers come back with the requests.
        result.payload[name] = np.array([meta["number"] for meta in result.requests[name].meta], dtype=np.int64)
    return result


def evasion_table(disguised: Disguised, scores: np.ndarray, thresholds: dict[str, float]) -> dict:
    """By transformation: share at or above each threshold, the plain share of the same payloads, and their difference."""
    plain = Scored.of(disguised.requests["plain"], scores)
    plain_of = dict(zip(disguised.payload["plain"].tolist(), plain.logits.tolist()))
    result = {}
    for name, requests in disguised.requests.items():
        if len(requests) < SMALL_GROUP:
            continue
        logits = Scored.of(requests, scores).logits
        reference = np.array([plain_of.get(number, np.nan) for number in disguised.payload[name].tolist()])
        paired = ~np.isnan(reference)
        entry: dict = {"requests": int(paired.sum())}
        for key, threshold in thresholds.items():
            hits, plain_hits = logits[paired] >= threshold, reference[paired] >= threshold
            entry[key] = {"rate": float(hits.mean()), "plain": float(plain_hits.mean()), **paired_difference(hits, plain_hits)}
        result[name] = entry
    return result

