"""Where fragments go, in which shares, and that the spans say exactly so."""

import pickle
import random
import re

import pytest

from trainer.corrupt import Corruptor
from trainer.corruption_config import CorruptionConfig
from trainer.markers import ALL_MARKERS, MARKERS

from .corruption import ONLY_FRAGMENTS, corruptor, structure_text, texts

MARKER = re.compile(f"[{''.join(ALL_MARKERS)}]")
AS_IT_WAS = {"foreign_value_share": 0.0, "foreign_name_share": 0.0, "mixed_share": 0.0, "mutated_share": 0.0}


def test_same_seed_same_samples_and_reseed_and_pickle(bank):
    inputs = texts(4, 400)
    one, two = corruptor(bank, 1), corruptor(bank, 2)
    first = [one.sample(t) for t in inputs]
    assert first != [two.sample(t) for t in inputs]
    two.reseed(1)
    copy = pickle.loads(pickle.dumps(two))
    assert [two.sample(t) for t in inputs] == first == [copy.sample(t) for t in inputs]
    one.reseed(1)
    assert not one.counts


def test_spans_hold_all_that_is_foreign_and_nothing_else(bank):
    """With padding, case and hard benign off, removing the spans leaves pieces of the input."""
    settings = {**ONLY_FRAGMENTS, **AS_IT_WAS, "path_last_share": 0.0, "path_append_share": 0.5}
    c = corruptor(bank, **settings)
    known = set(bank.texts("foreign"))
    for text in texts(6, 4000):
        out, spans = c.sample(text)
        assert len(spans) <= 1
        if not spans:
            continue
        (a, b), = spans
        rest = out[:a] + out[b:]
        assert 0 < a < b <= len(out)
        cut = text.find(MARKERS["VALUE"]) + 1
        value = text[cut:]
        if a >= cut and out.startswith(text[:cut]):
            left = rest[cut:].rstrip(" /")
            assert left == "" or left in value
            full = any(k.startswith(out[a:b]) for k in ([out[a:b]] if out[a:b] in known else known))
            assert full
        else:  # the name
            assert rest.endswith(MARKERS["VALUE"] + out[out.find(MARKERS["VALUE"]) + 1 :])
            assert b <= out.find(MARKERS["VALUE"]) <= 3 + 60
            assert not re.search("[1-9]", out[a:b])


def test_frame_stays_whatever_happens(bank):
    c = corruptor(bank, name_share=0.3, second_share=0.3, foreign_name_share=0.0)
    rng = random.Random(7)
    for text in texts(7, 4000) + [structure_text(rng) for _ in range(300)]:
        out, spans = c.sample(text)
        flags = re.match(f"{MARKER.pattern}+", text.split(MARKERS["VALUE"])[0])[0]
        assert out.startswith(flags)
        assert out.count(MARKERS["VALUE"]) == text.count(MARKERS["VALUE"])
        if MARKERS["VALUE"] in text and not (spans and spans[0][0] < out.find(MARKERS["VALUE"])):
            assert out.startswith(text[: text.find(MARKERS["VALUE"]) + 1])
        assert all(0 < a < b <= len(out) for a, b in spans)
        assert all(x[1] <= y[0] for x, y in zip(spans, spans[1:], strict=False))
        for a, b in spans:
            assert not MARKER.search(out[a:b])
            assert b - a <= c.config.max_fragment
        assert set(MARKER.findall(out)) <= set(MARKER.findall(text)) | {MARKERS["UUID"]}


def test_untouched_texts_stay_as_they_are(bank):
    quiet = corruptor(bank, benign_share=1.0, hard_benign_share=0.0, padding_share=0.0, benign_case_share=0.0, structure_share=0.0, **AS_IT_WAS)
    rng = random.Random(8)
    for text in texts(8, 1000) + [structure_text(rng) for _ in range(50)]:
        out, spans = quiet.sample(text)
        assert spans == [] and (out == text or len(text) > 400 and len(out) < len(text))


def test_benign_text_is_exchanged_mutated_and_continued_within_its_frame(bank):
    """Nothing of it counts as foreign, no marker appears that benign fields lack, and values really change."""
    shares = {"foreign_value_share": 0.3, "foreign_name_share": 0.3, "mixed_share": 0.3, "mutated_share": 0.5}
    c = corruptor(bank, **{**ONLY_FRAGMENTS, "benign_share": 1.0}, **shares)
    changed = {"name": 0, "value": 0}
    for text in texts(10, 2000):
        out, spans = c.sample(text)
        assert spans == [] and out[0] == text[0] and out.count(MARKERS["VALUE"]) == 1
        assert set(MARKER.findall(out)) <= set(MARKER.findall(text)) | {MARKERS["UUID"]}
        (head, value), (old_head, old_value) = (t.split(MARKERS["VALUE"]) for t in (out, text))
        changed["name"] += head != old_head
        changed["value"] += value != old_value[: c.config.max_value]
        if text[0] == MARKERS["PATH"]:
            assert head == old_head
    assert changed["name"] > 100 and changed["value"] > 800


