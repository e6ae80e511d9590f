from pathlib import Path

import pytest

from trainer import config as module
from trainer.config import Config, config_from_dict, load_config
from trainer.errors import TrainerError
from trainer.model import SIZES
from trainer.train import architecture_of

SHIPPED = sorted((Path(module.__file__).parent / "config").glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_configs_load_and_name_their_size(path):
    config = load_config(path)
    layers, hidden, heads, longest = SIZES[path.stem]
    arch = architecture_of(config, vocab_size=4096)
    assert (arch.num_layers, arch.hidden_size, arch.num_heads, arch.max_length) == (layers, hidden, heads, longest)


def test_there_is_a_config_for_each_size():
    assert {path.stem for path in SHIPPED} == set(SIZES) == set(module.ARCHITECTURES)


def test_the_settings_that_people_expect_exist():
    wanted = """architecture hidden_size num_layers num_heads dropout max_length epochs batch_size learning_rate weight_decay
                gradient_clip splits max_samples threshold checkpoint_dir""".split()
    assert set(wanted) <= set(Config.__dataclass_fields__)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"learning_rat": 1}, "learning_rat: no such setting; there are .*learning_rate"),
        ({"epochs": "many"}, "epochs: expected int, got 'many'"),
        ({"epochs": True}, "epochs: expected int, got True"),
        ({"epochs": 0}, "epochs: expected 1 to .*, got 0"),
        ({"dropout": 1.5}, "dropout: expected 0 to 0.99999, got 1.5"),
        ({"architecture": "huge"}, "architecture: expected one of tiny, small, base, distilbert, got 'huge'"),
        ({"hidden_size": "big"}, "hidden_size: expected int or null, got 'big'"),
        ({"max_length": 1024}, "max_length: expected 48 to 512, got 1024"),
        ({"splits": {"train": 0.8, "test": 0.2}}, "splits: expected positive shares that add up to 1"),
        ({"splits": {"training": 1}}, "splits: expected a mapping of train, select, calibrate, test"),
        ({"holdout_families": "sql"}, "holdout_families: expected a list of names, got 'sql'"),
        ({"objective": "mse"}, "objective: no such setting"),
        ([1], "expected a mapping of settings, got list"),
    ],
)
def test_bad_settings_name_key_expectation_and_value(raw, message):
    with pytest.raises(TrainerError, match=message):
        config_from_dict(raw)


def test_a_bad_file_is_named(tmp_path):
    (tmp_path / "c.yaml").write_text("epochs: [")
    with pytest.raises(TrainerError, match="cannot read .*c.yaml"):
        load_config(tmp_path / "c.yaml")
    (tmp_path / "d.yaml").write_text("epoch: 3")
    with pytest.raises(TrainerError, match="d.yaml: epoch: no such setting"):
        load_config(tmp_path / "d.yaml")


def test_numbers_that_yaml_reads_as_text_are_numbers():
    assert config_from_dict({"learning_rate": "1e-3"}).learning_rate == 0.001


def test_heads_must_divide_the_width():
    with pytest.raises(TrainerError, match="num_heads: expected a divisor of hidden_size 100, got 3"):
        architecture_of(config_from_dict({"hidden_size": 100, "num_heads": 3}), 600)
