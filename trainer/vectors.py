"""Writes the golden vectors that bind this package to the TypeScript service, and a tiny bundle for its unit tests.

    python -m trainer.vectors                                     tests/vectors/{markers,tokenizer,tokenizer-cases,linear,pieces,memory}.json,
                                                                  tests/fixtures/ngram.bin
    python -m trainer.vectors --bundle tests/fixtures/tiny-bundle the bundle, and tests/vectors/scores.json from it

Everything is made in code from fixed seeds; nothing comes from captured traffic.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

import numpy as np

from .markers import ALL_MARKERS, MARKER_BASE, MARKERS, NAMES
from .memory import FieldMemory, MemoryRule, Quorum
from .ngrams import NgramModel, Shape
from .pieces import PieceShape, piece_logits, pieces_of
from .survival import Survival
from .tokenizer import encode_batch, load_tokenizer, shared_words, train_tokenizer
from .views import Rule
from .windows import WindowShape, windows_of

VECTORS = Path(__file__).resolve().parent.parent / "tests" / "vectors"
NGRAM_FIXTURE = VECTORS.parent / "fixtures" / "ngram.bin"
SMALL_VOCABULARY = 600

_NOUNS = "user product order cart session account item price image comment search filter page query result token".split()
_VERBS = "get list create update delete select insert find load show open render login export".split()
_REST = ("the of and with for in on at by from to is are was new old red blue small large café 东京 привет naïve "
         "São 2024 true false null en-US O'Brien https://example.org/ text/html gzip utf-8").split()  # fmt: skip
_ZONES = ("PATH", "QUERY", "HEADER", "COOKIE", "BODY", "STRUCTURE")
_PLACEHOLDERS = ("UUID", "HEX", "JWT", "OPAQUE", "TIME", "NUMBER", "BYTES")


def benign_text(rng: random.Random) -> str:
    """A canonical field text as a shop might send it."""
    words = [rng.choice(rng.choice((_NOUNS, _VERBS, _REST))) for _ in range(rng.randint(1, 12))]
    if rng.random() < 0.2:
        words.insert(rng.randrange(len(words) + 1), MARKERS[rng.choice(_PLACEHOLDERS)])
    value = rng.choice((" ", " ", "/", "-", ",", ", ", "_", "=", "&")).join(words)
    if rng.random() < 0.15:
        value = json.dumps({rng.choice(_NOUNS): value, "n": rng.randint(0, 999)}, ensure_ascii=False)
    return f"{MARKERS[rng.choice(_ZONES)]}{rng.choice(_NOUNS)}{rng.choice(('', '_id', '[0]', '.name'))}{MARKERS['VALUE']}{value}"


def odd_text(rng: random.Random) -> str:
    """Hostile or exotic content: what an encoder gets wrong first."""
    size = rng.randint(0, 48)
    raw = bytes(rng.randrange(256) for _ in range(size))
    kind = rng.randrange(10)
    if kind == 0:
        return raw.decode("latin-1")
    if kind == 1:
        return raw.decode("utf-8", "replace")
    if kind == 2:  # every plane, no surrogates
        return "".join(chr(_scalar(rng, 0x10FFFF)) for _ in range(size))
    if kind == 3:  # Basic Multilingual Plane: markers and their neighbors among it
        return "".join(chr(rng.randint(MARKER_BASE, MARKER_BASE + 40)) if rng.random() < 0.3
                       else chr(_scalar(rng, 0xFFFF)) for _ in range(size))  # fmt: skip
    if kind == 4:  # what looks like a marker or a byte-level alphabet letter and is none
        pool = ["[PAD]", "[CLS]", "[MASK]", "<s>", "[VALUE]", "\\ue000", "\ue020", "\uf8ff", "\U000f0000", "Ġ", "Ċ", "ĉ", "Ã©", *NAMES]
        return rng.choice(("", " ")).join(rng.choice(pool) for _ in range(rng.randint(1, 8)))
    if kind == 5:  # blanks of all kinds, also those that are not ASCII
        pool = "\t\n\x0b\x0c\r  \u0085\u00a0\u2028\u3000\x1c\x1f" + "aA0'é"
        return "".join(rng.choice(pool) for _ in range(size))
    if kind == 6:  # combining marks, joiners, emoji sequences
        pool = ["e\u0301", "\u200d", "👩\u200d💻", "🇯🇵", "\ufe0f", "ﬁ", "ß", "İ", "ı", "क\u094dष", "\u202e", "\ufeff", "\ufffd", "ก็"]
        return "".join(rng.choice(pool) for _ in range(rng.randint(1, 12)))
    if kind == 7:  # punctuation against letters, digits and blanks
        return "".join(rng.choice("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ aZ09\x00\x7f") for _ in range(size))
    if kind == 8:  # code
        parts = ("' OR 1=1-- ", "<b onclick=x>", "${a.b}", "../", "{{7*7}}", "; ls -la", "\\u0041", "=cmd|", "/**/", "&&", "||", "0x41")
        return "".join(rng.choice(parts) for _ in range(rng.randint(1, 6)))
    return benign_text(rng)


def _scalar(rng: random.Random, top: int) -> int:
    """A Unicode scalar value up to `top`: never a surrogate."""
    while True:
        point = rng.randint(0, top) if rng.random() < 0.5 else rng.randint(0, 0x2FF)
        if not 0xD800 <= point <= 0xDFFF:
            return point


def framed(rng: random.Random, value: str) -> str:
    """Half of the time as a field, half of the time bare, so that missing prefixes are covered too."""
    if rng.random() < 0.5:
        return value
    depth = MARKERS["DEPTH"] if rng.random() < 0.2 else ""
    return f"{MARKERS[rng.choice(_ZONES)]}{depth}{rng.choice(_NOUNS)}{MARKERS['VALUE']}{value}"


def long_text(rng: random.Random) -> str:
    """Longer than one window, with short, long and absent prefixes."""
    name = rng.choice(("q", "", "a." * 30, "user_name", "[0]" * 12))
    value = "".join(odd_text(rng) if rng.random() < 0.4 else benign_text(rng)[2:] for _ in range(rng.randint(8, 24)))
    separator = MARKERS["VALUE"] if rng.random() < 0.85 else ""
    return f"{MARKERS[rng.choice(_ZONES)]}{name}{separator}{value}"


def small_tokenizer():
    rng = random.Random(1)
    corpus = [(benign_text(rng), (site,)) for _ in range(1500) for site in (rng.randrange(12),)]
    return train_tokenizer(shared_words(corpus, min_sites=5), SMALL_VOCABULARY)


def tokenizer_cases(tokenizer) -> list[dict]:
    rng = random.Random(2)
    texts = ["", " ", "  ", "a", " a", "  a", "a ", "\n a", "a\tb", "O'Brien", "1 2", " !", "! !", *ALL_MARKERS, "x" * 300, " " * 300, "é" * 100]
    texts += [framed(rng, odd_text(rng)) for _ in range(2100)]
    long_texts = [long_text(rng) for _ in range(110)]
    cases = [{"text": text, "ids": ids} for text, ids in zip(texts, encode_batch(tokenizer, texts))]
    for text, ids in zip(long_texts, encode_batch(tokenizer, long_texts)):
        cases.append({"text": text, "ids": ids, "windows": windows_of(ids, WindowShape())})
    return cases


def small_linear_view() -> NgramModel:
    """Random codes, half of them zero, as in a trained file; few enough features that windows have collisions."""
    rng = np.random.default_rng(5)
    codes = rng.integers(-127, 128, 1 << 12) * rng.integers(0, 2, 1 << 12)
    return NgramModel(Shape(bits=12), codes.astype(np.int8), -0.75, 0.002)


def small_rule() -> Rule:
    transformer = Survival(5000, np.array([-6.0, -2.0, 0.5, 3.0]), np.log([0.9, 0.2, 0.02, 0.001]), 0.8)
    linear = Survival(5000, np.array([-9.0, -1.0, 4.0]), np.log([1.0, 0.1, 0.001]), 1.5)
    return Rule(6.0, transformer, linear)


def linear_cases(model: NgramModel) -> dict:
    """Every window of texts of all lengths and alphabets, and what the rule makes of pairs of logits."""
    rng = random.Random(6)
    query, value = MARKERS["QUERY"], MARKERS["VALUE"]
    texts = ["", "a", query, query + value, f"{query}q{value}", f"{query}q{value}ab", f"{value}x", "no marker at all",
             *(f"{query}{value}{'ab' * n}"[: n + 2] for n in (46, 47, 48, 49, 71, 72, 73, 95, 96, 97)),
             f"{query}{'n' * 60}{value}{'-' * 90}", f"{query}q{value}{'👩‍💻' * 20}", f"{MARKERS['BODY']}{MARKERS['DEPTH']}a.b{value}x {value} y"]  # fmt: skip
    texts += [framed(rng, odd_text(rng)) for _ in range(150)] + [long_text(rng) for _ in range(20)]
    rule = small_rule()
    logits = [(rng.uniform(-12, 25), rng.uniform(-12, 25)) for _ in range(100)] + [(3.0, 4.0), (-6.0, -9.0), (1e4, 1e4)]
    transformer, linear = (rule.surprise(name, np.array(column)) for name, column in zip(("transformer", "linear"), zip(*logits)))
    combined = rule.combine(*(np.array(column) for column in zip(*logits)))
    pieces = [(model.window_logits(text), text) for text in texts]
    return {
        "cases": [{"text": text, "windows": windows, "pieces": piece_logits(text, windows, model.shape)} for windows, text in pieces],
        "views": rule.manifest(),
        "rule": [[*pair, *map(float, values)] for pair, values in zip(logits, zip(transformer, linear, combined))],
    }


def piece_cases() -> dict:
    rng = random.Random(9)
    query, value, shape = MARKERS["QUERY"], MARKERS["VALUE"], PieceShape()
    texts = ["", "a", value, f"{value}{'x' * 120}", query, f"{query}q{value}", "no marker at all, " * 9, f"{query}{'n' * 200}{value}ab",
             *(f"{query}q{value}{'ab' * 100}"[: 2 + n] for n in (94, 95, 96, 97, 98, 143, 144, 145, 146, 192)),
             *(f"{query}q{value}{'x' * n}{'👩‍💻😀' * 30}" for n in range(3))]  # fmt: skip
    texts += [long_text(rng) for _ in range(20)] + [framed(rng, odd_text(rng)) for _ in range(20)]
    cases = [{"text": text, "pieces": [{"text": piece.text, "start": piece.start, "end": piece.end} for piece in pieces_of(text, shape)]} for text in texts]
    return {"units": shape.units, "stride": shape.stride, "cases": cases}


_VALUES = ("7", "42", "blue", "a b", "a-b_c", "x/y.z", "k=v;w", "O'Brien", "\u00e9t\u00e9 2024", "{}", '{"a":[1]}', "\U0001f600", "<b>", "a\tb", "")


def memory_request(rng: random.Random, odd: float) -> list[str]:
    """Sequences of one request: two routes, names with digits, values twice encoded or malformed, no name at all."""
    route = rng.choice(("/search", "/items/*"))
    texts = [f"{MARKERS['STRUCTURE']}GET{MARKERS['VALUE']}{route} id0 q x1"]
    for zone, name in (("QUERY", "q"), ("QUERY", f"id{rng.randint(1, 3)}"), ("HEADER", "x-a"), ("BODY", ""), ("BODY", "x1")):
        if rng.random() < (1 - odd / 4 if name == "x1" else 0.3):
            continue
        flags = "".join(MARKERS[flag] for flag in ("DEPTH", "MALFORMED") if rng.random() < odd / 4)
        value = "".join(rng.choice(_VALUES) for _ in range(rng.choice((1, 1, 2, 9)))) if rng.random() < odd else rng.choice(_VALUES[:5])
        texts.append(f"{MARKERS[zone]}{flags}{name}{MARKERS['VALUE']}{value}")
    return texts


def memory_cases() -> dict:
    """Histories and what they make of later requests: everybody shows the same, or each client its own. No field has more
    clients than the service tells apart."""
    rng = random.Random(8)
    rule = MemoryRule(1.65)
    histories = []
    for clients, windows, requests, odd, apart in (
        (1, 1, 30, 0.3, False), (1, 1, 90, 0.01, False), (3, 2, 3, 0.3, False), (2, 1, 3, 0.3, False), (3, 2, 30, 0.4, True), (5, 1, 60, 0.1, True),
    ):  # fmt: skip
        quorum = Quorum(clients, windows)
        memory = FieldMemory(rule, quorum)
        learn, judge, surprises = [], [], {}

        def request(odd: float, into: dict[str, float] = surprises) -> list[str]:
            texts = memory_request(rng, odd)
            for text in texts:
                into.setdefault(text, round(rng.uniform(0, 4.5), 3))
            return texts

        crowd = [(f"client{k}", k % 6) for k in range(12)]
        for _ in range(requests):
            texts = request(odd)
            learn += [(*who, texts) for who in (rng.sample(crowd[:8], 1) if apart else crowd if clients > 1 else crowd[:1])]
        for _ in range(0 if odd < 0.1 else 6):  # one client alone, in one window: nothing to a quorum of two
            learn.append(("loner", 3, request(1.0)))
        if apart:  # one client alone in many windows, with many values, and with one again and again
            learn += [("flood", k % 6, request(0.8)) for k in range(25)]
            learn += [("poll", k % 6, learn[0][2]) for k in range(25)]
        for client, window, texts in learn:
            memory.learn("shop.test", client, window, texts, surprises)
        for _ in range(40):
            texts = request(0.6)
            judge.append({"texts": texts, "adjusted": memory.judge("shop.test", texts, surprises)})
        histories.append({
            "quorum": {"clients": clients, "windows": windows},
            "learn": [{"client": client, "window": window, "texts": texts} for client, window, texts in learn],
            "judge": judge,
            "surprises": surprises,
        })  # fmt: skip
    return {"rule": rule.manifest(), "host": "shop.test", "histories": histories}


def write_json(path: Path, value, one_per_line: bool = False, indent: int | None = 2) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if one_per_line:
        body = "[\n" + ",\n".join(json.dumps(item, separators=(",", ":")) for item in value) + "\n]"
    else:
        body = json.dumps(value, indent=indent, separators=None if indent else (",", ":"))
    path.write_text(body + "\n", encoding="utf-8")
    print(f"{path}: {path.stat().st_size} bytes")


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainer.vectors", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=VECTORS, help="folder of the vectors")
    parser.add_argument("--bundle", type=Path, help="write the tiny bundle here, and scores.json from it")
    args = parser.parse_args(argv)
    if args.bundle:
        from .tiny_bundle import write_tiny_bundle

        write_tiny_bundle(args.bundle, args.out)
        return
    write_json(args.out / "markers.json", {name: ord(mark) for name, mark in MARKERS.items()})
    tokenizer = small_tokenizer()
    path = args.out / "tokenizer.json"
    tokenizer.save(str(path))
    print(f"{path}: {path.stat().st_size} bytes")
    write_json(args.out / "tokenizer-cases.json", tokenizer_cases(load_tokenizer(path)), one_per_line=True)
    linear = small_linear_view()
    linear.write(NGRAM_FIXTURE)
    write_json(args.out / "linear.json", linear_cases(linear), indent=None)
    write_json(args.out / "pieces.json", piece_cases(), indent=None)
    write_json(args.out / "memory.json", memory_cases(), indent=None)


if __name__ == "__main__":
    main(sys.argv[1:])
