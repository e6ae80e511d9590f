"""Baselines: what they are fitted to, and that the original objective learns nothing."""

import random

import numpy as np
import pytest
import torch

from trainer.baseline_language import BaselineScorer, LanguageModel, collapse_loss, language_loss, train_baseline
from trainer.baseline_ngram import STRETCH, CharacterModel
from trainer.baselines import fit_baselines, open_baselines
from trainer.errors import TrainerError
from trainer.model import Architecture, Detector
from trainer.tokenizer import encode_batch, load_tokenizer
from trainer.windows import WindowShape, windows_of

FOREIGN = ["\ue005q\ue00b' UNION SELECT password FROM users--", "\ue005q\ue00b<script>alert(document.cookie)</script>", "\ue005q\ue00b;cat /etc/passwd|nc"]


def benign_texts(count: int) -> list[str]:
    rng = random.Random(0)
    words = "blue lamp green chair small table order item search cart shoes red".split()
    return [f"\ue005q\ue00b{' '.join(rng.choice(words) for _ in range(rng.randint(1, 5)))}" for _ in range(count)]


@pytest.fixture(scope="module")
def tokenizer(tokenizer_path):
    return load_tokenizer(tokenizer_path)


def small(kind, tokenizer):
    torch.manual_seed(0)
    return kind(Architecture("tiny", 32, 1, 4, 64, tokenizer.get_vocab_size(), 96))


def windows(texts, tokenizer):
    return [window for ids in encode_batch(tokenizer, texts) for window in windows_of(ids)]


def test_the_original_objective_collapses_to_a_constant(tokenizer):
    """Pushed toward 0 on benign requests alone, the score of everything goes to 0: attacks are benign to it."""
    texts = benign_texts(200)
    model = small(Detector, tokenizer)
    scorer = BaselineScorer(model, tokenizer, WindowShape())
    before = 1 / (1 + np.exp(-scorer.field_logits(texts + FOREIGN)))
    history = train_baseline(model, collapse_loss, windows(texts, tokenizer), 150, seed=0)
    benign, foreign = (1 / (1 + np.exp(-scorer.field_logits(part))) for part in (texts, FOREIGN))
    assert history[-1] < history[0] / 20
    assert before.std() > 3 * np.concatenate([benign, foreign]).std()
    assert foreign.max() < 0.1 and foreign.max() - benign.min() < 0.1  # no threshold worth the name lies between


def test_a_language_model_is_surprised_by_other_text(tokenizer):
    texts = benign_texts(400)
    model = small(LanguageModel, tokenizer)
    history = train_baseline(model, language_loss, windows(texts, tokenizer), 120, seed=0)
    scorer = BaselineScorer(model, tokenizer, WindowShape())
    assert history[-1] < 0.6 * history[0]
    assert scorer.field_logits(FOREIGN).min() > scorer.field_logits(benign_texts(450)[400:]).max()


def test_a_token_is_predicted_from_those_before_it_only(tokenizer):
    model = small(LanguageModel, tokenizer).eval()
    ids = torch.tensor([[1, 40, 41, 42, 43, 44]])
    changed = ids.clone()
    changed[0, 4] = 99
    with torch.no_grad():
        assert torch.allclose(model(ids)[0, :4], model(changed)[0, :4]) and not torch.allclose(model(ids)[0, 4], model(changed)[0, 4])


def test_padding_and_short_texts_change_no_score(tokenizer):
    scorer = BaselineScorer(small(LanguageModel, tokenizer), tokenizer, WindowShape())
    texts = ["\ue005q\ue00ba", "\ue005q\ue00bsome more words in one field", *FOREIGN]
    together = scorer.field_logits(texts)
    assert np.isfinite(together).all()
    assert together == pytest.approx([scorer.field_logits([text])[0] for text in texts], abs=1e-4)


def test_character_model_counts_what_it_saw(tmp_path):
    model = CharacterModel.fit(benign_texts(500))
    known, foreign = model.field_logits(benign_texts(520)[500:]), model.field_logits(FOREIGN)
    assert foreign.min() > known.max() and np.isfinite(model.field_logits([""])).all()
    # One strange stretch decides, however much that is known stands around it.
    padded = "\ue005q\ue00b" + "blue lamp " * 40 + FOREIGN[0][3:] + " green chair" * 40
    assert model.field_logits([padded])[0] > known.max() and len(padded) > 20 * STRETCH
    model.write(tmp_path / "model.npz")
    assert (CharacterModel.read(tmp_path / "model.npz").field_logits(FOREIGN) == foreign).all()


def test_the_verb_writes_what_evaluation_reads(corpus, tokenizer_path, tmp_path):
    with pytest.raises(TrainerError, match="--baselines: no .*run `python -m trainer baselines` first"):
        open_baselines(tmp_path / "none")
    meta = fit_baselines(corpus, tokenizer_path, tmp_path / "b", steps=3, collapse_steps=3, seed=0)
    assert meta["texts"] > 100
    scorers = open_baselines(tmp_path / "b")
    assert {"character n-gram", "causal LM", "original objective"} <= set(scorers)
    for identity, score in scorers.values():
        assert identity and np.isfinite(score(FOREIGN)).all()
