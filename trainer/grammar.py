"""Probabilistic grammars as data: the syntax that does not belong in a form field, and the code-like text that does.

`Grammars.load()` reads `grammars/*.grammar` (format: `grammars/README.md`). `Grammars.foreign(rng)` draws one varied
fragment of some language, `Grammars.benign(rng)` one piece of hard benign text, `Grammars.name(rng)` what operator
syntax does to a parameter name. Words and numbers are drawn at random; nothing is recorded anywhere.
"""

from __future__ import annotations

import base64
import bisect
import hashlib
import re
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import NamedTuple

GRAMMAR_DIR = Path(__file__).parent / "grammars"
SUFFIX = ".grammar"
KINDS = ("foreign", "benign", "name", "shared")
MAX_DEPTH = 9
"""Beyond this nesting every rule takes its shallowest alternative, so that expansion ends."""
MAX_CHARS = 400
"""A longer expansion is drawn again: a fragment is later cut to 220 characters anyway."""
MIN_CHARS = 4
"""A shorter fragment tells nothing: `'a` also stands in names and titles."""
_DRAWS = 60

# A fragment without any of these is a bare word or a phrase, which is not foreign to a field whatever language has it.
_SIGNS = re.compile(r"""[<>'"`(){}\[\]$;|\\*=^&#%@!\x00\r\n]|\.\.|--|//|:/""")


class GrammarError(ValueError):
    """A grammar file that does not say what the format asks for; the message names file, line and expectation."""


class Fragment(NamedTuple):
    text: str
    language: str
    uses: frozenset[str]
    """Every language whose rules took part: JavaScript inside an HTML attribute uses both."""


# --- terminals that Python draws -------------------------------------------------------------------------------------


def _letters(rng: Random, low: int, high: int, alphabet: str = string.ascii_lowercase) -> str:
    return "".join(rng.choices(alphabet, k=rng.randint(low, high)))


_TOP_DOMAINS = ("com", "com", "net", "org", "io", "dev", "de", "fr", "co.uk", "jp", "site", "me", "local", "internal", "test")


