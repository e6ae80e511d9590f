"""Baseline: how likely a character n-gram model of benign fields finds a text; its worst stretch decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .ngrams import FNV_OFFSET, FNV_PRIME, MIX, code_units

ORDER = 6
BITS = 21  # hashed counts of each order
PRIOR = 4.0  # observations that the shorter context counts as
ALPHABET = 256.0
STRETCH = 16  # characters: about what a short payload has
START = 2  # a code unit that no text holds


@dataclass(frozen=True)
class CharacterModel:
    grams: np.ndarray  # uint32 [ORDER, 2^BITS], n-grams of length 1..ORDER
    contexts: np.ndarray  # uint32 [ORDER, 2^BITS], what precedes their last character

    @staticmethod
    def fit(texts: Sequence[str]) -> "CharacterModel":
        grams, contexts = (np.zeros((ORDER, 1 << BITS), dtype=np.uint32) for _ in range(2))
        for text in texts:
            for order, (gram, context) in enumerate(_hashes(text)):
                np.add.at(grams[order], gram, 1)
                np.add.at(contexts[order], context, 1)
        return CharacterModel(grams, contexts)

    def surprises(self, text: str) -> np.ndarray:
        """-log10 P of each code unit given those before it: float64 [n]."""
        probability: np.ndarray | float = 1 / ALPHABET
        for order, (gram, context) in enumerate(_hashes(text)):
            probability = (self.grams[order][gram] + PRIOR * probability) / (self.contexts[order][context] + PRIOR)
        return -np.log10(probability)

    def field_logits(self, texts: Sequence[str]) -> np.ndarray:
        """Largest mean surprise of STRETCH characters in a row: float64 [len(texts)]."""
        return np.array([_best_mean(self.surprises(text), STRETCH) if text else 0.0 for text in texts])

    def write(self, path: Path) -> None:
        np.savez_compressed(path, grams=self.grams, contexts=self.contexts)

    @staticmethod
    def read(path: Path) -> "CharacterModel":
        with np.load(path) as data:
            return CharacterModel(data["grams"], data["contexts"])


def _hashes(text: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of each order from 1: the n-gram that ends at each unit, and its context."""
    units = code_units(text).astype(np.uint32)
    padded = np.concatenate([np.full(ORDER - 1, START, dtype=np.uint32), units])
    result = []
    for order in range(1, ORDER + 1):
        context = np.full(len(units), FNV_OFFSET + np.uint32(order), dtype=np.uint32)
        for back in range(order - 1, 0, -1):
            context = (context ^ padded[ORDER - 1 - back : len(padded) - back]) * FNV_PRIME
        result.append((_mixed((context ^ units) * FNV_PRIME), _mixed(context)))
    return result


def _mixed(hashes: np.ndarray) -> np.ndarray:
    return ((hashes ^ (hashes >> np.uint32(15))) * MIX) >> np.uint32(32 - BITS)


def _best_mean(values: np.ndarray, length: int) -> float:
    if len(values) <= length:
        return float(values.mean())
    sums = np.cumsum(np.concatenate([[0.0], values]))
    return float((sums[length:] - sums[:-length]).max() / length)
