import pickle
import random

import numpy as np
import pytest

from trainer.corpus import sample_weights
from trainer.markers import CLS_ID, PAD_ID, VALUE_ID
from trainer.stream import PoolMaker, Stream, crop, token_labels
from trainer.windows import WindowShape

from .conftest import QuoteCorruptor


@pytest.fixture
def maker(corpus, tokenizer_path):
    return PoolMaker(*corpus.training_texts(), QuoteCorruptor, tokenizer_path, WindowShape(), 1024, seed=5)


def take(stream, count):
    batches = iter(stream)
    return [next(batches) for _ in range(count)]


def same(left, right):
    return all(np.array_equal(a.ids, b.ids) and np.array_equal(a.token_labels, b.token_labels) for a, b in zip(left, right, strict=True))


def test_the_stream_is_the_same_with_any_number_of_workers_and_from_any_position(maker):
    with Stream(maker, workers=0) as stream:
        expected = take(stream, 40)
    with Stream(maker, workers=2) as stream:
        assert same(take(stream, 17), expected[:17])
        position = stream.position
    with Stream(maker, workers=1, position=position) as stream:
        assert same(take(stream, 23), expected[17:])


def test_another_seed_is_another_stream(maker):
    with Stream(maker, workers=0) as stream:
        first = take(stream, 3)
    maker.seed = 6
    with Stream(maker, workers=0) as stream:
        assert not same(take(stream, 3), first)


def test_batches_hold_the_budget_and_label_what_was_put_in(maker):
    maker.prepare()
    batches = maker.make(0)
    assert sum(len(batch.ids) for batch in batches) == 768
    assert all(batch.ids.size <= 1024 and (batch.ids[:, 0] == CLS_ID).all() for batch in batches)
    assert all((batch.token_labels[batch.ids == PAD_ID] == 0).all() for batch in batches)
    assert 0.4 < np.mean(np.concatenate([batch.sequence_labels for batch in batches])) < 0.6


def test_a_worker_that_fails_says_why(maker):
    maker.tokenizer_path = maker.tokenizer_path.with_name("gone.json")
    with Stream(maker, workers=1) as stream, pytest.raises(Exception, match="gone.json"):
        take(stream, 1)


def test_tokens_that_share_a_character_with_a_span_are_labeled():
    assert token_labels([(0, 2), (2, 4), (4, 6)], [(3, 5)]) == [0, 1, 1]
    assert token_labels([(0, 2), (2, 4)], [(2, 2)]) == [0, 0]
    assert token_labels([(0, 2)], []) == [0]


def test_a_cropped_sample_keeps_prefix_and_some_corruption():
    shape = WindowShape(tokens=48)
    prefix = [5, 40, VALUE_ID]
    for first_bad in (0, 3, 100, 290):
        labels = [0] * 3 + [int(first_bad <= k < first_bad + 10) for k in range(300)]
        for seed in range(50):
            ids, cropped = crop(prefix + list(range(50, 350)), labels, shape, random.Random(seed))
            assert len(ids) == len(cropped) == 48 and ids[:4] == [CLS_ID, *prefix]
            assert sum(cropped) >= 1 and all(labels[3 + token - 50] == label for token, label in zip(ids[4:], cropped[4:]))


def test_frequent_texts_weigh_more_but_not_in_proportion():
    assert sample_weights(np.array([1, 4, 5, 900])) == pytest.approx([1, 2, 5**0.5, 5**0.5])


def test_texts_are_pickled_by_path(maker):
    raw = pickle.dumps(maker.texts)
    assert len(raw) < 500 and pickle.loads(raw)[3] == maker.texts[3]
