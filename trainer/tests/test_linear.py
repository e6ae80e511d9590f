"""The linear view: its hash and windows, its file, its training, and the rule that combines it with the Transformer."""

import json
import math

import numpy as np
import pytest

from trainer import vectors
from trainer.__main__ import main
from trainer.bundle import NGRAM, Bundle, read_manifest, write_manifest
from trainer.calibrate import HeldOut, calibrate
from trainer.errors import TrainerError
from trainer.linear import POOL_FIELDS, WindowMaker, averaged, check, label, linear_maker, train_linear, unit_spans
from trainer.config import Config
from trainer.ngrams import HEADER, LARGEST_CODE, NgramModel, Shape, code_units, features, norms, quantized, windows_of_units
from trainer.scoring import Scorer
from trainer.survival import Survival, fit_weighted_survival
from trainer.views import BOUND, CombinedScorer, Rule, compress, open_scorer

from .conftest import QuoteCorruptor

SHAPE = Shape(bits=14)


def fnv(units):
    """The documented hash, one code unit at a time."""
    state = 0x811C9DC5
    for unit in units:
        state = ((state ^ unit) * 0x01000193) & 0xFFFFFFFF
    state ^= state >> 15
    return (state * 0x85EBCA6B & 0xFFFFFFFF) >> (32 - SHAPE.bits)


def test_vectors_are_what_this_package_computes():
    stored = json.loads((vectors.VECTORS / "linear.json").read_text())
    model = NgramModel.read(vectors.NGRAM_FIXTURE)
    again = json.loads(json.dumps(vectors.linear_cases(model)))
    assert [case["text"] for case in again["cases"]] == [case["text"] for case in stored["cases"]]
    for got, expected in zip(again["cases"], stored["cases"]):
        assert [window[:2] for window in got["windows"]] == [window[:2] for window in expected["windows"]]
        assert [window[2] for window in got["windows"]] == pytest.approx([window[2] for window in expected["windows"]], abs=1e-9)
    assert again["views"] == stored["views"]
    assert np.array(again["rule"]) == pytest.approx(np.array(stored["rule"]), abs=1e-9)


@pytest.mark.parametrize("text", ["", "ab", "abc", "ab" * 20, "x\U0001f469y" * 6, "\ue005q\ue00b' OR 1=1--"])
def test_features_count_every_gram_of_every_length(text):
    units = code_units(text)
    expected = np.zeros(1 << SHAPE.bits)
    for n in (3, 4, 5):
        for start in range(len(units) - n + 1):
            expected[fnv(units[start : start + n].tolist())] += 1
    # Beside a longer row, so that padding would show.
    counts = features([units, code_units("a longer one than the others, whatever they are")], SHAPE)
    assert np.array_equal(counts.toarray()[0], expected)
    assert norms(counts)[0] == pytest.approx(math.sqrt((expected**2).sum()) or 1)


@pytest.mark.parametrize("length", [0, 1, 2, 47, 48, 49, 72, 73, 96, 97, 1000])
@pytest.mark.parametrize("name", ["", "q", "n" * 60])
def test_windows_cover_the_value_and_the_name(name, length):
    text = f"\ue005{name}\ue00b{'x' * length}"
    windows = windows_of_units(code_units(text), SHAPE)
    covered = {place for low, high in windows for place in range(low, high)}
    assert covered == set(range(1, len(text)))
    assert all(0 < high - low <= SHAPE.window for low, high in windows)


def test_windows_are_labeled_by_what_they_hold_of_a_corruption():
    assert label(0, 48, []) == 0 and label(0, 48, [(60, 70)]) == 0
    assert label(0, 48, [(40, 70)]) == 1 and label(0, 48, [(41, 70)]) is None  # eight units, seven
    assert label(0, 48, [(46, 48)]) == 1 and label(0, 48, [(47, 49)]) is None  # a short one, whole or not
    assert label(0, 48, [(47, 60), (3, 9)]) == 1
    text = "a\U0001f469b' x"
    assert unit_spans(text, code_units(text), [(3, 5)]) == [(4, 6)]


