"""A bundle adapted to one application: what is left out, what is kept, and what a kill costs."""

import dataclasses
import json
import random
import shutil

import numpy as np
import pytest
import torch

from trainer import train
from trainer.bundle import FP32, NGRAM, Bundle, write_manifest
from trainer.calibrate import calibrate
from trainer.checkpoint import load_checkpoint
from trainer.contamination import kind_of, leave_out
from trainer.corpus import LEFT_OUT, Corpus
from trainer.fragments import FragmentBank, build_bank
from trainer.distill import Teacher, soft_targets
from trainer.errors import TrainerError
from trainer.export import export
from trainer.finetune import SHARES, Settings, finetune, tuning_config
from trainer.linear import linear_maker, train_linear
from trainer.markers import MARKERS
from trainer.ngrams import NgramModel, Shape
from trainer.prepare import prepare
from trainer.replay import mixed, rehearsal
from trainer.tokenizer import load_tokenizer
from trainer.train import Trainer
from trainer.views import open_scorer
from trainer.warm_start import detector_from_bundle

from .conftest import FAKE, QuoteCorruptor, shop_requests, write_jsonl
from .test_train import settings

SHAPE = Shape(bits=14)
ATTACK = "' OR 1=1--"


@pytest.fixture(scope="module")
def bank_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("bank") / "bank.npz"
    build_bank(path, FAKE.split(), 1, 400)
    return path


@pytest.fixture(scope="module")
def parent(corpus, tokenizer_path, bank_path, tmp_path_factory) -> Bundle:
    work = tmp_path_factory.mktemp("parent")
    config = dataclasses.replace(settings(work, epochs=1, steps_per_epoch=250, learning_rate=0.01), select_benign=200)
    Trainer(config, corpus, tokenizer_path, QuoteCorruptor, torch.device("cpu")).run()
    maker = linear_maker(config, corpus, QuoteCorruptor, SHAPE, pool_fields=400)
    train_linear(maker, 4000, workers=0).model.write(work / NGRAM)
    folder = work / "parent-1"
    export(load_checkpoint(work / "best.pt"), tokenizer_path, corpus, QuoteCorruptor, folder, "parent-1", budget=0.01, linear=work / NGRAM, bank=bank_path)
    calibrate(folder, corpus)
    return Bundle.open(folder)


