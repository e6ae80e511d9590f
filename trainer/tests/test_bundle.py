"""From checkpoint to a calibrated, evaluated bundle, through the functions that the verbs call."""

import dataclasses
import json
import shutil

import numpy as np
import onnx
import pytest
import torch

from trainer.__main__ import main
from trainer.baselines import fit_baselines
from trainer.bundle import CANONICALIZER_VERSION, FP16, FP32, INT8, Bundle, sha256_of
from trainer.calibrate import calibrate, host_key, host_tables
from trainer.errors import CheckFailed, TrainerError
from trainer.export import compare_precision, export, refuse_unless_close
from trainer.onnx_files import OUTPUTS
from trainer.scoring import Scorer, open_session, pad_batch
from trainer.checkpoint import detector_from_checkpoint, load_checkpoint
from trainer.train import Trainer
from trainer.vectors import VECTORS, benign_text

from .conftest import FAKE, QuoteCorruptor, shop_requests, write_jsonl
from .test_train import settings


@pytest.fixture(scope="module")
def state(corpus, tokenizer_path, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    config = dataclasses.replace(settings(folder, epochs=1, steps_per_epoch=250, learning_rate=0.01), select_benign=200)
    Trainer(config, corpus, tokenizer_path, QuoteCorruptor, torch.device("cpu")).run()
    return load_checkpoint(folder / "best.pt")


def make(state, tokenizer_path, corpus, out, **extra):
    return export(state, tokenizer_path, corpus, QuoteCorruptor, out, out.name, budget=0.01, **extra)


@pytest.fixture(scope="module")
def bundle_folder(state, tokenizer_path, corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "test-1"
    make(state, tokenizer_path, corpus, folder)
    calibrate(folder, corpus)
    return folder


@pytest.fixture
def bundle(bundle_folder, tmp_path):
    return Bundle.open(shutil.copytree(bundle_folder, tmp_path / "test-1"))


def test_the_bundle_holds_exactly_these_files_by_their_hashes(bundle):
    files = {path.name for path in bundle.folder.iterdir()}
    assert files == {FP32, INT8, FP16, "tokenizer.json", "provenance.json", "manifest.json"}
    assert set(bundle.manifest["files"]) == files - {"manifest.json"}
    for name, entry in bundle.manifest["files"].items():
        path = bundle.folder / name
        assert entry == {"sha256": sha256_of(path), "bytes": path.stat().st_size}


def test_a_file_can_be_left_out_but_not_the_one_that_is_served(state, tokenizer_path, corpus, tmp_path):
    make(state, tokenizer_path, corpus, tmp_path / "light-1", without=[FP32])
    calibrate(tmp_path / "light-1", corpus)
    assert FP32 not in Bundle.open(tmp_path / "light-1").manifest["files"]
    with pytest.raises(TrainerError, match="--without: expected another file"):
        make(state, tokenizer_path, corpus, tmp_path / "light-2", without=[INT8])


def test_the_manifest_says_what_the_contract_asks(bundle):
    manifest = bundle.manifest
    assert manifest["schemaVersion"] == 1 and manifest["canonicalizerVersion"] == CANONICALIZER_VERSION and manifest["id"] == "test-1" and manifest["serve"] == INT8
    assert manifest["window"] == {"tokens": 96, "overlap": 24, "prefixTokens": 16}
    assert manifest["pooling"] == {"kind": "best-run-mean", "tokens": 6, "sequenceWeight": 0.5}
    assert bundle.survival.score(manifest["threshold"], 0.01) == pytest.approx(0.5)
    low, high = manifest["thresholdInterval"]
    assert low <= manifest["threshold"] <= high
    provenance = json.loads((bundle.folder / "provenance.json").read_text())
    assert provenance["data"][0]["license"] == "Apache-2.0" and provenance["attacksInTraining"] == 0


@pytest.mark.parametrize("file", [FP32, INT8, FP16])
def test_onnx_files_take_any_batch_and_length(bundle, file):
    session = open_session(bundle.folder / file)
    assert [output.name for output in session.get_outputs()] == list(OUTPUTS)
    for lengths in ([1], [2, 5], [96], [7, 3, 96, 1]):
        rng = np.random.default_rng(0)
        inputs = pad_batch([[1, *rng.integers(32, 500, length - 1).tolist()] for length in lengths])
        token_scores, score, embedding, pooled = session.run(None, inputs)
        assert token_scores.shape == inputs["input_ids"].shape and embedding.shape == (len(lengths), 32)
        assert score.shape == pooled.shape == (len(lengths),) and np.isfinite(pooled).all()


def test_onnx_equals_pytorch(bundle, state):
    model = detector_from_checkpoint(state)
    inputs = pad_batch([[1, 5, 40, 11, *range(50, 50 + n)] for n in (0, 1, 4, 30, 90)])
    with torch.no_grad():
        expected = model(*(torch.from_numpy(inputs[name]) for name in ("input_ids", "attention_mask")))
    for left, right in zip(expected, open_session(bundle.folder / FP32).run(list(OUTPUTS), inputs)):
        assert np.abs(left.numpy() - right).max() < 1e-4


def test_what_was_put_in_scores_above_what_was_there(bundle):
    scorer = Scorer.of(bundle)
    benign = ["\ue004\ue00b/order", "\ue005q\ue00bitem search"]
    assert scorer.field_logits([text + "' OR 1=1--" for text in benign]).min() > scorer.field_logits(benign).max()


def test_a_field_is_as_bad_as_its_worst_window(bundle):
    scorer = Scorer.of(bundle, FP32)
    text = "\ue005q\ue00b" + "search item " * 150 + "' OR 1=1-- " + "search item " * 150
    windows = scorer.window_logits([text])[0]
    assert len(windows) > 3 and scorer.field_logits([text])[0] == max(windows)


def test_export_refuses_a_quantization_that_reorders(state, tokenizer_path, corpus, tmp_path):
    def broken(source, path):
        model = onnx.load(str(source))
        for weight in model.graph.initializer:
            if len(weight.dims) == 2 and weight.data_type == onnx.TensorProto.FLOAT:
                values = np.random.default_rng(0).normal(size=list(weight.dims)).astype(np.float32)
                weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))
        onnx.save(model, str(path))

    with pytest.raises(CheckFailed, match=f"{INT8}: rank correlation with {FP32}: expected at least 0.98, got") as refused:
        make(state, tokenizer_path, corpus, tmp_path / "bad", quantize=broken)
    assert refused.value.status == 1 and list(tmp_path.iterdir()) == []


