"""A log to fine-tune on before sites are measured: what these sites have sent, and what attackers have hidden in it."""

from __future__ import annotations

import random

import numpy as np

from ..errors import TrainerError
from .requests import Requests, raw_records
from .sites import unseen_split
from .tables import visible_mask

LABELS = ("source", "label", "class", "meta")


def learning_log(benign: Requests, attacks: Requests, hidden_share: float = 0.0, seed: int = 0) -> list[dict]:
    """The older half of each unseen site's benign requests, as they stand in the files.

    @param hidden_share: attacks on these sites among them, as a share of the log, at random places and without their labels:
        what an application's log looks like that nobody has cleaned.
    """
    split = unseen_split(benign, attacks, halves=True)
    log = raw_records(benign, np.sort(split.log))
    attacked = split.attacks[visible_mask(attacks.take(split.attacks))].tolist()
    count = round(hidden_share / (1 - hidden_share) * len(log))
    if count > len(attacked):
        raise TrainerError(f"--contaminate: expected no more attacks than these sites have ({len(attacked)}), got {count}")
    rng = random.Random(seed)
    for record in raw_records(attacks, np.array(rng.sample(attacked, count), dtype=np.int64)):
        log.insert(rng.randrange(len(log) + 1), {key: value for key, value in record.items() if key not in LABELS})
    return log
