"""The linear view's arithmetic: windows of characters, hashed n-grams, weights, and the file that holds them.

`src/score/ngram-file.ts` and `src/score/linear-view.ts` do the same; `tests/vectors/linear.json` binds the two.

All offsets count UTF-16 code units, as the service's strings do. A field's text `zone [flags] name VALUE value` gives two
pieces, `VALUE value` and, where there is a name or a flag, `[flags] name VALUE`. A piece longer than a window is cut into
windows that begin every `stride` units until one reaches its end. The n-grams of a window are those of the zone marker
followed by the window. Feature of an n-gram u[0..n): FNV-1a over whole code units, then mixed down to `bits`:

    h = 0x811c9dc5;  for u: h = ((h ^ u) * 0x01000193) mod 2^32
    h ^= h >> 15;    h = (h * 0x85ebca6b) mod 2^32;    feature = h >> (32 - bits)

A window's logit = bias + scale * sum(count * q * |q|) / sqrt(sum(count^2)), q the feature's int8 code: squares keep small
weights fine and large ones in range, and whole numbers add up the same everywhere. A field's logit is the largest of its
windows'.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from .errors import TrainerError
from .markers import MARKERS

FNV_OFFSET, FNV_PRIME, MIX = np.uint32(0x811C9DC5), np.uint32(0x01000193), np.uint32(0x85EBCA6B)
VALUE = MARKERS["VALUE"]

# Shortest and longest n-gram: two characters say nothing, six are mostly words.
SHORTEST, LONGEST = 3, 5
WINDOW = 48  # code units: holds most payloads' heart, few enough that benign text around it does not drown it
STRIDE = 24  # half a window: whatever is cut by one border is whole in the next window
BITS = 20  # 2^20 weights; half as many collide visibly

# Little-endian: magic, version, shortest, longest, bits, bytes a code, window, stride, 2 unused; bias, scale; int8 [2^bits].
MAGIC = b"NGRM"
VERSION = 1
HEADER = struct.Struct("<4sHBBBBHHxxdd")
LARGEST_CODE = 127
SCORE_CHUNK = 20_000  # windows scored at a time


@dataclass(frozen=True)
class Shape:
    window: int = WINDOW
    stride: int = STRIDE
    bits: int = BITS


def code_units(text: str) -> np.ndarray:
    """uint16 [n]; a text without characters beyond U+FFFF has as many units as characters."""
    return np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype=np.uint16)


def windows_of_units(units: np.ndarray, shape: Shape) -> list[tuple[int, int]]:
    """`(start, end)` of each window of a field's text: those of the value first, then those of the name."""
    at = np.flatnonzero(units == ord(VALUE))
    cut = int(at[0]) if len(at) else 0
    pieces = [(cut or min(1, len(units)), len(units))]
    if cut > 1:
        pieces.append((1, cut + 1))
    shared = shape.window - shape.stride
    return [
        (low, min(low + shape.window, end))
        for start, end in pieces
        for low in range(start, max(start + 1, end - shared), shape.stride)
    ]


def features(windows: Sequence[np.ndarray], shape: Shape) -> sp.csr_matrix:
    """Counts of hashed n-grams, float32 [len(windows), 2^bits]; a window begins with its zone marker."""
    lengths = np.array([len(window) for window in windows], dtype=np.int64)
    width = max(LONGEST, int(lengths.max(initial=0)))
    units = np.zeros((len(windows), width), dtype=np.uint32)
    inside = np.arange(width) < lengths[:, None]
    units[inside] = np.concatenate(windows) if len(windows) else []
    hashes, valid = [], []
    grams = np.full((len(windows), width), FNV_OFFSET, dtype=np.uint32)  # of the n-gram that begins here, so far
    for n in range(1, LONGEST + 1):
        grams = (grams[:, : width - n + 1] ^ units[:, n - 1 :]) * FNV_PRIME
        if n >= SHORTEST:
            mixed = (grams ^ (grams >> np.uint32(15))) * MIX
            hashes.append(mixed >> np.uint32(32 - shape.bits))
            valid.append(np.arange(width - n + 1) + n <= lengths[:, None])
    keep = np.concatenate(valid, axis=1)
    indices = np.concatenate(hashes, axis=1)[keep].astype(np.int32)
    indptr = np.concatenate([[0], np.cumsum(keep.sum(axis=1))])
    counts = sp.csr_matrix((np.ones(len(indices), dtype=np.float32), indices, indptr), shape=(len(windows), 1 << shape.bits))
    counts.sum_duplicates()
    return counts


