"""Benign text as sites never seen would write it: values and names of other fields, pieces of several, other words and
separators. What is merely new must not look foreign.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from random import Random
from typing import TypeVar

from .corruption_config import CorruptionConfig
from .fragments import FragmentBank
from .markers import MARKERS

VALUE = MARKERS["VALUE"]
ZONE_PATH = MARKERS["PATH"]
# Only in these zones can a client write names that no header grammar would refuse.
NAMED_ZONES = MARKERS["QUERY"] + MARKERS["COOKIE"] + MARKERS["BODY"]
VALUE_ZONES = NAMED_ZONES + MARKERS["HEADER"]
FLAGS = MARKERS["DEPTH"] + MARKERS["MALFORMED"]
JOINERS = (" ", " ", " ", " ", "/", "-", ",", ", ", "&", "_", "\n")
_PIECES = re.compile(r"[^\W\d_]{2,}|[0-9]+")
_SEPARATORS = "-_.:,/~@=|*+!"

Item = TypeVar("Item")


def draw(items: Sequence[Item], rng: Random) -> Item:
    return items[int(rng.random() * len(items))]


def flags_end(head: str) -> int:
    """Where the name begins in `zone [flags] name VALUE`."""
    at = 1
    while at < len(head) and head[at] in FLAGS:
        at += 1
    return at


class BenignVariants:
    """Draws variants of benign fields. `picked` are the texts to take values and names from, `words` those to put in."""

    def __init__(self, picked: Sequence[str], words: Sequence[str], bank: FragmentBank, rng: Random, config: CorruptionConfig):
        self.rng, self.config, self._words = rng, config, words
        value_of = lambda text: text[text.find(VALUE) + 1 :][: config.max_value]  # noqa: E731
        fields = [text for text in picked if text[:1] in VALUE_ZONES and VALUE in text]
        self._values = [value_of(text) for text in fields]
        self._paths = [value_of(text) for text in picked if text[:1] == ZONE_PATH]
        self._names = [text[1 : text.find(VALUE)] for text in fields if text[0] in NAMED_ZONES and not any(flag in text[:4] for flag in FLAGS)]
        self._segments = bank.texts("benign", "segment") if "segment" in bank.languages else []

    def recombined(self, head: str, value: str) -> tuple[str, str]:
        """The field with a name, a value or a piece of a value of other fields."""
        c, rng, random = self.config, self.rng, self.rng.random
        if self._values and random() < c.foreign_value_share:
            value = draw(self._values, rng)
        if self._values and random() < c.mixed_share:
            other = draw(self._values, rng)
            start = int(random() * len(other)) if random() < 0.5 else 0
            end = start + 1 + int(random() * (len(other) - start))
            keep = len(value) if random() < 0.5 else int(random() * len(value))
            value = value[:keep] + draw(JOINERS, rng) + other[start:end]
        if self._names and head[:1] in NAMED_ZONES and random() < c.foreign_name_share:
            head = head[: flags_end(head)] + draw(self._names, rng) + VALUE
        return head, value

    def other_path(self, path: str) -> str:
        """The path with segments of another one, or with an unusual one."""
        c, rng, random = self.config, self.rng, self.rng.random
        if self._paths and random() < c.mixed_share:
            other = draw(self._paths, rng).split("/")
            mine = path.split("/")
            path = "/".join(mine[: 1 + int(random() * len(mine))] + other[int(random() * len(other)) :])
        # Twice as often as other hard benign text: a path is one field of many, and its segments are of many kinds.
        if self._segments and random() < 2 * c.hard_benign_share:
            parts = path.split("/")
            at = 1 + int(random() * len(parts))
            parts[at : at + (random() < 0.5)] = [draw(self._segments, rng)]
            path = "/".join(parts)
        return path

    def mutated(self, value: str) -> str:
        """The same syntax with other words, other digits and, now and then, another separator."""
        rng, random = self.rng, self.rng.random
        share = 0.2 + 0.8 * random()

        def other(match: re.Match[str]) -> str:
            if random() >= share:
                return match[0]
            old = match[0]
            if old[0].isdigit():
                return "".join([draw(string.digits, rng) for _ in old])
            if random() < 0.5:
                word = draw(self._words, rng)
            else:
                word = "".join([draw(string.ascii_lowercase, rng) for _ in range(1 + int(random() * 12))])
            return word.upper() if old.isupper() else word.title() if old[0].isupper() else word

        value = _PIECES.sub(other, value)
        if random() < 0.4:
            held = [char for char in _SEPARATORS if char in value]
            if held:
                value = value.replace(draw(held, rng), draw(_SEPARATORS, rng))
        return value
