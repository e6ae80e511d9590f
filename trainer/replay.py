"""What fine-tuning rehearses beside an application's own texts, so that the model does not forget the others.

The texts a base model was trained on are other people's requests and are not shipped. Rehearsed are benign fields drawn
from what a bundle holds anyway: words of its vocabulary, which many sites share, in the shapes that fields have, and the
hard-benign grammars.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import numpy as np
from tokenizers import Tokenizer

from .corpus import MappedArray, MappedTexts
from .fragments import FragmentBank
from .markers import MARKERS

VALUE = MARKERS["VALUE"]
HARD_SHARE = 0.25  # of the values come from the hard-benign grammars: what a base model is most likely to unlearn
# Zones as traffic of many sites has them: bodies have most fields.
ZONES = ("BODY",) * 8 + ("PATH",) * 5 + ("STRUCTURE",) * 4 + ("QUERY",) * 3 + ("COOKIE", "HEADER")
PLACEHOLDERS = ("UUID", "HEX", "OPAQUE", "TIME", "NUMBER")
METHODS = ("GET",) * 6 + ("POST",) * 3 + ("PUT", "DELETE", "PATCH")
TYPES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
ENDINGS = ("", "", "", "", ".js", ".css", ".png", ".json", ".html", ".php", ".svg")


class Mixed(Sequence[str]):
    """An application's own texts, then the rehearsed ones."""

    def __init__(self, own: MappedTexts, rehearsed: list[str]) -> None:
        self.own, self.rehearsed = own, rehearsed

    def __len__(self) -> int:
        return len(self.own) + len(self.rehearsed)

    def __getitem__(self, index: int) -> str:  # type: ignore[override]
        return self.own[index] if index < len(self.own) else self.rehearsed[index - len(self.own)]


def mixed(own: MappedTexts, draws: np.ndarray | MappedArray, rehearsed: list[str], share: float) -> tuple[Mixed, np.ndarray]:
    """Both with their cumulated weights; `share` of the draws go to the rehearsed texts, each as often as another."""
    values = np.asarray(draws.values if isinstance(draws, MappedArray) else draws)
    weights = np.full(len(rehearsed), share / (1 - share) * values[-1] / max(1, len(rehearsed)))
    return Mixed(own, rehearsed), np.concatenate([values, values[-1] + np.cumsum(weights)])


def shared_words(tokenizer: Tokenizer) -> list[str]:
    """Pieces of three ASCII letters or more."""
    pieces = {piece.lstrip("\u0120") for piece in tokenizer.get_vocab()}
    return sorted(piece for piece in pieces if len(piece) >= 3 and piece.isascii() and piece.isalpha())


def rehearsal(tokenizer: Tokenizer, bank: FragmentBank, count: int, seed: int,
              canonicalize: Callable[[Sequence[str]], list[str]]) -> list[str]:  # fmt: skip
    """`count` canonical texts or a few less (repeats are dropped); every value has passed the canonicalizer."""
    rng = Random(f"rehearsal:{seed}")
    words = shared_words(tokenizer)
    frames = [_frame(rng, words) for _ in range(count)]
    hard = [zone != "STRUCTURE" and zone != "PATH" and rng.random() < HARD_SHARE for zone, _ in frames]
    plain = iter(canonicalize([_value(rng, words, zone) for (zone, _), is_hard in zip(frames, hard) if not is_hard]))
    texts = [MARKERS[zone] + name + VALUE + (bank.benign[int(rng.random() * len(bank.benign))] if is_hard else _marked(rng, next(plain)))
             for (zone, name), is_hard in zip(frames, hard)]  # fmt: skip
    return list(dict.fromkeys(texts))


def _frame(rng: Random, words: list[str]) -> tuple[str, str]:
    zone = rng.choice(ZONES)
    if zone == "PATH":
        return zone, ""
    if zone == "STRUCTURE":
        method = rng.choice(METHODS)
        return zone, method if method == "GET" or rng.random() < 0.2 else f"{method} {rng.choice(TYPES)}"
    name = rng.choice(words)
    while rng.random() < 0.4 and len(name) < 40:
        name += rng.choice(("_", ".", ".", "[].", "-", "")) + rng.choice(words)
    return zone, name


def _value(rng: Random, words: list[str], zone: str) -> str:
    some = lambda low, high: [rng.choice(words) + (rng.choice(words) if rng.random() < 0.3 else "") for _ in range(rng.randint(low, high))]  # noqa: E731
    if zone == "PATH":
        return "/" + "/".join(some(1, 5)) + rng.choice(ENDINGS)
    if zone == "STRUCTURE":
        return "/" + "/".join(part if rng.random() < 0.75 else "*" for part in some(1, 4)) + " " + " ".join(sorted(some(0, 8)))
    roll = rng.random()
    if roll < 0.30:
        return rng.choice(("", " ", "-", "_", ".", ",")).join(some(1, 3)) + rng.choice(("", "", f"{rng.randint(0, 999)}"))
    if roll < 0.55:
        text = " ".join(some(3, 16))
        return text[:1].upper() + text[1:] + rng.choice(("", ".", "!", "?"))
    if roll < 0.70:
        return f"https://www.{rng.choice(words)}.{rng.choice(('com', 'org', 'net', 'io'))}/" + "/".join(some(0, 4)) + rng.choice(ENDINGS)
    if roll < 0.80:
        return "&".join(f"{name}={rng.choice((rng.choice(words), str(rng.randint(0, 99999))))}" for name in some(1, 5))
    if roll < 0.90:
        return rng.choice((",", ", ", ";", "|", ":")).join(word if rng.random() < 0.6 else str(rng.randint(0, 5000)) for word in some(2, 10))
    return f"{rng.choice(words)}/{rng.randint(1, 120)}.{rng.randint(0, 20)} ({'; '.join(some(1, 3))}) {rng.choice(words)}/{rng.randint(1, 600)}.{rng.randint(0, 40)}"


def _marked(rng: Random, value: str) -> str:
    """Now and then with a placeholder behind it, as canonical texts have them for ids, times and long numbers."""
    if rng.random() < 0.15:
        return value + rng.choice(("", "-", "/", "_", "=")) + MARKERS[rng.choice(PLACEHOLDERS)]
    return value
