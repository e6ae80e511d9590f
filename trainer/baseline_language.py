"""Baselines with the detector's own encoder: a causal language model, and the original design's objective.

The original objective pushes the score of benign requests toward 0 and knows nothing else. A constant satisfies it, and a
constant is what it learns (`tests/test_baselines.py` shows it): it stands here as a documented negative result.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .markers import PAD_ID
from .model import Architecture, Detector
from .scoring import BATCH_TOKENS, bucketed, pad_batch
from .tokenizer import encode_batch
from .windows import WindowShape, windows_of

RUN = 8  # tokens in a row whose mean surprise is largest: the best of those tried for language models
LEARNING_RATE = 1e-3
WARMUP = 50  # steps
STEP_TOKENS = 2560


class LanguageModel(nn.Module):
    """The detector's blocks under a causal mask; the embedding is the output layer too."""

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        self.encoder = Detector(arch)

    def forward(self, ids: Tensor) -> Tensor:
        """ids [B, T] -> logits of the next token [B, T, V]."""
        tokens = ids.shape[1]
        earlier = torch.ones(tokens, tokens, dtype=torch.bool, device=ids.device).tril()
        visible = earlier[None, None] & (ids != PAD_ID)[:, None, None, :]
        encoder = self.encoder
        x = encoder.tokens(ids) + encoder.positions.weight[:tokens]
        for block in encoder.blocks:
            x = block(x, visible)
        return F.linear(encoder.norm(x), encoder.tokens.weight)

    def losses(self, ids: Tensor) -> Tensor:
        """-ln P of each token but the first [B, T - 1]; 0 at padding."""
        return F.cross_entropy(self(ids)[:, :-1].flatten(0, 1), ids[:, 1:].flatten(), reduction="none", ignore_index=PAD_ID).view(len(ids), -1)


def collapse_loss(model: Detector, ids: Tensor) -> Tensor:
    """The original objective: the mean square of benign scores."""
    return model(ids, (ids != PAD_ID).long())[1].square().mean()


def language_loss(model: LanguageModel, ids: Tensor) -> Tensor:
    losses = model.losses(ids)
    return losses.sum() / (ids[:, 1:] != PAD_ID).sum()


def train_baseline(model: nn.Module, loss_of, windows: Sequence[list[int]], steps: int, seed: int) -> list[float]:
    """AdamW on batches of padded benign windows; the loss of each step."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    rng = random.Random(seed)
    batches = bucketed([len(window) for window in windows], STEP_TOKENS)
    history = []
    model.train()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * min(1.0, (step + 1) / WARMUP) * min(1.0, 2 * (1 - step / steps))
        ids = torch.from_numpy(pad_batch([windows[index] for index in rng.choice(batches)])["input_ids"])
        loss = loss_of(model, ids)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        history.append(float(loss.detach()))
    model.eval()
    return history


class BaselineScorer:
    """Field logits of either model: the largest over a field's windows."""

    def __init__(self, model: LanguageModel | Detector, tokenizer, shape: WindowShape) -> None:
        self.model, self.tokenizer, self.shape = model.eval(), tokenizer, shape

    @torch.no_grad()
    def field_logits(self, texts: Sequence[str]) -> np.ndarray:
        windows, owners = [], []
        for owner, ids in enumerate(encode_batch(self.tokenizer, list(texts))):
            for window in windows_of(ids, self.shape):
                windows.append(window)
                owners.append(owner)
        result = np.full(len(texts), -np.inf)
        for batch in bucketed([len(window) for window in windows], BATCH_TOKENS):
            arrays = pad_batch([windows[index] for index in batch])
            np.maximum.at(result, np.array(owners)[batch], self._window_logits(arrays))
        return result

    def _window_logits(self, arrays: dict[str, np.ndarray]) -> np.ndarray:
        ids = torch.from_numpy(arrays["input_ids"])
        if isinstance(self.model, Detector):
            return self.model(ids, torch.from_numpy(arrays["attention_mask"]))[3].numpy()
        losses = F.pad(self.model.losses(ids), (0, max(0, RUN - ids.shape[1] + 1)))
        real = F.pad((ids[:, 1:] != PAD_ID).float(), (0, max(0, RUN - ids.shape[1] + 1)))
        means = losses.unfold(1, RUN, 1).sum(-1) / real.unfold(1, RUN, 1).sum(-1).clamp(min=1)
        whole = real.unfold(1, RUN, 1).sum(-1) == RUN
        whole[:, 0] = True  # a short field is one run
        return means.masked_fill(~whole, -torch.inf).amax(dim=1).numpy()
