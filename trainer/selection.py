"""Choosing a checkpoint: recall of generated corruption on held-out sites at small false-positive rates.

Where training leaves families of fragments out, every second corrupted text shows one of them (`selection_factories`), so that
what is chosen is what carries over to other sites and to syntax never seen.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import torch

from .config import Config
from .corpus import Corpus
from .errors import TrainerError
from .model import Detector
from .pieces import PieceShape
from .scoring import bucketed, pad_batch
from .stream import TextCorruptor
from .tokenizer import encode_batch
from .views import cut
from .windows import WindowShape, windows_of

SELECT_SEED = 7_777_777  # selection must not share draws with training
SELECT_RATES = (0.0005, 0.001, 0.002)  # recall is averaged around the 0.1 % that counts: one quantile alone is noisy
SELECT_BATCH_TOKENS = 8192


def selection_texts(config: Config, corpus: Corpus, corruptors: Sequence[TextCorruptor]) -> tuple[list[str], list[str]]:
    """Benign fields of the selection sites, and generated corruption of them, by each of the corruptors in its turn."""
    rng = random.Random(SELECT_SEED)
    indexes = np.flatnonzero(corpus.counts("select")).tolist()
    rng.shuffle(indexes)
    benign = [corpus.text(index) for index in indexes[: config.select_benign]]
    for corruptor in corruptors:
        corruptor.reseed(SELECT_SEED)
    corrupted: list[str] = []
    for _ in range(20 * config.select_corrupted):  # bounded: a corruptor may leave everything benign
        if not benign or len(corrupted) == config.select_corrupted:
            break
        text, spans = corruptors[len(corrupted) % len(corruptors)].sample(rng.choice(benign))
        if spans:
            corrupted.append(text)
    if not benign or not corrupted:
        raise TrainerError(f"select: expected benign and corrupted texts, got {len(benign)} and {len(corrupted)}")
    return benign, corrupted


class Selection:
    """Recall of generated corruption on held-out sites at small false-positive rates on their benign fields."""

    def __init__(self, config: Config, corpus: Corpus, corruptors: Sequence[TextCorruptor], tokenizer, shape: WindowShape) -> None:
        benign, corrupted = selection_texts(config, corpus, corruptors)
        self.benign_count = len(benign)
        self.windows: list[list[int]] = []
        self.owners: list[int] = []
        pieces, owners = cut(benign + corrupted, PieceShape())
        for owner, ids in zip(owners.tolist(), encode_batch(tokenizer, pieces)):
            for window in windows_of(ids, shape):
                self.windows.append(window)
                self.owners.append(owner)
        self.batches = bucketed([len(window) for window in self.windows], SELECT_BATCH_TOKENS)
        self.total = len(benign) + len(corrupted)

    @torch.no_grad()
    def measure(self, model: Detector, device: torch.device) -> dict[str, float]:
        logits = np.full(self.total, -np.inf)
        owners = np.array(self.owners)
        for batch in self.batches:
            arrays = pad_batch([self.windows[index] for index in batch])
            *_, pooled = model(*(torch.from_numpy(arrays[name]).to(device) for name in ("input_ids", "attention_mask")))
            np.maximum.at(logits, owners[batch], pooled.float().cpu().numpy())
        benign, corrupted = logits[: self.benign_count], logits[self.benign_count :]
        recall = lambda rate: float((corrupted > np.quantile(benign, 1 - rate, method="higher")).mean())  # noqa: E731
        return {
            "selection": float(np.mean([recall(rate) for rate in SELECT_RATES])),
            "recallAt1Percent": recall(0.01),
            "recallAt0.1Percent": recall(0.001),
        }
