"""The worst errors, with the field and what the model looked at: for the owner's eyes, never for publication."""

from __future__ import annotations

import numpy as np

from ..bundle import Bundle
from ..explain import Explainer, Span
from .normal import normal_in
from .raw_spans import place_of
from .requests import TextPool
from .tables import Scored, attack_class, visible_mask
from .with_memory import WithMemory

WORST = 25  # false positives and misses listed for each source
EXCERPT = 200  # characters of a field in those lists, around what decided


def worst_alarms(bundle: Bundle, benign: Scored, pool: TextPool, memory: WithMemory | None = None) -> list[dict]:
    order = np.argsort(-benign.logits, kind="stable")
    return _listed(bundle, benign, pool, order[benign.denied[order]], memory)


def worst_misses(bundle: Bundle, attacks: Scored, pool: TextPool, memory: WithMemory | None = None) -> list[dict]:
    order = np.argsort(attacks.logits, kind="stable")
    wrong = visible_mask(attacks.requests)[order] & ~attacks.denied[order]
    return _listed(bundle, attacks, pool, order[wrong], memory)


def _listed(bundle: Bundle, scored: Scored, pool: TextPool, order: np.ndarray, memory: WithMemory | None) -> list[dict]:
    """The first WORST, one a field text; `place` is for `raw_spans.py`, `normal` there where a memory judged."""
    budget, survival = bundle.manifest["falsePositiveBudget"], bundle.survival
    listed: dict[int, dict] = {}
    explainer = Explainer(bundle)
    for index in order.tolist():
        top = int(scored.top[index])
        if len(listed) == WORST:
            break
        if top in listed or top < 0:
            continue
        text, requests = pool.texts[top], scored.requests
        span = explainer.span(text)
        logit, meta = float(scored.logits[index]), scored.requests.meta[index]
        listed[top] = {"source": scored.requests.source[index], "logit": round(logit, 3), "score": round(survival.score(logit, budget), 4),
                       **({"class": attack_class(meta)} if meta.get("class") or meta.get("class_guess") else {}), **_excerpt(text, span),
                       "place": place_of(requests, index, text, span.start, span.end)}  # fmt: skip
        if memory is not None:
            texts = [pool.texts[field] for field in requests.fields[index].tolist()]
            listed[top]["normal"] = normal_in(memory, requests.host[index], texts, text)
    return list(listed.values())


def _excerpt(text: str, span: Span) -> dict:
    """The field's text with the deciding span in view; `span` counts in what is shown."""
    low = max(0, min(span.start - EXCERPT // 4, len(text) - EXCERPT))
    head = "\u2026" if low else ""
    shift = len(head) - low
    field = head + text[low : low + EXCERPT] + ("\u2026" if low + EXCERPT < len(text) else "")
    return {"field": field, "span": [min(len(field), span.start + shift), min(len(field), span.end + shift)], "decidedBy": span.view}