class Terminals:
    """Random words, names and literals. A reference in capitals (`«IDENT»`) calls the method of that name in small."""

    def __init__(self, nouns: list[str]):
        self._nouns = nouns

    def word(self, rng: Random) -> str:
        return rng.choice(self._nouns) if rng.random() < 0.7 else _letters(rng, 2, 9)

    def ident(self, rng: Random) -> str:
        roll = rng.random()
        if roll < 0.35:
            return self.word(rng)
        if roll < 0.50:
            return f"{self.word(rng)}_{self.word(rng)}"
        if roll < 0.62:
            return self.word(rng) + self.word(rng).title()
        if roll < 0.72:
            return rng.choice(string.ascii_letters)
        if roll < 0.82:
            return f"{self.word(rng)}{rng.randint(0, 99)}"
        if roll < 0.90:
            return _letters(rng, 3, 8, string.ascii_letters)
        return self.word(rng).upper()

    def constant(self, rng: Random) -> str:
        return self.ident(rng).upper()

    def cls(self, rng: Random) -> str:
        return "".join(self.word(rng).title() for _ in range(rng.randint(1, 3)))

    def letter(self, rng: Random) -> str:
        return rng.choice(string.ascii_letters)

    def digit(self, rng: Random) -> str:
        return rng.choice(string.digits)

    def int(self, rng: Random) -> str:
        return str(rng.randint(0, 9) if rng.random() < 0.45 else rng.randint(10, 9999))

    def num(self, rng: Random) -> str:
        roll = rng.random()
        if roll < 0.85:
            return self.int(rng)
        return f"{rng.randint(0, 9)}.{rng.randint(0, 99)}" if roll < 0.93 else f"-{rng.randint(1, 99)}"

    def small(self, rng: Random) -> str:
        return str(rng.randint(1, 30))

    def port(self, rng: Random) -> str:
        return str(rng.choice((21, 22, 25, 80, 443, 3000, 5000, 8000, 8080)) if rng.random() < 0.4 else rng.randint(20, 65535))

    def year(self, rng: Random) -> str:
        return str(rng.randint(1970, 2035))

    def hex(self, rng: Random) -> str:
        return _letters(rng, 2, 8, "0123456789abcdef") + _letters(rng, 2, 8, "0123456789abcdef")

    def hex2(self, rng: Random) -> str:
        return f"{rng.randint(33, 126):02x}"

    def hexlit(self, rng: Random) -> str:
        return "0x" + self.hex(rng)

    def base64(self, rng: Random) -> str:
        raw = "".join(rng.choices(string.printable[:95], k=rng.randint(6, 24)))
        return base64.b64encode(raw.encode()).decode()

    def ip(self, rng: Random) -> str:
        roll = rng.random()
        if roll < 0.6:
            return ".".join(str(rng.randint(0, 255)) for _ in range(4))
        if roll < 0.75:
            private = rng.choice(("10", "127", "172.16", "192.168", "169.254"))
            return private + "".join(f".{rng.randint(0, 255)}" for _ in range(3 - private.count(".")))
        if roll < 0.85:
            return rng.choice(("localhost", "0.0.0.0", "127.1", "[::1]", "[::]", "[::ffff:127.0.0.1]"))
        return str(rng.randint(10**9, 2**32 - 1)) if roll < 0.93 else "0x" + _letters(rng, 8, 8, "0123456789abcdef")

    def domain(self, rng: Random) -> str:
        name = self.word(rng) if rng.random() < 0.5 else f"{self.word(rng)}.{self.word(rng)}"
        return f"{name}.{rng.choice(_TOP_DOMAINS)}"

    def host(self, rng: Random) -> str:
        return self.domain(rng) if rng.random() < 0.8 else self.ip(rng)

    def escaped(self, rng: Random) -> str:
        style = rng.choice(("\\%03o", "\\x%02x", "&#%d;", "%%%02x", "\\u00%02x", "&#x%x", "\\%x"))
        return "".join(style % rng.randint(33, 122) for _ in range(rng.randint(2, 6)))

    def cjk(self, rng: Random) -> str:
        return "".join(chr(rng.randint(0x4E00, 0x9F00)) for _ in range(rng.randint(1, 6)))

    def cyrillic(self, rng: Random) -> str:
        return "".join(chr(rng.randint(0x430, 0x44F)) for _ in range(rng.randint(2, 9)))

    def emoji(self, rng: Random) -> str:
        return chr(rng.choice((rng.randint(0x1F600, 0x1F64F), rng.randint(0x1F300, 0x1F5FF), 0x2764, 0x2705, 0x2B50)))

    sp = staticmethod(lambda rng: " ")
    tab = staticmethod(lambda rng: "\t")
    lf = staticmethod(lambda rng: "\n")
    nul = staticmethod(lambda rng: "\x00")
    crlf = staticmethod(lambda rng: rng.choice(("\r\n", "\r\n", "\r\n", "\n", "\r")))


# --- reading ---------------------------------------------------------------------------------------------------------


class Ref(NamedTuple):
    """One `«name»` of an alternative: a rule (qualified `file.rule`), a terminal in capitals, or a repeated `#1`."""

    name: str
    repeat: str = ""
    slot: str = ""


@dataclass
class Rule:
    alternatives: list[list[str | Ref]] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)
    where: str = ""
    shallowest: int = 0
    cumulative: list[int] = field(default_factory=list)


@dataclass
class Language:
    """One grammar file: its rules live in `Grammars.rules` under `name.rule`."""

    name: str
    sha256: str
    kind: str = "foreign"
    weight: int = 1
    strict_case: bool = False
    closer_percent: int = 30
    opener_percent: int = 22
    signs: re.Pattern[str] | None = None


