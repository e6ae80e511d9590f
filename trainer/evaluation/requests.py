"""Requests as columns, and where they come from: files piped through the canonicalizer, or the folder of `prepare`.

What the canonicalizer made of a file is kept on disk under the hashes of file and canonicalizer, so that a protocol that
runs again costs seconds.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..bundle import sha256_of
from ..corpus import Corpus
from ..errors import TrainerError
from ..logs import lines_of, open_log, read_requests
from ..normgate import canonicalize_requests, split_command
from ..split import SPLITS, site_of


class TextPool:
    """Texts of fields by number, each once."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._index: dict[str, int] = {}

    def add(self, text: str) -> int:
        index = self._index.setdefault(text, len(self.texts))
        if index == len(self.texts):
            self.texts.append(text)
        return index

    def __len__(self) -> int:
        return len(self.texts)


@dataclass
class Requests:
    """Requests of one kind. `fields[r]` are indexes into the pool's texts: int64 [number of fields]."""

    fields: list[np.ndarray] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    host: list[str] = field(default_factory=list)
    client: list[str] = field(default_factory=list)
    time: list[int] = field(default_factory=list)
    split: list[str] = field(default_factory=list)  # "" where no training run knows the request
    meta: list[dict] = field(default_factory=list)
    record: list[int] = field(default_factory=list)  # place in the file that it was read from
    file: list[str] = field(default_factory=list)  # that file, behind how it was read (FILE_KINDS) and a colon; "" for none

    def __len__(self) -> int:
        return len(self.fields)

    @property
    def site(self) -> np.ndarray:
        """Site of each request, as text."""
        return np.array([site_of(host) for host in self.host], dtype=object)

    def add(self, fields: list[int], source: str, host: str, client: str = "", time: int = 0, split: str = "", meta: dict | None = None,
            record: int = 0, file: str = "") -> None:  # fmt: skip
        self.fields.append(np.array(fields, dtype=np.int64))
        self.source.append(source)
        self.host.append(host)
        self.client.append(client)
        self.time.append(time)
        self.split.append(split)
        self.meta.append(meta or {})
        self.record.append(record)
        self.file.append(file)

    def take(self, chosen: np.ndarray) -> "Requests":
        """The requests of a mask or of indexes."""
        chosen = np.asarray(chosen)
        indexes = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        return Requests(*([getattr(self, name)[i] for i in indexes] for name in self.__dataclass_fields__))

    def __add__(self, other: "Requests") -> "Requests":
        return Requests(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


class RequestReader:
    """Reads request files into one pool."""

    def __init__(self, pool: TextPool, command: str, cache: Path | None = None) -> None:
        self.pool, self.command, self.cache = pool, command, cache
        self._command_hash = _hash_of_program(command) if cache else ""

    def benign(self, paths: Iterable[Path], corpus: Corpus | None = None) -> Requests:
        """Refuses what is labeled an attack. Files that the corpus was prepared from get its split of each request."""
        result = Requests()
        for path in paths:
            part = self._read(path, "benign")
            result += _with_split(part, path, corpus) if corpus else part
        return result

    def benign_of(self, paths: Iterable[Path]) -> Requests:
        """The benign requests of files that hold both kinds."""
        result = Requests()
        for path in paths:
            result += self._read(path, "benign-of")
        return result

    def attacks(self, paths: Iterable[Path]) -> Requests:
        """Everything that is not labeled benign."""
        result = Requests()
        for path in paths:
            result += self._read(path, "attacks")
        return result

    def records(self, records: list[dict], kind: str) -> Requests:
        """Requests that were made here; a record that the canonicalizer refuses is an error."""
        digest = hashlib.sha256(json.dumps(records, sort_keys=True).encode()).hexdigest()
        return self._decoded(self._cached(f"{kind}-{digest}", lambda: iter(records)), kind)

    def _read(self, path: Path, kind: str) -> Requests:
        digest = sha256_of(path) if path.is_file() else ""
        return self._decoded(self._cached(f"{kind}-{digest}", lambda: FILE_KINDS[kind](path)), path.name, f"{kind}:{path}")

    def _cached(self, key: str, records: Callable[[], Iterator[dict]]) -> Iterator[dict]:
        if self.cache is None:
            return self._canonical(records())
        name = hashlib.sha256(f"{self._command_hash}:{key}".encode()).hexdigest()[:32]
        path = self.cache / f"canonical-{name}.jsonl.gz"
        if not path.is_file():
            self.cache.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f"{path.name}.{os.getpid()}")
            with gzip.open(partial, "wt", encoding="utf-8", compresslevel=1) as file:
                for entry in self._canonical(records()):
                    file.write(json.dumps(entry) + "\n")
            partial.rename(path)
        return _json_lines(path)

    def _canonical(self, records: Iterator[dict]) -> Iterator[dict]:
        pairs = ((record, (number, record)) for number, record in enumerate(records))
        for canonical, (number, record) in canonicalize_requests(pairs, self.command):
            meta = dict(record.get("meta") or {}) | {"class": record.get("class"), "label": record.get("label")}
            yield {"sequences": canonical["sequences"], "host": canonical.get("host") or "", "client": canonical.get("client") or "",
                   "time": int(canonical.get("time") or 0), "source": record.get("source"), "meta": meta, "record": number}  # fmt: skip

    def _decoded(self, entries: Iterator[dict], source: str, file: str = "") -> Requests:
        result = Requests()
        for order, entry in enumerate(entries):
            fields = [self.pool.add(text) for text in entry["sequences"]]
            result.add(fields, entry["source"] or source, entry["host"], entry["client"], entry["time"] or order, "", entry["meta"], entry["record"], file)
        return result


