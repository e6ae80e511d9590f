"""Verb `applications`: what a bundle makes of applications it has not seen, with memory of the first half of their logs.

Each log names clients and times. Its first half by time is learned as the service would learn it: quorum of clients and
windows, the filter before learning. Of the second half it is told how many benign requests are denied, and how many of
payloads that are put into the second half's own requests, one a request, each field as often as any other. Attack files
are read for their payloads alone; nothing is fitted.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .bundle import Bundle
from .errors import TrainerError
from .evaluate import CACHE
from .evaluation.field_scores import BundleScores
from .evaluation.own_places import field_of, places_of
from .evaluation.requests import RequestReader, Requests, TextPool, labeled_records
from .evaluation.splice import Payload, Slot
from .evaluation.tables import Scored, visible
from .evaluation.with_memory import MemorySettings, WithMemory
from .learning_filter import teachable
from .logs import read_requests
from .markers import MARKERS
from .memory import Quorum, keys_of, route_of
from .normgate import DEFAULT_COMMAND

WORST = 8  # fields named
APPENDED = 1 / 3  # of the payloads follow the value, the others replace it


@dataclass
class Application:
    """One log, cut in two by time."""

    name: str
    learned: Requests
    status: list[int | None]  # of `learned`
    benign: Requests
    attacks: Requests  # meta: the field, and how often the second half holds it


def read_application(path: Path, payloads: list[str], count: int, seed: int, reader: RequestReader) -> Application:
    records = sorted((record for _, record in read_requests(path)), key=lambda record: record.get("time") or 0)
    if len(records) < 2 or not all(record.get("client") and record.get("time") for record in records):
        raise TrainerError(f"{path}: expected at least 2 requests, each with client and time")
    numbered = [record | {"meta": {"number": number}} for number, record in enumerate(records)]
    requests = reader.records(numbered, "application")
    numbers = np.array([meta["number"] for meta in requests.meta])
    half = len(records) // 2
    learned = requests.take(numbers < half)
    routes = {meta["number"]: route_of([reader.pool.texts[field] for field in fields]) for meta, fields in zip(requests.meta, requests.fields)}
    later = [(records[number], routes[number]) for number in range(half, len(records)) if number in routes]
    spliced = reader.records(spliced_records(later, payloads, count, seed), "application-spliced")
    status = [records[meta["number"]].get("status") for meta in learned.meta]
    return Application(path.name.partition(".")[0], learned, status, requests.take(numbers >= half), spliced)


def spliced_records(records: list[tuple[dict, str]], payloads: list[str], count: int, seed: int) -> list[dict]:
    """Requests, of which the routes are given, with one payload each: fields by turns, and any of a field's requests."""
    rng = random.Random(seed)
    fields: dict[str, list[Slot]] = {}
    for record, route in records:
        for place in places_of(record):
            fields.setdefault(field_of(place, route), []).append(place)
    names = sorted(fields)
    rng.shuffle(names)
    made: list[dict] = []
    for turn in range(4 * count):
        if len(made) == count or not names:
            break
        name = names[turn % len(names)]
        place, payload = rng.choice(fields[name]), rng.choice(payloads)
        whole = rng.random() >= APPENDED
        request = place.request(Payload(payload.encode("utf-8", "surrogatepass"), whole=whole))
        if request is not None:
            made.append(request | {"meta": {"field": name, "times": len(fields[name]), "zone": place.zone, "payload": payload}})
    return made


def payloads_of(paths: list[Path]) -> list[str]:
    """Visible payloads of attack files, each once."""
    metas = [record.get("meta") or {} for path in paths for record in labeled_records(path, benign=False)]
    found = sorted({meta["payload"] for meta in metas if visible(meta) and meta.get("payload")})
    if not found:
        raise TrainerError("--attacks: expected records with meta.payload, got none")
    return found


