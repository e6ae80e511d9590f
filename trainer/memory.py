"""What is normal in each field of each host, learned without a gradient step; `src/memory/` does the same in the service.

A full sequence that was learned needs no score. Any other value of a known field is judged by its combined surprise z
(`views.py`), adjusted by two things that the field's history says:

    discount = min(most_discount, max(0, ceiling - base)) * values / (values + 1)
    novelty  = 0 when every symbol of the value was shown by the field, else log10((n + 2) / (introductions + 1))
    long     = log10(n + 1) when the text is more than twice as long as any that the field has shown, else 0
    bonus    = min(most_bonus, novelty_weight * max(0, novelty - novelty_free) + length_weight * max(0, long - novelty_free))
    weight   = min(1, max(0, z - ceiling) / news_span)
    adjusted = z - discount * (1 - min(1, novelty) * weight) + bonus * weight

`ceiling` is the highest surprise among the field's own benign values: a field that is always odd proves nothing by being
odd again. `n` counts the field's observations and `introductions` those after the first that brought a new symbol, so
`novelty` is how surprising a further one is, in the units of z. News counts only in a value that is odder than the field's
values are, in full from `news_span` above the ceiling: a title with a first apostrophe is no odder than other titles.
Symbols below the quorum count among the introductions too, but no more of them than clients that showed them: free text
goes on showing new ones, and nobody alone can make a field look like that. `adjusted` grows with z. Symbols are ASCII
punctuation, blanks and control characters, letters as one, and the marks of a value encoded twice or malformed.
Parameters whose values were always plain (numbers, booleans, nothing) have no sequence; the structure sequence names them,
which makes each a field without symbols. A field never seen has z alone.

What counts as shown is a matter of quorum: distinct clients and distinct windows of time. One client teaches nothing where
two are asked for, whatever it repeats: values, symbols and fields enter by quorum, and ceiling and length are the q-th
largest of the clients' own maxima, q the quorum of clients, or the w-th largest of the windows', where that is less.
Counts follow suit. `values` are those that reached the quorum, and of the others, each credited to the client that showed
it first, all but what the q - 1 clients with the most of them brought: free text, where every value is one client's, counts
by how many write it, and fewer clients than the quorum never make it more than what the others have shown. Of `n` each
client has at most 16, all together 512. A quorum of one client counts everything.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from .markers import MARKERS

_DIGITS = re.compile("[0-9]+")
_FLAGS = {MARKERS["DEPTH"]: "D", MARKERS["MALFORMED"]: "M"}  # letters stand for themselves nowhere else
_PARAMETERS = (MARKERS["QUERY"], MARKERS["BODY"])
_PLAIN = MARKERS["MASK"]  # in place of the zone: a parameter that the structure names and no sequence holds
CLIENTS_KEPT = 8  # largest quorum of clients: so many of the clients' maxima are kept for each field
OBSERVATIONS_PER_CLIENT = 16  # of a field that count: who polls says nothing new
CLIENTS_COUNTED = 32  # of a field, whose observations count: the service has a counter for each


@dataclass(frozen=True)
class MemoryRule:
    """Manifest `memory.rule`; surprises are -log10 of a share, so is novelty."""

    base: float  # 99 % quantile of benign fields' combined surprise
    route_from: int = 20  # observations from which a field of one route is judged apart from its namesakes
    novelty_free: float = 0.3  # a factor of two is no news
    novelty_weight: float = 0.6
    length_weight: float = 0.25
    most_bonus: float = 1.0
    most_discount: float = 2.0
    news_span: float = 1.0  # surprise above the ceiling from which news counts in full

    def manifest(self) -> dict:
        return {
            "base": self.base,
            "routeFrom": self.route_from,
            "noveltyFree": self.novelty_free,
            "noveltyWeight": self.novelty_weight,
            "lengthWeight": self.length_weight,
            "mostBonus": self.most_bonus,
            "mostDiscount": self.most_discount,
            "newsSpan": self.news_span,
        }

    @staticmethod
    def from_manifest(value: dict) -> "MemoryRule":
        names = ("base", "routeFrom", "noveltyFree", "noveltyWeight", "lengthWeight", "mostBonus", "mostDiscount", "newsSpan")
        return MemoryRule(*(value[name] for name in names))

    def adjust(self, z: float, *, ceiling: float, values: int, n: int, introductions: int, new_symbols: bool, longer: bool) -> float:
        discount = min(self.most_discount, max(0.0, ceiling - self.base)) * values / (values + 1)
        novelty = math.log10((n + 2) / (introductions + 1)) if new_symbols else 0.0
        long = math.log10(n + 1) if longer else 0.0
        bonus = self.novelty_weight * max(0.0, novelty - self.novelty_free) + self.length_weight * max(0.0, long - self.novelty_free)
        weight = min(1.0, max(0.0, z - ceiling) / self.news_span)
        return z - discount * (1 - min(1.0, novelty) * weight) + min(self.most_bonus, bonus) * weight


@dataclass(frozen=True)
class Quorum:
    clients: int = 3
    windows: int = 2

    def __post_init__(self) -> None:
        for name, value in (("clients", self.clients), ("windows", self.windows)):
            if not 1 <= value <= CLIENTS_KEPT:
                raise ValueError(f"quorum {name}: expected 1 to {CLIENTS_KEPT}, got {value}")


@dataclass
class Witnesses:
    """Who showed something, and when; no more of each than a quorum can ask for."""

    clients: set[str] = field(default_factory=set)
    windows: set[int] = field(default_factory=set)

    def add(self, client: str, window: int) -> None:
        self.clients.add(client)
        self.windows.add(window)

    def reach(self, quorum: Quorum) -> bool:
        return len(self.clients) >= quorum.clients and len(self.windows) >= quorum.windows


class _Symbol(Witnesses):
    first: int = 0  # the field's observation that introduced it, from 1


@dataclass
class _Field(Witnesses):
    observations: int = 0
    values: dict[str, str] = field(default_factory=dict)  # each with the client that showed it first
    symbols: dict[str, _Symbol] = field(default_factory=dict)
    surprise: dict[str | int, float] = field(default_factory=dict)  # largest of each client and of each window
    length: dict[str | int, float] = field(default_factory=dict)
    by_client: Counter[str] = field(default_factory=Counter)  # observations

    def observe(self, client: str, window: int, text: str, symbols: frozenset[str], z: float) -> None:
        self.observe_plain(client, window)
        self.values.setdefault(text, client)
        for symbol in symbols:
            entry = self.symbols.get(symbol)
            if entry is None:
                entry = self.symbols[symbol] = _Symbol()
                entry.first = self.observations
            entry.add(client, window)
        for maxima, value in ((self.surprise, z), (self.length, units(text))):
            for witness in (client, window):
                maxima[witness] = max(value, maxima.get(witness, -math.inf))

    def observe_plain(self, client: str, window: int) -> None:
        self.add(client, window)
        self.observations += 1
        self.by_client[client] += 1

    def learned(self, quorum: Quorum, knows: Callable[[str], bool]) -> "LearnedField | None":
        """`knows` tells which values reached the quorum."""
        if not self.reach(quorum):
            return None
        accepted = {symbol: entry for symbol, entry in self.symbols.items() if entry.reach(quorum)}
        shown = {entry.first for entry in accepted.values()} | {1}
        others = [entry for symbol, entry in self.symbols.items() if symbol not in accepted]
        by_others = {entry.first for entry in others} - shown
        introductions = len(shown) - 1 + min(len(by_others), len(set().union(*(entry.clients for entry in others))))
        ceiling, longest = (_shown(maxima, quorum) for maxima in (self.surprise, self.length))
        return LearnedField(self._counted(quorum), introductions, self._values(quorum, knows), ceiling, int(longest), frozenset(accepted))

    def _counted(self, quorum: Quorum) -> int:
        if quorum.clients == 1:
            return self.observations
        counted = sum(min(OBSERVATIONS_PER_CLIENT, seen) for seen in self.by_client.values())
        return min(counted, OBSERVATIONS_PER_CLIENT * CLIENTS_COUNTED)

    def _values(self, quorum: Quorum, knows: Callable[[str], bool]) -> int:
        if quorum.clients == 1 or not self.values:
            return len(self.values)
        brought = Counter(client for text, client in self.values.items() if not knows(text))
        known = len(self.values) - brought.total()
        supported = sum(sorted(brought.values(), reverse=True)[quorum.clients - 1 :])
        # As many clients as the quorum asks for have shown the field, and so one of those that count something.
        return max(1, known + supported)


def _shown(maxima: dict[str | int, float], quorum: Quorum) -> float:
    """What as many clients, and as many windows, as the quorum asks for have reached; 0 where nothing was."""
    if not maxima:
        return 0
    of = {kind: sorted((value for witness, value in maxima.items() if isinstance(witness, kind)), reverse=True) for kind in (str, int)}
    return min(of[str][quorum.clients - 1], of[int][quorum.windows - 1])


@dataclass(frozen=True)
class LearnedField:
    n: int
    introductions: int
    values: int
    ceiling: float
    longest: int
    symbols: frozenset[str]


class FieldMemory:
    """Learns requests that were accepted and that no filter rejected; judges others of the same hosts."""

    def __init__(self, rule: MemoryRule, quorum: Quorum = Quorum(1, 1)) -> None:
        self.rule, self.quorum = rule, quorum
        self.requests: dict[str, int] = {}  # learned of each host
        self._known: dict[tuple[str, str], Witnesses] = {}
        self._fields: dict[tuple[str, str], _Field] = {}
        self._learned: dict[tuple[str, str], LearnedField | None] = {}

    def learn(self, host: str, client: str, window: int, texts: Sequence[str], surprises: Mapping[str, float]) -> None:
        """One request: its sequences, and the combined surprise of each. `window` numbers a span of time."""
        self.requests[host] = self.requests.get(host, 0) + 1
        route = route_of(texts)
        for text in dict.fromkeys(texts):
            self._known.setdefault((host, text), Witnesses()).add(client, window)
            symbols = symbols_of(text)
            for key in keys_of(text, route):
                self._learned.pop((host, key), None)
                self._fields.setdefault((host, key), _Field()).observe(client, window, text, symbols, surprises[text])
        for key in plain_keys(texts):
            self._learned.pop((host, key), None)
            self._fields.setdefault((host, key), _Field()).observe_plain(client, window)

    def judge(self, host: str, texts: Sequence[str], surprises: Mapping[str, float]) -> list[float | None]:
        """Of each sequence the adjusted surprise, or None where it is known."""
        return [None if adjust is None else adjust(surprises[text]) for text, adjust in zip(texts, self.adjustments(host, texts))]

    def adjustments(self, host: str, texts: Sequence[str]) -> list[Callable[[float], float] | None]:
        """Of each sequence what becomes of a surprise, which grows with it; None where it is known."""
        route = route_of(texts)
        return [None if self.knows(host, text) else self._adjustment(host, text, route) for text in texts]

    def knows(self, host: str, text: str) -> bool:
        witnesses = self._known.get((host, text))
        return witnesses is not None and witnesses.reach(self.quorum)

    def field_of(self, host: str, text: str, route: str) -> LearnedField | None:
        """What the text is judged by: its field on this route once that is well known, else the field on the host, else
        the plain parameter of that name."""
        *routed, anywhere = keys_of(text, route)
        for key in routed:
            found = self._field(host, key)
            if found is not None and found.n >= self.rule.route_from:
                # Whatever showed it on this route showed it on the host.
                return replace(found, values=self._field(host, anywhere).values)
        found = self._field(host, anywhere)
        if found is None and text[:1] in _PARAMETERS:
            found = self._field(host, _PLAIN + anywhere[1:])
        return found

    def history(self, host: str, texts: Sequence[str], text: str) -> tuple[LearnedField, list[str]] | None:
        """For people: what a sequence of a request is judged by, and the sequences of its field that are known on the host."""
        known = self.field_of(host, text, route_of(texts))
        if known is None:
            return None
        seen = self._fields.get((host, keys_of(text, "")[-1]))
        return known, sorted(shown for shown in seen.values if self.knows(host, shown)) if seen else []

    def _adjustment(self, host: str, text: str, route: str) -> Callable[[float], float]:
        known = self.field_of(host, text, route)
        if known is None:
            return lambda z: z
        return partial(
            self.rule.adjust, ceiling=known.ceiling, values=known.values, n=known.n, introductions=known.introductions,
            new_symbols=not symbols_of(text) <= known.symbols, longer=0 < known.longest < units(text) / 2,
        )  # fmt: skip

    def _field(self, host: str, key: str) -> LearnedField | None:
        at = (host, key)
        if at not in self._learned:
            seen = self._fields.get(at)
            self._learned[at] = None if seen is None else seen.learned(self.quorum, lambda text: self.knows(host, text))
        return self._learned[at]


def route_of(texts: Sequence[str]) -> str:
    """The path template of a request: the first word of its structure sequence."""
    for text in texts:
        if text.startswith(MARKERS["STRUCTURE"]):
            return _parts(text)[2].split(" ", 1)[0]
    return ""


def plain_keys(texts: Sequence[str]) -> list[str]:
    """Of the parameters that the structure names and no sequence holds."""
    structure = next((text for text in texts if text.startswith(MARKERS["STRUCTURE"])), "")
    scored = {keys_of(text, "")[-1][1:] for text in texts if text[:1] in _PARAMETERS}
    names = (_DIGITS.sub("0", name) for name in _parts(structure)[2].split(" ")[1:])
    return [_PLAIN + name for name in dict.fromkeys(names) if name not in scored]


def keys_of(text: str, route: str) -> list[str]:
    """Zone and name with digits folded: on its route first, then anywhere on the host. The structure has no route."""
    zone, _, _ = _parts(text)
    name = zone + _DIGITS.sub("0", name_of(text))
    return [name] if zone == MARKERS["STRUCTURE"] else [f"{name}{MARKERS['VALUE']}{route}", name]


def symbols_of(text: str) -> frozenset[str]:
    _, flags, value = _parts(text)
    symbols = set(flags)
    for char in set(value):
        if char < "\x80" and not char.isdigit():
            symbols.add("a" if char.isalpha() else char)
    return frozenset(symbols)


def units(text: str) -> int:
    """Length in UTF-16 units, as the service counts."""
    return len(text) + sum(char > "\uffff" for char in text)


def symbols_text(symbols: frozenset[str]) -> str:
    """For people, as the service writes them (`src/memory/sequence.ts`): what is invisible by its number."""
    return "".join(symbol if symbol.isprintable() else f"<{ord(symbol):04X}>" for symbol in sorted(symbols))


def _cut(text: str) -> int:
    """Where the value begins; sequences without a name have no VALUE marker."""
    return text.find(MARKERS["VALUE"]) + 1 or min(1, len(text))


def _parts(text: str) -> tuple[str, list[str], str]:
    """Zone marker, flags, value."""
    head = text[1 : _cut(text)]
    return text[:1], [_FLAGS[char] for char in head if char in _FLAGS], text[_cut(text) :]


def name_of(text: str) -> str:
    """Of the field, as it stands in the sequence."""
    head = text[1 : _cut(text)].removesuffix(MARKERS["VALUE"])
    return "".join(char for char in head if char not in _FLAGS)
