"""The verb pretrain: its files, its teacher, and several processes that do what one does."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from trainer.__main__ import main
from trainer.bundle import sha256_of
from trainer.checkpoint import INDEX, load_checkpoint, save_parts
from trainer.fragments import build_bank
from trainer.devices import Team
from trainer.distill import Teacher
from trainer.errors import TrainerError
from trainer.train import Trainer

from .conftest import FAKE, QuoteCorruptor
from .test_train import new_trainer, settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def bank_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("bank") / "bank.npz"
    build_bank(path, FAKE.split(), 1, 300)
    return path


def arguments(folder, corpus, tokenizer_path, bank_path, out, **changes):
    config = {"hidden_size": 32, "gram_rows": 1009, "num_layers": 1, "epochs": 1, "steps_per_epoch": 6, "batch_size": 512, "warmup_steps": 3, "workers": 0, "dropout": 0.0,
              "select_benign": 100, "select_corrupted": 40, "precision": "fp32", "splits": {"train": 0.55, "select": 0.15, "calibrate": 0.15, "test": 0.15},
              **changes}  # fmt: skip
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    return ["pretrain", "--config", str(folder / "config.yaml"), "--data", str(corpus.folder), "--tokenizer", str(tokenizer_path),
            "--bank", str(bank_path), "--out", str(out), "--device", "cpu"]  # fmt: skip


def test_the_best_weights_also_come_as_small_parts(corpus, tokenizer_path, bank_path, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("trainer.checkpoint.PART_BYTES", 20_000)
    args = arguments(tmp_path, corpus, tokenizer_path, bank_path, tmp_path / "run")
    assert main([*args, "--parts", str(tmp_path / "parts")]) == 0
    files = sorted(path.name for path in (tmp_path / "parts").iterdir())
    assert files[0] == INDEX and len(files) > 2 and all((tmp_path / "parts" / name).stat().st_size <= 20_000 for name in files[1:])
    whole, parts = load_checkpoint(tmp_path / "run" / "best.pt"), load_checkpoint(tmp_path / "parts")
    assert "optimizer" not in whole and {key: parts[key] for key in ("step", "config", "history")} == {key: whole[key] for key in ("step", "config", "history")}
    assert all(torch.equal(parts["ema"][name], value.half().float()) for name, value in whole["ema"].items())
    inputs = json.loads((tmp_path / "run" / "inputs.json").read_text())
    assert [entry["role"] for entry in inputs["files"]] == ["tokenizer", "bank", "config"] and inputs["logs"] == [corpus.meta["inputs"][0]["sha256"]]
    (entry,) = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert entry["madePerSecond"] > 0 and entry["mathPerSecond"] > 0 and 0 <= entry["waitShare"] <= 1
    assert main(args) == 2 and "holds a run already" in capsys.readouterr().err
    (tmp_path / "parts" / files[1]).write_bytes(b"changed")
    with pytest.raises(TrainerError, match="missing or changed"):
        load_checkpoint(tmp_path / "parts")


def test_parts_hold_any_shape(tmp_path):
    state = {"version": 1, "ema": {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor([0.5])}}
    save_parts(tmp_path / "x", state)
    assert torch.equal(load_checkpoint(tmp_path / "x")["ema"]["a"], state["ema"]["a"])


def test_two_processes_train_what_one_does(corpus, tokenizer_path, bank_path, tmp_path):
    """Launched as users launch it. One process takes both lanes of a step, two take one each."""
    args = arguments(tmp_path, corpus, tokenizer_path, bank_path, tmp_path / "two", lanes=2)
    if importlib.util.find_spec("accelerate"):
        # `--multi_gpu` starts one process a device; with `--cpu` accelerate would want MPI.
        launcher = ["accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1", "--mixed_precision", "no",
                    "--dynamo_backend", "no", "--main_process_port", "0"]  # fmt: skip
    else:
        launcher = ["torch.distributed.run", "--nproc_per_node", "2", "--standalone"]
    done = subprocess.run([sys.executable, "-m", *launcher, "-m", "trainer", *args], cwd=ROOT, capture_output=True, text=True, timeout=600,
                          env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert "2 x cpu" in done.stdout
    assert main([*arguments(tmp_path, corpus, tokenizer_path, bank_path, tmp_path / "one", lanes=2)]) == 0
    one, two = (load_checkpoint(tmp_path / name / "last.pt") for name in ("one", "two"))
    assert two["history"][0]["loss"] == pytest.approx(one["history"][0]["loss"], abs=1e-4)
    assert two["position"] == one["position"] and two["samples"] == one["samples"]
    assert all(torch.allclose(two["model"][name], value, atol=1e-4) for name, value in one["model"].items())


def test_lanes_are_streams_of_their_own_and_resume(corpus, tokenizer_path, tmp_path):
    whole = new_trainer(settings(tmp_path / "whole", lanes=3), corpus, tokenizer_path)
    whole.run()
    assert len({pool for pool, _ in whole.positions}) == 3 and whole.samples > 2 * whole.step
    killed = new_trainer(settings(tmp_path / "parts", lanes=3), corpus, tokenizer_path)
    killed.run(stop_after=8)
    resumed = new_trainer(settings(tmp_path / "parts", lanes=3), corpus, tokenizer_path)
    resumed.resume()
    resumed.run()
    assert resumed.losses == whole.losses[6:]


def test_processes_divide_the_lanes_evenly_or_not_at_all(corpus, tokenizer_path, tmp_path):
    with pytest.raises(TrainerError, match="lanes: expected a multiple of the 2 processes, got 3"):
        new_trainer(settings(tmp_path, lanes=3), corpus, tokenizer_path, team=Team(0, 2))


def test_a_student_learns_from_a_teacher_and_a_teacher_of_other_pieces_is_refused(corpus, tokenizer_path, bank_path, tmp_path, capsys):
    teacher = new_trainer(settings(tmp_path / "teacher", steps_per_epoch=60, epochs=1, learning_rate=0.01), corpus, tokenizer_path)
    teacher.run()
    student = Trainer(settings(tmp_path / "student", epochs=1, steps_per_epoch=60, teacher_weight=1.0, learning_rate=0.01, seed=3), corpus, tokenizer_path,
                      QuoteCorruptor, torch.device("cpu"), teacher=Teacher([teacher.average], torch.device("cpu"), settings("x")))  # fmt: skip
    student.run()  # labels have no say: what it knows, it has from the teacher
    assert student.history[-1]["recallAt1Percent"] > 0.5 * teacher.history[-1]["recallAt1Percent"] > 0.3

    state = load_checkpoint(tmp_path / "teacher" / "best.pt")
    state["architecture"]["vocabSize"] = 300
    state["ema"]["tokens.weight"] = state["ema"]["tokens.weight"][:300]
    torch.save(state, tmp_path / "other.pt")
    args = arguments(tmp_path, corpus, tokenizer_path, bank_path, tmp_path / "run")
    assert main([*args, "--teacher", str(tmp_path / "other.pt")]) == 2
    assert "--teacher: expected" in capsys.readouterr().err


def test_several_teachers_speak_by_the_mean_of_their_logits(corpus, tokenizer_path, tmp_path):
    first, second = (new_trainer(settings(tmp_path / str(seed), seed=seed), corpus, tokenizer_path).model.eval() for seed in (1, 2))
    ids = torch.randint(32, first.arch.vocab_size, (3, 12), generator=torch.Generator().manual_seed(0))
    mask = torch.ones_like(ids)
    tokens, sequences = Teacher([first, second], torch.device("cpu"), settings("x")).probabilities(ids, mask)
    with torch.no_grad():
        (tokens_1, sequences_1, _), (tokens_2, sequences_2, _) = first.encode(ids, mask), second.encode(ids, mask)
    assert torch.allclose(tokens.logit(), (tokens_1 + tokens_2) / 2, atol=1e-4)
    assert torch.allclose(sequences.logit(), (sequences_1 + sequences_2) / 2, atol=1e-4)


def test_a_run_from_a_checkpoint_with_teachers_begins_with_its_weights_and_names_them_all(corpus, tokenizer_path, bank_path, tmp_path):
    for seed in (1, 2):
        new_trainer(settings(tmp_path / f"t{seed}", epochs=1, steps_per_epoch=2, seed=seed), corpus, tokenizer_path).run()
    args = arguments(tmp_path, corpus, tokenizer_path, bank_path, tmp_path / "run", learning_rate=1e-9)
    first, second = (tmp_path / f"t{seed}" / "best.pt" for seed in (1, 2))
    assert main([*args, "--from", str(first), "--teacher", str(first), str(second)]) == 0
    begun, ended = load_checkpoint(first)["ema"], load_checkpoint(tmp_path / "run" / "last.pt")["ema"]
    assert all(torch.allclose(begun[name], ended[name], atol=1e-5) for name in begun)
    used = json.loads((tmp_path / "run" / "inputs.json").read_text())["files"]
    assert [entry["role"] for entry in used if "steps" in entry] == ["teacher 1", "teacher 2", "initial"] and used[-1]["steps"] == 2
    assert used[-1]["sha256"] == used[-3]["sha256"] == sha256_of(first)


def test_compiled_math_is_the_same_math(corpus, tokenizer_path, tmp_path):
    plain = new_trainer(settings(tmp_path / "plain", epochs=1, steps_per_epoch=1, dropout=0.0), corpus, tokenizer_path)
    compiled = new_trainer(settings(tmp_path / "compiled", epochs=1, steps_per_epoch=1, dropout=0.0), corpus, tokenizer_path)
    compiled.encode = torch.compile(compiled.model.encode, dynamic=True, backend="eager")  # tracing is what can break; code generation is not ours
    plain.run()
    compiled.run()
    assert np.allclose(plain.losses, compiled.losses, atol=1e-5)
