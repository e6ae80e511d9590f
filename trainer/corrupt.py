"""Corruption of benign field texts: what the detector learns to tell from ordinary ones.

A `FragmentBank` holds foreign fragments, hard benign texts and name suffixes, drawn once from the grammars and passed
through the product's canonicalizer, as everything the server sees is. A `Corruptor` puts them into canonical field texts
(zone marker, flags, name, VALUE, value; markers U+E000..U+E01F) and says which characters do not belong.
"""

from __future__ import annotations

import json
import re
import subprocess
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from random import Random

import numpy as np

from .grammar import GrammarError, Grammars, random_case
from .markers import ALL_MARKERS, MARKERS

VALUE = MARKERS["VALUE"]
_ZONE_STRUCTURE, _ZONE_PATH, _ZONE_HEADER = MARKERS["STRUCTURE"], MARKERS["PATH"], MARKERS["HEADER"]
# Only in these zones can a client write names that no header grammar would refuse.
_NAMED_ZONES = MARKERS["QUERY"] + MARKERS["COOKIE"] + MARKERS["BODY"]
_VALUE_ZONES = _NAMED_ZONES + _ZONE_HEADER
_FLAGS = MARKERS["DEPTH"] + MARKERS["MALFORMED"]
_PLACEHOLDERS = ("DECODED", "PRINTABLE", "UUID", "HEX", "JWT", "OPAQUE", "TIME", "NUMBER", "BYTES")
_RESERVED = re.compile(f"[{''.join(ALL_MARKERS)}]")
# Placeholders may stand inside a value; every other marker belongs to the frame of a sequence.
_FRAME = re.compile(f"[{''.join(mark for mark in ALL_MARKERS if mark not in [MARKERS[name] for name in _PLACEHOLDERS])}]")
NAME_CHARS = 60
BANK_VERSION = 1
CANONICALIZE_TIMEOUT_S = 1800


# --- fragments -------------------------------------------------------------------------------------------------------


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
    lines = "".join(json.dumps(_RESERVED.sub("\ufffd", text)) + "\n" for text in texts)
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
    was all one placeholder) and repeated texts are dropped, so the bank is a little smaller than asked for. Held-out
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
        rows, seen = [], set()
        for fragment, text in zip(drawn, canonicalize([f.text for f in drawn], normgate_cmd), strict=True):
            if text in seen or _FRAME.search(text) or not text.strip():
                continue
            # Judged without placeholders: a stray quote before one is no syntax.
            if kind == "foreign" and not g.is_telling(_RESERVED.sub("", text), fragment.language):
                continue
            seen.add(text)
            rows.append((text, index[fragment.language], sum(1 << index[u] for u in fragment.uses if u in index)))
        texts[kind] = _Texts.of(rows)
    meta = {"seed": seed, "size": size, "holdout": sorted(held), "grammars": g.sources()}
    bank = FragmentBank(languages, texts, meta)
    if path is not None:
        bank.save(path)
    return bank


