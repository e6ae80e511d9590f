"""What a log must lose before anything learns from it: the requests that a model flags which has not learned from it.

A contaminated model does not find its own contamination; its parent does, at the price of some odd benign requests. Such
may come back by quorum: the same kind of value in the same field, sent by several clients.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict

import numpy as np

from .bundle import Bundle
from .corpus import LEFT_OUT, Corpus
from .markers import MARKERS
from .scoring import Scorer
from .split import SPLITS
from .views import Rule, cut, linear_logits, linear_view

REPORT = "filter.json"
SCORE_TEXTS = 20_000  # at a time
_PLAIN = re.compile(r"[\w\s\ue000-\ue01f]+")


class Judge:
    """Says of canonical texts whether a bundle would deny a request for them. Runs the Transformer only where the linear
    view leaves the answer open, as the service does."""

    def __init__(self, bundle: Bundle) -> None:
        self.threshold = bundle.manifest["threshold"]
        self.transformer, self.linear = Scorer.of(bundle), linear_view(bundle)
        self.rule = Rule.from_manifest(bundle.manifest["views"]) if "views" in bundle.manifest else None

    def flags(self, texts: list[str]) -> np.ndarray:
        """bool [len(texts)]"""
        if self.rule is None:
            return self.transformer.field_logits(texts) >= self.threshold
        pieces, owners = cut(texts, self.rule.pieces)
        linear = linear_logits(texts, self.linear, self.rule.pieces)
        open_ = np.flatnonzero(self.rule.at_most(linear) >= self.threshold)
        values = self.rule.combine(self.transformer.field_logits([pieces[index] for index in open_]), linear[open_])
        flagged = np.zeros(len(texts), dtype=bool)
        flagged[owners[open_[values >= self.threshold]]] = True
        return flagged


def kind_of(text: str) -> tuple[str, str]:
    """Zone and name, and which punctuation the value has."""
    head, _, value = text.partition(MARKERS["VALUE"])
    return head, "".join(sorted(set(_PLAIN.sub("", value))))


def leave_out(corpus: Corpus, bundle: Bundle, quorum: int = 0) -> dict:
    """Takes flagged requests out of every split and returns the counts (also in filter.json).

    With a quorum, a flagged text counts as benign once `quorum` distinct clients of its site have sent its kind.
    """
    judge = Judge(bundle)
    flagged = np.zeros(len(corpus.texts), dtype=bool)
    for begin in range(0, len(corpus.texts), SCORE_TEXTS):
        texts = [corpus.text(index) for index in range(begin, min(len(corpus.texts), begin + SCORE_TEXTS))]
        flagged[begin : begin + len(texts)] = judge.flags(texts)
    clients: dict[tuple, set[int]] = defaultdict(set)
    if quorum:
        for requests, sequences in corpus.walk():
            for at in np.flatnonzero(flagged[sequences]):
                clients[(int(corpus.site[requests[at]]), *kind_of(corpus.text(sequences[at])))].add(int(corpus.client[requests[at]]))
    split = np.array(corpus.split)
    out = np.zeros(len(split), dtype=bool)
    suspect = np.zeros(len(split), dtype=bool)
    for requests, sequences in corpus.walk():
        for at in np.flatnonzero(flagged[sequences]):
            request = requests[at]
            suspect[request] = True
            if quorum and len(clients[(int(corpus.site[request]), *kind_of(corpus.text(sequences[at])))]) >= quorum:
                continue
            out[request] = True
    split[out] = LEFT_OUT
    np.save(corpus.folder / "request_split.npy", split)
    kept = Corpus(corpus.folder, corpus.meta)
    kept.write_draws()
    report = {
        "judge": bundle.manifest["id"],
        "requests": len(split),
        "flagged": int(suspect.sum()),
        "readmittedByQuorum": int((suspect & ~out).sum()),
        "leftOut": int(out.sum()),
        "quorum": quorum,
        "kept": dict(zip(SPLITS, np.bincount(split[~out], minlength=len(SPLITS)).tolist())),
    }
    (corpus.folder / REPORT).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return report
