"""Probabilistic grammars as data: the syntax that does not belong in a form field, and the code-like text that does.

`Grammars.load()` reads `grammars/*.grammar` (format: `grammars/README.md`). `Grammars.foreign(rng)` draws one varied
fragment of some language, `Grammars.benign(rng)` one piece of hard benign text, `Grammars.name(rng)` what operator
syntax does to a parameter name. Words and numbers are drawn at random; nothing is recorded anywhere.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import NamedTuple

from .grammar_file import SUFFIX, GrammarError, Language, Ref, Rule, measure, read_grammar
from .terminals import Terminals

GRAMMAR_DIR = Path(__file__).parent / "grammars"
MAX_DEPTH = 9
"""Beyond this nesting every rule takes its shallowest alternative, so that expansion ends."""
MAX_CHARS = 400
"""A longer expansion is drawn again: a fragment is later cut to 220 characters anyway."""
MIN_CHARS = 4
"""A shorter fragment tells nothing, unless its language says so: `'a` also stands in names and titles, `;id` does not."""
_DRAWS = 60

# A fragment without any of these is a bare word or a phrase, which is not foreign to a field whatever language has it.
_SIGNS = re.compile(r"""[<>'"`(){}\[\]$;|\\*=^&#%@!\x00\r\n]|\.\.|--|//|:/""")


class Fragment(NamedTuple):
    text: str
    language: str
    uses: frozenset[str]
    """Every language whose rules took part: JavaScript inside an HTML attribute uses both."""


class Grammars:
    """All grammar files of a folder, ready to draw from. Deterministic in the `Random` passed in."""

    def __init__(self, languages: list[Language], rules: dict[str, Rule]):
        self.languages = {lang.name: lang for lang in languages}
        self.rules = rules
        self._check()
        measure(rules)
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
        languages = [read_grammar(path, rules) for path in sorted(folder.glob(f"*{SUFFIX}"))]
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
        """Whether a fragment shows syntax: long enough and more than words, or what the language's file names."""
        signs = self.languages[language].signs
        return (len(text) >= MIN_CHARS and _SIGNS.search(text) is not None) or (signs is not None and signs.search(text) is not None)

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
