"""The encoder: per token, how little it belongs in its field; per sequence, whether it was touched.

Pre-LN Transformer with learned positions. B = batch, T = tokens, D = hidden size, H = heads, V = vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .errors import TrainerError

NOT_SCORED = -30.0  # logit of [CLS] and padding: below anything a real token gets
RUN_TOKENS = 6  # a payload is a run of foreign tokens; one odd token is not
SEQUENCE_WEIGHT = 0.5  # share of the sequence head in the pooled logit

# (layers, hidden, heads, longest sequence). `distilbert` has DistilBERT's size, for those who have a GPU to serve it.
SIZES = {
    "tiny": (2, 128, 4, 96),
    "small": (4, 256, 4, 96),
    "base": (6, 384, 6, 96),
    "distilbert": (6, 768, 12, 512),
}


@dataclass(frozen=True)
class Architecture:
    """Everything that fixes the tensor shapes; the manifest's `architecture`."""

    size: str
    hidden_size: int
    num_layers: int
    num_heads: int
    intermediate_size: int
    vocab_size: int
    max_length: int

    def __post_init__(self) -> None:
        if self.hidden_size % self.num_heads:
            raise TrainerError(f"num_heads: expected a divisor of hidden_size {self.hidden_size}, got {self.num_heads}")

    def manifest(self) -> dict:
        return {
            "size": self.size, "hiddenSize": self.hidden_size, "numLayers": self.num_layers, "numHeads": self.num_heads,
            "intermediateSize": self.intermediate_size, "vocabSize": self.vocab_size, "maxLength": self.max_length,
        }  # fmt: skip

    @staticmethod
    def from_manifest(value: dict) -> "Architecture":
        return Architecture(value["size"], value["hiddenSize"], value["numLayers"], value["numHeads"],
                            value["intermediateSize"], value["vocabSize"], value["maxLength"])  # fmt: skip


class Block(nn.Module):
    def __init__(self, arch: Architecture, dropout: float) -> None:
        super().__init__()
        width = arch.hidden_size
        self.heads, self.head_size = arch.num_heads, width // arch.num_heads
        self.attention_norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.attention_out = nn.Linear(width, width)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp_in = nn.Linear(width, arch.intermediate_size)
        self.mlp_out = nn.Linear(arch.intermediate_size, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, visible: Tensor) -> Tensor:  # x [B, T, D], visible [B, 1, 1, T]
        batch, tokens, width = x.shape
        shape = (batch, tokens, self.heads, self.head_size)
        q, k, v = (part.view(shape).transpose(1, 2) for part in self.qkv(self.attention_norm(x)).chunk(3, dim=-1))
        mixed = attend(q, k, v, visible, self.head_size**-0.5)  # [B, H, T, D/H]
        x = x + self.dropout(self.attention_out(mixed.transpose(1, 2).reshape(batch, tokens, width)))
        return x + self.dropout(self.mlp_out(F.gelu(self.mlp_in(self.mlp_norm(x)))))


def attend(q: Tensor, k: Tensor, v: Tensor, visible: Tensor, scale: float) -> Tensor:
    """Softmax attention [B, H, T, D/H]; `visible` [B, 1, 1, T] says which keys count."""
    if torch.onnx.is_in_onnx_export():  # spelled out: the exporter's own expansion is three times as many nodes
        hidden = (1 - visible.to(q.dtype)) * -1e4  # in range of half precision
        return torch.softmax(q * scale @ k.transpose(-2, -1) + hidden, dim=-1) @ v
    if q.device.type == "cpu":
        # On CPUs the backward pass of half-precision attention is ten times slower than that of single precision.
        with torch.autocast("cpu", enabled=False):
            return F.scaled_dot_product_attention(q.float(), k.float(), v.float(), visible, scale=scale)
    return F.scaled_dot_product_attention(q, k, v, visible, scale=scale)


class Detector(nn.Module):
    """`encode` is what training differentiates; `forward` is what is exported and served."""

    def __init__(self, arch: Architecture, dropout: float = 0.0) -> None:
        super().__init__()
        self.arch = arch
        self.tokens = nn.Embedding(arch.vocab_size, arch.hidden_size)
        self.positions = nn.Embedding(arch.max_length, arch.hidden_size)
        self.blocks = nn.ModuleList(Block(arch, dropout) for _ in range(arch.num_layers))
        self.norm = nn.LayerNorm(arch.hidden_size)
        self.token_head = nn.Linear(arch.hidden_size, 1)
        self.sequence_dense = nn.Linear(arch.hidden_size, arch.hidden_size)
        self.sequence_head = nn.Linear(arch.hidden_size, 1)
        nn.init.normal_(self.tokens.weight, std=0.05)
        nn.init.normal_(self.positions.weight, std=0.02)

    def encode(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """ids and mask [B, T] -> token logits [B, T], sequence logit [B], [CLS] vector [B, D]."""
        visible = (attention_mask != 0)[:, None, None, :]
        x = self.tokens(input_ids) + self.positions.weight[: input_ids.shape[1]]  # [B, T, D]
        for block in self.blocks:
            x = block(x, visible)
        x = self.norm(x)
        cls = x[:, 0]
        return self.token_head(x)[..., 0], self.sequence_head(torch.tanh(self.sequence_dense(cls)))[:, 0], cls

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """-> token_scores [B, T], anomaly_score [B] in [0, 1], embedding [B, D], pooled_logit [B]."""
        token_logits, sequence_logit, cls = self.encode(input_ids, attention_mask)
        real = attention_mask.to(token_logits.dtype)
        real = F.pad(real[:, 1:], (1, 0))  # [CLS] is not a token of the field
        pooled = (1 - SEQUENCE_WEIGHT) * best_run_mean(token_logits, real) + SEQUENCE_WEIGHT * sequence_logit
        token_scores = token_logits * real + NOT_SCORED * (1 - real)
        return token_scores, torch.sigmoid(pooled), cls, pooled


def best_run_mean(logits: Tensor, real: Tensor) -> Tensor:
    """Largest mean logit of RUN_TOKENS consecutive real tokens [B]; of all there are when fewer; NOT_SCORED when none.

    `real` [B, T] is 1 for a field's tokens: none at position 0, then a run, then padding.
    """
    pair = F.pad(torch.stack([logits * real, real], dim=1), (0, RUN_TOKENS - 1))  # [B, 2, T + RUN_TOKENS - 1]
    means = F.avg_pool1d(pair, RUN_TOKENS, stride=1)  # [B, 2, T], of the run that starts at each token
    total, share = means[:, 0], means[:, 1]  # share = 1 where all RUN_TOKENS are real
    run = total / share.clamp(min=1 / RUN_TOKENS)
    # A short run counts only where it is the whole field, that is at its first token.
    first = real * (1 - F.pad(real, (1, 0))[:, :-1])
    whole = (share > 1 - 0.5 / RUN_TOKENS).to(share.dtype)
    counted = real * (whole + first).clamp(max=1)
    return (run * counted + NOT_SCORED * (1 - counted)).amax(dim=1)
