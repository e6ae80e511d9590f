"""provenance.json: which data and which tools a bundle was made from, by hash, without naming hosts or people."""

from __future__ import annotations

import json
import platform
from importlib import metadata
from pathlib import Path

from .corpus import Corpus

TOOLS = ("torch", "onnxruntime", "onnx", "tokenizers", "numpy")


def versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in TOOLS}}


def write_provenance(folder: Path, corpus: Corpus, state: dict, tokenizer_sha256: str) -> None:
    value = {
        "data": corpus.meta["inputs"],
        "requests": corpus.meta["requests"],
        "sites": corpus.meta["sites"],
        "uniqueSequences": corpus.meta["uniqueSequences"],
        "split": corpus.meta["split"],
        "attacksInTraining": 0,  # `prepare` refuses labeled attacks; foreign syntax comes from grammars
        "tokenizerSha256": tokenizer_sha256,
        "seed": state["config"]["seed"],
        "tools": versions(),
    }
    (folder / "provenance.json").write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
