"""Verb `prepare`: benign logs -> canonical sequences on disk, split by site, with provenance.

Streams: memory grows with unique sequences (a 16-byte digest each), not with requests.
"""

from __future__ import annotations

import argparse
import array
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .bundle import CANONICALIZER_VERSION, sha256_of
from .config import load_config
from .corpus import FORMAT_VERSION, GrowingArray
from .errors import TrainerError
from .logs import FORMATS, read_requests, was_denied
from .normgate import DEFAULT_COMMAND, canonicalize_requests
from .split import SPLITS, SplitShares, site_of, split_requests


class SequenceStore:
    """Unique texts in the order they are met."""

    def __init__(self, folder: Path) -> None:
        self._blob = (folder / "texts.bin").open("wb")
        self._offsets = GrowingArray(folder / "text_offsets.npy", "<i8")
        self._offsets.extend([0])
        self._end = 0
        self._index: dict[bytes, int] = {}

    def add(self, text: str) -> int:
        raw = text.encode("utf-8", "replace")
        digest = hashlib.blake2b(raw, digest_size=16).digest()
        index = self._index.setdefault(digest, len(self._index))
        if index == self._offsets.length - 1:
            self._blob.write(raw)
            self._end += len(raw)
            self._offsets.extend([self._end])
        return index

    def __len__(self) -> int:
        return len(self._index)

    def close(self) -> None:
        self._blob.close()
        self._offsets.close()


def prepare(logs: list[Path], out: Path, licenses: list[str], fmt: str, command: str, keep_denied: bool,
            shares: SplitShares, seed: int) -> dict:  # fmt: skip
    """Writes the corpus folder (see corpus.py) and returns its meta.json."""
    out.mkdir(parents=True, exist_ok=True)
    inputs = [{"file": path.name, "license": text, "requests": 0, "denied": 0} for path, text in zip(logs, licenses)]

    def requests() -> Iterator[tuple[dict, tuple[int, int]]]:
        for source, path in enumerate(logs):
            for number, request in read_requests(path, fmt):
                if not keep_denied and was_denied(request):
                    inputs[source]["denied"] += 1
                    continue
                yield {key: value for key, value in request.items() if key != "id"}, (source, number)

    store = SequenceStore(out)
    flat, offsets = GrowingArray(out / "sequences.npy", "<i4"), GrowingArray(out / "request_offsets.npy", "<i8")
    offsets.extend([0])
    site_index: dict[str, int] = {}
    site, time, source_of = array.array("i"), array.array("q"), array.array("h")  # 14 bytes a request
    for canonical, (source, _) in canonicalize_requests(requests(), command):
        flat.extend([store.add(text) for text in canonical["sequences"]])
        offsets.extend([flat.length])
        site.append(site_index.setdefault(site_of(canonical.get("host") or ""), len(site_index)))
        time.append(int(canonical.get("time") or len(time)))
        source_of.append(source)
        inputs[source]["requests"] += 1
    for part in (store, flat, offsets):
        part.close()
    if not site:
        raise TrainerError(f"--logs: no request in {', '.join(path.name for path in logs)}")

    sites = list(site_index)
    split, warnings = split_requests(np.array(site), np.array(time), sites, shares, seed)
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    for name, values, dtype in (("site", site, "<i4"), ("time", time, "<i8"), ("source", source_of, "<i2"), ("split", split, "u1")):
        np.save(out / f"request_{name}.npy", np.array(values, dtype=dtype))
    (out / "sites.json").write_text(json.dumps(sites), encoding="utf-8")
    for path, entry in zip(logs, inputs):
        entry["sha256"] = sha256_of(path)
    meta = {
        "formatVersion": FORMAT_VERSION,
        "canonicalizerVersion": CANONICALIZER_VERSION,
        "inputs": inputs,
        "requests": len(site),
        "uniqueSequences": len(store),
        "sites": len(sites),
        "split": {"seed": seed, "shares": {name: getattr(shares, name) for name in SPLITS},
                  "requests": dict(zip(SPLITS, np.bincount(split, minlength=len(SPLITS)).tolist())), "warnings": warnings},
    }  # fmt: skip
    (out / "meta.json").write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")
    return meta


def run(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainer prepare", description=__doc__.splitlines()[0])
    parser.add_argument("--logs", type=Path, nargs="+", required=True, metavar="FILE", help="benign logs, plain or gzip")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--format", choices=("auto", *FORMATS), default="auto", help="of all files; by their first line (default)")
    parser.add_argument("--license", action="append", default=[], metavar="TEXT", help="license of each file, in their order")
    parser.add_argument("--normgate", default=DEFAULT_COMMAND, help=f"command of the canonicalizer (default: {DEFAULT_COMMAND})")
    parser.add_argument("--keep-denied", action="store_true", help="also keep captured requests that were denied")
    parser.add_argument("--config", type=Path, help="YAML; its `splits` and `seed` are used")
    args = parser.parse_args(argv)
    if len(args.license) > len(args.logs):
        raise TrainerError(f"--license: expected at most one a file ({len(args.logs)}), got {len(args.license)}")
    config = load_config(args.config)
    licenses = args.license + ["unstated"] * (len(args.logs) - len(args.license))
    meta = prepare(args.logs, args.out, licenses, args.format, args.normgate, args.keep_denied, config.splits, config.seed)
    split = ", ".join(f"{name} {count}" for name, count in meta["split"]["requests"].items())
    denied = sum(entry["denied"] for entry in meta["inputs"])
    print(f"{args.out}: {meta['requests']} requests of {meta['sites']} site(s), {meta['uniqueSequences']} unique sequences; "
          f"{split}" + (f"; {denied} denied ones left out" if denied else ""))  # fmt: skip