def test_flips_at_the_threshold_are_counted_with_each_models_own():
    reference = np.r_[np.arange(1000.0), np.arange(2000.0, 3000.0)]
    assert compare_precision(reference, reference * 2 + 1, 1000, 0.01) == {"rankCorrelation": 1.0, "verdictFlips": 0.0, "maxDifference": 3000.0}
    moved = reference.copy()
    moved[1000:1100] = -1.0
    result = compare_precision(reference, moved, 1000, 0.01)
    assert result["verdictFlips"] == 0.05
    with pytest.raises(CheckFailed, match="verdict flips .* expected at most 0.5%, got 5.00%"):
        refuse_unless_close("x", result | {"rankCorrelation": 0.99})


def test_a_bundle_is_never_overwritten(state, tokenizer_path, corpus, bundle):
    with pytest.raises(TrainerError, match="is not empty"):
        make(state, tokenizer_path, corpus, bundle.folder)


@pytest.mark.parametrize("bad", ["Upper", "", "a/b", "-x", "x" * 65])
def test_ids_are_safe_names(state, tokenizer_path, corpus, tmp_path, bad):
    with pytest.raises(TrainerError, match="id: expected"):
        export(state, tokenizer_path, corpus, QuoteCorruptor, tmp_path / "x", bad, budget=0.01)


def test_a_changed_or_extra_file_is_refused(bundle):
    (bundle.folder / "extra.txt").write_text("x")
    with pytest.raises(TrainerError, match="extra.txt: does not match the manifest"):
        Bundle.open(bundle.folder)
    (bundle.folder / "extra.txt").unlink()
    with (bundle.folder / INT8).open("ab") as file:
        file.write(b"x")
    with pytest.raises(TrainerError, match="model.int8.onnx: does not match the manifest"):
        Bundle.open(bundle.folder)


def test_a_budget_that_the_sample_cannot_show_is_refused(bundle, corpus):
    with pytest.raises(TrainerError, match="a budget of 1e-05 needs at least 99999 held-out benign requests, there are"):
        calibrate(bundle.folder, corpus, budget=1e-5)


def test_calibration_tells_its_interval_over_sites_and_its_strata(bundle, corpus):
    table = bundle.manifest["calibration"]
    assert sum(part["requests"] for part in table["strata"]) == table["requests"] == len(corpus.requests_in("calibrate"))
    assert "hosts" not in bundle.manifest  # nothing that is given away names its hosts, hashed or not


