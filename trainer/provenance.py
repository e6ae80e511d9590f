"""provenance.json: which data and which tools a bundle was made from, by hash, without naming hosts or people.

Every verb leaves beside what it wrote the list of what it read (`record_inputs`); `export` joins those lists.
"""

from __future__ import annotations

import json
import platform
from importlib import metadata
from pathlib import Path

from .bundle import sha256_of
from .corpus import Corpus

TOOLS = ("torch", "onnxruntime", "onnx", "tokenizers", "numpy")
OWN_LICENSE = "Apache-2.0"  # of the grammars, which belong to this package


def versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in TOOLS}}


def inputs_path(written: Path) -> Path:
    """Where the inputs of a file stand."""
    return written.with_name(written.name + ".inputs.json")


def record_inputs(path: Path, verb: str, files: dict[str, Path], corpus: Corpus | None = None,
                  checkpoints: dict[str, Path] | None = None, **also) -> None:  # fmt: skip
    """Writes `verb`, the hash of each file by its role, of checkpoints also what they were made from, and of the corpus
    the hashes of the logs it was made from."""
    path.parent.mkdir(parents=True, exist_ok=True)
    value: dict = {"verb": verb, "files": [{"role": role, **_hashed(file)} for role, file in files.items()]}
    value["files"] += [{"role": role, **_checkpoint(file)} for role, file in (checkpoints or {}).items()]
    if corpus is not None:
        value["logs"] = [entry["sha256"] for entry in corpus.meta["inputs"]]
    path.write_text(json.dumps({**value, **also}, indent=1) + "\n", encoding="utf-8")


def _hashed(path: Path) -> dict:
    file = path / "index.json" if path.is_dir() else path
    return {"file": path.name, "sha256": sha256_of(file)}


def _checkpoint(path: Path) -> dict:
    return {**_hashed(path), "from": recorded(path.parent / "inputs.json")}


def recorded(path: Path) -> dict | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def write_provenance(folder: Path, corpus: Corpus, state: dict, files: dict[str, Path], grammars: dict[str, str],
                     checkpoint: Path | None = None, parent: dict | None = None) -> None:  # fmt: skip
    """`files` by role are what the bundle was put together from; `grammars` maps their files to hashes."""
    steps = {role: {**_hashed(path), "from": recorded(inputs_path(path))} for role, path in files.items()}
    if checkpoint is not None:
        steps["checkpoint"] = _checkpoint(checkpoint)
    value = {
        "data": corpus.meta["inputs"],
        "requests": corpus.meta["requests"],
        "sites": corpus.meta["sites"],
        "uniqueSequences": corpus.meta["uniqueSequences"],
        "split": corpus.meta["split"],
        "attacksInTraining": 0,  # `prepare` refuses labeled attacks; foreign syntax comes from grammars
        "grammars": [{"file": name, "sha256": digest, "license": OWN_LICENSE} for name, digest in sorted(grammars.items())],
        "parent": parent,
        "steps": steps,
        "tokenizerSha256": sha256_of(files["tokenizer"]),
        "seed": state["config"]["seed"],
        "tools": versions(),
    }
    (folder / "provenance.json").write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