def test_rounding_keeps_small_and_large_weights(tmp_path):
    rng = np.random.default_rng(0)
    weights = rng.laplace(scale=0.5, size=1 << SHAPE.bits)
    model = quantized(weights, 0.25, SHAPE)
    rounded = model.weights * model.scale
    largest = np.abs(weights).max()
    # Codes step evenly in the square root, so the error grows with it: half a step is sqrt(w * max) / 127.
    bound = (np.sqrt(np.abs(weights) * largest) + largest / LARGEST_CODE) / LARGEST_CODE + 1e-12
    assert (np.abs(rounded - weights) <= bound).all()
    assert np.array_equal(quantized(rounded, 0.25, SHAPE).codes, model.codes)
    model.write(tmp_path / NGRAM)
    assert (tmp_path / NGRAM).stat().st_size == HEADER.size + (1 << SHAPE.bits)
    read = NgramModel.read(tmp_path / NGRAM)
    assert np.array_equal(read.codes, model.codes) and (read.shape, read.bias, read.scale) == (model.shape, model.bias, model.scale)


@pytest.mark.parametrize("spoil, message", [
    (lambda data: b"NGRX" + data[4:], "expected a linear view"),
    (lambda data: data[:4] + b"\x02" + data[5:], "expected version 1, .* got version 2"),
    (lambda data: data[:-1], "expected 4128 bytes, got 4127"),
    (lambda data: data[:10], "expected a linear view"),
])  # fmt: skip
def test_a_file_that_is_none_is_refused(tmp_path, spoil, message):
    path = tmp_path / NGRAM
    path.write_bytes(spoil(vectors.NGRAM_FIXTURE.read_bytes()))
    with pytest.raises(TrainerError, match=message):
        NgramModel.read(path)


@pytest.fixture(scope="module")
def maker(corpus) -> WindowMaker:
    return linear_maker(Config(seed=3), corpus, QuoteCorruptor, SHAPE, pool_fields=400)


@pytest.fixture(scope="module")
def trained(maker):
    return train_linear(maker, 4000, workers=0)


def test_training_is_the_same_again_with_workers_and_differs_by_seed(maker, trained, corpus):
    again = train_linear(maker, 4000, workers=2)
    assert np.array_equal(again.weights, trained.weights) and again.windows == trained.windows
    other = train_linear(linear_maker(Config(seed=4), corpus, QuoteCorruptor, SHAPE, pool_fields=400), 4000, workers=0)
    assert not np.array_equal(other.weights, trained.weights)


def test_an_averaged_view_gives_the_mean_of_the_logits(trained, corpus):
    other = train_linear(linear_maker(Config(seed=4), corpus, QuoteCorruptor, SHAPE, pool_fields=400), 4000, workers=0)
    windows = [np.concatenate([code_units(text)[:1], code_units(text)[1:40]]) for text in (corpus.text(0), corpus.text(1) + "' OR 1=1--")]
    both = averaged([trained, other])
    expected = (trained.exact()._logits(windows) + other.exact()._logits(windows)) / 2
    assert both.exact()._logits(windows) == pytest.approx(expected) and both.windows == trained.windows + other.windows


def test_it_tells_what_was_put_in(trained, corpus):
    benign = [corpus.text(index) for index in np.flatnonzero(corpus.counts("select"))[:200]]
    foreign = [text + "' OR 1=1--" for text in benign]
    result = check(trained, benign, foreign)
    assert result["recallAt0.01"] > 0.95
    assert result["quantizationMaxError"] < 0.1 * result["logitSpread"]
    assert trained.model.field_logits(benign) == pytest.approx(trained.exact().field_logits(benign), abs=result["quantizationMaxError"] + 1e-9)


def test_the_pool_size_does_not_depend_on_the_number_of_fields():
    assert POOL_FIELDS == 10_000  # part of what a seed means


def test_compression_keeps_order_below_the_bound():
    surprise = np.linspace(0, 30, 2000)
    squeezed = compress(surprise, 6.0)
    assert np.array_equal(squeezed[surprise <= 3], surprise[surprise <= 3])
    assert (np.diff(squeezed) > 0).all() and squeezed.max() < 6


def test_the_tail_begins_at_its_share_and_matches_the_excess():
    logits = np.random.default_rng(1).exponential(2.0, 50_000)
    survival = fit_weighted_survival(logits, np.ones(len(logits)), tail_share=0.001)
    assert survival.logits[-1] == pytest.approx(np.quantile(logits, 0.999), abs=0.1)
    assert survival.tail_scale == pytest.approx(2.0, rel=0.4)
    values = np.array([-1.0, 0.5, 3.0, 14.0, 40.0])
    assert survival.log_survivals(values) == pytest.approx([survival.log_survival(value) for value in values])
    again = Survival.from_manifest({"requests": 50_000, **survival.table()})
    assert again.log_survivals(values) == pytest.approx(survival.log_survivals(values))


