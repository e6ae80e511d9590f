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
GRAM_SIZE = 8  # numbers a row of a table of runs
# Of a token, of the one before it, and so on: odd numbers under 2^27, so that a hash of 16-bit ids stays a whole number in
# 64 bits; far apart, so that runs that differ in one token seldom meet.
GRAM_FACTORS = (1, 40_503, 1_540_483, 104_395_301)

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
    gram_rows: int = 0  # of each table of hashed runs; 0 = none, as before there were any

    def __post_init__(self) -> None:
        if self.hidden_size % self.num_heads:
            raise TrainerError(f"num_heads: expected a divisor of hidden_size {self.hidden_size}, got {self.num_heads}")

    def manifest(self) -> dict:
        return {
            "size": self.size, "hiddenSize": self.hidden_size, "numLayers": self.num_layers, "numHeads": self.num_heads,
            "intermediateSize": self.intermediate_size, "vocabSize": self.vocab_size, "maxLength": self.max_length, "gramRows": self.gram_rows,
        }  # fmt: skip

    @staticmethod
    def from_manifest(value: dict) -> "Architecture":
        return Architecture(value["size"], value["hiddenSize"], value["numLayers"], value["numHeads"],
                            value["intermediateSize"], value["vocabSize"], value["maxLength"], value.get("gramRows", 0))  # fmt: skip


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


class Grams(nn.Module):
    """What the runs of two, three and four tokens that end at a token say of it, by hashed tables: ids [B, T] -> [B, T, D].

    Hashed n-gram embeddings as in the Byte Latent Transformer (https://arxiv.org/abs/2412.09871, section 3.2.1). Two layers of
    width 128 cannot hold what a million weights of the linear view know about `' or '`; a table can, and costs no
    multiplication. Rows begin at zero: a run that training never showed says nothing.
    """

    def __init__(self, rows: int, width: int, forgetful: bool) -> None:
        """`forgetful`: in training, of every text a share of its own, none to all of it, is taken for unknown; else whatever
        is new on a foreign site looks foreign."""
        super().__init__()
        self.rows, self.forgetful = rows, forgetful
        self.tables = nn.ModuleList(nn.Embedding(rows, GRAM_SIZE) for _ in GRAM_FACTORS[1:])
        self.out = nn.Linear(len(self.tables) * GRAM_SIZE, width, bias=False)
        for table in self.tables:
            nn.init.zeros_(table.weight)

    def forward(self, ids: Tensor) -> Tensor:
        hashed, found = ids * GRAM_FACTORS[0], []
        for back, table in enumerate(self.tables, 1):
            hashed = hashed + F.pad(ids, (back, 0))[:, :-back] * GRAM_FACTORS[back]
            found.append(table(hashed % self.rows))
        known = torch.cat(found, dim=-1)
        if self.training and self.forgetful:
            share = torch.rand(len(ids), 1, 1, device=ids.device) ** 2
            known = known * (torch.rand(*ids.shape, 1, device=ids.device) >= share)
        return self.out(known)


class Detector(nn.Module):
    """`encode` is what training differentiates; `forward` is what is exported and served."""

    def __init__(self, arch: Architecture, dropout: float = 0.0) -> None:
        super().__init__()
        self.arch = arch
        self.tokens = nn.Embedding(arch.vocab_size, arch.hidden_size)
        self.positions = nn.Embedding(arch.max_length, arch.hidden_size)
        self.grams = Grams(arch.gram_rows, arch.hidden_size, dropout > 0) if arch.gram_rows else None
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
        if self.grams is not None:
            x = x + self.grams(input_ids)
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
