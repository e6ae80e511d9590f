"""Which stretch of a field's text decided, as `src/score/scorer.ts` tells it: the best run of tokens of the worst piece or,
where the linear view is the one that was surprised, its worst window there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .bundle import Bundle
from .markers import MARKERS
from .model import RUN_TOKENS
from .pieces import Units, piece_logits, pieces_of, windows_in
from .scoring import Scorer, pad_batch
from .views import Rule, linear_view
from .windows import prefix_length, windows_of

STRANGER = 1.0  # by how much more the linear view must be surprised for its coarser span to be shown: a factor of ten


@dataclass(frozen=True)
class Span:
    """`start` and `end` are offsets into the field's text, in characters; (0, 0) where unknown."""

    start: int
    end: int
    view: str  # whose it is


class Explainer:
    def __init__(self, bundle: Bundle) -> None:
        self.scorer = Scorer.of(bundle)
        self.linear = linear_view(bundle)
        self.rule = Rule.from_manifest(bundle.manifest["views"]) if "views" in bundle.manifest else None

    def span(self, text: str) -> Span:
        if self.rule is None or self.linear is None:
            return self._run_of(text)
        shape, windows = self.rule.pieces, self.linear.window_logits(text)
        pieces = pieces_of(text, shape)
        transformer = self.rule.surprise("transformer", self.scorer.field_logits([piece.text for piece in pieces]))
        linear = self.rule.surprise("linear", np.array(piece_logits(text, windows, self.linear.shape, shape)))
        worst = int((transformer + linear).argmax())
        if linear[worst] > transformer[worst] + STRANGER:
            low, high, _ = max(windows_in(text, windows, worst, self.linear.shape, shape), key=lambda window: window[2])
            return Span(*_characters(text, low, high), "linear")
        piece, run = pieces[worst], self._run_of(pieces[worst].text)
        if worst == 0:
            return run
        # Behind the repeated head the piece's characters are the text's.
        start, end = _characters(text, piece.start, piece.end)
        head = len(piece.text) - (end - start)
        if run.end <= head:
            return run
        return Span(start + max(0, run.start - head), start + run.end - head, run.view)

    def _run_of(self, text: str) -> Span:
        """The best run of tokens of a text's worst window."""
        encoding = self.scorer.tokenizer.encode(text, add_special_tokens=False)
        windows = windows_of(encoding.ids, self.scorer.shape)
        # One at a time, as the scorer of a quantized model does.
        runs = [self.scorer.session.run(["token_scores", "pooled_logit"], pad_batch([window])) for window in windows]
        worst = int(np.array([float(pooled[0]) for _, pooled in runs]).argmax())
        start, end = best_run(runs[worst][0][0], len(windows[worst]))
        ids = self._text_tokens(encoding.ids, worst, start, end)
        if not ids:
            return Span(0, 0, "transformer")
        offsets = [encoding.offsets[index] for index in ids]
        return Span(offsets[0][0], offsets[-1][1], "transformer")

    def _text_tokens(self, ids: list[int], ordinal: int, start: int, end: int) -> range:
        """Tokens of the text that `[start, end)` of a window stands for; a run over prefix and body counts from the body."""
        shape = self.scorer.shape
        capacity = shape.tokens - 1
        if len(ids) <= capacity:
            return range(start - 1, end - 1)
        prefix = prefix_length(ids, shape)
        shift = ordinal * (capacity - prefix - shape.overlap) - 1
        if ordinal > 0 and end > prefix + 1:
            start = max(start, prefix + 1)
        place = lambda index: index - 1 if index <= prefix else index + shift  # noqa: E731
        return range(max(0, place(start)), min(len(ids), place(end - 1) + 1))


def best_run(token_logits: np.ndarray, length: int) -> tuple[int, int]:
    """The RUN_TOKENS consecutive tokens of a window with the highest mean logit, [CLS] left out; all there are when fewer."""
    if length <= 1:
        return 0, length
    size = min(RUN_TOKENS, length - 1)
    sums = np.convolve(token_logits[1:length].astype(np.float64), np.ones(size), mode="valid")
    start = 1 + int(sums.argmax())
    return start, start + size


def _characters(text: str, low: int, high: int) -> tuple[int, int]:
    """UTF-16 offsets as offsets of characters, a cut surrogate pair rounded outward."""
    at = Units(text)
    return at.character(low), at.character_after(high)


def shown(text: str) -> str:
    """Text for people: markers by name, controls, directions and other invisible characters by number."""
    names = {char: f"[{name}]" for name, char in MARKERS.items()}
    return "".join(names.get(char) or (char if char.isprintable() else f"<{ord(char):04X}>") for char in text)
