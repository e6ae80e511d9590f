"""Texts to corrupt, and what corrupts them, for several tests."""

import random
import sys

from trainer.corrupt import Corruptor
from trainer.corruption_config import CorruptionConfig
from trainer.markers import MARKERS

# Stands in for the canonicalizer: what it is given, it gives back.
IDENTITY = [sys.executable, "-c", "import sys; sys.stdout.write(sys.stdin.read())"]
ZONES = ("PATH", "QUERY", "HEADER", "COOKIE", "BODY")
WORDS = "alpha beta gamma delta shop order view detail color blue items users search für 東京 size".split()
ONLY_FRAGMENTS = {"hard_benign_share": 0.0, "padding_share": 0.0, "woven_share": 0.0, "random_case_share": 0.0, "benign_case_share": 0.0,
                  "noise_share": 0.0, "second_share": 0.0, "benign_share": 0.0}  # fmt: skip


def field_text(rng):
    zone = rng.choice(ZONES)
    flags = (MARKERS["DEPTH"] if rng.random() < 0.2 else "") + (MARKERS["MALFORMED"] if rng.random() < 0.1 else "")
    if zone == "PATH":
        return MARKERS[zone] + flags + MARKERS["VALUE"] + "".join(f"/{rng.choice(WORDS)}" for _ in range(rng.randint(1, 4)))
    words = [rng.choice([*WORDS, MARKERS["UUID"]]) for _ in range(rng.choice([0, 1, 2, 5, 12, 120]))]
    return MARKERS[zone] + flags + rng.choice(WORDS) + "_0" + MARKERS["VALUE"] + " ".join(words)


def structure_text(rng):
    return f"{MARKERS['STRUCTURE']}GET /{rng.choice(WORDS)} a,b,{rng.choice(WORDS)} application/json"


def texts(seed=1, size=3000):
    rng = random.Random(seed)
    return [field_text(rng) for _ in range(size)]


def corruptor(bank, seed=5, **settings):
    return Corruptor(texts(), bank, random.Random(seed), CorruptionConfig(**settings))