def test_shares(bank):
    c = corruptor(bank)
    inputs = texts(9, 20_000)
    touched = sum(bool(c.sample(t)[1]) for t in inputs)
    n, k = c.counts, c.config
    values = n["replace"] + n["append"] + n["inside"]
    named = sum(t[0] in MARKERS["QUERY"] + MARKERS["COOKIE"] + MARKERS["BODY"] for t in inputs) * (1 - k.benign_share)
    fielded = sum(t[0] != MARKERS["PATH"] for t in inputs)
    for what, share, expected in [
        ("touched", touched / 20_000, 0.5), ("corrupted", n["corrupted"] / n["samples"], 0.5),
        ("replace", n["replace"] / values, 0.50), ("append", n["append"] / values, 0.37), ("inside", n["inside"] / values, 0.13),
        ("noise", n["noise"] / (values + n["path"]), 0.03), ("name", n["name"] / named, 0.06), ("second", n["second"] / values, 0.03),
        ("woven", n["woven"] / n["foreign"], 0.33), ("random case", n["random_case"] / n["foreign"], 0.10),
        ("padded", n["padded"] / fielded, 0.30), ("hard benign", n["hard_benign"] / fielded, 0.18),
    ]:  # fmt: skip
        assert share == pytest.approx(expected, abs=0.02), what
    assert n["foreign"] / n["corrupted"] > 0.92


def test_structure_sequences_are_corrupted_rarely_and_behind_a_word(bank):
    c = corruptor(bank, structure_share=0.05)
    rng = random.Random(10)
    suffixes = {t.translate(str.maketrans("123456789", "000000000"))[:60] for t in bank.texts("name")}
    hits = 0
    for _ in range(4000):
        text = structure_text(rng)
        out, spans = c.sample(text)
        if spans:
            hits += 1
            (a, b), = spans
            assert out[:a] + out[b:] == text and out[a - 1].isalpha() and out[a:b] in suffixes
        else:
            assert out == text
    assert hits / 4000 == pytest.approx(0.05, abs=0.015)


def test_paths_stay_paths(bank):
    c = corruptor(bank, **ONLY_FRAGMENTS)
    paths = [t for t in texts(11, 3000) if t[0] == MARKERS["PATH"]]
    kept = [c.sample(t)[0].split(MARKERS["VALUE"])[1][0] == "/" for t in paths]
    assert sum(kept) / len(kept) > 0.9


def test_padding_stands_before_after_and_around(bank):
    c = corruptor(bank, **{**ONLY_FRAGMENTS, "padding_share": 1.0, "name_share": 0.0, "replace_share": 1.0, "append_share": 0.0})
    sides = {"before": 0, "after": 0, "both": 0}
    inputs = [t for t in texts(12, 3000) if t[0] == MARKERS["QUERY"]]
    for text in inputs:
        out, spans = c.sample(text)
        (a, b), = spans
        cut = out.find(MARKERS["VALUE"]) + 1
        sides["both" if a > cut and b < len(out) else "before" if a > cut else "after"] += 1
    for side, share in (("before", 0.35), ("after", 0.35), ("both", 0.30)):
        assert sides[side] / len(inputs) == pytest.approx(share, abs=0.06), side


def test_padding_and_case_happen_to_benign_texts_too(bank):
    c = corruptor(bank, benign_share=1.0, hard_benign_share=0.0)
    before = texts(13, 4000)
    longer = sum(len(c.sample(t)[0]) > len(t) for t in before if t[0] != MARKERS["PATH"] and len(t) < 300)
    assert longer > 600


def test_woven_fragments_keep_their_tokens_in_order(bank):
    c = corruptor(bank, **{**ONLY_FRAGMENTS, "woven_share": 1.0})
    for piece in bank.texts("foreign")[:1500]:
        woven = c._weave(piece)
        at = 0
        for token in piece.split(" "):
            for char in token:  # behind symbols words may come in too, so the tokens are a subsequence
                at = woven.find(char, at) + 1
                assert at > 0, (piece, woven)


def test_config_refuses_what_it_does_not_know():
    assert CorruptionConfig.from_dict({"hard_benign_share": 0.15}).hard_benign_share == 0.15
    for raw, message in [
        ({"hard_bening_share": 0.1}, "corruption.hard_bening_share: no such setting; there are .*hard_benign_share"),
        ({"noise_share": 1.5}, "noise_share: expected a number from 0 to 1, got 1.5"),
        ({"noise_share": "much"}, "noise_share: expected a number from 0 to 1, got 'much'"),
        ({"max_fragment": 2}, "max_fragment: expected an integer of at least 16, got 2"),
        ({"replace_share": 0.8}, r"replace_share \+ append_share: expected at most 1"),
    ]:
        with pytest.raises(ValueError, match=message):
            CorruptionConfig.from_dict(raw)


def test_every_setting_says_why():
    source = CorruptionConfig.__module__ and __import__("inspect").getsource(CorruptionConfig)
    settings = list(CorruptionConfig.__dataclass_fields__)
    documented = re.findall(r'^    (\w+): \w+ = .*\n    """', source, re.M)
    assert documented == settings


def test_texts_without_words_are_refused(bank):
    with pytest.raises(ValueError, match="expected texts with words"):
        Corruptor([MARKERS["QUERY"] + "a" + MARKERS["VALUE"]] * 3, bank, random.Random(0))