def test_hosts_with_enough_requests_get_tables_without_their_names(tmp_path):
    logits = np.random.default_rng(0).normal(size=1100)
    hosts = ["busy.example"] * 999 + ["quiet.example"] * 101
    told: list[str] = []
    first, second = (host_tables(logits, hosts, 0.001, told.append) for _ in range(2))
    (key, table), *others = first["tables"].items()
    assert not others and table["requests"] == 999 and table["smallestBudget"] == pytest.approx(0.001)
    assert key == host_key(bytes.fromhex(first["salt"]), "busy.example") and "1 of 2 host(s)" in told[0]
    assert "example" not in json.dumps(first) and set(first["tables"]) != set(second["tables"])  # a new salt each time


def test_evaluation_reports_sources_classes_and_groups_and_writes_the_card(bundle, corpus, tmp_path, capsys):
    attacks = []
    for number, request in enumerate(shop_requests(150, sites=400, seed=9)):
        shows, labeled = number % 3 != 0, number % 3 != 0 or number == 0  # the first one is missed
        payload = "'%20OR%201=1--" if shows else ""
        attacks.append({**request, "source": "spliced", "label": "attack", "class": "sqli", "path": request["path"] + payload,
                        "meta": {"base": "shop", "zone": "query", "class_guess": "sqli" if labeled else "none"}})  # fmt: skip
    files = write_jsonl(tmp_path / "attacks.jsonl", attacks)
    arguments = ["evaluate", "--bundle", str(bundle.folder), "--data", str(corpus.folder), "--attacks", str(files), "--normgate", FAKE, "--no-cache"]
    assert main([*arguments, "--out", str(tmp_path / "eval.json"), "--publish"]) == 0
    result = json.loads((tmp_path / "eval.json").read_text())
    rates = result["attacks"]["spliced"]["rates"]
    assert rates["all"]["requests"] == 150 and rates["visible"]["requests"] == rates["class:sqli"]["requests"] == 101
    part = rates["visible"]["at0.01"]
    assert 0.7 < part["low"] <= part["rate"] <= part["high"] <= 1 and rates["all"]["at0.01"]["rate"] < part["rate"]
    listed = result["attacks"]["spliced"]["worstMisses"] + result["worstFalsePositives"]
    keys = json.loads((VECTORS / "explanation.json").read_text())
    # No memory judged here, and only attacks have a class.
    told = [key for key in keys["explanation"] if key not in ("memory", "normal")] + keys["besides"]["report"]
    assert listed and all(list(entry) == [key for key in told if key in entry or key != "class"] for entry in listed)
    unseen = result["protocols"]["unseen"]["views"]["transformer"]
    assert unseen["sites"] > 50 and unseen["rates"]["visible"]["requests"] < 100
    assert "visible" in capsys.readouterr().out
    # What is published holds figures only.
    published = (bundle.folder / "eval.json").read_text()
    assert not any(f'"{key}"' in published for key in ("excerpt", "name", "span", "mark", "raw", "normal", "field"))
    page = (bundle.folder / "report.html").read_text()
    assert "<svg" not in page and "data:image/svg+xml" in page and "UNION" not in page and "OR 1=1" not in page
    card = (bundle.folder / "MODEL_CARD.md").read_text()
    assert "## Weak spots\n- " in card and "shop.jsonl" in card
    again = Bundle.open(bundle.folder)
    assert {"eval.json", "MODEL_CARD.md", "report.html"} <= set(again.manifest["files"])
    assert again.manifest["metrics"]["evaluation"]["detection"]["spliced/visible"]["at0.01"] == pytest.approx(part["rate"], abs=1e-4)


