"""The grammars as shipped, and what the reader of grammar files refuses."""

import random
import re

import pytest

from trainer.grammar import GRAMMAR_DIR, MAX_CHARS, Grammars, cut, encode_some, random_case
from trainer.grammar_file import GrammarError, Ref

from .grammar_files import write

G = Grammars.load()
# Words with single hyphens, dots, commas and blanks between them: what every ordinary field holds.
BARE = re.compile(r"[\w \t,]*([.-][\w \t,]+)*")


def test_folder_holds_grammars_and_their_readme_only():
    assert {p.name for p in GRAMMAR_DIR.iterdir() if p.suffix != ".grammar"} == {"README.md"}
    assert set(G.sources()) == {p.name for p in GRAMMAR_DIR.glob("*.grammar")}


def test_reader_opens_nothing_but_grammar_files():
    source = "".join((GRAMMAR_DIR.parent / name).read_text(encoding="utf-8") for name in ("grammar.py", "grammar_file.py", "terminals.py"))
    assert re.findall(r"\bopen\(|read_text|\.read\(|urllib|requests|socket", source) == []
    assert source.count("read_bytes") == 1


@pytest.mark.parametrize("language", G.names("foreign"))
def test_foreign_fragments_are_short_and_never_bare_words(language):
    rng = random.Random(f"foreign {language}")
    seen = set()
    for _ in range(500):
        fragment = G.foreign(rng, language)
        assert fragment.language == language and language in fragment.uses and "common" not in fragment.uses
        signs = G.languages[language].signs
        assert (4 if signs is None else 3) <= len(fragment.text) <= MAX_CHARS + 32
        assert not BARE.fullmatch(fragment.text) or signs and signs.search(fragment.text), fragment
        assert not re.search("[\ue000-\ue01f]|[«»]", fragment.text)
        seen.add(fragment.text)
    assert len(seen) > 400


@pytest.mark.parametrize("language", [*G.names("benign"), *G.names("name")])
def test_benign_texts_and_name_suffixes_expand(language):
    rng = random.Random(language)
    draw = G.name if G.languages[language].kind == "name" else lambda r: G.benign(r, language)
    texts = [draw(rng).text for _ in range(500)]
    assert all(0 < len(text) <= MAX_CHARS for text in texts)
    assert len(set(texts)) > 200
    assert not any(re.search("[\ue000-\ue01f]|[«»]", text) for text in texts)


def test_plain_html_is_not_called_benign():
    rng = random.Random(5)
    html = re.compile(r"<(script|img|svg|iframe|span|br|a href)\b|\bon(load|error|click|mouseover)\s*=\s*\S*\(", re.I)
    assert not [text for text in (G.benign(rng).text for _ in range(4000)) if html.search(text)]


def test_simple_placeholders_and_arithmetic_are_not_called_foreign():
    rng = random.Random(6)
    belongs = re.compile(r"\$?\{\{? ?(?!\w*\.?__)\w+(\.\w+)? ?\}?\}|\(\d+\+\d+\)\*\d+|[\w-]+(/[\w-]+)?")
    for language in G.names("foreign"):
        for _ in range(300):
            text, _ = G.expand(f"{language}.start", rng)
            assert not (belongs.fullmatch(text) and G.is_telling(text, language)), (language, text)


def test_every_rule_is_reached():
    roots = [f"{lang.name}.start" for lang in G.languages.values() if lang.kind != "shared"]
    todo = roots + ["common.closer", "common.opener", "common.splinter", "common.noun"] + [r for r in G.rules if r.endswith(".blank")]
    reached = set()
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += [p.name for alt in G.rules[name].alternatives for p in alt if isinstance(p, Ref) and "." in p.name]
    assert set(G.rules) - reached == set()


def test_same_seed_same_fragments():
    def draw(seed):
        rng = random.Random(seed)
        return [(G.foreign(rng), G.benign(rng), G.name(rng)) for _ in range(200)]

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)


def test_uses_name_every_language_inside_another():
    rng = random.Random(7)
    inside = {used for _ in range(500) for used in G.foreign(rng, "html").uses}
    assert {"html", "javascript"} <= inside


