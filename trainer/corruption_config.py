"""The settings of corruption, each with its reason; the key `corruption` of a training config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class CorruptionConfig:
    """Shares are probabilities in [0, 1]; lengths are in characters. Defaults were measured, reasons stand beside them."""

    benign_share: float = 0.5
    """Texts left free of foreign syntax: both classes equally, so that the loss needs no weights."""
    structure_share: float = 0.05
    """Structure sequences that are corrupted at all: they hold names and types only, so little can be put into them."""
    noise_share: float = 0.03
    """Corruptions that are noise, repeats or shuffles instead of a language; above 5 % recall at small budgets falls fast."""
    name_share: float = 0.06
    """Corruptions of the name instead of the value: operator syntax and broken quotes arrive there too."""
    name_suffix_share: float = 0.6
    """Name corruptions that add operator syntax behind the name; the others put a fragment behind it or in its place."""
    replace_share: float = 0.50
    """Value corruptions that replace the whole value: most tools send nothing else."""
    append_share: float = 0.37
    """Value corruptions behind the value; what remains of 1 goes inside it."""
    path_append_share: float = 0.50
    """In a path, fragments behind it: a path stays a path."""
    path_last_share: float = 0.25
    """In a path, fragments in place of the last segment; what remains of 1 goes in behind some slash."""
    second_share: float = 0.03
    """Value corruptions with a second fragment further on: payloads come in parts."""
    hard_benign_share: float = 0.18
    """Values replaced or followed by code-like text that does belong. From 12 to 18 %, with whole statements in the grammars:
    SQL-like prose denied 13.5 to 3.6 %, recall unchanged."""
    hard_replace_share: float = 0.8
    """Hard benign texts that replace the value; the others follow it."""
    padding_share: float = 0.30
    """Values with benign words around them, corrupted or not: at 12 %, 150 words around a payload hid it."""
    padding_before_share: float = 0.35
    """Padding before only."""
    padding_after_share: float = 0.35
    """Padding after only; what remains of 1 is padded on both sides."""
    woven_share: float = 0.33
    """Fragments with benign words between their tokens, in comments or attributes: untrained for it, recall falls by 24
    points."""
    benign_woven_share: float = 0.2
    """Hard benign texts with words between their tokens: else every word beside a symbol turns suspicious."""
    random_case_share: float = 0.10
    """Fragments in random case, an evasion that languages blind to case allow."""
    benign_case_share: float = 0.05
    """Values in upper, lower or title case: case by itself says nothing."""
    foreign_value_share: float = 0.20
    """Values exchanged for some other field's: a site never seen pairs names with values never seen together."""
    foreign_name_share: float = 0.15
    """Names exchanged for some other field's, for the same reason."""
    mixed_share: float = 0.10
    """Values continued with a piece of another value: benign text is not only what was once seen whole."""
    mutated_share: float = 0.30
    """Values whose words, digits and separators were exchanged for others: what is merely new must not look foreign."""
    max_value: int = 400
    """Longer values are cut to a random piece of this length, about two windows, before anything else."""
    max_fragment: int = 220
    """A fragment is cut to this length, or in two cases of three to about a half or a quarter of it."""
    vocabulary_texts: int = 20_000
    """Texts from which padding words and values are taken."""

    def __post_init__(self) -> None:
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name.endswith("_share"):
                if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
                    raise ValueError(f"{f.name}: expected a number from 0 to 1, got {value!r}")
            elif isinstance(value, bool) or not isinstance(value, int) or value < 16:
                raise ValueError(f"{f.name}: expected an integer of at least 16, got {value!r}")
        for first, second in (("replace_share", "append_share"), ("path_append_share", "path_last_share"),
                              ("padding_before_share", "padding_after_share")):
            if getattr(self, first) + getattr(self, second) > 1 + 1e-9:
                raise ValueError(f"{first} + {second}: expected at most 1, got {getattr(self, first) + getattr(self, second)}")

    @classmethod
    def from_dict(cls, raw: Mapping[str, object]) -> CorruptionConfig:
        known = {f.name for f in fields(cls)}
        if unknown := sorted(set(raw) - known):
            raise ValueError(f"corruption.{unknown[0]}: no such setting; there are {', '.join(sorted(known))}")
        return cls(**raw)  # type: ignore[arg-type]