_WEIGHT = re.compile(r"(\d+): ")
_LONE_WEIGHT = re.compile(r"\d+:$")
_REFERENCE = re.compile(r"«([^«»]*)»")
_INSIDE = re.compile(r"(?:([a-z][a-z0-9_]*\.)?([a-z][a-z0-9_]*|[A-Z][A-Z0-9]*)([?*+])?(?:#(\d))?|#(\d))$")
_HEAD = re.compile(r"([a-z][a-z0-9_]*) (:=|=)(?: (.*))?$")


def _alternative(text: str, language: str, where: str) -> tuple[list[str | Ref], int]:
    weight = 1
    if _LONE_WEIGHT.match(text) or not text:
        raise GrammarError(f"{where}: expected an alternative («» for nothing; one a line where text has ` | `), got {text!r}")
    if match := _WEIGHT.match(text):
        weight, text = int(match.group(1)), text[match.end() :]
        if weight < 1:
            raise GrammarError(f"{where}: a weight is at least 1, got {weight}")
    parts: list[str | Ref] = []
    for i, piece in enumerate(_REFERENCE.split(text)):
        if i % 2 == 0:
            if "«" in piece or "»" in piece:
                raise GrammarError(f"{where}: « and » come in pairs, got {text!r}")
            if piece:
                parts.append(piece)
        elif piece:
            match = _INSIDE.match(piece)
            if not match:
                raise GrammarError(f"{where}: expected «rule», «file.rule», «TERMINAL» with ?, *, + or #1, got «{piece}»")
            space, name, repeat, slot, again = match.groups()
            if again:
                parts.append(Ref("#", slot=again))
            else:
                qualified = name if name[0].isupper() else (space or f"{language}.") + name
                parts.append(Ref(qualified, repeat or "", slot or ""))
    return parts, weight


def _directive(language: Language, line: str, where: str) -> None:
    key, _, value = line[1:].partition(" ")
    value = value.strip()
    try:
        if key == "kind" and value in KINDS:
            language.kind = value
        elif key == "weight" and int(value) > 0:
            language.weight = int(value)
        elif key == "case" and value in ("loose", "strict"):
            language.strict_case = value == "strict"
        elif key == "edges":
            language.closer_percent, language.opener_percent = map(int, value.split())
        elif key == "signs":
            language.signs = re.compile(value, re.IGNORECASE)
        else:
            raise ValueError(f"no such directive or value: {line!r}")
    except (ValueError, re.error) as error:
        raise GrammarError(
            f"{where}: expected @kind {'|'.join(KINDS)}, @weight N, @case loose|strict, @edges N N or @signs REGEX: {error}"
        ) from error


def _read(path: Path, rules: dict[str, Rule]) -> Language:
    data = path.read_bytes()
    language = Language(path.name[: -len(SUFFIX)], hashlib.sha256(data).hexdigest())
    current: Rule | None = None
    words = False
    for number, line in enumerate(data.decode("utf-8").split("\n"), 1):
        where = f"{path.name}:{number}"
        if not line.strip() or line.startswith("# ") or line == "#":
            continue
        if line.startswith("@"):
            _directive(language, line, where)
            continue
        if line.startswith("  "):
            if current is None:
                raise GrammarError(f"{where}: an indented line continues a rule, and none was begun")
            items = line.split() if words else [line[2:]]
        else:
            match = _HEAD.match(line)
            if not match:
                raise GrammarError(f"{where}: expected `rule = alternatives` or `rule := words`, got {line!r}")
            name, sign, rest = f"{language.name}.{match.group(1)}", match.group(2), match.group(3) or ""
            if name in rules:
                raise GrammarError(f"{where}: rule {name} was given before, at {rules[name].where}")
            current = rules[name] = Rule(where=where)
            words = sign == ":="
            items = rest.split() if words else rest.split(" | ") if rest else []
            if not words and any(item.startswith("| ") for item in items):
                raise GrammarError(f"{where}: text with a lone | needs the form of one alternative a line")
        for item in items:
            parts, weight = ([item], 1) if words else _alternative(item, language.name, where)
            current.alternatives.append(parts)
            current.weights.append(weight)
    return language


