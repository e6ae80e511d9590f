"""No verb that makes a model reads anything but what provenance names, nothing labeled attack, and nothing of a site stays.

One build and one fine-tuning run, each verb watched for the files it opens.
"""

import importlib
import json
import random
import re
from pathlib import Path

import pytest
import yaml

from trainer.__main__ import VERBS, main
from trainer.bundle import sha256_of
from trainer.grammar import GRAMMAR_DIR

from .conftest import FAKE, shop_requests, write_jsonl
from .reads import read_files

TRAINING_VERBS = ("synth", "prepare", "tokenizer", "bank", "pretrain", "finetune", "linear", "export", "calibrate")
PACKAGE = Path(__file__).resolve().parents[1]
CONFIG = {"hidden_size": 32, "gram_rows": 1009, "num_layers": 1, "epochs": 1, "steps_per_epoch": 60, "batch_size": 512, "warmup_steps": 5, "workers": 0, "select_benign": 100,
          "select_corrupted": 50, "threshold": 0.01, "learning_rate": 0.003}  # fmt: skip


def secret_requests(count, sites, seed):
    """Each site with a host, a cookie and an account id of its own that nobody else has."""
    rng = random.Random(seed)
    for record in shop_requests(count, sites, seed):
        site = record["headers"]["Host"].removeprefix("www.site").removesuffix(".example")
        record["headers"]["Host"] = f"www.zq{site}vendor.example"
        record["path"] += f"&account=Kx{int(site) * 7919 + 100003}qj&sid=wJ{site}x{rng.randrange(10**9)}"
        yield record


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The work folder and, by verb, the files it opened."""
    home = tmp_path_factory.mktemp("home")
    log = write_jsonl(home / "shop.jsonl", secret_requests(1600, 300, seed=1))
    one = write_jsonl(home / "one.jsonl", secret_requests(500, 1, seed=2))
    (home / "payloads.txt").write_text("' OR 1=1--\n")
    write_jsonl(home / "attacks.jsonl", [{"label": "attack", "method": "GET", "path": "/?q='", "headers": {}}])
    (home / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    opened: dict[str, set[Path]] = {}
    patch = pytest.MonkeyPatch()

    def watched(verb, run):
        def inner(argv):
            with read_files() as files:
                run(argv)
            opened.setdefault(verb, set()).update(files)
        return inner

    for verb in TRAINING_VERBS:
        module = importlib.import_module(f"trainer.{verb}")
        patch.setattr(module, "run", watched(verb, module.run))
    patch.setattr("trainer.export.CHECK_TEXTS", 300)
    patch.setattr("trainer.finetune.REHEARSED", 400)
    patch.setattr("trainer.evaluate.run", lambda argv: None)  # not a training verb: the only one that may read attacks
    patch.chdir(home)
    try:
        assert main(["synth", "--logs", "one.jsonl", "--num-samples", "60", "--out", "work/sampled.jsonl"]) == 0
        assert main(["build", "--logs", "shop.jsonl", "work/sampled.jsonl", "--license", "Apache-2.0", "--license", "MIT", "--config", "config.yaml", "--work", "work", "--out", "models/shop-1",
                     "--bank-size", "800", "--vocab-size", "500", "--linear-fields", "10000", "--normgate", FAKE]) == 0  # fmt: skip
        assert main(["finetune", "--from", "models/shop-1", "--logs", str(one), "--license", "MIT", "--out", "models/one-1", "--work", "tuned",
                     "--config", "config.yaml", "--bank", "work/bank.npz", "--linear-fields", "10000", "--budget", "0.02", "--normgate", FAKE]) == 0  # fmt: skip
    finally:
        patch.undo()
    assert log.is_file()
    return home, opened


def provenance(home, bundle):
    return json.loads((home / "models" / bundle / "provenance.json").read_text())


def test_every_verb_is_watched_or_makes_no_model(built):
    assert set(built[1]) == set(TRAINING_VERBS)
    assert set(VERBS) - set(TRAINING_VERBS) == {"evaluate", "applications", "baselines", "build", "bench"}, "a new verb: does it read what a model is made from?"


def test_no_training_verb_opens_a_file_that_provenance_does_not_name(built):
    home, opened = built
    known = {home / "config.yaml"}
    for bundle, log in (("shop-1", "shop.jsonl"), ("one-1", "one.jsonl")):
        entry, *rest = provenance(home, bundle)["data"]
        assert [made["from"]["verb"] for made in rest] == (["synth"] if bundle == "shop-1" else [])
        assert all(made["from"]["files"][0]["sha256"] == sha256_of(home / "one.jsonl") for made in rest)
        assert entry["sha256"] == sha256_of(home / log) and entry["license"] in ("Apache-2.0", "MIT") and entry["requests"] > 0
        known.add(home / entry["file"])
    made = tuple(str(home / name) + "/" for name in ("work", "tuned", "models"))  # by the verbs themselves, from the above
    for verb, files in opened.items():
        mine = {path for path in files if path.is_relative_to(home) and not str(path).startswith(made)}
        assert mine <= known, verb
        grammars = {path for path in files if path.is_relative_to(PACKAGE) and path.suffix not in (".py", ".pyc", "")}
        assert all(path.parent == GRAMMAR_DIR for path in grammars), verb
    assert home / "shop.jsonl" in opened["prepare"] and any(path.parent == GRAMMAR_DIR for path in opened["bank"])


def test_nothing_that_names_attacks_was_opened(built):
    home, opened = built
    everything = set().union(*opened.values())
    assert not {home / "attacks.jsonl", home / "payloads.txt"} & everything


@pytest.mark.parametrize("verb", ["prepare", "finetune", "build"])
def test_a_line_labeled_attack_is_refused(built, verb, tmp_path, capsys):
    home, _ = built
    rest = {"prepare": ["--out", str(tmp_path / "data")], "build": ["--work", str(tmp_path / "work"), "--out", str(tmp_path / "models" / "x-1")],
            "finetune": ["--from", str(home / "models" / "shop-1"), "--work", str(tmp_path / "work"), "--out", str(tmp_path / "models" / "x-1")]}  # fmt: skip
    assert main([verb, "--logs", str(home / "attacks.jsonl"), *rest[verb], "--normgate", FAKE]) == 2
    assert "label: expected benign" in capsys.readouterr().err


def test_grammars_and_every_step_are_named_by_hash(built):
    home, _ = built
    value = provenance(home, "shop-1")
    assert {entry["file"]: entry["sha256"] for entry in value["grammars"]} == {path.name: sha256_of(path) for path in GRAMMAR_DIR.glob("*.grammar")}
    assert all(entry["license"] for entry in value["grammars"]) and value["attacksInTraining"] == 0
    steps = value["steps"]
    assert {role: step["from"]["verb"] for role, step in steps.items()} == {"tokenizer": "tokenizer", "linear": "linear", "bank": "bank", "checkpoint": "pretrain"}
    logs = [entry["sha256"] for entry in value["data"]]
    assert len(logs) == 2 and all(steps[role]["from"]["logs"] == logs for role in ("tokenizer", "linear", "checkpoint"))
    assert steps["linear"]["sha256"] == sha256_of(home / "models" / "shop-1" / "ngram.bin")
    used = {entry["role"]: entry["sha256"] for entry in steps["checkpoint"]["from"]["files"]}
    assert used == {"tokenizer": steps["tokenizer"]["sha256"], "bank": steps["bank"]["sha256"], "config": sha256_of(home / "config.yaml")}


def test_a_tuned_bundle_names_its_parent_and_what_that_was_made_from(built):
    home, _ = built
    value = provenance(home, "one-1")
    assert value["parent"]["manifestSha256"] == sha256_of(home / "models" / "shop-1" / "manifest.json")
    assert value["parent"]["provenance"] == provenance(home, "shop-1")
    assert {role: step["from"] and step["from"]["verb"] for role, step in value["steps"].items()} == {
        "tokenizer": None, "linear": "finetune", "bank": "bank", "checkpoint": "finetune"}  # fmt: skip


def test_nothing_that_one_site_alone_sends_is_in_any_file_of_the_bundle(built):
    home, _ = built
    secrets = set()
    for record in secret_requests(1600, 300, seed=1):
        secrets.add(record["headers"]["Host"].removeprefix("www.").removesuffix(".example"))
        secrets.update(re.search(r"account=(\w+)&sid=(\w+)", record["path"]).groups())
    for path in (home / "models" / "shop-1").iterdir():
        raw = path.read_bytes()
        assert not [secret for secret in secrets if secret.encode() in raw], path.name
