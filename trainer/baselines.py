"""Verb `baselines`: detectors of other kinds, fitted to the same benign training split, for `evaluate --baselines`.

    character n-gram    likelihood under an interpolated 6-gram model
    causal LM           best run of eight tokens under a small language model
    original objective  score pushed toward 0 on benign requests: collapses to a constant
    libinjection        fingerprints of SQL and HTML, where the folder holds libinjection.so (built from the C sources in
                        PyPI's libinjection-python: cc -O1 -shared -fPIC -o libinjection.so libinjection_{sqli,xss,html5}.c)
"""

from __future__ import annotations

import argparse
import ctypes
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from .baseline_language import BaselineScorer, LanguageModel, collapse_loss, language_loss, train_baseline
from .baseline_ngram import CharacterModel
from .bundle import sha256_of
from .corpus import Corpus
from .errors import TrainerError
from .markers import MARKERS
from .model import SIZES, Architecture, Detector
from .tokenizer import encode_batch, load_tokenizer
from .windows import WindowShape, windows_of

NGRAM_FILE, LANGUAGE_FILE, COLLAPSED_FILE, TOKENIZER_FILE, META_FILE = "characters.npz", "language.pt", "collapsed.pt", "tokenizer.json", "baselines.json"
LIBRARY_FILE = "libinjection.so"
STEPS, COLLAPSE_STEPS = 1500, 300  # a few CPU minutes; the second has nothing more to learn after a few dozen
TEXTS = 40_000  # training texts that the character model counts


def fit_baselines(corpus: Corpus, tokenizer_path: Path, out: Path, steps: int, collapse_steps: int, seed: int, size: str = "tiny") -> dict:
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    indexes = np.flatnonzero(corpus.counts("train"))
    texts = [corpus.text(index) for index in np.random.default_rng(seed).permutation(indexes)[:TEXTS]]
    meta: dict = {"texts": len(texts), "steps": steps, "collapseSteps": collapse_steps, "seed": seed, "seconds": {}}
    clock = time.monotonic()
    CharacterModel.fit(texts).write(out / NGRAM_FILE)
    meta["seconds"]["character n-gram"] = round(time.monotonic() - clock, 1)

    (out / TOKENIZER_FILE).write_bytes(tokenizer_path.read_bytes())
    tokenizer = load_tokenizer(tokenizer_path)
    windows = [window for ids in encode_batch(tokenizer, texts) for window in windows_of(ids)]
    layers, hidden, heads, longest = SIZES[size]
    arch = Architecture(size, hidden, layers, heads, 4 * hidden, tokenizer.get_vocab_size(), longest)
    for name, file, model, loss, count in (
        ("causal LM", LANGUAGE_FILE, LanguageModel(arch), language_loss, steps),
        ("original objective", COLLAPSED_FILE, Detector(arch), collapse_loss, collapse_steps),
    ):
        clock = time.monotonic()
        history = train_baseline(model, loss, windows, count, seed)
        torch.save({"architecture": arch.manifest(), "model": model.state_dict()}, out / file)
        meta["seconds"][name] = round(time.monotonic() - clock, 1)
        meta[f"loss, {name}"] = [history[0], history[-1]]
    (out / META_FILE).write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")
    return meta


def open_baselines(folder: Path) -> dict[str, tuple[str, Callable[[list[str]], np.ndarray]]]:
    """By name: what identifies the baseline, and what scores lists of texts."""
    if not (folder / META_FILE).is_file():
        raise TrainerError(f"--baselines: no {folder / META_FILE}; run `python -m trainer baselines` first")
    tokenizer = load_tokenizer(folder / TOKENIZER_FILE)
    result: dict = {"character n-gram": (sha256_of(folder / NGRAM_FILE), CharacterModel.read(folder / NGRAM_FILE).field_logits)}
    for name, file, kind in (("causal LM", LANGUAGE_FILE, LanguageModel), ("original objective", COLLAPSED_FILE, Detector)):
        state = torch.load(folder / file, weights_only=True)
        model = kind(Architecture.from_manifest(state["architecture"]))
        model.load_state_dict(state["model"])
        result[name] = (sha256_of(folder / file), BaselineScorer(model, tokenizer, WindowShape()).field_logits)
    if (folder / LIBRARY_FILE).is_file():
        result["libinjection"] = (sha256_of(folder / LIBRARY_FILE), libinjection(folder / LIBRARY_FILE))
    return result


def libinjection(library: Path) -> Callable[[list[str]], np.ndarray]:
    """1 where the value has a fingerprint of SQL injection or of HTML that scripts, else 0: float64 [len(texts)]."""
    functions = ctypes.CDLL(str(library.resolve()))
    fingerprint = ctypes.create_string_buffer(16)
    is_sqli, is_xss = functions.libinjection_sqli, functions.libinjection_xss
    is_sqli.argtypes, is_xss.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p], [ctypes.c_char_p, ctypes.c_size_t]

    def found(text: str) -> float:
        value = text[text.find(MARKERS["VALUE"]) + 1 :].encode("utf-8", "replace")
        return float(is_sqli(value, len(value), fingerprint) == 1 or is_xss(value, len(value)) == 1)

    return lambda texts: np.array([found(text) for text in texts])


def run(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainer baselines", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that `prepare` wrote; its training split is used")
    parser.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json of the bundle to compare with")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"of the language model (default {STEPS})")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    if args.steps < 1:
        raise TrainerError(f"--steps: expected at least 1, got {args.steps}")
    meta = fit_baselines(Corpus.open(args.data), args.tokenizer, args.out, args.steps, COLLAPSE_STEPS, args.seed)
    print(f"{args.out}: {json.dumps(meta)}")