def norms(counts: sp.csr_matrix) -> np.ndarray:
    """sqrt(sum of squares) of each row, 1 for an empty one: float64 [rows]."""
    squares = np.asarray(counts.multiply(counts).sum(axis=1), dtype=np.float64).ravel()
    return np.sqrt(np.where(squares == 0, 1, squares))


def normalized(counts: sp.csr_matrix) -> sp.csr_matrix:
    """Rows of Euclidean length 1."""
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    return sp.csr_matrix(((counts.data / norms(counts)[rows]).astype(np.float32), counts.indices, counts.indptr), shape=counts.shape)


@dataclass(frozen=True)
class NgramModel:
    shape: Shape
    codes: np.ndarray  # int8 [2^bits]
    bias: float
    scale: float

    @property
    def weights(self) -> np.ndarray:
        """Whole numbers, in units of `scale`: float64 [2^bits]."""
        codes = self.codes.astype(np.float64)
        return codes * np.abs(codes)

    def window_logits(self, text: str) -> list[tuple[int, int, float]]:
        """`(start, end, logit)` of each window."""
        return self.all_window_logits([text])[0]

    def all_window_logits(self, texts: Sequence[str]) -> list[list[tuple[int, int, float]]]:
        """The windows of each text."""
        result: list[list[tuple[int, int, float]]] = []
        windows: list[np.ndarray] = []
        spans: list[list[tuple[int, int]]] = []

        def flush() -> None:
            logits = iter(self._logits(windows).tolist())
            result.extend([(low, high, next(logits)) for low, high in own] for own in spans)
            windows.clear()
            spans.clear()

        for text in texts:
            units = code_units(text)
            spans.append(windows_of_units(units, self.shape))
            windows += [np.concatenate([units[:1], units[low:high]]) for low, high in spans[-1]]
            if len(windows) >= SCORE_CHUNK:
                flush()
        if spans:
            flush()
        return result

    def field_logits(self, texts: Sequence[str]) -> np.ndarray:
        """Largest window logit of each text: float64 [len(texts)]."""
        return np.array([max(logit for *_, logit in windows) for windows in self.all_window_logits(texts)], dtype=np.float64)

    def _logits(self, windows: list[np.ndarray]) -> np.ndarray:
        counts = features(windows, self.shape)
        return self.bias + self.scale * (counts.astype(np.float64) @ self.weights) / norms(counts)

    def write(self, path: Path) -> None:
        shape = self.shape
        header = HEADER.pack(MAGIC, VERSION, SHORTEST, LONGEST, shape.bits, 1, shape.window, shape.stride, self.bias, self.scale)
        path.write_bytes(header + self.codes.tobytes())

    @staticmethod
    def read(path: Path) -> "NgramModel":
        data = path.read_bytes()
        if len(data) < HEADER.size or data[:4] != MAGIC:
            raise TrainerError(f"{path}: expected a linear view ({MAGIC.decode()}), got {data[:4]!r}")
        _, version, shortest, longest, bits, weight_bytes, window, stride, bias, scale = HEADER.unpack_from(data)
        if (version, shortest, longest, weight_bytes) != (VERSION, SHORTEST, LONGEST, 1):
            raise TrainerError(f"{path}: expected version {VERSION}, {SHORTEST}- to {LONGEST}-grams, 1 byte a code, "
                               f"got version {version}, {shortest} to {longest}, {weight_bytes}")  # fmt: skip
        if len(data) != HEADER.size + (1 << bits):
            raise TrainerError(f"{path}: expected {HEADER.size + (1 << bits)} bytes, got {len(data)}")
        return NgramModel(Shape(window, stride, bits), np.frombuffer(data, dtype=np.int8, offset=HEADER.size), bias, scale)


def quantized(weights: np.ndarray, bias: float, shape: Shape) -> NgramModel:
    """The model of these weights, each rounded to the nearest code."""
    weights = np.asarray(weights, dtype=np.float64)
    scale = (float(np.abs(weights).max()) or 1.0) / LARGEST_CODE**2
    codes = np.sign(weights) * np.rint(np.sqrt(np.abs(weights) / scale))
    return NgramModel(shape, codes.astype(np.int8), bias, scale)