def measure_application(app: Application, settings: MemorySettings, pool: TextPool, scores: np.ndarray, quorum: Quorum, window: int,
                        keep_flagged: bool) -> dict:  # fmt: skip
    flagged = Scored.of(app.learned, scores, settings.bare_threshold).denied
    lessons = app.learned.take(teachable(app.learned.client, app.status, flagged, keep_flagged))
    memory = WithMemory(settings, pool, scores, quorum).learn(lessons, windows=[time // window for time in lessons.time])
    result: dict = {"requests": len(app.learned) + len(app.benign), "learned": len(lessons), "flagged": int(flagged.sum()), "modes": {}}
    for mode in ("bare", "memory"):
        benign, attacks = (
            Scored.of(part, scores, settings.bare_threshold) if mode == "bare" else memory.score(part) for part in (app.benign, app.attacks)
        )
        result["modes"][mode] = {"benign": _benign(benign, pool), "spliced": _spliced(attacks)}
    return result


def _benign(benign: Scored, pool: TextPool) -> dict:
    named = Counter(show_field(pool.texts[field]) for field in benign.top[benign.denied].tolist())
    return {"requests": len(benign), "denied": int(benign.denied.sum()), "rate": float(benign.denied.mean()), "fields": dict(named.most_common(WORST))}


def _spliced(attacks: Scored) -> dict:
    denied, metas = attacks.denied, attacks.requests.meta
    # Each field as often as any other, and each as often as the traffic has it.
    weights = np.array([meta["times"] for meta in metas], dtype=float)
    result: dict = {"requests": len(attacks), "rate": float(denied.mean()), "byTraffic": float((denied * weights).sum() / weights.sum()), "zones": {}}
    zones = np.array([meta["zone"] for meta in metas])
    for zone in sorted(set(zones.tolist())):
        result["zones"][zone] = {"requests": int((zones == zone).sum()), "rate": float(denied[zones == zone].mean())}
    missed = Counter(meta["field"] for meta, hit in zip(metas, denied) if not hit)
    of = Counter(meta["field"] for meta in metas)
    result["fields"] = {name: [count, of[name]] for name, count in missed.most_common(WORST)}
    return result


def show_field(text: str) -> str:
    key = keys_of(text, "")[-1]
    names = {marker: name for name, marker in MARKERS.items()}
    return " ".join(filter(None, (names.get(key[:1], ""), key[1:])))


def print_application(name: str, result: dict) -> None:
    print(f"== {name}: {result['learned']} requests learned, {result['flagged']} flagged by the base model among them or left out")
    for mode, part in result["modes"].items():
        benign, spliced = part["benign"], part["spliced"]
        print(f"  {mode:<7} benign denied {benign['denied']:>4} of {benign['requests']} ({benign['rate']:.2%}); payloads denied "
              f"{spliced['rate']:.1%} of {spliced['requests']} ({spliced['byTraffic']:.1%} by traffic); "
              + ", ".join(f"{zone} {one['rate']:.1%}" for zone, one in spliced["zones"].items()))  # fmt: skip
        print("          denied in:  " + "; ".join(f"{field} {count}" for field, count in benign["fields"].items()))
        print("          missed in:  " + "; ".join(f"{field} {count}/{of}" for field, (count, of) in spliced["fields"].items()))


def run(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainer applications", description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--logs", type=Path, nargs="+", required=True, metavar="FILE", help="benign requests with client and time, one application a file")
    parser.add_argument("--attacks", type=Path, nargs="+", required=True, metavar="FILE", help="attack records whose meta tells the payload")
    parser.add_argument("--payloads", type=int, default=3000, help="spliced requests an application (default 3000)")
    parser.add_argument("--quorum", type=int, nargs=2, default=(3, 2), metavar=("CLIENTS", "WINDOWS"), help="default 3 2")
    parser.add_argument("--window", type=int, default=3600, help="length of a window in seconds (default 3600)")
    parser.add_argument("--strict", action="store_true", help="leave out of the learned half what the base model flags, as the service does under a quorum of one client")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--no-cache", action="store_true")
    parser.add_argument("--out", type=Path, help="the figures as JSON")
    parser.add_argument("--normgate", default=DEFAULT_COMMAND)
    args = parser.parse_args(argv)
    try:
        quorum = Quorum(*args.quorum)
    except ValueError as error:
        raise TrainerError(f"--quorum: {error}") from None
    cache = None if args.no_cache else args.cache
    bundle = Bundle.open(args.bundle)
    if "memory" not in bundle.manifest:
        raise TrainerError(f"{args.bundle}: expected a bundle that was calibrated with memory")
    pool = TextPool()
    reader = RequestReader(pool, args.normgate, cache)
    payloads = payloads_of(args.attacks)
    applications = [read_application(path, payloads, args.payloads, args.seed, reader) for path in args.logs]
    scores = BundleScores(bundle, cache).scores(pool)["both"]
    settings = MemorySettings.of(bundle, Requests(), scores)
    results = {}
    for app in applications:
        results[app.name] = measure_application(app, settings, pool, scores, quorum, 1000 * args.window, quorum.clients > 1 and not args.strict)
        print_application(app.name, results[app.name])
    if args.out:
        args.out.write_text(json.dumps({"model": bundle.manifest["id"], "applications": results}, indent=1) + "\n", encoding="utf-8")
