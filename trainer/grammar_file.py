"""Reads one `.grammar` file (format: `grammars/README.md`) into rules."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

SUFFIX = ".grammar"
KINDS = ("foreign", "benign", "name", "shared")


class GrammarError(ValueError):
    """A grammar file that does not say what the format asks for; the message names file, line and expectation."""


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


def read_grammar(path: Path, rules: dict[str, Rule]) -> Language:
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


def measure(rules: dict[str, Rule]) -> None:
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