def application(count, attacks=0, clients=1):
    """One site's log; every attack from a client of its own or of a few."""
    records = list(shop_requests(count, sites=1, seed=9))
    for k, record in enumerate(records):
        record["client"] = f"10.0.0.{k % 20}"
    for k in range(attacks):
        spoiled = records[(k + 1) * len(records) // (attacks + 1)]
        spoiled["path"] += ATTACK.replace(" ", "%20")
        spoiled["client"] = f"192.0.2.{k % clients}"
    return records


@pytest.fixture
def log(tmp_path):
    return write_jsonl(tmp_path / "app.jsonl", application(900, attacks=9))


def tune(parent, log, tmp_path, bank_path, name="app-1", work="work", **changes):
    config = dataclasses.replace(tuning_config(parent, None, tmp_path), epochs=1, steps_per_epoch=12, batch_size=512, workers=0, precision="fp32",
                                 select_benign=100, select_corrupted=50)  # fmt: skip
    return finetune(parent, [log], tmp_path / name, tmp_path / work, config=config, settings=Settings(linear_fields=changes.pop("linear_fields", 10_000)),
                    bank=bank_path, normgate=FAKE, make_factory=lambda config, bank: QuoteCorruptor, **changes)  # fmt: skip


def test_the_weights_of_a_bundle_come_back(parent):
    model = detector_from_bundle(parent)
    trained = load_checkpoint(parent.folder.parent / "best.pt")["ema"]
    assert all(torch.allclose(value, trained[name], atol=1e-6) for name, value in model.state_dict().items())


def test_half_precision_is_enough_to_start_from(parent, tmp_path):
    folder = shutil.copytree(parent.folder, tmp_path / "parent-1")
    (folder / FP32).unlink()
    write_manifest(folder, parent.manifest)
    model, whole = detector_from_bundle(Bundle.open(folder)), detector_from_bundle(parent)
    assert torch.allclose(model.tokens.weight, whole.tokens.weight, atol=1e-3)


def test_a_bundle_of_int8_alone_cannot_be_trained_on(parent, tmp_path):
    folder = shutil.copytree(parent.folder, tmp_path / "parent-1")
    for name in (FP32, "model.fp16.onnx"):
        (folder / name).unlink()
    write_manifest(folder, parent.manifest)
    with pytest.raises(TrainerError, match="int8 weights cannot be trained on"):
        detector_from_bundle(Bundle.open(folder))


def test_it_writes_a_calibrated_bundle_that_names_its_parent(parent, log, tmp_path, bank_path):
    told = []
    manifest = tune(parent, log, tmp_path, bank_path, tell=told.append)
    bundle = Bundle.open(tmp_path / "app-1")
    assert bundle.manifest == manifest and manifest["parentId"] == "parent-1" and manifest["schemaVersion"] == 3
    assert manifest["calibration"]["requests"] == pytest.approx(0.2 * 900, abs=5)
    left_out = manifest["training"]["finetuned"]["contamination"]
    assert left_out["flagged"] == left_out["leftOut"] >= 9 and any("left out" in line for line in told)
    provenance = json.loads((bundle.folder / "provenance.json").read_text())
    assert provenance["parent"]["id"] == "parent-1" and provenance["data"][0]["file"] == "app.jsonl"
    corpus = Corpus.open(tmp_path / "work" / "data")
    newest = [corpus.text(index) for index in np.flatnonzero(corpus.counts("test"))]
    benign, attacked = (open_scorer(bundle).field_logits(texts) >= manifest["threshold"] for texts in (newest, [text + ATTACK for text in newest]))
    assert benign.mean() < 0.05 < 0.5 < attacked.mean()


def test_a_killed_run_goes_on_and_ends_the_same(parent, log, tmp_path, bank_path, monkeypatch):
    whole = tune(parent, log, tmp_path, bank_path, work="whole")
    shutil.move(tmp_path / "app-1", tmp_path / "kept")
    step, calls = train.Trainer.train_step, []

    def killed(self, *args):
        calls.append(1)
        if len(calls) == 7:
            raise KeyboardInterrupt
        return step(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(train.Trainer, "train_step", killed)
        with pytest.raises(KeyboardInterrupt):
            tune(parent, log, tmp_path, bank_path)
        assert not (tmp_path / "app-1").exists()
    with monkeypatch.context() as patch:  # and once more between training and the finished bundle
        patch.setattr("trainer.finetune.calibrate", lambda *args, **options: exec("raise KeyboardInterrupt"))
        with pytest.raises(KeyboardInterrupt):
            tune(parent, log, tmp_path, bank_path)
        assert not (tmp_path / "app-1").exists()
    told = []
    again = tune(parent, log, tmp_path, bank_path, tell=told.append)
    assert "going on" in told[0]
    for name in ("model.onnx", "model.int8.onnx", NGRAM):
        assert again["files"][name] == whole["files"][name]
    assert again["threshold"] == whole["threshold"]


def test_another_command_in_the_same_folder_is_refused(parent, log, tmp_path, bank_path):
    tune(parent, log, tmp_path, bank_path)
    with pytest.raises(TrainerError, match="holds a run with other settings"):
        tune(parent, log, tmp_path, bank_path, name="app-2", linear_fields=20_000)
    with pytest.raises(TrainerError, match="never overwritten"):
        tune(parent, log, tmp_path, bank_path)


def test_a_budget_that_the_log_cannot_support_is_refused_before_training(parent, log, tmp_path, bank_path):
    with pytest.raises(TrainerError, match="budget"):
        tune(parent, log, tmp_path, bank_path, budget=0.0001)
    assert not (tmp_path / "work" / "checkpoints").exists()


def prepared(records, folder):
    log = write_jsonl(folder / "log.jsonl", records)
    prepare([log], folder / "data", ["x"], "auto", FAKE, False, SHARES, seed=0, big_share=0.0)
    return Corpus.open(folder / "data")


def test_what_the_parent_flags_is_in_no_split(parent, tmp_path):
    corpus = prepared(application(600, attacks=12), tmp_path)
    before = {corpus.text(index) for index in np.flatnonzero(corpus.counts("train"))}
    assert any(ATTACK in text for text in before)
    report = leave_out(corpus, parent)
    after = Corpus.open(tmp_path / "data")
    assert report["leftOut"] == (after.split == LEFT_OUT).sum() >= 12 and sum(report["kept"].values()) == 600 - report["leftOut"]
    for split in ("train", "select", "calibrate", "test"):
        assert not any(ATTACK in after.text(index) for index in np.flatnonzero(after.counts(split)))
    texts, _ = after.training_texts()
    assert 0 < len(texts) and not any(ATTACK in text for text in texts)


@pytest.mark.parametrize(("clients", "back"), [(2, False), (12, True)])
def test_a_quorum_of_clients_brings_a_kind_of_value_back(parent, tmp_path, clients, back):
    corpus = prepared(application(600, attacks=12, clients=clients), tmp_path)
    report = leave_out(corpus, parent, quorum=8)
    assert (report["readmittedByQuorum"] >= 10) is back and report["flagged"] == report["readmittedByQuorum"] + report["leftOut"]


def test_a_kind_is_zone_name_and_punctuation():
    head = MARKERS["QUERY"] + "q"
    assert kind_of(head + MARKERS["VALUE"] + "it's 5 (five)") == (head, "'()")
    assert kind_of(head + MARKERS["VALUE"] + "plain words") == (head, "")


def test_the_linear_view_goes_on_from_the_parents_weights(parent, corpus):
    start = NgramModel.read(parent.folder / NGRAM)
    maker = linear_maker(settings("x"), corpus, QuoteCorruptor, start.shape, pool_fields=400)
    tuned = train_linear(maker, 800, workers=0, start=start)
    fresh = train_linear(maker, 800, workers=0)
    parents = start.scale * start.weights
    apart = lambda weights: np.linalg.norm(weights - parents) / np.linalg.norm(parents)  # noqa: E731
    assert 0 < apart(tuned.weights) < 0.5 * apart(fresh.weights)


def test_rehearsed_texts_are_canonical_and_repeatable(tokenizer_path, bank_path):
    bank, tokenizer = FragmentBank.load(bank_path), load_tokenizer(tokenizer_path)
    texts = rehearsal(tokenizer, bank, 400, 5, list)
    assert texts == rehearsal(tokenizer, bank, 400, 5, list) != rehearsal(tokenizer, bank, 400, 6, list)
    zones = {MARKERS[name] for name in ("BODY", "PATH", "STRUCTURE", "QUERY", "COOKIE", "HEADER")}
    assert {text[0] for text in texts} == zones and all(text.count(MARKERS["VALUE"]) == 1 for text in texts)


def test_rehearsed_texts_get_their_share_of_the_draws(corpus):
    own, draws = corpus.training_texts()
    texts, cumulated = mixed(own, draws, ["a", "b"], 0.4)
    assert len(texts) == len(own) + 2 == len(cumulated) and texts[len(own)] == "a" and texts[0] == own[0]
    assert 1 - cumulated[len(own) - 1] / cumulated[-1] == pytest.approx(0.4)
    rng = random.Random(0)
    drawn = np.searchsorted(cumulated, [rng.random() * cumulated[-1] for _ in range(4000)], side="right")
    assert (drawn >= len(own)).mean() == pytest.approx(0.4, abs=0.03)


def test_the_teacher_has_no_say_over_the_applications_own_benign_tokens(parent):
    teacher = Teacher([detector_from_bundle(parent)], torch.device("cpu"), settings("x"))
    ids = torch.tensor([[1, 40, 50, 60]] * 2)
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_labels": torch.tensor([[0.0, 0.0, 1.0, 0.0]] * 2),
             "sequence_labels": torch.tensor([0.0, 0.0]), "own": torch.tensor([1, 0])}  # fmt: skip
    soft = soft_targets(teacher, batch, 0.5)
    tokens, sequences = teacher.probabilities(ids, torch.ones_like(ids))
    assert soft["token_labels"][0, [0, 1, 3]].tolist() == [0, 0, 0] and soft["sequence_labels"][0] == 0
    assert soft["token_labels"][0, 2] == pytest.approx(0.5 + 0.5 * float(tokens[0, 2]))
    assert torch.allclose(soft["token_labels"][1], 0.5 * batch["token_labels"][1] + 0.5 * tokens[1])
    assert soft["sequence_labels"][1] == pytest.approx(0.5 * float(sequences[1]))
