"""Verb `tokenizer`: byte-level BPE over canonical text, from words that many sites share.

A piece learned from one site's secrets or names would leak them into every bundle and spend vocabulary on them, so only
words seen on `min_sites` sites take part, each weighted by its number of sites rather than by its requests.
"""

from __future__ import annotations

import argparse
import collections
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from .errors import TrainerError
from .markers import ALL_MARKERS, MARKER_COUNT

# ASCII-only classes, so every regex engine and a character-code scanner agree: L = letters and all from U+0080 up,
# N = digits, P = other non-blanks, W = the six ASCII blanks. One blank right before L, N or P joins it.
WORD_PATTERN = (
    " ?[A-Za-z\u0080-\U0010ffff]+"
    "| ?[0-9]+"
    r"| ?[!-/:-@\[-`{-~\x00-\x08\x0e-\x1f\x7f]+"
    r"|[\t\n\x0b\x0c\r ]+"
)
MAX_PIECE_BYTES = 10  # long pieces memorize; a payload should never be one token
BYTE_ALPHABET = 256
MOST_WORDS = 2_000_000  # under way: some 500 MB

_SPLIT_AT_MARKERS = re.compile("[%s-%s]" % (ALL_MARKERS[0], ALL_MARKERS[-1]))
_WORD = re.compile(WORD_PATTERN)


def words_of(text: str) -> list[str]:
    """Pre-tokens of a canonical text, markers left out."""
    return [word for part in _SPLIT_AT_MARKERS.split(text) for word in _WORD.findall(part)]


def shared_words(texts_with_sites: Iterable[tuple[str, Iterable[int]]], min_sites: int, most_words: int = MOST_WORDS) -> dict[str, int]:
    """Words on at least `min_sites` sites, with their number of sites.

    Takes each unique text with the ids of the sites that sent it. Past `most_words`, the words of fewest sites are
    forgotten: ids and secrets, which have no end, and which nobody else sends.
    """
    sites_of: dict[str, set[int]] = collections.defaultdict(set)
    for text, sites in texts_with_sites:
        sites = tuple(sites)
        for word in set(words_of(text)):
            sites_of[word].update(sites)
        if len(sites_of) > most_words:
            fewest = sorted(map(len, sites_of.values()))[most_words // 2]
            sites_of = collections.defaultdict(set, ((word, met) for word, met in sites_of.items() if len(met) > fewest))
    return {word: len(sites) for word, sites in sites_of.items() if len(sites) >= min_sites}


def train_tokenizer(word_counts: dict[str, int], vocab_size: int) -> Tokenizer:
    """Byte-level BPE of at most `vocab_size` pieces: 32 markers (ids 0..31), 256 bytes, then merges."""
    if not MARKER_COUNT + BYTE_ALPHABET <= vocab_size <= 65_536:
        raise TrainerError(f"vocab_size: expected 288 to 65536 (ids are 16 bits), got {vocab_size}")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(WORD_PATTERN), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=list(ALL_MARKERS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        max_token_length=MAX_PIECE_BYTES,
        show_progress=False,
    )
    # Sorted, because merges of equal count are taken in the order they are met.
    ordered = sorted(word_counts.items())
    tokenizer.train_from_iterator((word for word, count in ordered for _ in range(count)), trainer)
    return tokenizer


def encode_batch(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    """Token ids of each text, without CLS and without truncation."""
    return [encoding.ids for encoding in tokenizer.encode_batch(texts, add_special_tokens=False)]


def load_tokenizer(path: Path) -> Tokenizer:
    if not path.is_file():
        raise TrainerError(f"tokenizer: no file {path}; run `python -m trainer tokenizer` first")
    tokenizer = Tokenizer.from_file(str(path))
    for index, marker in enumerate(ALL_MARKERS):
        if tokenizer.token_to_id(marker) != index:
            raise TrainerError(f"{path}: marker U+{ord(marker):04X} must have id {index}, has {tokenizer.token_to_id(marker)}")
    return tokenizer


def texts_with_sites(corpus) -> Iterator[tuple[str, list[int]]]:
    """Each unique text of the training split with the sites that sent it."""
    for index, sites in corpus.sites_by_sequence("train"):
        yield corpus.text(index), sites.tolist()


def run(argv: list[str]) -> None:
    from .corpus import Corpus
    from .provenance import inputs_path, record_inputs

    parser = argparse.ArgumentParser(prog="trainer tokenizer", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that `prepare` wrote")
    parser.add_argument("--out", type=Path, required=True, help="tokenizer.json to write")
    parser.add_argument("--vocab-size", type=int, default=4096, help="pieces: 4,096 keep a tiny model tiny (default)")
    parser.add_argument("--min-sites", type=int, default=5, help="sites a word must occur on (default 5)")
    args = parser.parse_args(argv)

    corpus = Corpus.open(args.data)
    min_sites, available = args.min_sites, corpus.site_count("train")
    if available < min_sites:
        print(f"warning: {available} site(s) in the training split, so words need {available}, not {min_sites}: "
              "pieces may hold what is particular to them", file=sys.stderr)  # fmt: skip
        min_sites = available
    words = shared_words(texts_with_sites(corpus), min_sites)
    tokenizer = train_tokenizer(words, args.vocab_size)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(args.out))
    record_inputs(inputs_path(args.out), "tokenizer", {}, corpus, minSites=min_sites)
    print(f"{args.out}: {tokenizer.get_vocab_size()} pieces from {len(words)} words on at least {min_sites} site(s)")