def test_weights_set_the_shares_of_languages():
    rng = random.Random(8)
    drawn = [G.foreign(rng).language for _ in range(6000)]
    total = sum(G.languages[name].weight for name in G.names("foreign"))
    for name in ("sql", "html", "path"):
        assert drawn.count(name) / 6000 == pytest.approx(G.languages[name].weight / total, abs=0.02)


def test_slots_repeat_and_weights_count(tmp_path):
    g = Grammars.load(write(tmp_path, t="start = <«tag#1»>«#1»</«#1»>\ntag =\n  99: aaaa\n  bbbb\n"))
    rng = random.Random(0)
    texts = [g.expand("t.start", rng)[0] for _ in range(2000)]
    assert set(texts) == {"<aaaa>aaaa</aaaa>", "<bbbb>bbbb</bbbb>"}
    assert texts.count("<bbbb>bbbb</bbbb>") < 60


def test_recursion_ends(tmp_path):
    g = Grammars.load(write(tmp_path, t="start = 50: («start») | x\n"))
    rng = random.Random(0)
    assert max(len(g.expand("t.start", rng)[0]) for _ in range(500)) < 40


def test_a_language_of_bare_words_is_refused(tmp_path):
    g = Grammars.load(write(tmp_path, t="start := gzip cat\n"))
    with pytest.raises(GrammarError, match="t.grammar: .* bare words"):
        g.foreign(random.Random(0), "t")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("start = «nowhere»\n", "t.grammar:1: no rule named t.nowhere"),
        ("start = «NOTHING»\n", "t.grammar:1: no terminal «NOTHING»"),
        ("start = «start»x\n", "rule t.start never ends"),
        ("start = a\nstart = b\n", "t.grammar:2: rule t.start was given before, at t.grammar:1"),
        ("start = «a\n", "t.grammar:1: « and » come in pairs"),
        ("start = «A b»\n", "t.grammar:1: expected «rule»"),
        ("start = «#1»\n", "t.grammar:1: «#1» repeats nothing"),
        ("start = 0: a\n", "t.grammar:1: a weight is at least 1, got 0"),
        ("start = 2: a | 2: | | b\n", "t.grammar:1: text with a lone |"),
        ("start =\n", "t.grammar:1: a rule needs an alternative"),
        ("  a\n", "t.grammar:1: an indented line continues a rule"),
        ("Start: a\n", "t.grammar:1: expected `rule = alternatives`"),
        ("@weight many\nstart = a\n", "t.grammar:1: expected @kind"),
        ("@color red\nstart = a\n", "t.grammar:1: expected @kind .* no such directive"),
        ("@signs (\nstart = a\n", "t.grammar:1: expected @kind"),
        ("other = a\n", "t.grammar: expected a rule named start"),
    ],
)
def test_errors_name_file_line_and_expectation(tmp_path, text, message):
    with pytest.raises(GrammarError, match=message.replace("|", r"\|")):
        Grammars.load(write(tmp_path, t=text))


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(GrammarError, match="found none"):
        Grammars.load(tmp_path)


def test_variations_keep_what_they_should():
    rng = random.Random(9)
    for _ in range(300):
        text = G.foreign(rng).text
        mixed = random_case(text, rng)
        assert mixed.casefold() == text.casefold() or len(mixed) != len(text) or not text.isascii()
        piece = cut(text, rng)
        assert piece and (text.startswith(piece) or text.endswith(piece))


def test_encoded_symbols_decode_to_what_they_were():
    import html
    import unicodedata
    from urllib.parse import unquote

    rng = random.Random(10)
    for _ in range(300):
        text = "a<b> 'c' (d);e=1"
        spelt = encode_some(text, rng)
        for _ in range(3):
            spelt = unicodedata.normalize("NFKC", html.unescape(unquote(spelt)))
        spelt = re.sub(r"\\u00(..)|\\x(..)", lambda m: chr(int(m[1] or m[2], 16)), spelt)
        assert spelt == text
