"""Verb `linear`: the linear view, logistic regression over hashed character n-grams.

It trains on the same corrupted texts as the Transformer. A window is foreign when it holds a corrupted span, or eight
characters of one; what only touches one is left out. No attack is read. The run is a pure function of data, bank, config and
seed, whatever the number of workers.
"""

from __future__ import annotations

import argparse
import dataclasses
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import SGDClassifier
from tqdm import tqdm

from .config import Config, load_config
from .corpus import Corpus, MappedArray
from .corruptors import corruptor_factory, selection_factories
from .errors import TrainerError
from .metrics import threshold_at
from .ngrams import NgramModel, Shape, code_units, features, normalized, quantized, windows_of_units
from .provenance import inputs_path, record_inputs
from .selection import selection_texts
from .stream import SampleMaker, Stream, TextCorruptor

FIELDS = 1_200_000  # about two CPU minutes; four times fewer lose a few points at 0.1 %
VIEWS = 3  # averaged: as good as the best of them, which nobody can tell beforehand; a view scores at the cost of one
POOL_FIELDS = 10_000
SEEN_UNITS = 8  # of a longer corrupted span that make a window foreign
ALPHA = 1e-7  # of the L2 penalty
TUNING_RATE = 4.0  # step size when going on from a trained view, whose own steps were near 50
AVERAGE_FROM = 0.5  # of the run: the weights of its second half are averaged
CHECK_RATES = (0.01, 0.001)
MAX_QUANTIZATION_ERROR = 0.1  # of the spread of logits over fields; a trained view moves by 0.02 of it


def label(low: int, high: int, spans: Sequence[tuple[int, int]]) -> int | None:
    """1 foreign, 0 benign, None neither: for the window `[low, high)`."""
    touched = False
    for start, end in spans:
        overlap = min(high, end) - max(low, start)
        if overlap >= min(SEEN_UNITS, end - start):
            return 1
        touched |= overlap > 0
    return None if touched else 0