def labeled_records(path: Path, benign: bool) -> Iterator[dict]:
    """Those labeled benign, or all the others."""
    with open_log(path) as file:
        for number, line in lines_of(file, path):
            try:
                record = json.loads(line)
            except ValueError as error:
                raise TrainerError(f"{path}:{number}: not JSON: {error}") from None
            if (record.get("label") == "benign") == benign:
                yield record


FILE_KINDS: dict[str, Callable[[Path], Iterator[dict]]] = {
    "benign": lambda path: (record for _, record in read_requests(path)),
    "benign-of": lambda path: labeled_records(path, benign=True),
    "attacks": lambda path: labeled_records(path, benign=False),
}
"""How the records of a file are read, in the order that `Requests.record` counts."""


def records_of(file: str) -> Iterator[dict]:
    """@param file: as `Requests.file` has it, the kind of reading and the path."""
    kind, _, path = file.partition(":")
    return FILE_KINDS[kind](Path(path))


def raw_records(requests: Requests, chosen: np.ndarray) -> list[dict]:
    """What the files hold of some requests, a mask or indexes, in order."""
    chosen = requests.take(chosen)
    numbers: dict[str, set[int]] = {}
    for file, record in zip(chosen.file, chosen.record):
        numbers.setdefault(file, set()).add(record)
    return [record for file, wanted in numbers.items() for number, record in enumerate(records_of(file)) if number in wanted]


def corpus_requests(corpus: Corpus, pool: TextPool, splits: tuple[str, ...]) -> Requests:
    """Requests of some splits; a corpus knows their sites, which stand in for their hosts."""
    names = [entry["file"] for entry in corpus.meta["inputs"]]
    result = Requests()
    for split in splits:
        for request in corpus.requests_in(split):
            fields = [pool.add(corpus.text(index)) for index in corpus.request_sequences(request)]
            result.add(fields, names[corpus.source[request]], corpus.sites[corpus.site[request]], "", int(corpus.time[request]), split)
    return result


def _with_split(requests: Requests, path: Path, corpus: Corpus) -> Requests:
    for source, entry in enumerate(corpus.meta["inputs"]):
        if entry["sha256"] != sha256_of(path):
            continue
        rows = np.flatnonzero(corpus.source == source)
        if len(rows) != len(requests) + entry["denied"] and len(rows) != len(requests):
            raise TrainerError(f"{path}: expected the {len(rows)} requests that --data holds of it, got {len(requests)}; prepare again")
        requests.split = [SPLITS[number] for number in corpus.split[rows]]
    return requests


def _json_lines(path: Path) -> Iterator[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _hash_of_program(command: str) -> str:
    """Of the command's words and of the program files that canonicalize: a rebuilt canonicalizer answers anew."""
    digest = hashlib.sha256(command.encode())
    for word in split_command(command):
        path = Path(word)
        if path.is_file() and path.suffix in (".js", ".mjs", ".py"):
            rooms = [room for room in (path.parent / "canonicalize", path.parent / "request") if room.is_dir()]
            for file in sorted(file for room in rooms or [path.parent] for file in room.rglob(f"*{path.suffix}")):
                digest.update(file.read_bytes())
    return digest.hexdigest()
