"""Fragments to corrupt with: drawn once from the grammars and passed through the product's canonicalizer, as everything the
server sees is.
"""

from __future__ import annotations

import json
import re
import subprocess
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random

import numpy as np

from .grammar import Grammars
from .grammar_file import GrammarError
from .markers import ALL_MARKERS, MARKERS

RESERVED = re.compile(f"[{''.join(ALL_MARKERS)}]")
_PLACEHOLDERS = ("DECODED", "PRINTABLE", "UUID", "HEX", "JWT", "OPAQUE", "TIME", "NUMBER", "BYTES")
# Placeholders may stand inside a value; every other marker belongs to the frame of a sequence.
_FRAME = re.compile(f"[{''.join(mark for mark in ALL_MARKERS if mark not in [MARKERS[name] for name in _PLACEHOLDERS])}]")
BANK_VERSION = 1
MOST_REPEATS = 16
"""Of one text in a bank. Short ones are few and repeat; kept once, what attackers send first would be the rarest in training."""
CANONICALIZE_TIMEOUT_S = 1800


class _Texts:
    """Many short strings in one buffer: small to pickle, cheap to share between worker processes."""

    def __init__(self, blob: bytes, ends: array, language: array, uses: array):
        self.blob, self.ends, self.language, self.uses = blob, ends, language, uses

    @classmethod
    def of(cls, rows: Iterable[tuple[str, int, int]]) -> _Texts:
        blob, ends, language, uses = bytearray(), array("q", [0]), array("B"), array("Q")
        for text, lang, mask in rows:
            blob += text.encode("utf-8", "replace")
            ends.append(len(blob))
            language.append(lang)
            uses.append(mask)
        return cls(bytes(blob), ends, language, uses)

    def __len__(self) -> int:
        return len(self.language)

    def __getitem__(self, i: int) -> str:
        return self.blob[self.ends[i] : self.ends[i + 1]].decode("utf-8")

    def rows(self) -> Iterable[tuple[str, int, int]]:
        return ((self[i], self.language[i], self.uses[i]) for i in range(len(self)))


class FragmentBank:
    """Fragments of three kinds with the language of each and the set of languages that took part in it."""

    KINDS = ("foreign", "benign", "name")

    def __init__(self, languages: Sequence[str], texts: Mapping[str, _Texts], meta: Mapping[str, object]):
        self.languages = tuple(languages)
        self.meta = dict(meta)
        self._texts = dict(texts)
        for kind in self.KINDS:
            if not len(self._texts[kind]):
                raise ValueError(f"a fragment bank needs fragments of every kind, and has none that are {kind}")
        self.foreign, self.benign, self.name = (self._texts[kind] for kind in self.KINDS)

    def counts(self, kind: str = "foreign") -> dict[str, int]:
        """Fragments of each language."""
        seen = Counter(self._texts[kind].language)
        return {self.languages[i]: n for i, n in sorted(seen.items())}

    def texts(self, kind: str = "foreign", language: str | None = None) -> list[str]:
        return [text for text, lang, _ in self._texts[kind].rows() if language in (None, self.languages[lang])]

    def without(self, families: Iterable[str]) -> FragmentBank:
        """The bank less every fragment in which one of these languages took part, be it inside another."""
        mask = self._mask(families)
        return self._filtered(lambda row: not row[2] & mask)

    def only(self, families: Iterable[str]) -> FragmentBank:
        """The bank with foreign fragments of these languages alone; hard benign text and name suffixes stay."""
        mask = self._mask(families)
        foreign = _Texts.of(row for row in self.foreign.rows() if (1 << row[1]) & mask)
        return FragmentBank(self.languages, {**self._texts, "foreign": foreign}, self.meta)

    def _filtered(self, keep) -> FragmentBank:
        texts = {kind: _Texts.of(filter(keep, t.rows())) for kind, t in self._texts.items()}
        return FragmentBank(self.languages, texts, self.meta)

    def _mask(self, families: Iterable[str]) -> int:
        mask = 0
        for family in families:
            if family not in self.languages:
                raise ValueError(f"no language named {family!r} in the bank; it has {', '.join(self.languages)}")
            mask |= 1 << self.languages.index(family)
        return mask

    def save(self, path: str | Path) -> None:
        arrays: dict[str, np.ndarray] = {}
        meta = {"version": BANK_VERSION, "languages": self.languages, **self.meta}
        arrays["meta"] = np.frombuffer(json.dumps(meta, sort_keys=True).encode(), dtype=np.uint8)
        for kind, t in self._texts.items():
            arrays[f"{kind}_blob"] = np.frombuffer(t.blob, dtype=np.uint8)
            arrays[f"{kind}_ends"] = np.asarray(t.ends, dtype=np.int64)
            arrays[f"{kind}_language"] = np.asarray(t.language, dtype=np.uint8)
            arrays[f"{kind}_uses"] = np.asarray(t.uses, dtype=np.uint64)
        with open(path, "wb") as out:
            np.savez_compressed(out, **arrays)

    @classmethod
    def load(cls, path: str | Path) -> FragmentBank:
        with np.load(path) as data:
            meta = json.loads(data["meta"].tobytes())
            if meta.pop("version", None) != BANK_VERSION:
                raise ValueError(f"{path}: expected a fragment bank of version {BANK_VERSION}; build it again")
            languages = meta.pop("languages")
            texts = {
                kind: _Texts(
                    data[f"{kind}_blob"].tobytes(),
                    array("q", data[f"{kind}_ends"].tolist()),
                    array("B", data[f"{kind}_language"].tolist()),
                    array("Q", data[f"{kind}_uses"].tolist()),
                )
                for kind in cls.KINDS
            }
        return cls(languages, texts, meta)


