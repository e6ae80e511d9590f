"""The golden vectors equal what this package computes now; the same files are read by vitest."""

import json

import pytest

from trainer import vectors
from trainer.bundle import FP32, Bundle
from trainer.markers import MARKERS
from trainer.scoring import Scorer
from trainer.tokenizer import encode_batch, load_tokenizer
from trainer.windows import windows_of

KNOWN = {"explanation.json", "memory.json", "sites.json", "markers.json", "tokenizer.json", "tokenizer-cases.json", "scores.json", "linear.json", "pieces.json"}
READ_BY_VITEST = {"canonicalize", "fuzz"}  # folders of rooms that this package does not have


def read(name):
    return json.loads((vectors.VECTORS / name).read_text(encoding="utf-8"))


def test_every_vector_file_is_one_that_a_test_reads():
    assert {path.name for path in vectors.VECTORS.iterdir()} == KNOWN | READ_BY_VITEST


def test_markers_are_the_table():
    assert read("markers.json") == {name: ord(mark) for name, mark in MARKERS.items()}


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(vectors.VECTORS / "tokenizer.json")


def test_tokenizer_cases_encode_to_the_same_ids_and_windows(tokenizer):
    cases = read("tokenizer-cases.json")
    assert len(cases) >= 2000 and sum("windows" in case for case in cases) >= 100
    ids = encode_batch(tokenizer, [case["text"] for case in cases])
    for case, got in zip(cases, ids):
        assert got == case["ids"], ascii(case["text"])
        if "windows" in case:
            assert windows_of(got) == case["windows"], ascii(case["text"])


def test_generation_is_reproducible(tokenizer):
    assert vectors.tokenizer_cases(tokenizer) == read("tokenizer-cases.json")
    assert vectors.small_tokenizer().to_str() == tokenizer.to_str()


def test_the_tiny_bundle_is_valid_and_scores_as_recorded():
    bundle = Bundle.open(vectors.VECTORS.parent / "fixtures" / "tiny-bundle")
    scorer = Scorer.of(bundle, FP32)
    cases = read("scores.json")
    assert len(cases) >= 50 and any(case["score"] > 0.5 for case in cases)
    for case, windows in zip(cases, scorer.window_logits([case["text"] for case in cases])):
        assert windows == pytest.approx(case["pooled_logit"], abs=1e-4)
        assert bundle.survival.score(max(case["pooled_logit"]), 0.001) == pytest.approx(case["score"], abs=1e-9)
