import random

import pytest
from tokenizers import pre_tokenizers

from trainer import vectors
from trainer.errors import TrainerError
from trainer.markers import ALL_MARKERS, CLS_ID, MARKERS, VALUE_ID
from trainer.tokenizer import encode_batch, load_tokenizer, shared_words, train_tokenizer, words_of
from trainer.windows import WindowShape, windows_of


@pytest.fixture(scope="module")
def tokenizer():
    return vectors.small_tokenizer()


def test_no_piece_is_longer_than_ten_bytes():
    tokenizer = train_tokenizer({" internationalization": 90, "accountability": 80}, 600)
    pieces = [piece for piece in tokenizer.get_vocab() if piece not in ALL_MARKERS]
    assert 8 <= max(map(len, pieces)) <= 10  # one letter of the byte alphabet a byte


def test_markers_have_ids_0_to_31_and_split_words(tokenizer):
    assert encode_batch(tokenizer, ["".join(ALL_MARKERS)])[0] == list(range(32))
    assert words_of(f"{MARKERS['QUERY']}q1{MARKERS['VALUE']} it's") == ["q", "1", " it", "'", "s"]


def test_a_text_that_spells_a_marker_is_not_one(tokenizer):
    for text in ("[PAD]", "\\ue000", "\ue020", "VALUE", "<mask>"):
        assert min(encode_batch(tokenizer, [text])[0]) >= 32


def test_every_text_survives_a_round_trip(tokenizer):
    rng = random.Random(5)
    texts = [vectors.odd_text(rng) for _ in range(500)]
    for text, ids in zip(texts, encode_batch(tokenizer, texts)):
        assert tokenizer.decode(ids, skip_special_tokens=False) == text


def test_our_words_are_the_pre_tokenizer_words(tokenizer):
    split = tokenizer.pre_tokenizer[0] if isinstance(tokenizer.pre_tokenizer, pre_tokenizers.Sequence) else None
    rng = random.Random(6)
    for _ in range(500):
        text = "".join(c for c in vectors.odd_text(rng) if c not in ALL_MARKERS)
        if text:
            assert [word for word, _ in split.pre_tokenize_str(text)] == words_of(text), ascii(text)


def test_words_of_few_sites_teach_nothing():
    texts = [("secret,shared", (0, 1)), ("shared", (2, 3, 4)), ("secret", (1, 2)), ("secret", (2,))]
    assert shared_words(texts, min_sites=5) == {"shared": 5}
    assert shared_words(texts, min_sites=3) == {"shared": 5, "secret": 3}


@pytest.mark.parametrize("size", [10, 287, 65_537])
def test_a_vocabulary_that_cannot_be_is_refused(size):
    with pytest.raises(TrainerError, match=f"vocab_size.*{size}"):
        train_tokenizer({}, size)


def test_a_missing_tokenizer_names_the_file(tmp_path):
    with pytest.raises(TrainerError, match="nothing-here.json"):
        load_tokenizer(tmp_path / "nothing-here.json")


def test_windows_cover_every_token_and_repeat_the_prefix():
    shape = WindowShape(tokens=20, overlap=4, prefix_tokens=6)
    prefix = [5, 40, VALUE_ID]
    body = list(range(100, 180))
    windows = windows_of(prefix + body, shape)
    assert all(window[:4] == [CLS_ID, *prefix] and len(window) <= 20 for window in windows)
    assert {token for window in windows for token in window[4:]} == set(body)
    for left, right in zip(windows, windows[1:]):
        assert left[-4:] == right[4:8]


def test_a_long_or_missing_prefix_is_cut_to_the_zone():
    shape = WindowShape(tokens=10, overlap=2, prefix_tokens=4)
    long_name = [5, *range(40, 60), VALUE_ID, *range(70, 90)]
    assert all(window[:2] == [CLS_ID, 5] for window in windows_of(long_name, shape))
    assert windows_of([5, 6], shape) == [[CLS_ID, 5, 6]]
