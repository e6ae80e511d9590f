"""What is normal in the field that decided, from a memory of the host's log: for the owner's report."""

from __future__ import annotations

from ..explain import shown
from ..markers import MARKERS
from ..memory import symbols_text
from .with_memory import WithMemory

NEAREST = 3  # known values shown, as many as the service shows
COMPARED = 512  # characters of a value compared, and values compared at most
SHOWN = 80  # characters of each value


def normal_in(memory: WithMemory, host: str, fields: list[str], text: str) -> dict | None:
    """`normal` of an explanation; None where the host has no history of the field."""
    found = memory.memory.history(host, fields, text)
    if found is None:
        return None
    learned, values = found
    ranked = sorted(values[:COMPARED], key=lambda value: (-_likeness(text, value), value))
    cut = lambda value: value[:SHOWN] + ("\u2026" if len(value) > SHOWN else "")  # noqa: E731
    return {
        "observations": learned.n, "values": learned.values, "ceiling": round(learned.ceiling, 2) if learned.values else None,
        "symbols": symbols_text(learned.symbols), "longest": learned.longest,
        "nearest": [shown(cut(value[value.find(MARKERS["VALUE"]) + 1 :])) for value in ranked[:NEAREST]],
    }  # fmt: skip


def _likeness(one: str, other: str) -> float:
    """Share of trigrams in common."""
    ours, theirs = ({text[i : i + 3] for i in range(min(len(text), COMPARED) - 2)} for text in (one, other))
    return len(ours & theirs) / (len(ours | theirs) or 1)
