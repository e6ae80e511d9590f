"""A bundle whose weights went through several trainings names what each was made from, and how long all of them took."""

import json

import pytest

from trainer.card import earlier_runs
from trainer.checkpoint import CHECKPOINT_VERSION, save_checkpoint
from trainer.provenance import NOT_RECORDED, initial_checkpoints, inputs_path, record_inputs, write_provenance

TRAINING = {"steps": 4000, "samples": 200, "minutes": 10.0}  # of the last run, as a manifest has it


@pytest.fixture
def chain(tmp_path):
    """Three runs, each from the one before; every run has a bank of its own, and the second also a teacher."""
    before = None
    for number in (1, 2, 3):
        bank, run = tmp_path / f"bank{number}.npz", tmp_path / "train" / f"r{number}"
        bank.write_bytes(b"bank %d" % number)
        record_inputs(inputs_path(bank), "bank", {}, grammars={"sql.grammar": f"{number}" * 64})
        save_checkpoint(run / "best.pt", {"version": CHECKPOINT_VERSION, "step": 1000 * number, "samples": 50, "seconds": 60.0 * number})
        (tmp_path / "config.yaml").write_text("")
        checkpoints = {"initial": before, **({"teacher 1": before} if number == 2 else {})} if before else {}
        record_inputs(run / "inputs.json", "pretrain", {"bank": bank, "config": tmp_path / "config.yaml"}, checkpoints=checkpoints)
        before = run / "best.pt"
    return tmp_path


def as_older_versions_wrote(chain):
    """No inputs of banks, no length of training."""

    def stripped(made):
        for entry in made["files"]:
            for key in ("from",) if entry["role"] == "bank" else ("steps", "samples", "minutes"):
                entry.pop(key, None)
            if "from" in entry:
                stripped(entry["from"])
        return made

    for path in (chain / "train").glob("*/inputs.json"):
        path.write_text(json.dumps(stripped(json.loads(path.read_text()))))


@pytest.fixture
def provenance(chain, corpus, tokenizer_path):
    def write():
        files = {"tokenizer": tokenizer_path, "bank": chain / "bank3.npz"}
        write_provenance(chain, corpus, {"config": {"seed": 0}}, files, {"sql.grammar": "3" * 64}, chain / "train" / "r3" / "best.pt")
        return json.loads((chain / "provenance.json").read_text())

    return write


def banks(entry):
    """By run, the latest first, what the list says of the bank."""
    return [next(file for file in run["from"]["files"] if file["role"] == "bank")["from"] for run in (entry, *initial_checkpoints(entry))]


def test_every_bank_of_the_chain_names_its_grammars(chain, provenance):
    value = provenance()
    assert [bank["grammars"]["sql.grammar"][0] for bank in banks(value["steps"]["checkpoint"])] == ["3", "2", "1"]
    assert [entry["sha256"][0] for entry in value["grammars"]] == ["1", "2", "3"]
    assert [run["steps"] for run in initial_checkpoints(value["steps"]["checkpoint"])] == [2000, 1000]
    as_older_versions_wrote(chain)
    assert provenance() == value, "what older lists lack is found beside banks and checkpoints of the recorded hashes"


def test_what_is_not_found_is_said(chain, provenance):
    as_older_versions_wrote(chain)
    inputs_path(chain / "bank1.npz").unlink()
    (chain / "bank2.npz").write_bytes(b"another bank of that name")
    (chain / "train" / "r1" / "best.pt").unlink()
    value = provenance()
    third, *others = banks(value["steps"]["checkpoint"])
    assert third["verb"] == "bank" and others == [NOT_RECORDED, NOT_RECORDED]
    assert value["steps"]["tokenizer"]["from"] == NOT_RECORDED
    assert ["steps" in run for run in initial_checkpoints(value["steps"]["checkpoint"])] == [True, False]
    assert "the last of 3 runs or more" in earlier_runs(TRAINING, value)


def test_the_card_adds_up_the_chain(chain, provenance):
    value = provenance()
    assert "the last of 3 runs" in earlier_runs(TRAINING, value) and "together 7000 steps over 300 samples (13.0 minutes)" in earlier_runs(TRAINING, value)
    assert earlier_runs(TRAINING, {"steps": {"checkpoint": {"from": {"verb": "pretrain", "files": []}}}}) == earlier_runs(TRAINING, {"steps": {}}) == ""
    assert "from the weights of base-1" in earlier_runs(TRAINING, {"parent": {"id": "base-1"}, "steps": {}})


def test_a_chain_whose_first_run_is_not_recorded_is_no_whole(chain, provenance):
    (chain / "train" / "r3" / "inputs.json").write_text(json.dumps({"verb": "pretrain", "files": [
        {"role": "initial", "file": "best.pt", "sha256": "0" * 64, "from": None, "steps": 9, "samples": 9, "minutes": 1.0}]}))  # fmt: skip
    value = provenance()
    assert [run["from"] for run in initial_checkpoints(value["steps"]["checkpoint"])] == [NOT_RECORDED]
    assert "the last of 2 runs or more" in earlier_runs(TRAINING, value)
