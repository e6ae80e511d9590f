"""Verb `prepare`: benign logs -> canonical sequences on disk, split by site, with provenance.

Streams: memory grows with sites, not with requests; only the unique texts met last are remembered as such.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .bundle import CANONICALIZER_VERSION, sha256_of
from .config import load_config
from .corpus import FORMAT_VERSION, Corpus, GrowingArray
from .errors import TrainerError
from .logs import FORMATS, read_requests, was_denied
from .normgate import DEFAULT_COMMAND, canonicalize_requests
from .provenance import inputs_path, recorded
from .split import BIG_SITE_SHARE, SPLITS, SplitShares, site_of, split_requests


KNOWN_TEXTS = 2_000_000  # digests remembered: some 350 MB; a text that was forgotten is stored once more


class SequenceStore:
    """Unique texts in the order they are met. Remembers the `known` texts met last, or up to half as many."""

    def __init__(self, folder: Path, known: int = KNOWN_TEXTS) -> None:
        self._blob = (folder / "texts.bin").open("wb")
        self._offsets = GrowingArray(folder / "text_offsets.npy", "<i8")
        self._offsets.extend([0])
        self._end = self._length = 0
        self._generation = max(1, known // 2)
        self._index: dict[bytes, int] = {}
        self._older: dict[bytes, int] = {}

    def add(self, text: str) -> int:
        raw = text.encode("utf-8", "replace")
        digest = hashlib.blake2b(raw, digest_size=16).digest()
        index = self._index.get(digest)
        if index is None:
            index = self._older.get(digest)
            if index is None:
                index = self._length
                self._length += 1
                self._blob.write(raw)
                self._end += len(raw)
                self._offsets.extend([self._end])
            if len(self._index) >= self._generation:
                self._older, self._index = self._index, {}
            self._index[digest] = index
        return index

    def __len__(self) -> int:
        return self._length

    def close(self) -> None:
        self._blob.close()
        self._offsets.close()


class CorpusWriter:
    """Canonical requests into a corpus folder; memory does not grow with them."""

    def __init__(self, folder: Path, known: int = KNOWN_TEXTS) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "meta.json").unlink(missing_ok=True)  # until it is whole, it is none
        self.folder, self.store = folder, SequenceStore(folder, known)
        self.sites: dict[str, int] = {}
        self.requests = 0
        self._salt = secrets.token_bytes(16)
        names = {"sequences": "<i4", "request_offsets": "<i8", "request_site": "<i4", "request_time": "<i8", "request_source": "<i2",
                 "request_client": "<u8"}  # fmt: skip
        self._arrays = {name: GrowingArray(folder / f"{name}.npy", dtype) for name, dtype in names.items()}
        self._arrays["request_offsets"].extend([0])

    def add(self, canonical: dict, source: int) -> None:
        arrays, client = self._arrays, canonical.get("client") or ""
        arrays["sequences"].extend([self.store.add(text) for text in canonical["sequences"]])
        arrays["request_offsets"].extend([arrays["sequences"].length])
        arrays["request_site"].extend([self.sites.setdefault(site_of(canonical.get("host") or ""), len(self.sites))])
        arrays["request_time"].extend([int(canonical.get("time") or self.requests)])
        arrays["request_source"].extend([source])
        digest = hashlib.blake2b(str(client).encode("utf-8", "replace"), digest_size=8, key=self._salt).digest()
        arrays["request_client"].extend([int.from_bytes(digest, "little") if client else 0])
        self.requests += 1

    def close(self, inputs: list[dict], shares: SplitShares, seed: int, big_share: float = BIG_SITE_SHARE) -> dict:
        """Splits, writes the rest and returns meta.json."""
        for part in (self.store, *self._arrays.values()):
            part.close()
        site, time = (np.load(self.folder / f"request_{name}.npy", mmap_mode="r") for name in ("site", "time"))
        split, warnings = split_requests(site, time, list(self.sites), shares, seed, big_share)
        for warning in warnings:
            print(f"warning: {warning}", file=sys.stderr)
        np.save(self.folder / "request_split.npy", split)
        (self.folder / "sites.json").write_text(json.dumps(list(self.sites)), encoding="utf-8")
        meta = {
            "formatVersion": FORMAT_VERSION,
            "canonicalizerVersion": CANONICALIZER_VERSION,
            "inputs": inputs,
            "requests": self.requests,
            "uniqueSequences": len(self.store),
            "sites": len(self.sites),
            "split": {"seed": seed, "shares": {name: getattr(shares, name) for name in SPLITS},
                      "requests": dict(zip(SPLITS, np.bincount(split, minlength=len(SPLITS)).tolist())), "warnings": warnings},
        }  # fmt: skip
        Corpus(self.folder, meta).write_draws()
        (self.folder / "meta.json").write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")
        return meta


def prepare(logs: list[Path], out: Path, licenses: list[str], fmt: str, command: str, keep_denied: bool,
            shares: SplitShares, seed: int, big_share: float = BIG_SITE_SHARE) -> dict:  # fmt: skip
    """Writes the corpus folder (see corpus.py) and returns its meta.json."""
    inputs = [{"file": path.name, "license": text, "requests": 0, "denied": 0} for path, text in zip(logs, licenses)]

    def requests() -> Iterator[tuple[dict, int]]:
        for source, path in enumerate(logs):
            for _, request in read_requests(path, fmt):
                if not keep_denied and was_denied(request):
                    inputs[source]["denied"] += 1
                    continue
                yield {key: value for key, value in request.items() if key != "id"}, source

    writer = CorpusWriter(out)
    for canonical, source in canonicalize_requests(requests(), command):
        writer.add(canonical, source)
        inputs[source]["requests"] += 1
    if not writer.requests:
        raise TrainerError(f"--logs: no request in {', '.join(path.name for path in logs)}")
    for path, entry in zip(logs, inputs):
        entry["sha256"] = sha256_of(path)
        if made := recorded(inputs_path(path)):  # a log that was sampled from others names them
            entry["from"] = made
    return writer.close(inputs, shares, seed, big_share)


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
