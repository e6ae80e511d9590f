"""Long fields as overlapping windows that each repeat the field's prefix; identical in `src/tokenize`."""

from dataclasses import dataclass

from .markers import CLS_ID, VALUE_ID


@dataclass(frozen=True)
class WindowShape:
    """Manifest key `window`. Why these: a window of 96 holds 97 % of all fields whole; a quarter of overlap keeps a
    payload of up to 24 tokens whole in some window; 16 tokens hold zone and name of nearly every field."""

    tokens: int = 96  # per window, CLS included
    overlap: int = 24  # tokens that neighbors share
    prefix_tokens: int = 16  # longest `zone name VALUE` prefix that is repeated whole; longer: the zone alone


def prefix_length(ids: list[int], shape: WindowShape) -> int:
    """Tokens of the prefix that every window of a long field repeats."""
    after_value = ids.index(VALUE_ID) + 1 if VALUE_ID in ids else 0
    return after_value if 0 < after_value <= shape.prefix_tokens else 1


def windows_of(ids: list[int], shape: WindowShape = WindowShape()) -> list[list[int]]:
    """Windows of a field's token ids (without CLS); each starts with CLS and has at most `shape.tokens` ids."""
    capacity = shape.tokens - 1
    if len(ids) <= capacity:
        return [[CLS_ID, *ids]]
    cut = prefix_length(ids, shape)
    prefix, body = ids[:cut], ids[cut:]
    room = capacity - len(prefix)
    step = room - shape.overlap
    return [
        [CLS_ID, *prefix, *body[start : start + room]]
        for start in range(0, max(1, len(body) - shape.overlap), step)
    ]
