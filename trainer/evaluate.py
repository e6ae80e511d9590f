"""Verb `evaluate`: what a bundle detects, at which price, per source and class, on requests that were piped through the
canonicalizer. The only verb that reads attacks; nothing is fitted or chosen here.

Thresholds come from the benign requests given (or the test split of --data), at 1 % and 0.1 %, beside the bundle's own
calibrated threshold. `unique` counts each distinct set of sequences of a site once: repeats flatter. Sites that took part
in training are `seen`, others `unseen` (needs --data).
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .bundle import Bundle, now_iso, write_manifest
from .card import write_card
from .corpus import Corpus
from .errors import TrainerError
from .logs import lines_of, open_log, read_requests
from .metrics import Group, alarm_rate, detection_rate
from .model import NOT_SCORED
from .normgate import DEFAULT_COMMAND, canonicalize_requests
from .scoring import Scorer
from .split import SPLITS, site_of
from .views import CombinedScorer, open_scorer

RATES = (0.01, 0.001)
WORST = 25  # false positives and misses listed for each source
EXCERPT = 160  # characters of a field in those lists
SMALL_GROUP = 20  # requests; a rate over fewer says nothing
SCORE_CHUNK = 4096  # texts scored at a time


@dataclass
class Records:
    """Requests of one kind, as columns."""

    source: list[str] = field(default_factory=list)
    site: list[str] = field(default_factory=list)
    logit: list[float] = field(default_factory=list)
    worst_text: list[str] = field(default_factory=list)
    fingerprint: list[int] = field(default_factory=list)
    meta: list[dict] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.logit)


class CachedScores:
    """Field logits, each text scored once; scored in large batches through `prime`."""

    def __init__(self, scorer: Scorer | CombinedScorer) -> None:
        self.scorer = scorer
        self.known: dict[str, float] = {}

    def prime(self, texts: Iterable[str]) -> None:
        fresh = list(dict.fromkeys(text for text in texts if text not in self.known))
        for start in range(0, len(fresh), SCORE_CHUNK):
            chunk = fresh[start : start + SCORE_CHUNK]
            self.known.update(zip(chunk, self.scorer.field_logits(chunk).tolist()))

    def worst(self, texts: list[str]) -> tuple[float, str]:
        """Largest logit of a request's fields, and the field that has it."""
        return max(((self.known[text], text) for text in texts), default=(NOT_SCORED, ""))


def collect(rows: Iterable[tuple[list[str], str, str, dict]], scores: CachedScores) -> Records:
    """Scores `(sequences, source, site, meta)` rows, a chunk at a time."""
    records, chunk = Records(), []

    def flush() -> None:
        scores.prime(text for texts, *_ in chunk for text in texts)
        for texts, source, site, meta in chunk:
            logit, text = scores.worst(texts)
            records.source.append(source)
            records.site.append(site)
            records.logit.append(logit)
            records.worst_text.append(text)
            records.fingerprint.append(hash((site, tuple(texts))))
            records.meta.append(meta)
        chunk.clear()

    for row in rows:
        chunk.append(row)
        if len(chunk) >= SCORE_CHUNK:
            flush()
    flush()
    return records


def file_rows(paths: list[Path], command: str, attacks: bool) -> Iterator[tuple[list[str], str, str, dict]]:
    """Rows of request files. Benign files refuse labeled attacks; attack files skip what is labeled benign."""

    def requests() -> Iterator[tuple[dict, tuple[Path, dict]]]:
        for path in paths:
            for record in _attack_records(path) if attacks else (record for _, record in read_requests(path)):
                yield record, (path, record)

    for canonical, (path, record) in canonicalize_requests(requests(), command):
        meta = dict(record.get("meta") or {}) | {"class": record.get("class")}
        yield canonical["sequences"], record.get("source") or path.name, site_of(canonical.get("host") or ""), meta


def _attack_records(path: Path) -> Iterator[dict]:
    with open_log(path) as file:
        for number, line in lines_of(file, path):
            try:
                record = json.loads(line)
            except ValueError as error:
                raise TrainerError(f"{path}:{number}: not JSON: {error}") from None
            if record.get("label") != "benign":
                yield record


def corpus_rows(corpus: Corpus) -> Iterator[tuple[list[str], str, str, dict]]:
    """The test split: requests that nothing was trained, chosen or calibrated on."""
    names = [entry["file"] for entry in corpus.meta["inputs"]]
    for request in corpus.requests_in("test"):
        texts = [corpus.text(index) for index in corpus.request_sequences(request)]
        yield texts, names[corpus.source[request]], corpus.sites[corpus.site[request]], {}


# --- tables ----------------------------------------------------------------------------------------------------------


def visible(meta: dict) -> bool:
    """False where whoever labeled it saw no payload in it: a parameter that is merely misspelt, a plain URL."""
    return meta.get("class_guess") != "none"