# --- corruption ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CorruptionConfig:
    """Shares are probabilities in [0, 1]; lengths are in characters. Defaults were measured, reasons stand beside them."""

    benign_share: float = 0.5
    """Texts left free of foreign syntax: both classes equally, so that the loss needs no weights."""
    structure_share: float = 0.05
    """Structure sequences that are corrupted at all: they hold names and types only, so little can be put into them."""
    noise_share: float = 0.03
    """Corruptions that are noise, repeats or shuffles instead of a language; above 5 % recall at small budgets falls fast."""
    name_share: float = 0.06
    """Corruptions of the name instead of the value: operator syntax and broken quotes arrive there too."""
    name_suffix_share: float = 0.6
    """Name corruptions that add operator syntax behind the name; the others put a fragment behind it or in its place."""
    replace_share: float = 0.50
    """Value corruptions that replace the whole value: most tools send nothing else."""
    append_share: float = 0.37
    """Value corruptions behind the value; what remains of 1 goes inside it."""
    path_append_share: float = 0.50
    """In a path, fragments behind it: a path stays a path."""
    path_last_share: float = 0.25
    """In a path, fragments in place of the last segment; what remains of 1 goes in behind some slash."""
    second_share: float = 0.03
    """Value corruptions with a second fragment further on: payloads come in parts."""
    hard_benign_share: float = 0.07
    """Values replaced or followed by code-like text that does belong. 20 % costs recall without weaving; with weaving
    10-20 % keeps SQL-like prose allowed."""
    hard_replace_share: float = 0.8
    """Hard benign texts that replace the value; the others follow it."""
    padding_share: float = 0.30
    """Values with benign words around them, corrupted or not: at 12 %, 150 words around a payload hid it."""
    padding_before_share: float = 0.45
    """Padding before only; evaders begin with it, and a window's prefix is what the model sees first."""
    padding_after_share: float = 0.25
    """Padding after only; what remains of 1 is padded on both sides."""
    woven_share: float = 0.33
    """Fragments with benign words between their tokens, in comments or attributes: untrained for it, recall falls by 24
    points."""
    benign_woven_share: float = 0.2
    """Hard benign texts with words between their tokens: else every word beside a symbol turns suspicious."""
    random_case_share: float = 0.10
    """Fragments in random case, an evasion that languages blind to case allow."""
    benign_case_share: float = 0.05
    """Values in upper, lower or title case: case by itself says nothing."""
    foreign_value_share: float = 0.20
    """Values exchanged for some other field's: a site never seen pairs names with values never seen together."""
    foreign_name_share: float = 0.15
    """Names exchanged for some other field's, for the same reason."""
    mixed_share: float = 0.10
    """Values continued with a piece of another value: benign text is not only what was once seen whole."""
    mutated_share: float = 0.30
    """Values whose words, digits and separators were exchanged for others: what is merely new must not look foreign."""
    max_value: int = 400
    """Longer values are cut to a random piece of this length, about two windows, before anything else."""
    max_fragment: int = 220
    """A fragment is cut to this length, or in two cases of three to about a half or a quarter of it."""
    vocabulary_texts: int = 20_000
    """Texts from which padding words and values are taken."""

    def __post_init__(self) -> None:
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name.endswith("_share"):
                if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
                    raise ValueError(f"{f.name}: expected a number from 0 to 1, got {value!r}")
            elif isinstance(value, bool) or not isinstance(value, int) or value < 16:
                raise ValueError(f"{f.name}: expected an integer of at least 16, got {value!r}")
        for first, second in (("replace_share", "append_share"), ("path_append_share", "path_last_share"),
                              ("padding_before_share", "padding_after_share")):
            if getattr(self, first) + getattr(self, second) > 1 + 1e-9:
                raise ValueError(f"{first} + {second}: expected at most 1, got {getattr(self, first) + getattr(self, second)}")

    @classmethod
    def from_dict(cls, raw: Mapping[str, object]) -> CorruptionConfig:
        known = {f.name for f in fields(cls)}
        if unknown := sorted(set(raw) - known):
            raise ValueError(f"corruption.{unknown[0]}: no such setting; there are {', '.join(sorted(known))}")
        return cls(**raw)  # type: ignore[arg-type]


_PIECES = re.compile(r"[^\W\d_]{2,}|[0-9]+")
_SEPARATORS = "-_.:,/~@=|*+!"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"
_WORDS = re.compile(r"[^\W\d_]{2,14}")
_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_ALNUM = "abcdefghijklmnopqrstuvwxyz0123456789 "
_CONTROLS = "\x00\x01\x08\r\n\x1b\x7f\ufffd\ufffd"
_SEAMS = frozenset("(,;=+|&><)/:[{")
_JOINERS = (" ", " ", " ", " ", "/", "-", ",", ", ", "&", "_", "\n")
_FOLD = str.maketrans("123456789", "000000000")

Span = tuple[int, int]


