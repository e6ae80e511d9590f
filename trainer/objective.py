"""What a training step makes smaller, and how far it goes."""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor

from .config import Config

DECAY_SHARE = 0.25  # of the run, at its end


def learning_rate(config: Config, step: int, progress: float) -> float:
    """At `step` (from 0), with `progress` = the part of the run that is over."""
    rate = config.learning_rate * min(1.0, (step + 1) / max(1, config.warmup_steps))
    if config.schedule == "cosine":
        return rate * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
    return rate * min(1.0, max(0.0, 1 - progress) / DECAY_SHARE)


def detection_loss(token_logits: Tensor, sequence_logit: Tensor, batch: dict[str, Tensor], sequence_weight: float,
                   tokens: float, sequences: float) -> Tensor:  # fmt: skip
    """Logits [B, T] and [B]; [CLS] and padding do not count. `tokens` and `sequences` are those of the whole step."""
    real = batch["attention_mask"].bool()
    real[:, 0] = False
    by_token = F.binary_cross_entropy_with_logits(token_logits.float(), batch["token_labels"], reduction="none")
    by_sequence = F.binary_cross_entropy_with_logits(sequence_logit.float(), batch["sequence_labels"], reduction="sum")
    return (by_token * real).sum() / tokens + sequence_weight * by_sequence / sequences
