import json
import shlex
import sys

import numpy as np
import pytest

from trainer.__main__ import main
from trainer.corpus import Corpus, GrowingArray, sample_weights
from trainer.errors import TrainerError
from trainer.split import SPLITS, SplitShares, site_of, split_requests

from .conftest import FAKE, shop_requests, write_jsonl


def run(*args):
    return main(["prepare", *map(str, args), "--normgate", FAKE])


def test_requests_are_indexes_into_unique_texts(corpus):
    assert corpus.meta["requests"] == 1500 and len(corpus.texts) == corpus.meta["uniqueSequences"] < 1500 * 4
    texts = [corpus.text(index) for index in corpus.request_sequences(0)]
    first = next(iter(shop_requests(1, 400)))
    assert texts[0] == "\ue004\ue00b" + first["path"].partition("?")[0]
    everything = [corpus.text(index) for index in range(len(corpus.texts))]
    assert len(set(everything)) == len(everything)


def test_provenance_tells_hash_license_and_counts(corpus, logs):
    (entry,) = corpus.meta["inputs"]
    assert entry["file"] == logs.name and entry["license"] == "Apache-2.0" and entry["requests"] == 1500 and len(entry["sha256"]) == 64


def test_sites_stay_whole(corpus):
    for site in range(len(corpus.sites)):
        assert len(set(corpus.split[corpus.site == site])) <= 1


def test_counts_and_sites_of_sequences_agree_with_the_requests(corpus):
    counts, sites = corpus.counts("train"), corpus.sites_by_sequence("train")
    expected = np.zeros(len(corpus.texts), dtype=int)
    for request in corpus.requests_in("train"):
        expected[corpus.request_sequences(request)] += 1
    assert counts.sum() > 0 and (counts == expected).all()
    texts, draws = corpus.training_texts()
    assert list(draws.values) == np.cumsum(sample_weights(counts[counts > 0])).tolist() and len(texts) == (counts > 0).sum()
    met = dict(sites)
    assert list(met) == np.flatnonzero(counts).tolist()
    first = next(iter(met))
    owners = [r for r in corpus.requests_in("train") if first in corpus.request_sequences(r)]
    assert met[first].tolist() == sorted({int(corpus.site[r]) for r in owners})


def test_one_site_is_split_by_time(tmp_path):
    log = write_jsonl(tmp_path / "one.jsonl", reversed(list(shop_requests(400, sites=1))))
    assert run("--logs", log, "--out", tmp_path / "data") == 0
    corpus = Corpus.open(tmp_path / "data")
    ends = [(corpus.time[corpus.requests_in(name)].min(), corpus.time[corpus.requests_in(name)].max()) for name in SPLITS]
    assert all(left[1] < right[0] for left, right in zip(ends, ends[1:]))
    assert [len(corpus.requests_in(name)) for name in SPLITS] == [300, 20, 40, 40]


def test_a_big_site_is_split_by_time_and_the_others_stay_whole():
    site = np.array([0] * 500 + [1 + k % 150 for k in range(500)])
    split, warnings = split_requests(site, np.arange(1000), [f"s{k}" for k in range(151)], SplitShares(), seed=1)
    assert not warnings and len(set(split[:500])) == 4
    assert all(len(set(split[site == k])) == 1 for k in range(1, 151))


def test_too_few_small_sites_fall_back_to_time_with_a_warning():
    site = np.arange(400) % 3  # three sites cannot fill four splits whole
    split, warnings = split_requests(site, np.arange(400), ["a", "b", "c"], SplitShares(), seed=0, big_share=0.5)
    assert set(split) == {0, 1, 2, 3} and "split by time" in warnings[0]


def test_too_few_requests_to_split_is_an_error():
    with pytest.raises(TrainerError, match="leave .* empty"):
        split_requests(np.zeros(3, dtype=int), np.arange(3), ["s"], SplitShares(), seed=0)


