import dataclasses
import json

import pytest
import torch

from trainer.config import Config, config_from_dict
from trainer.errors import TrainerError
from trainer.split import SplitShares
from trainer.checkpoint import detector_from_checkpoint, load_checkpoint
from trainer.objective import detection_loss, learning_rate
from trainer.train import SELECTION_NOISE, Trainer

from .conftest import QuoteCorruptor


def settings(folder, **changes) -> Config:
    base = {
        "hidden_size": 32, "gram_rows": 1009, "num_layers": 1, "epochs": 2, "steps_per_epoch": 6, "batch_size": 512, "warmup_steps": 3, "workers": 0,
        "select_benign": 150, "select_corrupted": 60, "checkpoint_dir": str(folder), "precision": "fp32", "learning_rate": 0.003,
    }  # fmt: skip
    config = config_from_dict({**base, **changes})
    return dataclasses.replace(config, splits=SplitShares(0.55, 0.15, 0.15, 0.15))


def new_trainer(config, corpus, tokenizer_path, **extra):
    return Trainer(config, corpus, tokenizer_path, QuoteCorruptor, torch.device("cpu"), **extra)


def test_a_killed_and_resumed_run_equals_an_uninterrupted_one(corpus, tokenizer_path, tmp_path):
    whole = new_trainer(settings(tmp_path / "whole"), corpus, tokenizer_path)
    whole.run()
    killed = new_trainer(settings(tmp_path / "parts"), corpus, tokenizer_path)
    killed.run(stop_after=9)  # three steps after the checkpoint of step 6
    resumed = new_trainer(settings(tmp_path / "parts", workers=1), corpus, tokenizer_path)
    resumed.resume()
    assert resumed.step == 6
    resumed.run()
    assert resumed.losses == whole.losses[6:] and killed.losses == whole.losses[:9]
    left, right = (load_checkpoint(tmp_path / name / "last.pt")["ema"] for name in ("whole", "parts"))
    assert all(torch.equal(left[name], right[name]) for name in left)


def test_checkpoints_are_written_per_epoch_and_the_best_is_kept(corpus, tokenizer_path, tmp_path):
    trainer = new_trainer(settings(tmp_path, steps_per_epoch=40), corpus, tokenizer_path)
    trainer.run()
    assert {path.name for path in tmp_path.iterdir()} == {"epoch-001.pt", "epoch-002.pt", "last.pt", "best.pt", "log.jsonl"}
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in log] == [40, 80] and log[1]["loss"] < log[0]["loss"]
    best = load_checkpoint(tmp_path / "best.pt")
    assert best["step"] == max(log, key=lambda entry: entry["selection"])["step"]
    assert log[1]["recallAt1Percent"] > 0.5  # quotes and brackets are easy
    assert detector_from_checkpoint(best).training is False


def test_the_mean_of_the_last_epochs_is_taken_unless_it_chooses_worse(corpus, tokenizer_path, tmp_path, monkeypatch):
    trainer = new_trainer(settings(tmp_path, epochs=8, steps_per_epoch=5), corpus, tokenizer_path)
    trainer.run()
    last = [load_checkpoint(tmp_path / f"epoch-{epoch:03d}.pt")["ema"] for epoch in (7, 8)]
    best = load_checkpoint(tmp_path / "best.pt")
    chosen = max(entry["selection"] for entry in trainer.history)
    assert best["history"][-1]["averagedEpochs"] == 2 and best["history"][-1]["selection"] >= chosen - SELECTION_NOISE
    assert all(torch.allclose(best["ema"][name], (last[0][name] + last[1][name]) / 2) for name in best["ema"])
    before = (tmp_path / "best.pt").read_bytes()
    monkeypatch.setattr(trainer.selection, "measure", lambda model, device: {"selection": chosen - 2 * SELECTION_NOISE})
    trainer.settle()
    assert (tmp_path / "best.pt").read_bytes() == before


def test_the_time_limit_ends_the_run_with_a_checkpoint(corpus, tokenizer_path, tmp_path):
    trainer = new_trainer(settings(tmp_path, steps_per_epoch=100_000), corpus, tokenizer_path, max_minutes=0.005)
    trainer.run()
    assert 0 < trainer.step < 100_000 and load_checkpoint(tmp_path / "last.pt")["step"] == trainer.step


def test_resuming_with_other_settings_is_refused(corpus, tokenizer_path, tmp_path):
    new_trainer(settings(tmp_path, epochs=1), corpus, tokenizer_path).run()
    other = new_trainer(settings(tmp_path, epochs=1, dropout=0.3), corpus, tokenizer_path)
    with pytest.raises(TrainerError, match="--resume: dropout: the checkpoint was trained with .*0.05"):
        other.resume()


def test_another_split_than_the_data_has_is_refused(corpus, tokenizer_path, tmp_path):
    config = dataclasses.replace(settings(tmp_path), splits=SplitShares())
    with pytest.raises(TrainerError, match="splits: the data was split as"):
        new_trainer(config, corpus, tokenizer_path)


def test_max_samples_is_a_bound(corpus, tokenizer_path, tmp_path):
    trainer = new_trainer(settings(tmp_path, max_samples=50), corpus, tokenizer_path)
    assert len(trainer.maker.texts) == 50


def test_the_loss_ignores_cls_and_padding():
    mask = torch.tensor([[1, 1, 1, 0]])
    batch = {"attention_mask": mask, "token_labels": torch.tensor([[0.0, 1.0, 0.0, 0.0]]), "sequence_labels": torch.tensor([1.0])}
    right = detection_loss(torch.tensor([[99.0, 50.0, -50.0, 99.0]]), torch.tensor([50.0]), batch, 0.3, tokens=2, sequences=1)
    wrong = detection_loss(torch.tensor([[0.0, -9.0, -50.0, 0.0]]), torch.tensor([50.0]), batch, 0.3, tokens=2, sequences=1)
    assert right.item() == pytest.approx(0, abs=1e-6) and wrong.item() == pytest.approx(4.5, abs=0.01)


def test_schedules_warm_up_and_end_at_zero():
    for name in ("constant-decay", "cosine"):
        config = Config(schedule=name, warmup_steps=100, learning_rate=1.0)
        rates = [learning_rate(config, step, step / 1000) for step in range(1001)]
        assert rates[0] == pytest.approx(0.01, rel=0.01) and max(rates) > 0.9 and rates[1000] == pytest.approx(0, abs=1e-9)
        assert all(a >= b for a, b in zip(rates[100:], rates[101:]))
    assert learning_rate(Config(learning_rate=1.0), 700, 0.7) == 1.0