def _rules_of(parts: list[str | Ref]) -> list[str]:
    """The rules that an alternative cannot do without."""
    return [p.name for p in parts if isinstance(p, Ref) and "." in p.name and p.repeat not in ("?", "*")]


def _measure(rules: dict[str, Rule]) -> None:
    """Finds every rule's shallowest alternative; a rule that cannot end is an error."""
    depth: dict[str, int] = {}
    changed = True
    while changed:
        changed = False
        for name, rule in rules.items():
            for i, parts in enumerate(rule.alternatives):
                needed = _rules_of(parts)
                if all(n in depth for n in needed):
                    deep = 1 + max((depth[n] for n in needed), default=0)
                    if deep < depth.get(name, 10**6):
                        depth[name], rule.shallowest, changed = deep, i, True
    if endless := sorted(set(rules) - set(depth)):
        raise GrammarError(f"{rules[endless[0]].where}: rule {endless[0]} never ends: every alternative needs itself")


# --- drawing ---------------------------------------------------------------------------------------------------------


class Grammars:
    """All grammar files of a folder, ready to draw from. Deterministic in the `Random` passed in."""

    def __init__(self, languages: list[Language], rules: dict[str, Rule]):
        self.languages = {lang.name: lang for lang in languages}
        self.rules = rules
        self._check()
        _measure(rules)
        for rule in rules.values():
            rule.cumulative = list(accumulate(rule.weights))
        nouns = [parts[0] for parts in rules["common.noun"].alternatives]
        terminals = Terminals([n for n in nouns if isinstance(n, str)])
        self._terminals = {n.upper(): getattr(terminals, n) for n in dir(terminals) if not n.startswith("_")}
        for name, rule in rules.items():
            for parts in rule.alternatives:
                for ref in parts:
                    if isinstance(ref, Ref) and ref.name.isupper() and ref.name not in self._terminals:
                        raise GrammarError(f"{rule.where}: no terminal «{ref.name}»; there are {', '.join(sorted(self._terminals))}")

    @classmethod
    def load(cls, folder: Path = GRAMMAR_DIR) -> Grammars:
        rules: dict[str, Rule] = {}
        languages = [_read(path, rules) for path in sorted(folder.glob(f"*{SUFFIX}"))]
        if not languages:
            raise GrammarError(f"{folder}: expected files named *{SUFFIX}, found none")
        return cls(languages, rules)

    def _check(self) -> None:
        for lang in self.languages.values():
            if lang.kind != "shared" and f"{lang.name}.start" not in self.rules:
                raise GrammarError(f"{lang.name}{SUFFIX}: expected a rule named start")
        for name in ("noun", "closer", "opener", "splinter"):
            if f"common.{name}" not in self.rules:
                raise GrammarError(f"common{SUFFIX}: expected a rule named {name}")
        for rule in self.rules.values():
            if not rule.alternatives:
                raise GrammarError(f"{rule.where}: a rule needs an alternative")
            for parts in rule.alternatives:
                bound = set()
                for ref in parts:
                    if not isinstance(ref, Ref):
                        continue
                    if ref.name == "#":
                        if ref.slot not in bound:
                            raise GrammarError(f"{rule.where}: «#{ref.slot}» repeats nothing to its left")
                    elif "." in ref.name and ref.name not in self.rules:
                        raise GrammarError(f"{rule.where}: no rule named {ref.name}")
                    bound.add(ref.slot)

    def names(self, kind: str) -> list[str]:
        return [lang.name for lang in self.languages.values() if lang.kind == kind]

    def sources(self) -> dict[str, str]:
        """File name to SHA-256, for the provenance of whatever was made from these grammars."""
        return {f"{lang.name}{SUFFIX}": lang.sha256 for lang in self.languages.values()}

    def expand(self, rule: str, rng: Random) -> tuple[str, frozenset[str]]:
        """One text of `file.rule`, at most MAX_CHARS long, and the languages that took part."""
        for _ in range(_DRAWS):
            out: list[str] = []
            uses: set[str] = set()
            self._expand(rule, 0, rng, out, uses)
            text = "".join(out)
            if len(text) <= MAX_CHARS:
                return text, frozenset(uses)
        raise GrammarError(f"{self.rules[rule].where}: {_DRAWS} draws of {rule} were all longer than {MAX_CHARS} characters")

    def _expand(self, name: str, depth: int, rng: Random, out: list[str], uses: set[str]) -> None:
        rule = self.rules[name]
        uses.add(name.partition(".")[0])
        if depth > MAX_DEPTH:
            parts = rule.alternatives[rule.shallowest]
        elif len(rule.alternatives) == 1:
            parts = rule.alternatives[0]
        else:
            parts = rule.alternatives[bisect.bisect(rule.cumulative, rng.random() * rule.cumulative[-1])]
        slots: dict[str, str] = {}
        for part in parts:
            if isinstance(part, str):
                out.append(part)
                continue
            if part.name == "#":
                out.append(slots[part.slot])
                continue
            times = 1
            if part.repeat:
                low, high = {"?": (0, 1), "*": (0, 3), "+": (1, 4)}[part.repeat]
                times = low if depth > MAX_DEPTH else rng.randint(low, high)
            begin = len(out)
            for _ in range(times):
                if "." in part.name:
                    self._expand(part.name, depth + 1, rng, out, uses)
                else:
                    out.append(self._terminals[part.name](rng))
            if part.slot:
                slots[part.slot] = "".join(out[begin:])

    def foreign(self, rng: Random, language: str | None = None) -> Fragment:
        """One fragment of foreign syntax as it arrives in a field: varied, maybe cut, with stray delimiters around it.

        Never a bare word: before stray delimiters are added it holds a sign of its own (punctuation, or what the
        file's `@signs` names).
        """
        name = language or self._draw_language("foreign", rng)
        lang = self.languages[name]
        for _ in range(_DRAWS):
            text, uses = self.expand(f"{name}.start", rng)
            text = cut(self.vary(text, lang, rng), rng)
            if self.is_telling(text, name):
                return Fragment(self._edges(text, lang, rng), name, uses - {"common"})
        raise GrammarError(f"{name}{SUFFIX}: {_DRAWS} draws in a row were bare words")

    def benign(self, rng: Random, language: str | None = None) -> Fragment:
        """One piece of code-like text that belongs in fields."""
        name = language or self._draw_language("benign", rng)
        text, uses = self.expand(f"{name}.start", rng)
        roll = rng.random()
        if roll < 0.12:
            more, also = self.expand(f"{self._draw_language('benign', rng)}.start", rng)
            text, uses = (text + rng.choice((" ", ", ", "\n")) + more)[:MAX_CHARS], uses | also
        elif roll < 0.22:
            text = text[:1].upper() + text[1:]
        elif roll < 0.26:
            text = text.upper()
        elif roll < 0.32:
            text = text.lower()
        return Fragment(text, name, uses - {"common"})

    def name(self, rng: Random) -> Fragment:
        """Operator syntax that follows a parameter's name."""
        name = self._draw_language("name", rng)
        text, uses = self.expand(f"{name}.start", rng)
        return Fragment(text, name, uses - {"common"})

    def is_telling(self, text: str, language: str) -> bool:
        """Whether a fragment shows syntax: long enough, and more than words."""
        signs = self.languages[language].signs
        return len(text) >= MIN_CHARS and (_SIGNS.search(text) is not None or signs is not None and signs.search(text) is not None)

    def _draw_language(self, kind: str, rng: Random) -> str:
        names = self.names(kind)
        if not names:
            raise GrammarError(f"no grammar of kind {kind}")
        return rng.choices(names, [self.languages[n].weight for n in names])[0]

    def _edges(self, text: str, lang: Language, rng: Random) -> str:
        if rng.random() * 100 < lang.closer_percent:
            closer, _ = self.expand("common.closer", rng)
            text = closer + (" " if rng.random() < 0.4 else "") + text
            if rng.random() < 0.4:
                text = self._terminals[rng.choice(("NUM", "WORD", "INT"))](rng) + text
        if rng.random() * 100 < lang.opener_percent:
            opener, _ = self.expand("common.opener", rng)
            text = text + (" " if rng.random() < 0.3 else "") + opener
        return text

    def vary(self, text: str, lang: Language, rng: Random) -> str:
        """The same code spelt otherwise: case, the language's other blanks (its rule `blank`), spacing of operators."""
        scale = 0.4 if lang.strict_case else 1.0
        roll = rng.random() / scale
        if roll < 0.10:
            text = text.upper()
        elif roll < 0.16:
            text = text.lower()
        elif roll < 0.30:
            text = _WORD.sub(lambda m: m.group().upper() if rng.random() < 0.5 else m.group(), text)
        elif roll < 0.37:
            text = random_case(text, rng)
        roll = rng.random()
        if roll < 0.10:
            rule = f"{lang.name}.blank" if f"{lang.name}.blank" in self.rules and rng.random() < 0.75 else "common.blank"
            if roll < 0.05:
                blank = self.expand(rule, rng)[0]
                text = text.replace(" ", blank)
            else:
                text = _BLANK.sub(lambda _: self.expand(rule, rng)[0] if rng.random() < 0.5 else " ", text)
        elif roll < 0.16:
            text = _BLANK.sub(lambda _: rng.choice((" ", "  ", "   ", "\t")), text)
        elif roll < 0.21:
            text = _OPERATOR.sub(r" \1 ", text)
        elif roll < 0.25:
            text = _LOOSE_OPERATOR.sub(r"\1", text)
        if rng.random() < 0.05:
            at = rng.randrange(len(text) + 1)
            text = text[:at] + self.expand("common.splinter", rng)[0] + text[at:]
        if rng.random() < 0.04:
            text = encode_some(text, rng)
        return text[:MAX_CHARS]


