"""No input gets a logit above what the last layers allow."""

import shutil

import numpy as np
import pytest
import torch

from trainer.bundle import FP16, FP32, INT8
from trainer.highest_logit import highest_logit
from trainer.model import Architecture, Detector
from trainer.onnx_files import write_fp32, write_int8
from trainer.scoring import open_session, pad_batch

ARCH = Architecture("tiny", 32, 1, 4, 64, 300, 48)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    torch.manual_seed(3)
    model = Detector(ARCH)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "norm" in name or "head" in name:
                value.add_(torch.randn_like(value) * 0.8)
    folder = tmp_path_factory.mktemp("model")
    write_fp32(model, folder / FP32)
    write_int8(folder / FP32, folder / INT8)
    return model, folder


@pytest.mark.parametrize("name", [FP32, INT8])
def test_no_input_exceeds_it(files, name):
    _, folder = files
    rng = np.random.default_rng(0)
    session, limit = open_session(folder / name), highest_logit(folder / name)
    seen = []
    for _ in range(300):
        window = [1, *rng.integers(32, 300, rng.integers(1, 47)).tolist()]
        seen.append(float(session.run(["pooled_logit"], pad_batch([window]))[0][0]))
    assert max(seen) < limit


def test_the_best_that_the_last_layers_could_be_given_reaches_it_nearly(files):
    """A hidden vector made for the token head, and one for the sequence head."""
    model, folder = files
    norm, width = model.norm, ARCH.hidden_size
    best = norm.weight * model.token_head.weight[0]
    with torch.no_grad():
        token = model.token_head(norm(best))[0]
        dense = model.sequence_head.weight[0].abs().sum() + model.sequence_head.bias[0]
    assert best.shape == (width,)
    assert highest_logit(folder / FP32) == pytest.approx(float(token + dense) / 2 + 0.005, abs=0.01)


def test_files_that_it_cannot_read_have_none(files, tmp_path):
    _, folder = files
    assert highest_logit(shutil.copy(folder / FP32, tmp_path / FP16)) is None