def attack_class(meta: dict) -> str:
    return str(meta.get("class") or meta.get("class_guess") or "unknown")


def table(attacks: Records, benign: Records, threshold: float, masks: dict[str, np.ndarray], base: dict[str, np.ndarray]) -> dict:
    """One entry a mask over the attacks: rates at each false-positive rate of `base`'s benign requests, and deployed."""
    site_ids: dict[str, int] = {}
    ids = lambda sites: np.array([site_ids.setdefault(site, len(site_ids)) for site in sites])  # noqa: E731
    attack_group = Group(np.array(attacks.logit), ids(attacks.site))
    benign_group = Group(np.array(benign.logit), ids(benign.site))
    result: dict = {}
    for name, mask in masks.items():
        chosen = attack_group.where(mask)
        reference = benign_group.where(base.get(name, np.ones(len(benign), dtype=bool)))
        if len(chosen) < SMALL_GROUP or len(reference) < SMALL_GROUP:
            continue
        entry: dict = {"requests": len(chosen), "benign": len(reference)}
        for rate in RATES:
            entry[f"at{rate:g}"] = detection_rate(chosen, reference, rate)
        entry["deployed"] = alarm_rate(chosen, threshold)
        result[name] = entry
    return result


def unique_mask(records: Records) -> np.ndarray:
    first: set[int] = set()
    return np.array([not (mark in first or first.add(mark)) for mark in records.fingerprint], dtype=bool)


def take(records: Records, mask: np.ndarray) -> Records:
    keep = np.flatnonzero(mask)
    return Records(*([getattr(records, name)[i] for i in keep] for name in Records.__dataclass_fields__))


def evaluate(bundle: Bundle, benign: Records, attacks: Records, seen_sites: set[str] | None) -> dict:
    manifest = bundle.manifest
    threshold = manifest["threshold"]
    site_ids = {site: k for k, site in enumerate(sorted(set(benign.site)))}
    benign_group = Group(np.array(benign.logit), np.array([site_ids[site] for site in benign.site]))
    sources = np.array(benign.source)

    def alarms(mask: np.ndarray) -> dict:
        return {"requests": int(mask.sum()), **alarm_rate(benign_group.where(mask), threshold)}

    everything = np.ones(len(benign), dtype=bool)
    unique = unique_mask(benign)
    false_positives = {"all": alarms(everything), "unique": alarms(unique)}
    false_positives |= {f"source:{name}": alarms(sources == name) for name in sorted(set(benign.source))}
    groups: dict[str, np.ndarray] = {}
    if seen_sites is not None:
        groups["seen"] = np.array([site in seen_sites for site in benign.site])
        groups["unseen"] = ~groups["seen"]
        false_positives |= {name: alarms(mask) for name, mask in groups.items() if mask.any()}
    result = {
        "createdAt": now_iso(),
        "model": manifest["id"],
        "threshold": threshold,
        "falsePositiveBudget": manifest["falsePositiveBudget"],
        "falsePositives": false_positives,
        "worstFalsePositives": worst(benign, bundle, np.argsort(-np.array(benign.logit, dtype=float)), lambda logit: logit >= threshold),
        "attacks": {},
    }
    for name in sorted(set(attacks.source)):
        chosen = take(attacks, np.array([source == name for source in attacks.source]))
        result["attacks"][name] = evaluate_source(bundle, chosen, benign, groups, seen_sites)
    return result


def evaluate_source(bundle: Bundle, attacks: Records, benign: Records, groups: dict[str, np.ndarray], seen_sites: set[str] | None) -> dict:
    shown = np.array([visible(meta) for meta in attacks.meta])
    classes = np.array([attack_class(meta) for meta in attacks.meta])
    zones = np.array([str(meta.get("zone")) for meta in attacks.meta])
    bases = np.array([str(meta.get("base")) for meta in attacks.meta])
    masks = {"all": np.ones(len(attacks), dtype=bool), "visible": shown, "unique": shown & unique_mask(attacks)}
    base: dict[str, np.ndarray] = {"unique": unique_mask(benign)}
    masks |= {f"class:{name}": shown & (classes == name) for name in sorted(set(classes))}
    masks |= {f"zone:{name}": shown & (zones == name) for name in sorted(set(zones) - {"None"})}
    for name in sorted(set(bases) - {"None"}):
        same = np.array([name in source for source in benign.source])
        if same.any():  # a payload in a request of this source against benign requests of this source
            masks[f"base:{name}"] = shown & (bases == name)
            base[f"base:{name}"] = same
    if seen_sites is not None:
        inside = np.array([site in seen_sites for site in attacks.site])
        for name, mask in (("seen", inside), ("unseen", ~inside)):
            masks[name] = shown & mask
            base[name] = groups[name]
    threshold = bundle.manifest["threshold"]
    order = np.argsort(np.array(attacks.logit))
    visible_order = [index for index in order if shown[index]]
    return {
        "rates": table(attacks, benign, threshold, masks, base),
        "worstMisses": worst(attacks, bundle, visible_order, lambda logit: logit < threshold),
    }


