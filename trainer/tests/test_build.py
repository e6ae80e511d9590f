"""Logs to bundle through the command line, with a stand-in for the canonicalizer."""

import importlib

import pytest
import yaml

from trainer.__main__ import VERBS, main
from trainer.bundle import Bundle

from .conftest import FAKE, shop_requests, write_jsonl


def test_build_makes_a_whole_bundle(tmp_path):
    log = write_jsonl(tmp_path / "shop.jsonl", shop_requests(2000, sites=400, seed=1))
    config = {"hidden_size": 32, "gram_rows": 1009, "num_layers": 1, "epochs": 1, "steps_per_epoch": 120, "batch_size": 512, "warmup_steps": 5, "workers": 1,
              "select_benign": 100, "select_corrupted": 50, "threshold": 0.01, "learning_rate": 0.003}  # fmt: skip
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    out = tmp_path / "models" / "shop-1"
    status = main(["build", "--logs", str(log), "--license", "Apache-2.0", "--config", str(tmp_path / "config.yaml"), "--work", str(tmp_path / "work"),
                   "--out", str(out), "--bank-size", "1500", "--vocab-size", "500", "--linear-fields", "4000", "--normgate", FAKE])  # fmt: skip
    assert status == 0
    bundle = Bundle.open(out)
    assert set(bundle.manifest["files"]) == {"model.onnx", "model.int8.onnx", "model.fp16.onnx", "ngram.bin", "tokenizer.json", "provenance.json",
                                             "eval.json", "MODEL_CARD.md", "report.html"}  # fmt: skip
    assert bundle.manifest["schemaVersion"] == 3 and bundle.manifest["views"]["linear"]["fields"] > 0
    assert bundle.manifest["falsePositiveBudget"] == 0.01 and bundle.manifest["training"]["steps"] == 120


def test_an_unknown_verb_lists_them(capsys):
    assert main(["synthesize"]) == 2
    err = capsys.readouterr().err
    assert all(verb in err for verb in VERBS) and "got 'synthesize'" in err
    assert main(["--help"]) == 0


@pytest.mark.parametrize("verb", VERBS)
def test_help_says_whole_sentences(verb):
    first = importlib.import_module(f"trainer.{verb}").__doc__.splitlines()[0]
    assert first.startswith(f"Verb `{verb}`:") and first.endswith(".")
