"""Many requests: what is remembered, what is walked in chunks, and that memory does not follow their number."""

import json
from pathlib import Path

import numpy as np
import pytest

from trainer.__main__ import main
from trainer.bench import measure_size, memory, synthetic_requests
from trainer.corpus import Corpus
from trainer.model import GRAM_SIZE, SIZES
from trainer.prepare import CorpusWriter, SequenceStore
from trainer.split import SPLITS, SplitShares, split_requests
from trainer.tokenizer import shared_words

INPUTS = [{"file": "x", "license": "none", "requests": 0, "denied": 0, "sha256": ""}]


def written(folder, requests, known):
    writer = CorpusWriter(folder, known)
    for canonical in requests:
        writer.add(canonical, 0)
    writer.close(INPUTS, SplitShares(), seed=0)
    return Corpus.open(folder)


def test_a_store_remembers_what_it_met_last(tmp_path):
    store = SequenceStore(tmp_path, known=6)
    assert [store.add(text) for text in "abcab"] == [0, 1, 2, 0, 1]
    assert [store.add("a") if k % 2 else store.add(f"new {k}") for k in range(40)][1::2] == [0] * 20  # met again in time
    assert store.add("b") > 2 and len(store._index) + len(store._older) <= 6


def test_forgetting_costs_copies_and_no_text(tmp_path):
    requests = list(synthetic_requests(2000))
    whole, forgetful = written(tmp_path / "a", requests, known=100_000), written(tmp_path / "b", requests, known=500)
    assert len(whole.texts) < len(forgetful.texts) < 2000 * 5
    for request in (0, 777, 1999):
        texts = [[corpus.text(index) for index in corpus.request_sequences(request)] for corpus in (whole, forgetful)]
        assert texts[0] == texts[1] == requests[request]["sequences"]


def test_chunks_change_nothing(tmp_path, monkeypatch):
    whole = written(tmp_path / "a", synthetic_requests(1500), known=100_000)
    monkeypatch.setattr("trainer.corpus.CHUNK", 64)
    monkeypatch.setattr("trainer.split.CHUNK", 97)
    monkeypatch.setattr("trainer.corpus._HELD", 3)
    chunked = written(tmp_path / "b", synthetic_requests(1500), known=100_000)
    for name in ("sequences", "request_offsets", "request_split", "train_texts", "train_draws", "text_offsets"):
        assert np.array_equal(np.load(tmp_path / "a" / f"{name}.npy"), np.load(tmp_path / "b" / f"{name}.npy")), name
    assert np.array_equal(whole.counts("select"), chunked.counts("select"))
    pairs = [{index: sites.tolist() for index, sites in corpus.sites_by_sequence("train")} for corpus in (whole, chunked)]
    assert pairs[0] == pairs[1]


def test_borders_of_large_sites_come_from_a_sample(monkeypatch):
    site, time = np.zeros(10_000, dtype=np.int32), np.random.default_rng(0).permutation(10_000)
    exact, _ = split_requests(site, time, ["a"], SplitShares(), seed=0)
    monkeypatch.setattr("trainer.split.BORDER_SAMPLE", 500)
    sampled, _ = split_requests(site, time, ["a"], SplitShares(), seed=0)
    assert (np.bincount(exact) / 10_000).tolist() == [0.75, 0.05, 0.1, 0.1]
    assert np.abs(np.bincount(sampled) / 10_000 - [0.75, 0.05, 0.1, 0.1]).max() < 0.03
    assert all(time[sampled == k].max() < time[sampled == k + 1].min() for k in range(len(SPLITS) - 1))


def test_words_of_few_sites_are_forgotten_first():
    texts = [(f"shared id{k} number{k}", (k % 9,)) for k in range(300)]
    assert shared_words(texts, min_sites=5, most_words=40)["shared"] == 9


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_memory_does_not_follow_the_number_of_requests(tmp_path):
    """Four times the requests past the point where the store is full: under a few MB, where keeping them takes 30."""
    writer = CorpusWriter(tmp_path, known=4_000)
    own = []
    for number, canonical in enumerate(synthetic_requests(50_000), 1):
        writer.add(canonical, 0)
        if number in (10_000, 50_000):
            own.append(memory()["own"])
    writer.close(INPUTS, SplitShares(), seed=0)
    assert own[1] - own[0] < 12


RUN_WEIGHTS = 3 * 131_071 * GRAM_SIZE  # of the tables of two, three and four tokens


def test_every_size_builds_exports_and_is_measured(tmp_path, capsys):
    figures = measure_size("tiny", tmp_path, runs=3)
    layers, hidden, *_ = SIZES["tiny"]
    assert figures["weights"] == pytest.approx(4096 * hidden + 12 * layers * hidden**2 + RUN_WEIGHTS, rel=0.02)
    assert figures["megabytes"]["int8"] < figures["megabytes"]["fp16"] < figures["megabytes"]["fp32"]
    assert all(figures[kind][length] > 0 for kind in ("fp32", "int8") for length in (32, 64, 96))
    assert main(["bench", "scale", "--requests", "1000", "--folder", str(tmp_path / "data")]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows[0]["what"] == "before" and rows[-1]["samples"] > 0 and {row["what"] for row in rows} == {"before", "written", "split", "streamed"}
