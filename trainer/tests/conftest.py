"""Small synthetic traffic and a stand-in corruptor, made in code; nothing outside the repository is read."""

import json
import random
import shlex
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
import torch

from trainer import vectors
from trainer.corpus import Corpus
from trainer.fragments import FragmentBank, build_bank
from trainer.markers import MARKERS
from trainer.prepare import prepare
from trainer.split import SplitShares

from .corruption import IDENTITY

FAKE = shlex.join([sys.executable, str(Path(__file__).with_name("fake_normgate.py"))])

torch.set_num_threads(1)


class QuoteCorruptor:
    """Puts one quoted fragment into every second text: the simplest foreign syntax."""

    def __init__(self, texts):
        self.rng = random.Random(0)
        self.size = len(texts)

    def reseed(self, seed):
        self.rng.seed(seed)

    def sample(self, text):
        if self.rng.random() < 0.5:
            return text, []
        piece = self.rng.choice(("' OR 1=1--", "<script>x()</script>", "; cat /etc/passwd", "${7*7}"))
        return text + piece, [(len(text), len(text) + len(piece))]


def shop_requests(count: int, sites: int, seed: int = 0):
    rng = random.Random(seed)
    for number in range(count):
        text = quote(vectors.benign_text(rng).partition(MARKERS["VALUE"])[2])  # varied, so that benign scores spread
        yield {"method": "GET", "path": f"/{rng.choice(vectors._NOUNS)}?q={text}&n={rng.choice(vectors._NOUNS)}{number % 7}",
               "headers": {"Host": f"www.site{rng.randrange(sites)}.example"}, "time": 1000 + number}  # fmt: skip


def write_jsonl(path: Path, records) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def logs(tmp_path_factory) -> Path:
    return write_jsonl(tmp_path_factory.mktemp("logs") / "shop.jsonl", shop_requests(1500, sites=400))


@pytest.fixture(scope="session")
def corpus(tmp_path_factory, logs) -> Corpus:
    out = tmp_path_factory.mktemp("data")
    prepare([logs], out, ["Apache-2.0"], "auto", FAKE, False, SplitShares(0.55, 0.15, 0.15, 0.15), seed=0)
    return Corpus.open(out)


@pytest.fixture(scope="session")
def tokenizer_path() -> Path:
    return vectors.VECTORS / "tokenizer.json"


@pytest.fixture(scope="session")
def bank() -> FragmentBank:
    return build_bank(None, IDENTITY, seed=3, size=6000)
