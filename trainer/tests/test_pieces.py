"""Fields cut into pieces: the vectors, and what becomes of a field's score."""

import json

import numpy as np
import pytest

from trainer.errors import TrainerError
from trainer.ngrams import Shape
from trainer.pieces import PieceShape, piece_logits, pieces_of
from trainer.vectors import VECTORS, small_linear_view
from trainer.views import PieceLogits, Rule, linear_logits

SHAPE = PieceShape()


def test_the_vectors_hold():
    vectors = json.loads((VECTORS / "pieces.json").read_text(encoding="utf-8"))
    assert PieceShape(vectors["units"], vectors["stride"]) == SHAPE and len(vectors["cases"]) > 50
    for case in vectors["cases"]:
        got = [{"text": piece.text, "start": piece.start, "end": piece.end} for piece in pieces_of(case["text"])]
        assert got == case["pieces"], ascii(case["text"])


def test_the_linear_view_of_pieces_is_that_of_the_field_divided():
    model = small_linear_view()
    cases = json.loads((VECTORS / "linear.json").read_text(encoding="utf-8"))["cases"]
    for case in cases:
        windows = [tuple(window) for window in case["windows"]]
        logits = piece_logits(case["text"], windows, model.shape)
        assert logits == pytest.approx(case["pieces"]) and len(logits) == len(pieces_of(case["text"]))
        assert max(logits) == max(logit for *_, logit in windows)
    texts = [case["text"] for case in cases]
    assert linear_logits(texts, model, SHAPE) == pytest.approx([logit for case in cases for logit in case["pieces"]])


@pytest.mark.parametrize("shape", [PieceShape(96, 40), PieceShape(60, 48), PieceShape(100, 48)])
def test_pieces_that_would_cut_a_window_of_the_linear_view_are_refused(shape):
    with pytest.raises(TrainerError, match="pieces: expected a stride that is a multiple of 24"):
        shape.check(Shape())


def test_a_field_is_as_surprising_as_its_most_surprising_piece():
    rule = Rule.fit(np.linspace(-5, 5, 2000), np.linspace(-5, 5, 2000), np.ones(2000), bound=4.0)
    apart = PieceLogits(2, np.array([0, 0, 1]), np.array([5.0, -5.0, 5.0]), np.array([-5.0, 5.0, 5.0]))
    first, second = apart.combined(rule)
    # The first text's views are surprised at different places: neither piece is what the second text's is.
    assert first < second and second == pytest.approx(float(rule.combine(np.array([5.0]), np.array([5.0]))[0]))
    assert apart.largest(apart.linear).tolist() == [5.0, 5.0]


def test_an_odd_request_of_many_fields_is_one_oddity():
    logits = np.concatenate([np.linspace(0, 1, 1000), np.full(100, 9.0)])
    weights = np.concatenate([np.ones(1000), np.full(100, 0.01)])
    even, weighted = (Rule.fit(logits, logits, some).linear.log_survival(5.0) for some in (np.ones(1100), weights))
    assert np.exp(even) == pytest.approx(0.09, abs=0.01) and np.exp(weighted) == pytest.approx(0.001, rel=1.2)