def unit_spans(text: str, units: np.ndarray, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Character offsets as UTF-16 offsets."""
    if len(units) == len(text) or not spans:
        return list(spans)
    ends = np.concatenate([[0], np.cumsum([1 + (char > "\uffff") for char in text])])
    return [(int(ends[start]), int(ends[end])) for start, end in spans]


@dataclass
class WindowMaker(SampleMaker):
    """Samples as labeled rows of n-gram counts."""

    shape: Shape
    pool_fields: int
    seed: int

    def make(self, pool: int) -> list[tuple[sp.csr_matrix, np.ndarray]]:
        rng = random.Random(f"linear:{self.seed}:{pool}")
        windows: list[np.ndarray] = []
        labels: list[int] = []
        for text, spans in self.samples(self.pool_fields, rng):
            units = code_units(text)
            spans = unit_spans(text, units, spans)
            for low, high in windows_of_units(units, self.shape):
                if (mark := label(low, high, spans)) is not None:
                    windows.append(np.concatenate([units[:1], units[low:high]]))
                    labels.append(mark)
        order = np.random.default_rng(rng.getrandbits(48)).permutation(len(windows))
        return [(normalized(features([windows[i] for i in order], self.shape)), np.array(labels, dtype=np.int8)[order])]


@dataclass(frozen=True)
class _Exact(NgramModel):
    unrounded: np.ndarray

    @property
    def weights(self) -> np.ndarray:
        return self.unrounded


@dataclass(frozen=True)
class Trained:
    model: NgramModel
    weights: np.ndarray  # float64 [2^bits], before rounding
    windows: int
    seconds: float

    def exact(self) -> NgramModel:
        """The same before rounding, for comparison."""
        return _Exact(self.model.shape, self.model.codes, self.model.bias, 1.0, self.weights)


def train_linear(maker: WindowMaker, fields: int, workers: int, start: NgramModel | None = None) -> Trained:
    """`start` is the view that training goes on from, in small steps and averaged from the first one on."""
    started = time.monotonic()
    pools = max(1, fields // maker.pool_fields)
    classifier: SGDClassifier | None = None
    windows = 0
    with Stream(maker, workers) as stream, tqdm(total=pools, unit="pool", disable=None) as bar:
        for pool, (rows, labels) in enumerate(stream):
            if classifier is None:
                average = True if start else int(AVERAGE_FROM * pools * len(labels)) + 1
                pace = {"learning_rate": "constant", "eta0": TUNING_RATE, "max_iter": 1, "tol": None} if start else {}
                classifier = SGDClassifier(loss="log_loss", alpha=ALPHA, average=average, random_state=maker.seed, shuffle=False, **pace)
                if start:  # only `fit` takes weights to begin with; `partial_fit` then goes on from what it left
                    classifier.fit(rows, labels, coef_init=start.scale * start.weights[None, :], intercept_init=[start.bias])
                else:
                    classifier.partial_fit(rows, labels, classes=[0, 1])
            else:
                classifier.partial_fit(rows, labels)
            windows += len(labels)
            bar.update()
            if pool + 1 == pools:
                break
    weights = classifier.coef_[0].astype(np.float64)
    model = quantized(weights, float(classifier.intercept_[0]), maker.shape)
    return Trained(model, weights, windows, time.monotonic() - started)


def averaged(views: Sequence[Trained]) -> Trained:
    """The view whose logits are the mean of theirs: linear views differ in what their streams held, and agree in the rest."""
    weights = np.mean([view.weights for view in views], axis=0)
    bias = float(np.mean([view.model.bias for view in views]))
    return Trained(quantized(weights, bias, views[0].model.shape), weights, sum(view.windows for view in views), sum(view.seconds for view in views))


def check(trained: Trained, benign: list[str], corrupted: list[str]) -> dict:
    """Recall of generated corruption at small false-positive rates on fields of held-out sites, and what rounding does."""
    logits = trained.model.field_logits(benign + corrupted)
    exact = trained.exact().field_logits(benign + corrupted)
    result: dict = {f"recallAt{rate:g}": float((logits[len(benign) :] > threshold_at(logits[: len(benign)], rate)).mean()) for rate in CHECK_RATES}
    error = np.abs(logits - exact)
    result |= {"quantizationMaxError": float(error.max()), "quantizationMeanError": float(error.mean()), "logitSpread": float(exact.std())}
    limit = MAX_QUANTIZATION_ERROR * result["logitSpread"]
    if not result["quantizationMaxError"] <= limit:
        raise TrainerError(f"quantization: expected logits within {limit:.3f}, got {result['quantizationMaxError']:.3f}")
    return result


def linear_maker(config: Config, corpus: Corpus, make_corruptor: Callable[[Sequence[str]], TextCorruptor], shape: Shape = Shape(),
                 pool_fields: int = POOL_FIELDS, source: tuple[Sequence[str], np.ndarray | MappedArray] | None = None) -> WindowMaker:  # fmt: skip
    """`source` replaces the corpus' training texts and their cumulated weights."""
    texts, draws = source or corpus.training_texts()
    return WindowMaker(texts, draws, make_corruptor, shape, pool_fields, config.seed)


def run(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainer linear", description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, help="YAML, see trainer/config/: its corruption, holdout_families, seed and workers count")
    parser.add_argument("--data", type=Path, required=True, help="folder that `prepare` wrote")
    parser.add_argument("--bank", type=Path, required=True, help="fragment bank that `bank` wrote")
    parser.add_argument("--out", type=Path, required=True, help="ngram.bin to write")
    parser.add_argument("--fields", type=int, default=FIELDS, help=f"texts to train on (default {FIELDS:,})")
    parser.add_argument("--views", type=int, default=VIEWS, help=f"views to train, each from a seed of its own, and to average (default {VIEWS})")
    parser.add_argument("--seed", type=int, help="of the first view, instead of the config's")
    parser.add_argument("--workers", type=int, help="instead of the config's")
    args = parser.parse_args(argv)
    for name in ("fields", "views"):
        if getattr(args, name) < 1:
            raise TrainerError(f"--{name}: expected at least 1, got {getattr(args, name)}")
    config = load_config(args.config)
    changes = {key: value for key, value in (("seed", args.seed), ("workers", args.workers)) if value is not None}
    config = dataclasses.replace(config, **changes)
    corpus, factory = Corpus.open(args.data), corruptor_factory(config, args.bank)
    maker = linear_maker(config, corpus, factory)
    makers = [dataclasses.replace(maker, seed=config.seed + number) for number in range(args.views)]
    trained = averaged([train_linear(own, args.fields, config.workers) for own in makers])
    benign, corrupted = selection_texts(config, corpus, [make(maker.texts) for make in selection_factories(config, args.bank)])
    result = check(trained, benign, corrupted)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    trained.model.write(args.out)
    record_inputs(inputs_path(args.out), "linear", {"bank": args.bank, **({"config": args.config} if args.config else {})}, corpus)
    print(f"{args.out}: {trained.windows} windows of {args.views} x {args.fields} fields in {trained.seconds / 60:.1f} min, {args.out.stat().st_size / 2**20:.2f} MiB; "
          f"held-out sites: recall {result['recallAt0.01']:.1%} at 1 %, {result['recallAt0.001']:.1%} at 0.1 % of fields; rounding moves a logit by "
          f"{result['quantizationMeanError']:.3f}, at most {result['quantizationMaxError']:.3f}, of a spread of {result['logitSpread']:.1f}")  # fmt: skip
