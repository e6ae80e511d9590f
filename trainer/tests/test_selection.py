"""What training may see and what chooses a checkpoint, where families of fragments are held out."""

import dataclasses
import random

import pytest

from trainer.__main__ import main
from trainer.corpus import Corpus
from trainer.corruptors import corruptor_factory, selection_factories
from trainer.errors import TrainerError
from trainer.fragments import FragmentBank, _Texts
from trainer.selection import selection_texts
from trainer.stream import SampleMaker

from .test_pretrain import arguments
from .test_train import settings

LANGUAGES = ("known", "held", "prose", "suffix")
HELD = "ZqHeldOut"  # stands in every fragment in which the family takes part, and in no benign text


@pytest.fixture
def bank_path(tmp_path):
    known, held, prose, suffix = (1 << number for number in range(4))
    foreign = [("KnownOne", 0, known), ("KnownTwo", 0, known), (f"Known{HELD}", 0, known | held), (f"{HELD}One", 1, held), (f"{HELD}Two", 1, held)]
    texts = {"foreign": foreign, "benign": [("some prose", 2, prose)], "name": [("[x]", 3, suffix)]}
    FragmentBank(LANGUAGES, {kind: _Texts.of(rows) for kind, rows in texts.items()}, {}).save(tmp_path / "bank.npz")
    return tmp_path / "bank.npz"


def shows_held(text: str) -> bool:
    return HELD.lower() in text.lower()


def chosen_by(config, corpus: Corpus, bank_path) -> tuple[list[str], list[str]]:
    texts, _ = corpus.training_texts()
    return selection_texts(config, corpus, [make(texts) for make in selection_factories(config, bank_path)])


def plain(folder, **changes):
    """Settings in which a fragment stays in one piece."""
    return settings(folder, corruption={"woven_share": 0.0}, select_corrupted=400, **changes)


def test_held_out_families_choose_the_checkpoint_and_never_train(corpus, bank_path, tmp_path):
    config = plain(tmp_path, holdout_families=["held"])
    maker = SampleMaker(*corpus.training_texts(), corruptor_factory(config, bank_path))
    maker.prepare()
    trained = maker.samples(5000, random.Random(0))
    assert sum(bool(spans) for _, spans in trained) > 1000 and not [text for text, _ in trained if shows_held(text)]
    benign, corrupted = chosen_by(config, corpus, bank_path)
    # Every second text is of the held-out family; the whole bank, whose turn the others are, has it too.
    assert all(map(shows_held, corrupted[1::2])) and not any(map(shows_held, benign))
    assert {shows_held(text) for text in corrupted[::2]} == {True, False} and len(corrupted) == 400


def test_nothing_held_out_changes_nothing(corpus, bank_path, tmp_path):
    config = plain(tmp_path)
    (only,) = selection_factories(config, bank_path)
    texts, _ = corpus.training_texts()
    assert chosen_by(config, corpus, bank_path) == selection_texts(config, corpus, [corruptor_factory(config, bank_path)(texts)])
    # A family of benign text alone has no corruption of its own to choose by.
    assert len(selection_factories(dataclasses.replace(config, holdout_families=("prose",)), bank_path)) == 1
    with pytest.raises(TrainerError, match="no language named 'cobol'"):
        corruptor_factory(dataclasses.replace(config, holdout_families=("cobol",)), bank_path)(texts)


def test_pretrain_chooses_by_them(corpus, bank_path, tokenizer_path, tmp_path, monkeypatch):
    chosen: list[list[str]] = []
    monkeypatch.setattr("trainer.selection.selection_texts", lambda *args: chosen.extend(selection_texts(*args)) or chosen)
    assert main(arguments(tmp_path, corpus, tokenizer_path, bank_path, tmp_path / "run", holdout_families=["held"])) == 0
    assert len(chosen[1]) == 40 and all(map(shows_held, chosen[1][1::2]))
