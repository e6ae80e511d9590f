"""Why a field stands out, by the keys of the decision log and of `normgate score --explain` (`src/explain/explanation.ts`), in
their order; `tests/vectors/explanation.json` binds the three. For the owner's eyes, never for publication.
"""

from __future__ import annotations

from ..explain import Span, shown
from ..markers import MARKERS
from ..memory import name_of, units

EXCERPT = 200  # characters of a field's text: a page has more room than a line of a log
LEAD = 50  # of them before what decided


def explanation(text: str, span: Span, score: float) -> dict:
    """Without `memory`, the note on how a memory took part, since `normal` has its figures; that one comes behind these where
    a memory judged. `raw` is for `raw_spans.py` to find."""
    return {"zone": _ZONES.get(text[:1], ""), "name": shown(name_of(text)), "score": score, "span": span_in_value(text, span),
            "excerpt": excerpt(text, span)[0], "raw": None}  # fmt: skip


def span_in_value(text: str, span: Span) -> list[int]:
    """In UTF-16 units, as the service counts; a span that begins in the name begins with the value then."""
    value = _value_at(text)
    return [units(text[value : span.start]), units(text[value : span.end])]


def excerpt(text: str, span: Span) -> tuple[str, list[int]]:
    """What decided with some text around it, written for people, and which characters of that are what decided."""
    value = _value_at(text)
    in_name = span.start < span.end <= value
    low = span.start if in_name else max(value, min(span.start - LEAD, len(text) - EXCERPT))
    high = low + EXCERPT
    start, end = (min(max(low, at), high) for at in (span.start, span.end))
    before, marked = ("\u2026" if low > value else "") + shown(text[low:start]), shown(text[start:end])
    after = shown(text[end:high]) + ("\u2026" if high < len(text) else "")
    return before + marked + after, [len(before), len(before + marked)]


def _value_at(text: str) -> int:
    return text.find(MARKERS["VALUE"]) + 1


_ZONES = {MARKERS[zone.upper()]: zone for zone in ("structure", "path", "query", "header", "cookie", "body")}
