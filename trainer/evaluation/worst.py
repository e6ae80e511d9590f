"""The worst errors, with the field and what the model looked at: for the owner's eyes, never for publication."""

from __future__ import annotations

import numpy as np

from ..bundle import Bundle
from ..explain import Explainer, Span
from .requests import TextPool
from .tables import Scored, attack_class, visible_mask

WORST = 25  # false positives and misses listed for each source
EXCERPT = 200  # characters of a field in those lists, around what decided


def worst_alarms(bundle: Bundle, benign: Scored, pool: TextPool) -> list[dict]:
    order = np.argsort(-benign.logits, kind="stable")
    return _listed(bundle, benign, pool, order[benign.denied[order]])


def worst_misses(bundle: Bundle, attacks: Scored, pool: TextPool) -> list[dict]:
    order = np.argsort(attacks.logits, kind="stable")
    wrong = visible_mask(attacks.requests)[order] & ~attacks.denied[order]
    return _listed(bundle, attacks, pool, order[wrong])


def _listed(bundle: Bundle, scored: Scored, pool: TextPool, order: np.ndarray) -> list[dict]:
    """The first WORST, one a field text."""
    budget, survival = bundle.manifest["falsePositiveBudget"], bundle.survival
    listed: dict[int, dict] = {}
    explainer = Explainer(bundle)
    for index in order.tolist():
        top = int(scored.top[index])
        if len(listed) == WORST:
            break
        if top in listed or top < 0:
            continue
        logit, meta = float(scored.logits[index]), scored.requests.meta[index]
        listed[top] = {"source": scored.requests.source[index], "logit": round(logit, 3), "score": round(survival.score(logit, budget), 4),
                       **({"class": attack_class(meta)} if meta.get("class") or meta.get("class_guess") else {}), **_excerpt(pool.texts[top], explainer.span(pool.texts[top]))}  # fmt: skip
    return list(listed.values())


def _excerpt(text: str, span: Span) -> dict:
    """The field's text with the deciding span in view; `span` counts in what is shown."""
    low = max(0, min(span.start - EXCERPT // 4, len(text) - EXCERPT))
    head = "\u2026" if low else ""
    shift = len(head) - low
    field = head + text[low : low + EXCERPT] + ("\u2026" if low + EXCERPT < len(text) else "")
    return {"field": field, "span": [min(len(field), span.start + shift), min(len(field), span.end + shift)], "decidedBy": span.view}
