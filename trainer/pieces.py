"""Long fields as overlapping pieces that both views judge; `src/score/pieces.ts` does the same, bound by
`tests/vectors/pieces.json`.

Offsets count UTF-16 code units, as the service's strings do. `cut` is the index of VALUE, or 1 where a text has none. Pieces
begin at cut, cut + stride, … while that lies below max(cut + 1, length - (units - stride)). The first piece is the text up
to cut + units; a later one repeats the head (zone, flags, name, VALUE; without VALUE the zone) before its `units` units. A
border inside a surrogate pair moves one unit down.

Why: two views that each take their own worst stretch of a long text agree on nothing; and benign words in the same window
drown a payload for the Transformer. Words around a payload fill other pieces than its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .errors import TrainerError
from .markers import MARKERS
from .ngrams import Shape

VALUE = MARKERS["VALUE"]


@dataclass(frozen=True)
class PieceShape:
    """Manifest key `views.pieces`. Why these: twice a window of the linear view, so that each of its windows lies whole in
    some piece; 96 characters hold most payloads and are 30 to 45 tokens."""

    units: int = 96
    stride: int = 48

    def check(self, linear: Shape) -> None:
        """Raises TrainerError unless every window of the linear view lies whole in some piece."""
        if self.stride % linear.stride or self.units - self.stride < linear.window - linear.stride or (self.units - linear.window) % linear.stride:
            raise TrainerError(f"pieces: expected a stride that is a multiple of {linear.stride} and pieces that hold whole windows of {linear.window}, "
                               f"got {self.units} and {self.stride}")  # fmt: skip

    @staticmethod
    def from_manifest(value: dict) -> "PieceShape":
        return PieceShape(value["units"], value["stride"])


@dataclass(frozen=True)
class Piece:
    text: str
    start: int  # UTF-16 offsets of what it holds of the field's text; the first begins at 0
    end: int


def pieces_of(text: str, shape: PieceShape = PieceShape()) -> list[Piece]:
    at = Units(text)
    starts = _starts(at.of_character(_cut(text)), at.length, shape)
    if len(starts) == 1:
        return [Piece(text, 0, at.length)]
    marked = text.find(VALUE)
    head = text[: marked + 1] if marked >= 0 else text[:1]
    pieces = []
    for number, start in enumerate(starts):
        low, high = at.character(start), at.character(min(start + shape.units, at.length))
        body = text[low:high] if number else text[:high]
        pieces.append(Piece(head + body if number else body, at.of_character(low) if number else 0, at.of_character(high)))
    return pieces


def piece_logits(text: str, windows: Sequence[tuple[int, int, float]], linear: Shape, shape: PieceShape = PieceShape()) -> list[float]:
    """The largest logit of the linear view's windows in each piece. `windows` are those of `NgramModel.window_logits`: of
    the value in their order, then of the name, which belong to the first piece."""
    at = Units(text)
    number = len(_starts(at.of_character(_cut(text)), at.length, shape))
    return [max(logit for *_, logit in windows_in(text, windows, piece, linear, shape)) for piece in range(number)]


def windows_in(text: str, windows: Sequence[tuple[int, int, float]], piece: int, linear: Shape, shape: PieceShape) -> list[tuple[int, int, float]]:
    """The linear view's windows that lie in one piece."""
    at = Units(text)
    cut = at.of_character(_cut(text))
    values = len(range(cut, max(cut + 1, at.length - (linear.window - linear.stride)), linear.stride))
    step, each = shape.stride // linear.stride, (shape.units - linear.window) // linear.stride + 1
    found = list(windows[piece * step : min(values, piece * step + each)])
    return found + list(windows[values:]) if piece == 0 else found


def _cut(text: str) -> int:
    """The character at which the pieces begin."""
    marked = text.find(VALUE)
    return marked if marked > 0 else min(1, len(text))


def _starts(cut: int, length: int, shape: PieceShape) -> range:
    return range(cut, max(cut + 1, length - (shape.units - shape.stride)), shape.stride)


class Units:
    """Offsets of a text in characters and in UTF-16 units."""

    def __init__(self, text: str) -> None:
        self.length = len(text)
        self._ends = None
        if not text.isascii() and max(text) > "\uffff":
            self._ends = np.cumsum([1 + (char > "\uffff") for char in text])
            self.length = int(self._ends[-1])

    def of_character(self, index: int) -> int:
        return index if self._ends is None or index == 0 else int(self._ends[index - 1])

    def character(self, unit: int) -> int:
        """How many characters end at or before a unit: a border inside a pair falls before the pair."""
        return unit if self._ends is None else int(np.searchsorted(self._ends, unit, side="right"))

    def character_after(self, unit: int) -> int:
        """The same for the end of a stretch: a border inside a pair falls behind the pair."""
        return unit if self._ends is None else int(np.searchsorted(self._ends, unit, side="left")) + 1
