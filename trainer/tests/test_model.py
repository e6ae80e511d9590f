import pytest
import torch

from trainer.model import NOT_SCORED, RUN_TOKENS, Architecture, Detector, best_run_mean


def naive_best(logits):
    runs = [logits[i : i + RUN_TOKENS] for i in range(max(1, len(logits) - RUN_TOKENS + 1))]
    return max(sum(run) / len(run) for run in runs)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return Detector(Architecture("tiny", 32, 2, 4, 64, 100, 48)).eval()


@pytest.mark.parametrize("real_tokens", [1, 2, 5, 6, 7, 12, 30])
@pytest.mark.parametrize("padding", [0, 1, 9])
def test_pooling_is_the_best_run_of_real_tokens(real_tokens, padding):
    torch.manual_seed(real_tokens)
    logits = torch.randn(1, 1 + real_tokens + padding) * 4
    real = torch.zeros_like(logits)
    real[:, 1 : 1 + real_tokens] = 1
    expected = naive_best(logits[0, 1 : 1 + real_tokens].tolist())
    assert best_run_mean(logits, real).item() == pytest.approx(expected, abs=1e-5)


def test_nothing_but_cls_is_not_scored():
    assert best_run_mean(torch.tensor([[7.0], [7.0]]), torch.zeros(2, 1)).tolist() == [NOT_SCORED] * 2


def test_padding_and_neighbors_do_not_change_a_score(model):
    ids = torch.randint(32, 100, (3, 20))
    ids[:, 0] = 1
    mask = torch.ones_like(ids)
    mask[1, 8:] = 0
    mask[2, 3:] = 0
    *_, together = model(ids, mask)
    for row, length in enumerate((20, 8, 3)):
        *_, alone = model(ids[row : row + 1, :length], mask[row : row + 1, :length])
        assert together[row].item() == pytest.approx(alone.item(), abs=1e-5)


def test_outputs_have_the_shapes_and_ranges_of_the_contract(model):
    ids = torch.randint(32, 100, (2, 10))
    mask = torch.ones_like(ids)
    mask[1, 6:] = 0
    token_scores, score, embedding, pooled = model(ids, mask)
    assert token_scores.shape == (2, 10) and score.shape == pooled.shape == (2,) and embedding.shape == (2, 32)
    assert (token_scores[:, 0] == NOT_SCORED).all() and (token_scores[1, 6:] == NOT_SCORED).all()
    assert torch.allclose(score, torch.sigmoid(pooled))


def test_the_architecture_survives_the_manifest(model):
    assert Architecture.from_manifest(model.arch.manifest()) == model.arch


def with_grams(**changes):
    torch.manual_seed(1)
    return Detector(Architecture("tiny", 32, 2, 4, 64, 100, 48, **changes)).eval()


def test_runs_that_training_never_showed_say_nothing():
    ids = torch.randint(32, 100, (2, 20))
    model = with_grams(gram_rows=997)
    assert torch.equal(model.grams(ids), torch.zeros(2, 20, 32))


def test_a_run_is_known_by_its_tokens_and_their_order():
    model = with_grams(gram_rows=997)
    for table in model.grams.tables:
        torch.nn.init.normal_(table.weight)
    said = model.grams(torch.tensor([[1, 40, 50, 60, 70, 40, 50, 60, 70, 60, 50, 40]]))[0]
    assert torch.equal(said[4], said[8])  # 40 50 60 70, wherever it stands
    assert not torch.allclose(said[3], said[11])  # 40 50 60 and 60 50 40


@pytest.mark.parametrize("tokens", [1, 2, 3, 4])
def test_a_text_may_be_shorter_than_a_run(tokens):
    assert with_grams(gram_rows=997).grams(torch.ones(1, tokens, dtype=torch.int64)).shape == (1, tokens, 32)


def test_a_manifest_without_runs_is_of_a_model_without_them(model):
    manifest = {key: value for key, value in model.arch.manifest().items() if key != "gramRows"}
    assert Architecture.from_manifest(manifest) == model.arch and model.grams is None
    arch = with_grams(gram_rows=997).arch
    assert Architecture.from_manifest(arch.manifest()) == arch