def test_seeds_of_one_recipe_are_published_as_mean_and_range(bundle, corpus, tmp_path):
    folders = [bundle.folder]
    for number, threshold in ((2, bundle.manifest["threshold"] - 2), (3, bundle.manifest["threshold"] - 4)):
        folders.append(shutil.copytree(bundle.folder, tmp_path / f"test-{number}"))
        manifest = json.loads((folders[-1] / "manifest.json").read_text()) | {"id": f"test-{number}", "threshold": threshold}
        (folders[-1] / "manifest.json").write_text(json.dumps(manifest))
    attacks = [{**request, "source": "spliced", "label": "attack", "path": request["path"] + ("'OR" if number % 2 else "o"), "meta": {"class_guess": "sqli"}}
               for number, request in enumerate(shop_requests(200, sites=400, seed=9))]  # fmt: skip
    files = write_jsonl(tmp_path / "attacks.jsonl", attacks)
    sizes = write_jsonl(tmp_path / "sizes.jsonl", [{"size": "tiny", "weights": 4_000_000, "megabytes": {"int8": 5.2}, "fp32": {"32": 0.5}, "int8": {"32": 0.25}}])
    fit_baselines(corpus, bundle.folder / "tokenizer.json", tmp_path / "baselines", steps=3, collapse_steps=3, seed=0)
    assert main(["evaluate", "--bundle", *map(str, folders), "--data", str(corpus.folder), "--attacks", str(files), "--normgate", FAKE, "--no-cache",
                 "--protocols", "sites", "--baselines", str(tmp_path / "baselines"), "--sizes", str(sizes), "--publish"]) == 0  # fmt: skip
    published = json.loads((bundle.folder / "eval.json").read_text())
    alarms = published["overSeeds"]["falsePositives"]["all"]
    assert alarms["low"] == published["falsePositives"]["all"]["rate"] < alarms["rate"] < alarms["high"]
    card, page = ((bundle.folder / name).read_text() for name in ("MODEL_CARD.md", "report.html"))
    for document in (card, page):
        assert "3 seeds of one recipe (test-1, test-2, test-3)" in document and "lowest to highest of the seeds" in document
        assert f"{alarms['rate']:.2%} ({alarms['low']:.2%} to {alarms['high']:.2%}; {alarms['siteLow']:.2%} to {alarms['siteHigh']:.2%})" in document
    first = published["falsePositives"]["all"]
    assert (alarms["siteLow"], alarms["siteHigh"]) == (first["low"], first["high"])
    caught = published["overSeeds"]["attacks"]["spliced"]["rates"]["visible"]["deployed"]
    assert caught["low"] < caught["high"] and f"{caught['rate']:.0%} ({caught['low']:.0%} to {caught['high']:.0%}; {caught['siteLow']:.0%} to" in card
    assert "95 % interval over sites of the first seed" in card and "(logit), 95 %" in card and "## Size and latency" in card
    assert "\n| tiny | 4.0 M | 5.2 MiB | 0.50 ms | 0.25 ms |" in card and "<td>0.25 ms</td>" in page
    for name in ("character n-gram", "causal LM", "original objective"):
        assert "visible" in published["protocols"]["unseen"]["views"][name]["rates"]
        assert f"\n| {name} | visible |" in card and f"<td>{name}, visible</td>" in page
        assert "visible" in published["protocols"]["unseenLater"]["views"][name]["rates"]
        assert "deployed" not in published["attacks"]["spliced"]["baselines"][name]["visible"] and f"\n| {name}, visible |" in card
    for document in (card, page):
        assert "libinjection was not measured here" in document


@pytest.mark.parametrize("line", ["", "{", '{"size": "tiny"}', '{"size": "huge", "weights": 1, "megabytes": {"int8": 1}, "fp32": {"32": 1}, "int8": {"32": 1}}',
                                  '{"size": "tiny", "weights": 1, "megabytes": {"int8": 1}, "fp32": {"32": 1}, "int8": {"64": 1}}'])  # fmt: skip
def test_a_file_of_sizes_is_checked(bundle, tmp_path, capsys, line):
    (tmp_path / "sizes.jsonl").write_text(line)
    assert main(["evaluate", "--bundle", str(bundle.folder), "--benign", "none", "--sizes", str(tmp_path / "sizes.jsonl")]) == 2
    assert "sizes.jsonl" in capsys.readouterr().err


def test_evaluation_needs_benign_requests(bundle, capsys):
    assert main(["evaluate", "--bundle", str(bundle.folder)]) == 2
    assert "--benign: expected benign request files, or --data" in capsys.readouterr().err


def test_training_verbs_refuse_what_evaluation_reads(tmp_path, bundle, capsys):
    attack = [{"method": "GET", "path": "/?q='", "headers": {}, "label": "attack"}] * 3
    log = write_jsonl(tmp_path / "a.jsonl", attack)
    assert main(["evaluate", "--bundle", str(bundle.folder), "--benign", str(log), "--normgate", FAKE, "--no-cache"]) == 2
    assert "a.jsonl:1: label: expected benign" in capsys.readouterr().err


def test_an_uncalibrated_bundle_cannot_be_evaluated(state, tokenizer_path, corpus, tmp_path, capsys):
    make(state, tokenizer_path, corpus, tmp_path / "raw")
    assert main(["evaluate", "--bundle", str(tmp_path / "raw"), "--data", str(corpus.folder)]) == 2
    assert "not calibrated yet" in capsys.readouterr().err


def test_every_benign_text_can_be_scored(bundle):
    import random

    rng = random.Random(0)
    assert np.isfinite(Scorer.of(bundle).field_logits([benign_text(rng) for _ in range(200)])).all()