@pytest.mark.parametrize(
    ("host", "site"),
    [("www.Shop.example:8080", "shop.example"), ("a.b.co.uk", "b.co.uk"), ("co.uk", "co.uk"), ("", "none"), ("localhost", "localhost"),
     ("10.1.2.3:80", "10.1.2.3"), ("[::1]:80", "[::1]"), ("x.y.", "x.y")],
)  # fmt: skip
def test_site_of_host(host, site):
    assert site_of(host) == site


def test_denied_captures_are_left_out_and_counted(tmp_path, capsys):
    records = list(shop_requests(200, sites=1))
    for record in records[::10]:
        record["verdict"] = {"action": "allow", "wouldDeny": True}
    log = write_jsonl(tmp_path / "capture.jsonl", records)
    assert run("--logs", log, "--out", tmp_path / "a") == 0 and "20 denied ones left out" in capsys.readouterr().out
    assert Corpus.open(tmp_path / "a").meta["requests"] == 180
    assert run("--logs", log, "--out", tmp_path / "b", "--keep-denied") == 0
    assert Corpus.open(tmp_path / "b").meta["requests"] == 200


def test_attacks_never_get_in(tmp_path, capsys):
    records = [*shop_requests(50, sites=1), {"method": "GET", "path": "/?q='", "headers": {}, "label": "attack"}]
    assert run("--logs", write_jsonl(tmp_path / "mixed.jsonl", records), "--out", tmp_path / "data") == 2
    assert "mixed.jsonl:51: label: expected benign" in capsys.readouterr().err
    assert not (tmp_path / "data" / "meta.json").exists()


def test_requests_that_the_canonicalizer_skips_do_not_shift_the_others(tmp_path):
    records = list(shop_requests(100, sites=3))
    records.insert(40, {"method": "GET", "path": "/unreadable", "headers": {}})
    log = write_jsonl(tmp_path / "x.jsonl", records)
    assert run("--logs", log, "--out", tmp_path / "data") == 0
    corpus = Corpus.open(tmp_path / "data")
    assert corpus.meta["requests"] == 100 and corpus.time.tolist() == list(range(1000, 1100))


@pytest.mark.parametrize(
    ("command", "message"),
    [("/nonexistent/normgate", "cannot start"),
     (shlex.join([sys.executable, "-c", "import sys; sys.stdin.read(); sys.exit(7)"]), "exited with status 7"),
     (shlex.join([sys.executable, "-c", "print('{\"id\":\"0\",\"canonicalizerVersion\":99}')"]), "canonicalizerVersion: expected 7, got 99")],
)  # fmt: skip
def test_a_canonicalizer_that_fails_is_told(tmp_path, capsys, command, message):
    log = write_jsonl(tmp_path / "x.jsonl", shop_requests(5, sites=1))
    assert main(["prepare", "--logs", str(log), "--out", str(tmp_path / "data"), "--normgate", command]) == 2
    assert message in capsys.readouterr().err


def test_more_licenses_than_files_is_an_error(tmp_path, capsys):
    log = write_jsonl(tmp_path / "x.jsonl", shop_requests(5, sites=1))
    assert run("--logs", log, "--out", tmp_path / "d", "--license", "A", "--license", "B") == 2
    assert "--license: expected at most one a file (1), got 2" in capsys.readouterr().err


def test_growing_arrays_load_as_numpy_arrays(tmp_path):
    array = GrowingArray(tmp_path / "a.npy", "<i8")
    array.extend([1, 2])
    array.extend([3])
    array.close()
    assert np.load(tmp_path / "a.npy", mmap_mode="r").tolist() == [1, 2, 3]


def test_another_format_version_is_refused(tmp_path):
    (tmp_path / "meta.json").write_text(json.dumps({"formatVersion": 0}))
    with pytest.raises(TrainerError, match="formatVersion: expected 2, got 0"):
        Corpus.open(tmp_path)