class Corruptor:
    """Draws training samples. Deterministic in its `Random`; picklable; `reseed` it in each worker process.

    `counts` tells how often each operation was taken, for reports and tests.
    """

    def __init__(self, texts: Sequence[str], bank: FragmentBank, rng: Random, config: CorruptionConfig | None = None):
        self.bank, self.rng, self.config = bank, rng, config or CorruptionConfig()
        self.counts: Counter[str] = Counter()
        # An even pick, not a random one: the vocabulary is the same whatever the seed.
        picked = (texts[i] for i in range(0, len(texts), max(1, len(texts) // self.config.vocabulary_texts)))
        values = [_RESERVED.sub(" ", t[t.find(VALUE) + 1 :][: self.config.max_value]) for t in picked if t[:1] != _ZONE_STRUCTURE]
        self._words = sorted({w for v in values for w in _WORDS.findall(v.rpartition(" ")[0] or v)})
        self._values = [v for v in values if 3 < len(v) < 120]
        fields_ = [t for t in (texts[i] for i in range(0, len(texts), max(1, len(texts) // self.config.vocabulary_texts))) if t[:1] in _VALUE_ZONES and VALUE in t]
        self._others = [t[t.find(VALUE) + 1 :][: self.config.max_value] for t in fields_]
        self._paths = [t[t.find(VALUE) + 1 :][: self.config.max_value] for t in (texts[i] for i in range(0, len(texts), max(1, len(texts) // self.config.vocabulary_texts))) if t[:1] == _ZONE_PATH]
        self._names = [t[1 : t.find(VALUE)] for t in fields_ if t[0] in _NAMED_ZONES and not any(f in t[:4] for f in _FLAGS)]
        self._segments = bank.texts("benign", "segment") if "segment" in bank.languages else []
        if not self._words or not self._values:
            raise ValueError(f"expected texts with words in their values to pad with, got {len(texts)} texts without any")

    def reseed(self, seed: int) -> None:
        """Begins another stream of draws and counts, as each worker process must."""
        self.rng.seed(seed)
        self.counts.clear()

    def sample(self, text: str) -> tuple[str, list[Span]]:
        """The text as it is, or corrupted, and the character spans that do not belong (sorted, apart, never empty)."""
        c, random, counts = self.config, self.rng.random, self.counts
        counts["samples"] += 1
        cutoff = text.find(VALUE) + 1
        head, value = (text[:cutoff], text[cutoff:]) if cutoff else (text[:1], text[1:])
        zone = text[:1]
        if zone == _ZONE_STRUCTURE:
            return self._structure(text)
        if len(value) > c.max_value:
            start = 0 if random() < 0.5 else int(random() * (len(value) - c.max_value))
            value = value[start : start + c.max_value]
        if zone in _VALUE_ZONES:
            head, value = self._recombined(head, value)
            if random() < c.hard_benign_share:
                value = self._hard_benign(value)
        elif zone == _ZONE_PATH:
            value = self._other_path(value)
        if random() < c.mutated_share:
            value = self._mutated(value)
        if random() < c.benign_case_share:
            value = (value.upper, value.lower, value.title)[int(random() * 3)]()
        spans: list[Span] = []
        if random() >= c.benign_share:
            counts["corrupted"] += 1
            if cutoff and zone in _NAMED_ZONES and random() < c.name_share:
                head, spans = self._name(head)
                shift = 0
            else:
                value, spans = self._path(value) if zone == _ZONE_PATH else self._value(value)
                shift = len(head)
        else:
            shift = 0
        before = ""
        if zone != _ZONE_PATH and random() < c.padding_share:
            counts["padded"] += 1
            roll = random() - c.padding_before_share
            if roll < 0 or roll >= c.padding_after_share:
                before = self._padding()
            if roll >= 0:
                value = value + " " + self._padding()
        # Spans of the value move with head and padding; those of the name stay.
        if shift:
            shift += len(before)
            spans = [(a + shift, b + shift) for a, b in spans]
        return head + before + value, spans

    # Each of these returns spans relative to the piece it was given.

    def _value(self, value: str) -> tuple[str, list[Span]]:
        c, random = self.config, self.rng.random
        piece = self._piece()
        roll = random()
        n = len(value)
        if roll < c.replace_share:
            self.counts["replace"] += 1
            if piece == value:
                return value, []
            out, spans = piece, [(0, len(piece))]
        elif roll < c.replace_share + c.append_share:
            self.counts["append"] += 1
            if n and random() < 0.25:
                value, n = value + " ", n + 1
            out, spans = value + piece, [(n, n + len(piece))]
        else:
            self.counts["inside"] += 1
            at = int(random() * (n + 1))
            out, spans = value[:at] + piece + value[at:], [(at, at + len(piece))]
        if random() < c.second_share:
            self.counts["second"] += 1
            more = self._fragment()
            out += " " + self._some_words(1 + int(random() * 6)) + " "
            spans.append((len(out), len(out) + len(more)))
            out += more
        return out, spans

    def _path(self, path: str) -> tuple[str, list[Span]]:
        c, random = self.config, self.rng.random
        self.counts["path"] += 1
        piece = self._piece()
        roll = random()
        if roll < c.path_append_share:
            if random() < 0.6 and not path.endswith("/"):
                path += "/"
            start = end = len(path)
        elif roll < c.path_append_share + c.path_last_share:
            start, end = path.rfind("/") + 1, len(path)
        else:
            slashes = [i + 1 for i, char in enumerate(path) if char == "/"] or [len(path)]
            start = end = slashes[int(random() * len(slashes))]
        if path[start:end] == piece:
            return path, []
        return path[:start] + piece + path[end:], [(start, start + len(piece))]

    def _name(self, head: str) -> tuple[str, list[Span]]:
        """A corrupted name, at most NAME_CHARS long and with digits folded, as canonical names are."""
        c, random = self.config, self.rng.random
        self.counts["name"] += 1
        begin = 1
        while head[begin] in _FLAGS:
            begin += 1
        name = head[begin:-1]
        if random() < c.name_suffix_share:
            piece = self._draw(self.bank.name)
            name = name[: max(0, NAME_CHARS - len(piece))]
        else:
            piece = self._fragment()
            if random() < 0.5:
                name = ""
            name = name[: NAME_CHARS // 2]
        piece = piece.translate(_FOLD)[: NAME_CHARS - len(name)]
        start = begin + len(name)
        return head[:begin] + name + piece + VALUE, [(start, start + len(piece))]

    def _structure(self, text: str) -> tuple[str, list[Span]]:
        """Operator syntax behind one of the words of the structure sequence, which are names and types."""
        if self.rng.random() >= self.config.structure_share:
            return text, []
        ends = [m.end() for m in _WORDS.finditer(text)]
        if not ends:
            return text, []
        self.counts["structure"] += 1
        at = ends[int(self.rng.random() * len(ends))]
        piece = self._draw(self.bank.name).translate(_FOLD)[:NAME_CHARS]
        return text[:at] + piece + text[at:], [(at, at + len(piece))]

    def _draw(self, texts: _Texts) -> str:
        return texts[int(self.rng.random() * len(texts))]

    def _piece(self) -> str:
        if self.rng.random() < self.config.noise_share:
            self.counts["noise"] += 1
            return self._noise()[: self.config.max_fragment]
        return self._fragment()

    def _fragment(self) -> str:
        c, random = self.config, self.rng.random
        self.counts["foreign"] += 1
        piece = self._draw(self.bank.foreign)
        limit = c.max_fragment if (roll := random()) < 1 / 3 else int(c.max_fragment * (0.27 if roll < 2 / 3 else 0.55))
        piece = piece[:limit]
        if random() < c.woven_share:
            self.counts["woven"] += 1
            piece = self._weave(piece)
        if random() < c.random_case_share:
            self.counts["random_case"] += 1
            piece = random_case(piece, self.rng)
        return piece[: c.max_fragment]

    def _weave(self, piece: str) -> str:
        """Benign words between the tokens: at its blanks, or, where it has none, behind a few of its symbols."""
        random = self.rng.random
        style = int(random() * 12)
        if " " in piece:
            parts = piece.split(" ")
            out = [parts[0]]
            for part in parts[1:]:
                out.append(self._filler(style) if random() < 0.75 else " ")
                out.append(part)
            return "".join(out)
        seams = [i for i, char in enumerate(piece) if char in _SEAMS]
        if not seams:
            return piece
        chosen = sorted({seams[int(random() * len(seams))] + 1 for _ in range(1 + int(random() * 3))}, reverse=True)
        for at in chosen:
            piece = piece[:at] + self._filler(style) + piece[at:]
        return piece

    def _filler(self, style: int) -> str:
        if style < 3:
            return f" {self._word()} "
        if style == 3:
            return f" {self._some_words(2 + int(self.rng.random() * 4))} "
        if style == 4:
            return f"/*{self._word()} {self._word()}*/"
        if style == 5:
            return "/**/"
        if style == 6:
            return f" {self._word()}={self._word()} "
        if style == 7:
            return f' {self._word()}="{self._word()}" '
        if style == 8:
            return f"/*{self._word()}*/"
        if style == 9:
            return f"\n{self._word()}\n" if self.rng.random() < 0.5 else "\t"
        if style == 10:
            return f"<!--{self._word()}-->" if self.rng.random() < 0.5 else f", {self._word()}, "
        return "+" if self.rng.random() < 0.5 else f" {self._word()}-{self._word()} "

    def _recombined(self, head: str, value: str) -> tuple[str, str]:
        """The field with a name, a value or a piece of a value of other fields, as sites never seen have them."""
        c, random = self.config, self.rng.random
        if self._others and random() < c.foreign_value_share:
            value = self._others[int(random() * len(self._others))]
        if self._others and random() < c.mixed_share:
            other = self._others[int(random() * len(self._others))]
            start = int(random() * len(other)) if random() < 0.5 else 0
            end = start + 1 + int(random() * (len(other) - start))
            keep = len(value) if random() < 0.5 else int(random() * len(value))
            value = value[:keep] + _JOINERS[int(random() * len(_JOINERS))] + other[start:end]
        if self._names and head[:1] in _NAMED_ZONES and random() < c.foreign_name_share:
            flags = 1
            while flags < len(head) and head[flags] in _FLAGS:
                flags += 1
            head = head[:flags] + self._names[int(random() * len(self._names))] + VALUE
        return head, value

    def _mutated(self, value: str) -> str:
        """The same syntax with other words, other digits and, now and then, another separator."""
        random = self.rng.random
        share = 0.2 + 0.8 * random()

        def other(match: re.Match[str]) -> str:
            if random() >= share:
                return match[0]
            old = match[0]
            if old[0].isdigit():
                return "".join([_DIGITS[int(random() * 10)] for _ in old])
            if random() < 0.5:
                word = self._word()
            else:
                word = "".join([_LETTERS[int(random() * 26)] for _ in range(1 + int(random() * 12))])
            return word.upper() if old.isupper() else word.title() if old[0].isupper() else word

        value = _PIECES.sub(other, value)
        if random() < 0.4:
            held = [char for char in _SEPARATORS if char in value]
            if held:
                value = value.replace(held[int(random() * len(held))], _SEPARATORS[int(random() * len(_SEPARATORS))])
        return value

    def _other_path(self, path: str) -> str:
        """The path with segments of another one, or with unusual ones."""
        c, random = self.config, self.rng.random
        if self._paths and random() < c.mixed_share:
            other = self._paths[int(random() * len(self._paths))].split("/")
            mine = path.split("/")
            path = "/".join(mine[: 1 + int(random() * len(mine))] + other[int(random() * len(other)) :])
        if self._segments and random() < 2 * c.hard_benign_share:
            parts = path.split("/")
            at = 1 + int(random() * len(parts))
            parts[at : at + (random() < 0.5)] = [self._draw_text(self._segments)]
            path = "/".join(parts)
        return path

    def _draw_text(self, texts: list[str]) -> str:
        return texts[int(self.rng.random() * len(texts))]

    def _hard_benign(self, value: str) -> str:
        c, random = self.config, self.rng.random
        self.counts["hard_benign"] += 1
        hard = self._draw(self.bank.benign)[: c.max_value]
        if random() < c.benign_woven_share:
            parts = hard.split(" ")
            out = [parts[0]]
            for part in parts[1:]:
                out.append(f" {self._word()} " if random() < 0.5 else " ")
                out.append(part)
            hard = "".join(out)
        return hard if random() < c.hard_replace_share else f"{value} {hard}"

    def _word(self) -> str:
        return self._words[int(self.rng.random() * len(self._words))]

    def _some_words(self, n: int) -> str:
        words, random, size = self._words, self.rng.random, len(self._words)
        return " ".join([words[int(random() * size)] for _ in range(n)])

    def _padding(self) -> str:
        """Two to a hundred benign words, or an eighth of that in whole values, with something to join on."""
        random = self.rng.random
        n = int(2 ** (1 + 5.6 * random()))
        joiner = _JOINERS[int(random() * len(_JOINERS))]
        pool = self._words
        if random() < 0.25:
            pool, n = self._values, max(1, n // 8)
        size = len(pool)
        return joiner.join([pool[int(random() * size)] for _ in range(n)]) + joiner

    def _noise(self) -> str:
        rng = self.rng
        roll = rng.random()
        if roll < 0.40:
            return "".join([rng.choice(_PUNCTUATION if rng.random() < 0.5 else _ALNUM) for _ in range(rng.randint(4, 24))])
        if roll < 0.52:
            return rng.choice(_PUNCTUATION) * rng.randint(4, 40)
        if roll < 0.60:
            return rng.choice(_PUNCTUATION + "aAbBxXyz01") * rng.randint(24, 200)
        if roll < 0.75:
            return "".join(rng.choices(_PUNCTUATION + " ", k=rng.randint(3, 12)))
        if roll < 0.85:
            return "".join([rng.choice(_CONTROLS if rng.random() < 0.5 else _PUNCTUATION + "abcxyz") for _ in range(rng.randint(3, 12))])
        if roll < 0.93:
            chars = list(rng.choice(self._values)[:40] + rng.choice(_PUNCTUATION) * 2)
            rng.shuffle(chars)
            return "".join(chars)
        return "".join([char + rng.choice(_PUNCTUATION) for char in rng.choice(self._words)])
