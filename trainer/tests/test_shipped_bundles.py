"""What ships tells nothing about the sites it was learned from: every file of every bundle in models/ is searched."""

import json
import re
from pathlib import Path

import pytest

from trainer.markers import ALL_MARKERS
from trainer.ngrams import HEADER, NgramModel
from trainer.tokenizer import MAX_PIECE_BYTES, WORD_PATTERN

ROOT = Path(__file__).resolve().parents[2]
BUNDLES = sorted(path.parent for folder in ("models", "tests/fixtures") for path in (ROOT / folder).glob("*/manifest.json"))
TEXTS = (".json", ".md", ".html")

HOST = re.compile(r"(?<![\w.-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:com|net|org|cn|io|ru|de|fr|jp|uk|co|me|tv|eu|us|info|biz|app|dev|cloud|shop|site|xyz)(?![\w-])", re.I)
# Names that belong to nobody's traffic: reserved for examples, or of standards that documents cite.
ALLOWED_HOSTS = re.compile(r"(?:^|\.)(?:example(?:\.(?:com|net|org))?|w3\.org|apache\.org)$", re.I)
ADDRESS = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
TOKEN = re.compile(r"(?<![\w])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9_-]{20,}(?![\w])")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
SHA256 = re.compile(r"[0-9a-f]{64}")
PRINTABLE = re.compile(rb"[\x20-\x7e]{6,}")

pytestmark = pytest.mark.parametrize("bundle", BUNDLES, ids=lambda path: path.name)


def particular(text: str) -> list[str]:
    """What may tell of a site: hosts, addresses, mail addresses, ids and tokens."""
    hosts = [host for host in HOST.findall(text) if not ALLOWED_HOSTS.search(host)]
    words = [word for word in re.split(r"[\s\",:\[\]{}|()]+", text) if not NUMBER.fullmatch(word)]
    tokens = [token for word in words for token in TOKEN.findall(word) if not SHA256.fullmatch(token)]
    return hosts + ADDRESS.findall(text) + MAIL.findall(text) + UUID.findall(text) + tokens


def known_words(bundle: Path) -> set[str]:
    """Ids and file names that a manifest has to hold."""
    manifest = json.loads((bundle / "manifest.json").read_text())
    return {manifest["id"], manifest.get("parentId") or "", *manifest["files"]}


def test_text_files_name_nobody(bundle):
    known = known_words(bundle)
    for path in bundle.iterdir():
        if path.suffix not in TEXTS or path.name == "tokenizer.json":
            continue
        text = re.sub(r"(?<=base64,)[A-Za-z0-9+/=]+", "", path.read_text(encoding="utf-8"))  # pictures of a report
        assert [word for word in particular(text) if word not in known] == [], path.name


def test_pieces_are_parts_of_words_and_short(bundle):
    vocabulary = json.loads((bundle / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    word = re.compile(WORD_PATTERN)
    letters = byte_letters()
    for piece in vocabulary.keys() - set(ALL_MARKERS):
        assert len(piece) <= MAX_PIECE_BYTES
        raw = bytes(letters[letter] for letter in piece)
        text = raw.decode("utf-8", "replace")
        # One class of characters a piece: no host, address or token of letters and digits can be one.
        assert word.fullmatch(text) or not raw.isascii(), piece
        assert particular(text) == []


def byte_letters() -> dict[str, int]:
    """The byte of each letter of the byte-level alphabet."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + k): byte for k, byte in enumerate(rest)}


def test_the_linear_view_is_weights_and_nothing_else(bundle):
    path = bundle / "ngram.bin"
    if path.is_file():
        assert path.stat().st_size == HEADER.size + (1 << NgramModel.read(path).shape.bits)


def test_models_hold_no_text_of_traffic_or_of_the_machine_that_wrote_them(bundle):
    for path in bundle.glob("*.onnx"):
        found = [word for run in PRINTABLE.findall(path.read_bytes()) for word in (run.decode(),) if HOST.search(word) or ".py" in word or "/home/" in word]
        assert found == [], path.name


def test_the_search_finds_what_it_is_for(bundle):
    for text in ("to ads.tracker-7.com now", "203.0.113.9", "a.user@mail.test", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "k=AKIAIOSFODNN7EXAMPLE"):
        assert particular(text), text
    assert particular(f"shop.example {'ab' * 32} report.html 0.30000000000000004 1.0967254638671875e-05") == []