@pytest.fixture
def pair(tmp_path, trained) -> Bundle:
    """The fixture bundle of random weights, with a linear view."""
    folder = tmp_path / "pair"
    folder.mkdir()
    for path in (vectors.VECTORS.parent / "fixtures" / "tiny-bundle").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    trained.model.write(folder / NGRAM)
    write_manifest(folder, json.loads((folder / "manifest.json").read_text()))
    return Bundle.open(folder)


def held_out_fields(corpus, scorer) -> np.ndarray:
    fields = HeldOut(corpus, ("select", "calibrate"))
    return fields.fields(scorer.field_logits(fields.texts))


def test_calibration_of_two_views_keeps_the_budget_and_tells_what_stays_open(pair, corpus):
    told = []
    manifest = calibrate(pair.folder, corpus, budget=0.01, bound=3.0, tell=told.append)
    assert manifest["schemaVersion"] == 3 and read_manifest(pair.folder)["views"]["surpriseBound"] == 3.0
    bundle = Bundle.open(pair.folder)
    scorer = open_scorer(bundle)
    assert isinstance(scorer, CombinedScorer)
    held_out = HeldOut(corpus, ("calibrate",))
    surprises = scorer.field_logits(held_out.texts)
    assert 0 <= surprises.min() and surprises.max() < 3
    requests = held_out.worst(surprises, "calibrate")
    assert (requests > manifest["threshold"]).mean() <= 0.01
    assert bundle.survival.score(manifest["threshold"], 0.01) == pytest.approx(0.5)
    assert "of the fields" in told[0] and "fully known" in told[1] and len(told) == 2
    assert manifest["memory"]["rule"]["base"] == pytest.approx(np.quantile(held_out_fields(corpus, scorer), 0.99))
    assert manifest["memory"]["survival"][0][1] == 1.0 and manifest["memory"]["requests"] < len(requests)
    # What the linear view settles stays below the threshold whatever the Transformer says.
    rule, linear = scorer.rule, scorer.linear.field_logits(held_out.texts)
    settled = rule.at_most(linear) < manifest["threshold"]
    assert settled.any() and (rule.combine(np.full(len(linear), 1e9), linear)[settled] < manifest["threshold"]).all()


def test_calibrating_again_without_the_linear_view_goes_back_to_one(pair, corpus):
    calibrate(pair.folder, corpus, budget=0.01)
    (pair.folder / NGRAM).unlink()
    write_manifest(pair.folder, read_manifest(pair.folder))
    manifest = calibrate(pair.folder, corpus, budget=0.01)
    assert manifest["schemaVersion"] == 1 and "views" not in manifest
    assert isinstance(open_scorer(Bundle.open(pair.folder)), Scorer)


def test_a_bundle_keeps_its_bound_when_it_is_calibrated_again(pair, corpus):
    again = lambda *bound: main(["calibrate", "--bundle", str(pair.folder), "--data", str(corpus.folder), "--budget", "0.01", *bound])  # noqa: E731
    for bound, kept in (((), BOUND), (("--bound", "4"), 4.0), ((), 4.0)):
        assert again(*bound) == 0 and read_manifest(pair.folder)["views"]["surpriseBound"] == kept


def test_the_interval_of_memorys_threshold_is_over_sites_too(pair, corpus, monkeypatch):
    monkeypatch.setattr("trainer.calibrate.site_interval", lambda requests, site, budget: (-1.0, 99.0) if len(requests) == len(site) else None)
    assert calibrate(pair.folder, corpus, budget=0.01)["memory"]["thresholdInterval"] == [-1.0, 99.0]


def test_a_bound_below_the_threshold_is_refused(pair, corpus):
    with pytest.raises(TrainerError, match="bound: expected more than the threshold"):
        calibrate(pair.folder, corpus, budget=0.01, bound=0.1)


def test_views_and_schema_version_go_together(pair):
    manifest = read_manifest(pair.folder) | {"views": Rule(6.0, *[Survival(9, np.array([0.0, 1.0]), np.log([0.5, 0.1]), 1.0)] * 2).manifest()}
    write_manifest(pair.folder, manifest)
    with pytest.raises(TrainerError, match="views: expected with schema version 3 and only there"):
        Bundle.open(pair.folder)
