"""provenance.json: which data and which tools a bundle was made from, by hash, without naming hosts or people.

Every verb leaves beside what it wrote the list of what it read (`record_inputs`), which holds the lists of what other verbs made
of it: of a chain of trainings each bank and checkpoint. `export` joins those lists.
"""

from __future__ import annotations

import functools
import json
import platform
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from pathlib import Path

from .bundle import sha256_of
from .corpus import Corpus

TOOLS = ("torch", "onnxruntime", "onnx", "tokenizers", "numpy")
OWN_LICENSE = "Apache-2.0"  # of the grammars, which belong to this package
MADE_BY_VERBS = ("tokenizer", "bank")  # roles; the rest is written by people (a config) or named apart (checkpoints, a parent bundle)
NOT_RECORDED = {"verb": None, "note": "no list of its inputs was found beside it"}


def versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in TOOLS}}


def inputs_path(written: Path) -> Path:
    """Where the inputs of a file stand."""
    return written.with_name(written.name + ".inputs.json")


def record_inputs(path: Path, verb: str, files: dict[str, Path], corpus: Corpus | None = None,
                  checkpoints: dict[str, Path] | None = None, **also) -> None:  # fmt: skip
    """Writes `verb`, the hash of each file by its role and what it was made from, of checkpoints also how long they trained, and
    of the corpus the hashes of the logs it was made from."""
    path.parent.mkdir(parents=True, exist_ok=True)
    value: dict = {"verb": verb, "files": [{"role": role, **_hashed(file), **(_made_from(file) if role in MADE_BY_VERBS else {})} for role, file in files.items()]}
    value["files"] += [{"role": role, **_hashed(file), **_trained(file), **_checkpoint_from(file)} for role, file in (checkpoints or {}).items()]
    if corpus is not None:
        value["logs"] = [entry["sha256"] for entry in corpus.meta["inputs"]]
    path.write_text(json.dumps({**value, **also}, indent=1) + "\n", encoding="utf-8")


def _hashed(path: Path) -> dict:
    file = path / "index.json" if path.is_dir() else path
    return {"file": path.name, "sha256": sha256_of(file)}


def _made_from(path: Path) -> dict:
    return {"from": recorded(inputs_path(path)) or NOT_RECORDED}


def _checkpoint_from(path: Path) -> dict:
    return {"from": recorded(path.parent / "inputs.json") or NOT_RECORDED}


def _trained(path: Path) -> dict:
    """How long a checkpoint's own run had taken, without the runs before it."""
    from .checkpoint import load_checkpoint  # PyTorch: most verbs that record need none

    state = load_checkpoint(path)
    return {"steps": state["step"], "samples": state["samples"], "minutes": round(state["seconds"] / 60, 1)}


def recorded(path: Path) -> dict | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def completed(made: dict, find: Callable[[dict], Path | None]) -> dict:
    """A list of inputs, with what lists of older runs lack where `find` still finds the files: what each bank was drawn from,
    and how long each checkpoint had trained."""
    return {**made, "files": [_completed_entry(entry, find) for entry in made["files"]]} if "files" in made else made


def _completed_entry(entry: dict, find: Callable[[dict], Path | None]) -> dict:
    known = (entry.get("from") or NOT_RECORDED)["verb"] is not None
    if entry["role"] in MADE_BY_VERBS and not known:
        path = find(entry)
        entry = entry | (_made_from(path) if path else {"from": NOT_RECORDED})
    if entry["role"].split()[0] in ("initial", "teacher"):
        path = None if "steps" in entry else find(entry)
        entry = entry | (_trained(path) if path else {}) | {"from": entry.get("from") or NOT_RECORDED}
    return entry | {"from": completed(entry["from"], find)} if "from" in entry else entry


def _finder(folders: Iterable[Path]) -> Callable[[dict], Path | None]:
    """Finds the file of a recorded name and hash in one of the folders: lists hold no paths."""
    hashed = functools.cache(_hashed)
    paths = sorted(set(folders))
    return lambda entry: next((path for path in (folder / entry["file"] for folder in paths) if path.exists() and hashed(path)["sha256"] == entry["sha256"]), None)


def initial_checkpoints(checkpoint: dict | None) -> Iterator[dict]:
    """Of a chain of trainings the checkpoint that each began with, the latest first; of provenance's entry of the last one."""
    while checkpoint is not None:
        files = (checkpoint.get("from") or {}).get("files", [])
        checkpoint = next((entry for entry in files if entry["role"] == "initial"), None)
        if checkpoint is not None:
            yield checkpoint


def _grammars(value: object) -> Iterator[tuple[str, str]]:
    """Name and hash of every grammar that lists of inputs name, at any depth."""
    if isinstance(value, dict):
        yield from value.get("grammars", {}).items()
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _grammars(inner)


def write_provenance(folder: Path, corpus: Corpus, state: dict, files: dict[str, Path], grammars: dict[str, str],
                     checkpoint: Path | None = None, parent: dict | None = None) -> None:  # fmt: skip
    """`files` by role are what the bundle was put together from; `grammars` maps files to hashes, and grammars of earlier banks
    that the chain names join them. Older runs lie beside the checkpoint's, older banks beside the bank."""
    steps = {role: {**_hashed(path), **_made_from(path)} for role, path in files.items()}
    if checkpoint is not None:
        steps["checkpoint"] = {**_hashed(checkpoint), **_checkpoint_from(checkpoint)}
    runs = [path for path in checkpoint.absolute().parent.parent.iterdir() if path.is_dir()] if checkpoint else []
    find = _finder([*(path.parent for path in files.values()), *runs])
    steps = {role: step | {"from": completed(step["from"], find)} for role, step in steps.items()}
    value = {
        "data": corpus.meta["inputs"],
        "requests": corpus.meta["requests"],
        "sites": corpus.meta["sites"],
        "uniqueSequences": corpus.meta["uniqueSequences"],
        "split": corpus.meta["split"],
        "attacksInTraining": 0,  # `prepare` refuses labeled attacks; foreign syntax comes from grammars
        "grammars": [{"file": name, "sha256": digest, "license": OWN_LICENSE} for name, digest in sorted({*grammars.items(), *_grammars(steps)})],
        "parent": parent,
        "steps": steps,
        "tokenizerSha256": sha256_of(files["tokenizer"]),
        "seed": state["config"]["seed"],
        "tools": versions(),
    }
    (folder / "provenance.json").write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
