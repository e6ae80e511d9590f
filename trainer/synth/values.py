"""The values of one field: the public ones with their shares, and types and ranges of the others."""

from __future__ import annotations

import datetime
import json
import random
import re

from .text import Quorum, Vocabulary, identifier_like

MAX_DISTINCT = 3000  # values kept of one field while learning; later new ones only count
RETRIES = 12  # to make a value that nobody sent
SHORTEST_PRIVATE = 4  # characters: shorter ones are met by chance

INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})\Z")
DECIMAL = re.compile(r"-?(?:0|[1-9]\d{0,14})\.\d{1,9}\Z")
DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:([T +])(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?\Z")
IDENTIFIER = re.compile(r"[\w.~+/=|:$%,*-]{8,}\Z")


class ValueModel:
    """Learns with `add`, is closed by `freeze`, then samples."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.total = 0
        self._seen: dict[str, Quorum] = {}
        self.public: tuple[list[str], list[int]] = ([], [])
        self._private: list[str] = []
        self._private_count = 0
        self._public_set: set[str] = set()
        self._trees: TreeModel | None = None
        self._alphabet: frozenset[str] = frozenset()  # of its identifiers
        self._numbers: list[float] = []
        self._dates: list[float] = []

    def add(self, value: str, client) -> None:
        self.total += 1
        one = self._seen.get(value)
        if one is None:
            if len(self._seen) >= MAX_DISTINCT:
                return
            one = self._seen[value] = Quorum()
        one.add(client, self.vocabulary.quorum)

    def feed_vocabulary(self) -> None:
        for value, one in self._seen.items():
            if kind_of(value) in ("text", "json"):
                for client in one.clients:
                    self.vocabulary.add(value, client)

    def freeze(self) -> None:
        public: list[tuple[str, int]] = []
        letters: dict[str, Quorum] = {}
        for value, one in sorted(self._seen.items()):
            if len(one.clients) >= self.vocabulary.quorum:
                public.append((value, one.count))
                continue
            self._private.append(value)
            kind = kind_of(value)
            if kind == "identifier":
                for char in set(value):
                    for client in one.clients:
                        letters.setdefault(char, Quorum()).add(client, self.vocabulary.quorum)
            elif kind in ("integer", "decimal"):
                self._numbers.append(float(value))
            elif kind == "date":
                self._dates.append(_stamp(value))
            elif kind == "json":
                self._trees = self._trees or TreeModel(self.vocabulary)
                for client in one.clients:
                    self._trees.add(json.loads(value), client)
        if public:
            values, counts = zip(*public)
            self.public = (list(values), list(counts))
            self._public_set = set(values)
        self._private_count = self.total - sum(self.public[1])
        # Of all fields together: what is private in one must not come out of another by chance.
        self.vocabulary.private_values.update(value for value in self._private if len(value) >= SHORTEST_PRIVATE)
        self.vocabulary.public_values.update(self.public[0])
        self._alphabet = frozenset(char for char, one in letters.items() if len(one.clients) >= self.vocabulary.quorum)
        self._numbers.sort()
        self._dates.sort()
        self._seen.clear()
        if self._trees:
            self._trees.freeze()

    def sample(self, rng: random.Random) -> str:
        if not self._private or self.public[0] and rng.random() * self.total >= self._private_count:
            return rng.choices(*self.public)[0] if self.public[0] else ""
        return self.like(rng.choice(self._private), rng)

    def like(self, value: str, rng: random.Random) -> str:
        """A value of the same kind, unless it is public itself. Never one that only few clients sent."""
        if value in self._public_set:
            return value
        for _ in range(RETRIES):
            made = self._make(value, rng)
            if made not in self.vocabulary.private_values or made in self.vocabulary.public_values:
                return made
        return identifier_like(made, rng)

    def _make(self, value: str, rng: random.Random) -> str:
        kind = kind_of(value)
        if kind == "integer":
            return str(round(between(self._numbers or [float(value)], rng)))
        if kind == "decimal":
            return f"{between(self._numbers or [float(value)], rng):.{len(value.partition('.')[2])}f}"
        if kind == "date":
            return _date_like(value, between(self._dates or [_stamp(value)], rng))
        if kind == "json" and self._trees:
            compact = ": " not in value and ", " not in value
            return json.dumps(self._trees.sample(rng), ensure_ascii="\\u" in value, separators=(",", ":") if compact else None)
        if kind == "identifier":
            return identifier_like(value, rng, self._alphabet)
        return self.vocabulary.rewrite(value, rng)


def kind_of(value: str) -> str:
    """integer, decimal, date, json, identifier or text: the narrowest that fits."""
    if INTEGER.match(value):
        return "integer"
    if DECIMAL.match(value):
        return "decimal"
    if DATE.match(value):
        return "date" if _stamp(value) is not None else "text"
    if value[:1] in "{[" and value[-1:] in "}]" and len(value) > 1:
        try:
            json.loads(value)
            return "json"
        except (ValueError, RecursionError):
            return "text"
    if IDENTIFIER.match(value):
        runs = re.findall(r"[^\W_]+", value)
        longest = max((run for run in runs), key=len, default="")
        mixed = any(c.isdigit() for c in longest) and any(c.isalpha() for c in longest)
        if len(longest) >= 24 or mixed and len(longest) >= 8 or longest.isdigit() and len(longest) > 5:
            return "identifier"
    return "text"


def between(points: list[float], rng: random.Random) -> float:
    """A draw from the distribution that sorted points show: uniform between two neighbors."""
    at = rng.random() * (len(points) - 1)
    low = int(at)
    high = min(low + 1, len(points) - 1)
    return points[low] + (at - low) * (points[high] - points[low])


def _stamp(value: str) -> float | None:
    match = DATE.match(value)
    year, month, day, _, hour, minute, second, _, _ = match.groups()
    try:
        return datetime.datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0)).timestamp()
    except (ValueError, OverflowError):
        return None


def _date_like(value: str, stamp: float) -> str:
    _, _, _, separator, hour, _, second, fraction, zone = DATE.match(value).groups()
    moment = datetime.datetime.fromtimestamp(stamp)
    text = moment.strftime("%Y-%m-%d").zfill(10)
    if hour:
        text += separator + moment.strftime("%H:%M") + (moment.strftime(":%S") if second else "")
        if fraction:
            text += "." + f"{moment.microsecond:06d}".ljust(len(fraction) - 1, "0")[: len(fraction) - 1]
        text += zone or ""
    return text


class TreeModel:
    """JSON values: which keys come together, how long arrays are, which types and values stand where."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._kinds: dict[str, int] = {}
        self._keys: dict[str, Quorum] = {}
        self._key_sets: list[tuple[str, ...]] = []
        self._children: dict[str, TreeModel] = {}
        self._lengths: list[int] = []
        self._items: TreeModel | None = None
        self._strings: ValueModel | None = None
        self._numbers: ValueModel | None = None

    def add(self, value, client, depth: int = 0) -> None:
        kind = type(value).__name__ if value is not None else "null"
        if depth > 40:
            return
        self._kinds[kind] = self._kinds.get(kind, 0) + 1
        if kind == "dict":
            for key in value:
                self._keys.setdefault(key, Quorum()).add(client, self.vocabulary.quorum)
                self._children.setdefault(key, TreeModel(self.vocabulary)).add(value[key], client, depth + 1)
            if len(self._key_sets) < MAX_DISTINCT:
                self._key_sets.append(tuple(value))
        elif kind == "list":
            self._lengths.append(min(len(value), 200))
            self._items = self._items or TreeModel(self.vocabulary)
            for item in value[:200]:
                self._items.add(item, client, depth + 1)
        elif kind == "str":
            self._strings = self._strings or ValueModel(self.vocabulary)
            self._strings.add(value, client)
        elif kind in ("int", "float"):
            self._numbers = self._numbers or ValueModel(self.vocabulary)
            self._numbers.add(json.dumps(value), client)
        elif kind == "bool":
            self._kinds[kind] -= 1
            self._kinds[str(value)] = self._kinds.get(str(value), 0) + 1

    def parts(self):
        for part in (self._strings, self._numbers, self._items, *self._children.values()):
            if part is not None:
                yield part

    def feed_vocabulary(self) -> None:
        for part in self.parts():
            part.feed_vocabulary()

    def freeze(self) -> None:
        public = {key for key, one in self._keys.items() if len(one.clients) >= self.vocabulary.quorum}
        self._key_sets = [tuple(key for key in keys if key in public) for keys in self._key_sets]
        self._children = {key: child for key, child in self._children.items() if key in public}
        self._kinds = {kind: count for kind, count in sorted(self._kinds.items()) if count > 0}
        for part in self.parts():
            part.freeze()

    def sample(self, rng: random.Random):
        kind = rng.choices(list(self._kinds), list(self._kinds.values()))[0] if self._kinds else "null"
        if kind == "dict":
            return {key: self._children[key].sample(rng) for key in rng.choice(self._key_sets)}
        if kind == "list":
            return [self._items.sample(rng) for _ in range(rng.choice(self._lengths))]
        if kind == "str":
            return self._strings.sample(rng)
        if kind in ("int", "float"):
            made = self._numbers.sample(rng)
            return json.loads(made) if kind_of(made) in ("integer", "decimal") else 0
        return {"True": True, "False": False}.get(kind)