_WORD = re.compile(r"[A-Za-z]{2,}")
_BLANK = re.compile(" ")
_OPERATOR = re.compile(r"([=,()<>|;])")
_LOOSE_OPERATOR = re.compile(r"\s*([=,()<>|;])\s*")
_EDGE = re.compile(r"\b")
_SYMBOL = re.compile(r"[^\w\s]")


def random_case(text: str, rng: Random) -> str:
    """Each letter in either case, by a coin; other characters stay."""
    bits = rng.getrandbits(len(text) or 1)
    return "".join([c.upper() if bits >> i & 1 else c.lower() for i, c in enumerate(text)])


def cut(text: str, rng: Random) -> str:
    """Three times in ten a piece of it that still shows two symbols: payloads are split, or begin in an open construct."""
    if len(text) < 14 or rng.random() < 0.7:
        return text
    edges = [m.start() for m in _EDGE.finditer(text)][1:-1] or [len(text) // 2]
    at = rng.choice(edges)
    piece = text[at:] if rng.random() < 0.4 else text[:at]
    return piece if len(piece) > 5 and len(_SYMBOL.findall(piece)) > 1 else text


_ENCODINGS: tuple[Callable[[str], str], ...] = (
    lambda c: "".join(f"%{b:02x}" for b in c.encode()),
    lambda c: "".join(f"%25{b:02X}" for b in c.encode()),
    lambda c: f"\\u{ord(c):04x}",
    lambda c: f"&#{ord(c)};",
    lambda c: f"&#x{ord(c):x};",
    lambda c: f"\\x{ord(c) & 255:02x}",
    lambda c: chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c,
)


def encode_some(text: str, rng: Random) -> str:
    """Symbols in another spelling, most of which the canonicalizer undoes: what is left of them is learned too."""
    spell, share = rng.choice(_ENCODINGS), rng.choice((0.3, 1.0))
    return _SYMBOL.sub(lambda m: spell(m.group()) if rng.random() < share and ord(m.group()) < 0xFFFF else m.group(), text)