def canonicalize(texts: Sequence[str], normgate_cmd: Sequence[str]) -> list[str]:
    """`normgate canonicalize --values` over the texts, in order. Raises RuntimeError when it fails or loses a line."""
    command = [*normgate_cmd, "canonicalize", "--values"]
    lines = "".join(json.dumps(RESERVED.sub("\ufffd", text)) + "\n" for text in texts)
    done = subprocess.run(command, input=lines.encode(), capture_output=True, timeout=CANONICALIZE_TIMEOUT_S, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} exited with {done.returncode}: {done.stderr.decode(errors='replace')[-400:]}")
    out = [json.loads(line) for line in done.stdout.decode("utf-8").split("\n") if line]
    if len(out) != len(texts):
        raise RuntimeError(f"{' '.join(command)} gave {len(out)} lines for {len(texts)}: {done.stderr.decode(errors='replace')[-400:]}")
    return out


def build_bank(
    path: str | Path | None,
    normgate_cmd: Sequence[str],
    seed: int,
    size: int,
    holdout_families: Iterable[str] = (),
    grammars: Grammars | None = None,
) -> FragmentBank:
    """Draws `size` foreign fragments, as many hard benign texts and a tenth of that in name suffixes, and saves them.

    Every text passes the canonicalizer before it is kept. What the canonicalizer leaves without syntax (a fragment that
    was all one placeholder) and texts past MOST_REPEATS are dropped, so the bank is a little smaller than asked for. Held-out
    families take part in no fragment of it. The same arguments give the same file.
    """
    g = grammars or Grammars.load()
    held = frozenset(holdout_families)
    languages = [*g.names("foreign"), *g.names("benign"), *g.names("name")]
    if len(languages) > 64:
        raise GrammarError(f"a bank labels at most 64 languages, got {len(languages)}")
    if unknown := sorted(held - set(languages)):
        raise ValueError(f"no language named {unknown[0]!r} to hold out; there are {', '.join(languages)}")
    index = {name: i for i, name in enumerate(languages)}
    rng = Random(seed)
    texts: dict[str, _Texts] = {}
    for kind, draw, count in (("foreign", g.foreign, size), ("benign", g.benign, size), ("name", g.name, max(200, size // 10))):
        drawn = [f for f in (draw(rng) for _ in range(count)) if not held & f.uses]
        rows, kept = [], Counter[str]()
        for fragment, text in zip(drawn, canonicalize([f.text for f in drawn], normgate_cmd), strict=True):
            if kept[text] == MOST_REPEATS or _FRAME.search(text) or not text.strip():
                continue
            # Judged without placeholders: a stray quote before one is no syntax.
            if kind == "foreign" and not g.is_telling(RESERVED.sub("", text), fragment.language):
                continue
            kept[text] += 1
            rows.append((text, index[fragment.language], sum(1 << index[u] for u in fragment.uses if u in index)))
        texts[kind] = _Texts.of(rows)
    meta = {"seed": seed, "size": size, "holdout": sorted(held), "grammars": g.sources()}
    bank = FragmentBank(languages, texts, meta)
    if path is not None:
        bank.save(path)
    return bank
