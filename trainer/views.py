"""The rule that makes one number of two views, as `src/score/combine.ts` has it.

Both views judge every piece of a field (`pieces.py`); a field is as surprising as its most surprising piece.

A view's logit becomes a surprise, -log10 of the share of benign fields that reach it. Surprises are comparable whatever
the view; their mean is better than either. Compressed below a bound c, one view alone cannot deny: a field whose linear
surprise L has (c + L) / 2 under the threshold passes whatever the Transformer says, so the service need not run it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .bundle import NGRAM, Bundle
from .ngrams import NgramModel
from .pieces import PieceShape, piece_logits, pieces_of
from .scoring import Scorer
from .survival import Survival, fit_weighted_survival

BOUND = 6.0  # surprises stay below; at 5 evasion of the linear view costs more, above 6 the Transformer runs more often
TAIL_SHARE = 0.001  # of the benign fields lie in the exponential tail


def compress(surprise: np.ndarray, bound: float) -> np.ndarray:
    """Itself up to half the bound, then smoothly and in the same order toward it."""
    half = bound / 2
    excess = np.maximum(surprise - half, 0) / half
    return np.where(surprise <= half, surprise, half + half * np.tanh(excess))


@dataclass(frozen=True)
class Rule:
    bound: float
    transformer: Survival
    linear: Survival
    pieces: PieceShape = PieceShape()
    highest_logit: float | None = None  # that the Transformer can give at all (`highest_logit.py`); None where unknown

    def surprise(self, view: str, logits: np.ndarray) -> np.ndarray:
        """Compressed surprises, in [0, bound)."""
        survival: Survival = getattr(self, view)
        return compress(survival.log_survivals(np.asarray(logits, dtype=np.float64)) / -math.log(10), self.bound)

    def combine(self, transformer_logits: np.ndarray, linear_logits: np.ndarray) -> np.ndarray:
        return (self.surprise("transformer", transformer_logits) + self.surprise("linear", linear_logits)) / 2

    def at_most(self, linear_logits: np.ndarray) -> np.ndarray:
        """The most that each piece can come to, whatever the Transformer says."""
        return (self.most + self.surprise("linear", linear_logits)) / 2

    @property
    def most(self) -> float:
        """The highest that the Transformer's surprise can be."""
        return self.bound if self.highest_logit is None else float(self.surprise("transformer", np.array(self.highest_logit)))

    def manifest(self) -> dict:
        views = {name: {"fields": survival.requests, **survival.table()} for name, survival in (("transformer", self.transformer), ("linear", self.linear))}
        if self.highest_logit is not None:
            views["transformer"]["highestLogit"] = self.highest_logit
        return {"surpriseBound": self.bound, "pieces": {"units": self.pieces.units, "stride": self.pieces.stride}, **views}

    @staticmethod
    def from_manifest(value: dict) -> "Rule":
        views = [Survival.from_manifest({"requests": value[name]["fields"], **value[name]}) for name in ("transformer", "linear")]
        return Rule(value["surpriseBound"], *views, PieceShape.from_manifest(value["pieces"]), value["transformer"].get("highestLogit"))

    @staticmethod
    def fit(transformer_logits: np.ndarray, linear_logits: np.ndarray, weights: np.ndarray, bound: float = BOUND, highest_logit: float | None = None) -> "Rule":
        """From the logits of held-out benign fields (the largest of their pieces), each as often as requests hold it; all
        fields of a request weigh 1 together, so that one odd request with a hundred odd fields is one oddity."""
        return Rule(bound, *(fit_weighted_survival(logits, weights, TAIL_SHARE) for logits in (transformer_logits, linear_logits)), highest_logit=highest_logit)


@dataclass(frozen=True)
class PieceLogits:
    """What both views think of the pieces of `texts` texts."""

    texts: int
    owners: np.ndarray  # int64 [P], ascending: the text of each piece
    transformer: np.ndarray  # float64 [P]
    linear: np.ndarray  # float64 [P]

    def largest(self, values: np.ndarray) -> np.ndarray:
        """Of each text the largest of its pieces' values: float64 [texts]."""
        return np.maximum.reduceat(values, np.searchsorted(self.owners, np.arange(self.texts))) if self.texts else np.zeros(0)

    def combined(self, rule: Rule) -> np.ndarray:
        """Combined surprise of each text: float64 [texts]."""
        return self.largest(rule.combine(self.transformer, self.linear))


def cut(texts: Sequence[str], shape: PieceShape) -> tuple[list[str], np.ndarray]:
    """The pieces of all texts, and the number of the text that each is of: int64 [P]."""
    pieces = [[piece.text for piece in pieces_of(text, shape)] for text in texts]
    return [text for own in pieces for text in own], np.repeat(np.arange(len(texts)), [len(own) for own in pieces])


def linear_logits(texts: Sequence[str], linear: NgramModel, shape: PieceShape) -> np.ndarray:
    """The linear view's logit of every piece of all texts: float64 [P]."""
    shape.check(linear.shape)
    windows = zip(texts, linear.all_window_logits(texts))
    return np.array([logit for text, found in windows for logit in piece_logits(text, found, linear.shape, shape)], dtype=np.float64)


def judge(texts: Sequence[str], transformer: Callable[[list[str]], np.ndarray], linear: NgramModel, shape: PieceShape = PieceShape()) -> PieceLogits:
    """Both views of every piece; `transformer` scores texts, and is asked once about a piece that several share."""
    pieces, owners = cut(texts, shape)
    numbers: dict[str, int] = {}
    places = [numbers.setdefault(piece, len(numbers)) for piece in pieces]
    logits = transformer(list(numbers)) if numbers else np.zeros(0)
    return PieceLogits(len(texts), owners, logits[places], linear_logits(texts, linear, shape))


class CombinedScorer:
    """Both views of a bundle; stands in for a `Scorer`, with combined surprises for logits."""

    def __init__(self, transformer: Scorer, linear: NgramModel, rule: Rule) -> None:
        self.transformer, self.linear, self.rule = transformer, linear, rule

    def field_logits(self, texts: list[str]) -> np.ndarray:
        return judge(texts, self.transformer.field_logits, self.linear, self.rule.pieces).combined(self.rule)


def linear_view(bundle: Bundle) -> NgramModel | None:
    path: Path = bundle.folder / NGRAM
    return NgramModel.read(path) if path.is_file() else None


def open_scorer(bundle: Bundle, file: str | None = None, threads: int = 1) -> Scorer | CombinedScorer:
    """What the service ranks fields by: the Transformer's logit, or what the bundle's views combine to."""
    transformer = Scorer.of(bundle, file, threads)
    if "views" not in bundle.manifest:
        return transformer
    return CombinedScorer(transformer, linear_view(bundle), Rule.from_manifest(bundle.manifest["views"]))
