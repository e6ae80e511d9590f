"""Corruption of benign field texts: what the detector learns to tell from ordinary ones.

A `Corruptor` puts fragments (`fragments.py`) into canonical field texts (zone marker, flags, name, VALUE, value; markers
U+E000..U+E01F), varied first as `variants.py` does, and says which characters do not belong.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from random import Random

from .corruption_config import CorruptionConfig
from .fragments import RESERVED, FragmentBank
from .grammar import random_case
from .markers import MARKERS
from .variants import JOINERS, NAMED_ZONES, VALUE, VALUE_ZONES, ZONE_PATH, BenignVariants, draw, flags_end

_ZONE_STRUCTURE = MARKERS["STRUCTURE"]
NAME_CHARS = 60
_WORDS = re.compile(r"[^\W\d_]{2,14}")
_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_ALNUM = string.ascii_lowercase + string.digits + " "
_CONTROLS = "\x00\x01\x08\r\n\x1b\x7f\ufffd\ufffd"
_SEAMS = frozenset("(,;=+|&><)/:[{")
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
        picked = [texts[i] for i in range(0, len(texts), max(1, len(texts) // self.config.vocabulary_texts))]
        values = [RESERVED.sub(" ", t[t.find(VALUE) + 1 :][: self.config.max_value]) for t in picked if t[:1] != _ZONE_STRUCTURE]
        self._words = sorted({w for v in values for w in _WORDS.findall(v.rpartition(" ")[0] or v)})
        self._values = [v for v in values if 3 < len(v) < 120]
        if not self._words or not self._values:
            raise ValueError(f"expected texts with words in their values to pad with, got {len(texts)} texts without any")
        self.variants = BenignVariants(picked, self._words, bank, rng, self.config)

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
        if zone in VALUE_ZONES:
            head, value = self.variants.recombined(head, value)
            if random() < c.hard_benign_share:
                value = self._hard_benign(value)
        elif zone == ZONE_PATH:
            value = self.variants.other_path(value)
        if random() < c.mutated_share:
            value = self.variants.mutated(value)
        if random() < c.benign_case_share:
            value = (value.upper, value.lower, value.title)[int(random() * 3)]()
        spans: list[Span] = []
        if random() >= c.benign_share:
            counts["corrupted"] += 1
            if cutoff and zone in NAMED_ZONES and random() < c.name_share:
                head, spans = self._name(head)
                shift = 0
            else:
                value, spans = self._path(value) if zone == ZONE_PATH else self._value(value)
                shift = len(head)
        else:
            shift = 0
        before = ""
        if zone != ZONE_PATH and random() < c.padding_share:
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
        begin = flags_end(head)
        name = head[begin:-1]
        if random() < c.name_suffix_share:
            piece = draw(self.bank.name, self.rng)
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
        piece = draw(self.bank.name, self.rng).translate(_FOLD)[:NAME_CHARS]
        return text[:at] + piece + text[at:], [(at, at + len(piece))]

    def _piece(self) -> str:
        if self.rng.random() < self.config.noise_share:
            self.counts["noise"] += 1
            return self._noise()[: self.config.max_fragment]
        return self._fragment()

    def _fragment(self) -> str:
        c, random = self.config, self.rng.random
        self.counts["foreign"] += 1
        piece = draw(self.bank.foreign, self.rng)
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

    def _hard_benign(self, value: str) -> str:
        c, random = self.config, self.rng.random
        self.counts["hard_benign"] += 1
        hard = draw(self.bank.benign, self.rng)[: c.max_value]
        if random() < c.benign_woven_share:
            parts = hard.split(" ")
            out = [parts[0]]
            for part in parts[1:]:
                out.append(f" {self._word()} " if random() < 0.5 else " ")
                out.append(part)
            hard = "".join(out)
        return hard if random() < c.hard_replace_share else f"{value} {hard}"

    def _word(self) -> str:
        return draw(self._words, self.rng)

    def _some_words(self, n: int) -> str:
        words, random, size = self._words, self.rng.random, len(self._words)
        return " ".join([words[int(random() * size)] for _ in range(n)])

    def _padding(self) -> str:
        """Two to a hundred benign words, or an eighth of that in whole values, with something to join on."""
        random = self.rng.random
        n = int(2 ** (1 + 5.6 * random()))
        joiner = JOINERS[int(random() * len(JOINERS))]
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