def worst(records: Records, bundle: Bundle, order: Iterable[int], wrong) -> list[dict]:
    """The first WORST of `order` on the wrong side of the threshold, one a field text, with what the model looked at."""
    budget, survival = bundle.manifest["falsePositiveBudget"], bundle.survival
    listed: list[dict] = []
    texts: Counter[str] = Counter()
    for index in order:
        logit, text = records.logit[index], records.worst_text[index]
        if len(listed) == WORST or not wrong(logit):
            break
        texts[text] += 1
        if texts[text] == 1:
            listed.append({"source": records.source[index], "logit": round(float(logit), 3), "score": round(survival.score(float(logit), budget), 4),
                           **({"class": attack_class(records.meta[index])} if records.meta[index] else {}), "field": text[:EXCERPT]})  # fmt: skip
    return listed


def for_publication(result: dict) -> dict:
    """Without field texts: evaluation data may hold hosts, cookies and names of others."""
    clean = {key: value for key, value in result.items() if key != "worstFalsePositives"}
    clean["attacks"] = {name: {"rates": entry["rates"]} for name, entry in result["attacks"].items()}
    return clean


def headline(result: dict) -> dict:
    """For the manifest: the few figures that people compare."""
    chosen = {}
    for name, entry in result["attacks"].items():
        for group in ("visible", "unseen", "unique"):
            if group in entry["rates"]:
                rates = entry["rates"][group]
                chosen[f"{name}/{group}"] = {key: round(rates[key]["rate"], 4) for key in ("at0.01", "at0.001", "deployed")}
    return {"falsePositiveRate": result["falsePositives"]["all"], "detection": chosen}


def print_report(result: dict) -> None:
    percent = lambda part: f"{part['rate']:6.1%} [{part['low']:.1%}, {part['high']:.1%}]"  # noqa: E731
    print(f"false positives at the bundle's threshold (budget {result['falsePositiveBudget']:g})")
    for name, part in result["falsePositives"].items():
        print(f"  {name:<38} {part['requests']:>6}  {part['rate']:.3%} [{part['low']:.3%}, {part['high']:.3%}]")
    for source, entry in result["attacks"].items():
        print(f"{source}: recall at 1 % | 0.1 % false positives | at the bundle's threshold, with 95 % intervals over sites")
        for name, part in entry["rates"].items():
            print(f"  {name:<24} {part['requests']:>6}  {percent(part['at0.01'])} | {percent(part['at0.001'])} | {percent(part['deployed'])}")


def run(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainer evaluate", description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--benign", type=Path, nargs="+", default=[], metavar="FILE", help="benign requests (default: the test split of --data)")
    parser.add_argument("--attacks", type=Path, nargs="+", default=[], metavar="FILE", help="attack request JSON lines")
    parser.add_argument("--data", type=Path, help="folder that `prepare` wrote: tells seen sites from unseen ones")
    parser.add_argument("--out", type=Path, help="full result with worst fields, for the terminal of its owner alone")
    parser.add_argument("--publish", action="store_true", help="write eval.json (without field texts) and the model card into the bundle")
    parser.add_argument("--normgate", default=DEFAULT_COMMAND, help=f"command of the canonicalizer (default: {DEFAULT_COMMAND})")
    args = parser.parse_args(argv)
    if not args.benign and not args.data:
        raise TrainerError("--benign: expected benign request files, or --data for its test split; got neither")
    bundle = Bundle.open(args.bundle)
    bundle.survival  # noqa: B018 - an uncalibrated bundle has no threshold to measure
    corpus = Corpus.open(args.data) if args.data else None
    scores = CachedScores(open_scorer(bundle))
    benign = collect(file_rows(args.benign, args.normgate, attacks=False) if args.benign else corpus_rows(corpus), scores)
    attacks = collect(file_rows(args.attacks, args.normgate, attacks=True) if args.attacks else [], scores)
    if len(benign) < 2:
        raise TrainerError(f"--benign: expected at least 2 requests, got {len(benign)}")
    seen = None
    if corpus is not None:
        trained = np.unique(corpus.site[np.isin(corpus.split, [SPLITS.index("train"), SPLITS.index("select")])])
        seen = {corpus.sites[index] for index in trained}
    result = evaluate(bundle, benign, attacks, seen)
    print_report(result)
    if args.out:
        args.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if args.publish:
        (bundle.folder / "eval.json").write_text(json.dumps(for_publication(result), indent=1) + "\n", encoding="utf-8")
        manifest = bundle.manifest | {"metrics": bundle.manifest.get("metrics", {}) | {"evaluation": headline(result)}}
        write_card(bundle.folder, manifest, for_publication(result))
        write_manifest(bundle.folder, manifest)
