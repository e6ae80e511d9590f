"""The worst errors, with the field and what the model looked at: for the owner's eyes, never for publication."""

from __future__ import annotations

import numpy as np

from ..bundle import Bundle
from ..explain import Explainer
from .explanation import excerpt, explanation
from .normal import normal_in
from .raw_spans import place_of
from .requests import TextPool
from .tables import Scored, attack_class, visible_mask
from .with_memory import WithMemory

WORST = 25  # false positives and misses listed for each source


def worst_alarms(bundle: Bundle, benign: Scored, pool: TextPool, memory: WithMemory | None = None) -> list[dict]:
    order = np.argsort(-benign.logits, kind="stable")
    return _listed(bundle, benign, pool, order[benign.denied[order]], memory)


def worst_misses(bundle: Bundle, attacks: Scored, pool: TextPool, memory: WithMemory | None = None) -> list[dict]:
    order = np.argsort(attacks.logits, kind="stable")
    wrong = visible_mask(attacks.requests)[order] & ~attacks.denied[order]
    return _listed(bundle, attacks, pool, order[wrong], memory)


def _listed(bundle: Bundle, scored: Scored, pool: TextPool, order: np.ndarray, memory: WithMemory | None) -> list[dict]:
    """The first WORST, one a field text: of each its explanation, then what is known here besides; `place` is for `raw_spans.py`."""
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
        span, meta, logit = explainer.span(text), requests.meta[index], float(scored.logits[index])
        listed[top] = explanation(text, span, round(survival.score(logit, budget), 4))
        if memory is not None and requests.host[index] in memory.memory.requests:
            texts = [pool.texts[field] for field in requests.fields[index].tolist()]
            listed[top]["normal"] = normal_in(memory, requests.host[index], texts, text)
        listed[top] |= {"source": requests.source[index], **({"class": attack_class(meta)} if meta.get("class") or meta.get("class_guess") else {}),
                        "logit": round(logit, 3), "decidedBy": span.view, "mark": excerpt(text, span)[1],
                        "place": place_of(requests, index, text, span.start, span.end)}  # fmt: skip
    return list(listed.values())
