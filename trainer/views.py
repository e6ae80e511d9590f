"""The rule that makes one number of two views, as `src/score/combine.ts` has it.

A view's logit becomes a surprise, -log10 of the share of benign fields that reach it. Surprises are comparable whatever
the view; their mean is better than either. Compressed below a bound c, one view alone cannot deny: a field whose linear
surprise L has (c + L) / 2 under the threshold passes whatever the Transformer says, so the service need not run it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .bundle import NGRAM, Bundle
from .ngrams import NgramModel
from .scoring import Scorer
from .survival import Survival, fit_survival

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

    def surprise(self, view: str, logits: np.ndarray) -> np.ndarray:
        """Compressed surprises, in [0, bound)."""
        survival: Survival = getattr(self, view)
        return compress(survival.log_survivals(np.asarray(logits, dtype=np.float64)) / -math.log(10), self.bound)

    def combine(self, transformer_logits: np.ndarray, linear_logits: np.ndarray) -> np.ndarray:
        return (self.surprise("transformer", transformer_logits) + self.surprise("linear", linear_logits)) / 2

    def at_most(self, linear_logits: np.ndarray) -> np.ndarray:
        """The most that each field can come to, whatever the Transformer says."""
        return (self.bound + self.surprise("linear", linear_logits)) / 2

    def manifest(self) -> dict:
        views = {name: {"fields": survival.requests, **survival.table()} for name, survival in (("transformer", self.transformer), ("linear", self.linear))}
        return {"surpriseBound": self.bound, **views}

    @staticmethod
    def from_manifest(value: dict) -> "Rule":
        views = [Survival.from_manifest({"requests": value[name]["fields"], **value[name]}) for name in ("transformer", "linear")]
        return Rule(value["surpriseBound"], *views)

    @staticmethod
    def fit(transformer_logits: np.ndarray, linear_logits: np.ndarray, bound: float = BOUND) -> "Rule":
        """From the logits of held-out benign fields, each as often as requests hold it."""
        return Rule(bound, *(fit_survival(logits, tail_share=TAIL_SHARE) for logits in (transformer_logits, linear_logits)))


class CombinedScorer:
    """Both views of a bundle; stands in for a `Scorer`, with combined surprises for logits."""

    def __init__(self, transformer: Scorer, linear: NgramModel, rule: Rule) -> None:
        self.transformer, self.linear, self.rule = transformer, linear, rule

    def field_logits(self, texts: list[str]) -> np.ndarray:
        return self.rule.combine(self.transformer.field_logits(texts), self.linear.field_logits(texts))


def linear_view(bundle: Bundle) -> NgramModel | None:
    path: Path = bundle.folder / NGRAM
    return NgramModel.read(path) if path.is_file() else None


def open_scorer(bundle: Bundle, file: str | None = None, threads: int = 1) -> Scorer | CombinedScorer:
    """What the service ranks fields by: the Transformer's logit, or what the bundle's views combine to."""
    transformer = Scorer.of(bundle, file, threads)
    if "views" not in bundle.manifest:
        return transformer
    return CombinedScorer(transformer, linear_view(bundle), Rule.from_manifest(bundle.manifest["views"]))
