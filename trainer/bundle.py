"""The bundle `models/<id>/`: what is in it, and a manifest that binds every file by hash (contract: models/README.md)."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from .errors import TrainerError
from .model import RUN_TOKENS, SEQUENCE_WEIGHT, Architecture
from .survival import Survival
from .windows import WindowShape

SCHEMA_VERSION, SCHEMA_VERSION_VIEWS = 1, 3  # the Transformer alone; with the linear view, once calibrated
CANONICALIZER_VERSION = 7  # of `src/canonicalize/canonical-request.ts`; `prepare` checks what the data was made with
FP32, INT8, FP16 = "model.onnx", "model.int8.onnx", "model.fp16.onnx"
NGRAM = "ngram.bin"
MANIFEST = "manifest.json"
ID_PATTERN = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")


def check_id(value: str) -> str:
    if not ID_PATTERN.fullmatch(value):
        raise TrainerError(f"id: expected {ID_PATTERN.pattern}, got {value!r}")
    return value


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else _digest(file)


def _digest(file) -> str:  # Python 3.10
    digest = hashlib.sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def now_iso() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def hash_files(folder: Path) -> dict[str, dict]:
    """Every file of the bundle but the manifest itself."""
    return {
        path.name: {"sha256": sha256_of(path), "bytes": path.stat().st_size}
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != MANIFEST
    }


def write_manifest(folder: Path, manifest: dict) -> None:
    """(Re)writes the manifest with the hashes of the files as they are now."""
    manifest = {**manifest, "files": hash_files(folder)}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def new_manifest(bundle_id: str, arch: Architecture, shape: WindowShape, *, serve: str, parent_id: str | None = None) -> dict:
    """Everything known before calibration; a loader refuses it until `calibration` is there."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "id": check_id(bundle_id),
        "createdAt": now_iso(),
        "parentId": parent_id,
        "canonicalizerVersion": CANONICALIZER_VERSION,
        "architecture": arch.manifest(),
        "window": {"tokens": shape.tokens, "overlap": shape.overlap, "prefixTokens": shape.prefix_tokens},
        "pooling": {"kind": "best-run-mean", "tokens": RUN_TOKENS, "sequenceWeight": SEQUENCE_WEIGHT},
        "serve": serve,
    }


def read_manifest(folder: Path) -> dict:
    path = folder / MANIFEST
    if not path.is_file():
        raise TrainerError(f"bundle: no {path}")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for key, known in (("schemaVersion", (SCHEMA_VERSION, SCHEMA_VERSION_VIEWS)), ("canonicalizerVersion", (CANONICALIZER_VERSION,))):
        if manifest.get(key) not in known:
            raise TrainerError(f"{path}: {key}: expected {' or '.join(map(str, known))}, got {manifest.get(key)!r}")
    if ("views" in manifest) != (manifest["schemaVersion"] == SCHEMA_VERSION_VIEWS):
        raise TrainerError(f"{path}: views: expected with schema version {SCHEMA_VERSION_VIEWS} and only there")
    return manifest


def verify_files(folder: Path, manifest: dict) -> None:
    """Refuses a bundle whose files are not exactly those that the manifest hashes."""
    found = hash_files(folder)
    for name in sorted(found.keys() | manifest["files"].keys()):
        if found.get(name) != manifest["files"].get(name):
            raise TrainerError(f"{folder / name}: does not match the manifest (missing, extra or changed)")


@dataclass(frozen=True)
class Bundle:
    folder: Path
    manifest: dict

    @staticmethod
    def open(folder: Path) -> "Bundle":
        manifest = read_manifest(folder)
        verify_files(folder, manifest)
        return Bundle(folder, manifest)

    @property
    def window(self) -> WindowShape:
        value = self.manifest["window"]
        return WindowShape(value["tokens"], value["overlap"], value["prefixTokens"])

    @property
    def survival(self) -> Survival:
        if "calibration" not in self.manifest:
            raise TrainerError(f"{self.folder}: not calibrated yet; run `python -m trainer calibrate`")
        return Survival.from_manifest(self.manifest["calibration"])
