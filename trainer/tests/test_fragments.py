"""What a bank of fragments holds, and how often."""

import re
import sys
from collections import Counter

import numpy as np
import pytest

from trainer.fragments import MOST_REPEATS, FragmentBank, build_bank, canonicalize
from trainer.grammar import Grammars
from trainer.markers import MARKERS

from .corruption import IDENTITY, ONLY_FRAGMENTS, corruptor, texts
from .grammar_files import write


def test_bank_survives_the_disk_and_is_the_same_each_time(bank, tmp_path):
    build_bank(tmp_path / "a.npz", IDENTITY, seed=3, size=400)
    build_bank(tmp_path / "b.npz", IDENTITY, seed=3, size=400)
    build_bank(tmp_path / "c.npz", IDENTITY, seed=4, size=400)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes() != (tmp_path / "c.npz").read_bytes()
    loaded, built = FragmentBank.load(tmp_path / "a.npz"), build_bank(None, IDENTITY, seed=3, size=400)
    for kind in FragmentBank.KINDS:
        assert loaded.texts(kind) == built.texts(kind)
        assert loaded.counts(kind) == built.counts(kind)
    assert loaded.meta == built.meta
    assert loaded.meta["grammars"] == Grammars.load().sources()


def test_bank_has_every_language_and_short_texts_more_than_once(bank):
    g = Grammars.load()
    assert set(bank.counts("foreign")) == set(g.names("foreign"))
    assert set(bank.counts("benign")) == set(g.names("benign"))
    assert sum(bank.counts("foreign").values()) > 5700
    repeats = Counter(bank.texts("foreign"))
    assert 1 < max(repeats.values()) <= MOST_REPEATS
    assert "' or ''='" in {text for text, times in repeats.items() if times > 2}
    assert bank.texts("foreign", "sql") and set(bank.texts("foreign", "sql")) < set(bank.texts("foreign"))


def test_bank_keeps_a_text_a_limited_number_of_times(tmp_path):
    folder = write(tmp_path, a="start = <«LETTER»>z\n", b="@kind benign\nstart = xz\n", c="@kind name\nstart = yz\n")
    bank = build_bank(None, IDENTITY, 1, 5000, grammars=Grammars.load(folder))
    assert set(Counter(bank.texts("benign")).values()) == {MOST_REPEATS}
    assert max(Counter(bank.texts("foreign")).values()) == MOST_REPEATS


def test_held_out_families_are_absent_also_inside_others(bank):
    without = bank.without(["javascript", "shell"])
    assert not {"javascript", "shell"} & set(without.counts("foreign"))
    assert len(without.foreign) < len(bank.foreign) - bank.counts()["javascript"] - bank.counts()["shell"]
    assert not [t for t in without.texts("foreign") if re.search(r"document\.cookie|on\w+=\w+\(|\$IFS", t)]
    only = bank.only(["javascript"])
    assert set(only.counts("foreign")) == {"javascript"} and len(only.benign) == len(bank.benign)
    assert set(build_bank(None, IDENTITY, 3, 800, holdout_families=["html"]).counts()) == set(bank.counts()) - {"html"}
    # A sample of the rest holds no fragment that the full bank knows to use them.
    gone = set(bank.texts("foreign")) - set(without.texts("foreign"))
    sample = corruptor(without, **ONLY_FRAGMENTS, name_share=0.0, replace_share=1.0, append_share=0.0)
    for text in texts(2, 1500):
        out, spans = sample.sample(text)
        assert not {out[a:b] for a, b in spans} & gone


def test_unknown_family_is_refused(bank):
    with pytest.raises(ValueError, match="no language named 'cobol'"):
        bank.without(["cobol"])
    with pytest.raises(ValueError, match="no language named 'cobol'"):
        build_bank(None, IDENTITY, 1, 100, holdout_families=["cobol"])
    with pytest.raises(ValueError, match="none that are foreign"):
        bank.only(["prose"])


def test_markers_in_input_are_neutralized_and_frames_dropped(tmp_path):
    assert canonicalize([f"a{MARKERS['UUID']}b\ud800", "c"], IDENTITY) == ["a\ufffdb\ud800", "c"]
    framing = [sys.executable, "-c", "import sys\nfor l in sys.stdin: print('\"' + '\\\\ue00b' + l[1:-1] if len(l) % 2 else l[:-1])"]
    framed = build_bank(None, framing, 3, 400)
    assert len(framed.foreign) < 330
    assert not [t for kind in FragmentBank.KINDS for t in framed.texts(kind) if MARKERS["VALUE"] in t]


def test_a_failing_canonicalizer_is_reported():
    with pytest.raises(RuntimeError, match="exited with 3: no such value"):
        canonicalize(["a"], [sys.executable, "-c", "import sys; sys.stderr.write('no such value'); sys.exit(3)"])
    with pytest.raises(RuntimeError, match="gave 0 lines for 1"):
        canonicalize(["a"], [sys.executable, "-c", "pass"])


def test_another_bank_version_is_refused(bank, tmp_path):
    bank.save(tmp_path / "bank.npz")
    with np.load(tmp_path / "bank.npz") as data:
        arrays = dict(data)
    arrays["meta"] = np.frombuffer(arrays["meta"].tobytes().replace(b'"version": 1', b'"version": 0'), dtype=np.uint8)
    np.savez(tmp_path / "old.npz", **arrays)
    with pytest.raises(ValueError, match="version 1"):
        FragmentBank.load(tmp_path / "old.npz")
