"""A teacher's say: soft targets beside the labels.

The target of a token, and of a sequence, is the mean of its label and of the probability that the teacher gives it,
weighted by `teacher_weight`. Several models make one teacher, by the mean of their logits: what each of them owes to its
seed cancels out (https://arxiv.org/abs/1503.02531, section 3). Where an application's own text is benign, the label alone
counts: what the teacher finds odd there is exactly what is to be unlearned.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .devices import autocast_type
from .errors import TrainerError
from .model import Detector


class Teacher:
    def __init__(self, models: Sequence[Detector], device: torch.device, config) -> None:
        self.models = [model.to(device).eval().requires_grad_(False) for model in models]
        self.device, self.cast = device, autocast_type(config, device)

    def check(self, vocab_size: int, tokens: int) -> "Teacher":
        """Refuses a teacher that reads other pieces or shorter windows than the student."""
        for arch in (model.arch for model in self.models):
            if arch.vocab_size != vocab_size or arch.max_length < tokens:
                raise TrainerError(f"--teacher: expected {vocab_size} pieces and windows of {tokens} tokens at least, "
                                   f"got {arch.vocab_size} and {arch.max_length}")  # fmt: skip
        return self

    @torch.no_grad()
    def probabilities(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """[B, T] and [B]."""
        with torch.autocast(self.device.type, self.cast or torch.bfloat16, enabled=self.cast is not None):
            logits = [model.encode(ids, mask)[:2] for model in self.models]
        by_token, by_sequence = (torch.stack([logit.float() for logit in logit_of]).mean(0) for logit_of in zip(*logits))
        return by_token.sigmoid(), by_sequence.sigmoid()


def soft_targets(teacher: Teacher, batch: dict[str, Tensor], weight: float) -> dict[str, Tensor]:
    tokens, sequences = teacher.probabilities(batch["input_ids"], batch["attention_mask"])
    own = batch["own"].bool()
    hard_tokens, hard_sequences = batch["token_labels"], batch["sequence_labels"]
    return {
        **batch,
        "token_labels": torch.where(own[:, None] & (hard_tokens == 0), hard_tokens, torch.lerp(hard_tokens, tokens, weight)),
        "sequence_labels": torch.where(own & (hard_sequences == 0), hard_sequences, torch.lerp(hard_sequences, sequences, weight)),
    }
