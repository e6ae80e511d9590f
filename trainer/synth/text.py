"""Words, sentences and identifiers: what may be said again, and how the rest is made up.

A word, a number or a run of signs is public when `quorum` clients showed it. Everything else is replaced by something of
the same kind: a public word, a word made of the alphabet's own letter pairs, digits of the same count, letters of the same
case. So the skeleton of a text survives (blanks, punctuation, markup, keywords), and what only few people wrote does not.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Collection, Sequence

MIXED = r"(?=[^\W_]{8,})(?=[^\W_]*\d)(?=[^\W_]*[^\W\d_])[^\W_]+"
TOKEN = re.compile(rf"{MIXED}|" + r"%[0-9A-Fa-f]{2}|&#?\w{1,8};|\\u[0-9A-Fa-f]{4}|\\[nrtbf\"'\\/]|[^\W\d_]+|\d+|\s+|[^\w\s]+|_")
KEEP = 0.92  # of public words of prose stay where they stood; the rest are exchanged, so that no long text comes back whole
MAX_TOKENS = 4000  # of one text; what is beyond is left out
MAX_WORDS = 200_000  # words counted; later ones are never public


class Quorum:
    """Counts distinct clients up to a bound; nothing more is kept of them."""

    __slots__ = ("count", "clients")

    def __init__(self) -> None:
        self.count = 0
        self.clients: set = set()

    def add(self, client, quorum: int) -> None:
        self.count += 1
        if len(self.clients) < quorum:
            self.clients.add(client)


class Vocabulary:
    """Tokens of all texts with their followers, once enough clients showed them."""

    def __init__(self, quorum: int, keep: float = KEEP) -> None:
        self.quorum = quorum
        self.keep = keep
        self._tokens: dict[str, Quorum] = defaultdict(Quorum)
        self._pairs: dict[tuple[str, str], Quorum] = defaultdict(Quorum)
        self.public: set[str] = set()
        self.public_values: set[str] = set()
        self.private_values: set[str] = set()
        self._followers: dict[str, tuple[list[str], list[int]]] = {}
        self._by_case: dict[str, tuple[list[str], list[int]]] = {}
        self._letters: dict[str, list[str]] = {}
        self._alphabets: dict[int, list[str]] = {}

    def add(self, text: str, client) -> None:
        previous = ""
        for token in TOKEN.findall(text)[:MAX_TOKENS]:
            if token.isspace():
                continue
            if token in self._tokens or len(self._tokens) < MAX_WORDS:
                self._tokens[token].add(client, self.quorum)
            if token.isalpha():
                if previous and (len(self._pairs) < MAX_WORDS or (previous, token) in self._pairs):
                    self._pairs[previous, token].add(client, self.quorum)
                previous = token

    def freeze(self) -> None:
        known = {token: one for token, one in self._tokens.items() if len(one.clients) >= self.quorum}
        self.public = set(known)
        followers: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for (first, second), one in sorted(self._pairs.items()):
            if len(one.clients) >= self.quorum and first in known and second in known:
                followers[first].append((second, one.count))
        self._followers = {word: tuple(map(list, zip(*nexts))) for word, nexts in followers.items()}
        by_case: dict[str, list[tuple[str, int]]] = defaultdict(list)
        letters: dict[str, list[str]] = defaultdict(list)
        alphabets: dict[int, set[str]] = defaultdict(set)
        for word, one in sorted(known.items()):
            if not word.isalpha():
                continue
            by_case[case_of(word)].append((word, one.count))
            for char in word:
                alphabets[block_of(char)].add(char)
            if word.isascii():
                for first, second in zip(word.lower(), word.lower()[1:]):
                    letters[first].append(second)
        self._by_case = {case: tuple(map(list, zip(*words))) for case, words in by_case.items()}
        self._letters = dict(letters)
        self._alphabets = {block: sorted(chars) for block, chars in alphabets.items()}
        self._tokens.clear()
        self._pairs.clear()

    def rewrite(self, text: str, rng: random.Random) -> str:
        """A text with the skeleton of this one and nothing in it that is not public."""
        out: list[str] = []
        previous = ""
        for token in TOKEN.findall(text)[:MAX_TOKENS]:
            if token.isspace() or token[0] in "%\\" and len(token) > 1 and token[1].isalnum():
                new = token
            elif len(token) >= 8 and not token.isalpha() and token.isalnum() and not token.isdigit():
                new = token if token in self.public else identifier_like(token, rng)
            elif token[0].isalpha():
                new = previous = self._word(token, previous, rng)
            elif token.isdigit():
                new = token if token in self.public and len(token) < 5 and rng.random() < 0.8 else digits_like(token, rng)
            elif token in self.public or len(token) <= 2:
                new = token
            else:  # a rare run of signs: one of its signs, as often as the first repeats
                new = token[0] * (len(token) - len(token.lstrip(token[0])))
            out.append(new)
        return "".join(out)

    def _word(self, word: str, previous: str, rng: random.Random) -> str:
        if word in self.public and rng.random() < self.keep:
            return word
        followers = self._followers.get(previous)
        case = case_of(word)
        if followers and rng.random() < 0.5:
            pick = rng.choices(*followers)[0]
            if case_of(pick) == case:
                return pick
        words = self._by_case.get(case)
        if words and rng.random() < 0.8:
            return rng.choices(*words)[0]
        return self.invent(word, rng)

    def invent(self, word: str, rng: random.Random) -> str:
        """A word of the same length, case and script that is not this one, of letters as they follow each other."""
        for _ in range(4):
            chars: list[str] = []
            for char in word:
                nexts = self._letters.get(chars[-1].lower()) if chars and char.isascii() else None
                pool = nexts or self._alphabets.get(block_of(char)) or _LATIN
                new = rng.choice(pool)
                chars.append(new.upper() if char.isupper() else new.lower() if char.islower() else new)
            if (made := "".join(chars)) != word:
                break
        return made


_LATIN = list("abcdefghijklmnopqrstuvwxyz")


def block_of(char: str) -> int:
    """Scripts as far as we need them apart: 128 code points a block, ideographs and Hangul as one each."""
    code = ord(char)
    return 0x4E00 >> 7 if 0x3400 <= code < 0xA000 else 0xAC00 >> 7 if 0xAC00 <= code < 0xD7B0 else code >> 7


def case_of(word: str) -> str:
    script = "" if word.isascii() else f"{block_of(word[0])}"
    return script + ("A" if word.isupper() and len(word) > 1 else "Aa" if word[0].isupper() else "a")


def digits_like(token: str, rng: random.Random) -> str:
    if not token.isascii():
        return token[0]
    return "".join(rng.choice("123456789" if i == 0 and char != "0" else "0123456789") for i, char in enumerate(token))


HEX = re.compile(r"(?=.*\d)(?:[0-9a-f]+|[0-9A-F]+)\Z")


def identifier_like(value: str, rng: random.Random, alphabet: Collection[str] = frozenset()) -> str:
    """Every letter and digit drawn anew from its class; hexadecimal stays hexadecimal, run by run.

    With an alphabet, only characters of it are drawn, where it has any of the class.
    """
    whole = re.sub(r"%[0-9A-Fa-f]{2}|[\W_]", "", value)
    hexadecimal = len(whole) >= 8 and HEX.match(whole) is not None

    def run(match: re.Match[str]) -> str:
        part = match[0]
        if hexadecimal and not whole.isdigit() or len(part) >= 6 and HEX.match(part):
            pool = _DIGITS if part.isdigit() and not hexadecimal else "0123456789ABCDEF" if whole.isupper() else "0123456789abcdef"
            return "".join(rng.choice(_within(pool, alphabet)) for _ in part)
        return "".join(_of_class(char, rng, alphabet) for char in part)

    pieces = re.split(r"(%[0-9A-Fa-f]{2})", value)  # escapes stay what they are
    return "".join(piece if i % 2 else re.sub(r"\w+", run, piece) for i, piece in enumerate(pieces))


_DIGITS = "0123456789"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _within(pool: Sequence[str], alphabet: Collection[str]) -> Sequence[str]:
    return [char for char in pool if char in alphabet] or pool


def _of_class(char: str, rng: random.Random, alphabet: Collection[str]) -> str:
    pool = _DIGITS if char.isdigit() else _UPPER if char.isupper() else _LATIN if char.isalpha() else None
    return rng.choice(_within(pool, alphabet)) if pool else char
