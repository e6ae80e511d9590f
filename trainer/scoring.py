"""Scores canonical texts with a bundle's ONNX model, as the service does: windows, best window, best field."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

from .bundle import INT8, Bundle
from .markers import PAD_ID
from .tokenizer import encode_batch, load_tokenizer
from .windows import WindowShape, windows_of

BATCH_TOKENS = 4096  # padded tokens a batch: past that, a core gains nothing and memory grows


def open_session(path: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def pad_batch(windows: list[list[int]]) -> dict[str, np.ndarray]:
    """-> input_ids and attention_mask, int64 [batch, longest]."""
    longest = max(map(len, windows))
    ids = np.full((len(windows), longest), PAD_ID, dtype=np.int64)
    mask = np.zeros((len(windows), longest), dtype=np.int64)
    for row, window in enumerate(windows):
        ids[row, : len(window)] = window
        mask[row, : len(window)] = 1
    return {"input_ids": ids, "attention_mask": mask}


def bucketed(lengths: list[int], budget: int) -> list[list[int]]:
    """Indexes of sequences, shortest first, in batches of at most `budget` padded tokens (one sequence at least)."""
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if not batches or (len(batches[-1]) + 1) * lengths[index] > budget:
            batches.append([])
        batches[-1].append(index)
    return batches


class Scorer:
    """One ONNX file with its tokenizer and window shape."""

    def __init__(self, model: Path, tokenizer: Path, shape: WindowShape, threads: int = 1) -> None:
        self.session = open_session(model, threads)
        self.tokenizer = load_tokenizer(tokenizer)
        self.shape = shape
        # Dynamic quantization takes one scale a batch, so a window's logit depends on its company: one at a time, as
        # the service runs such a model.
        self.alone = model.name == INT8

    @staticmethod
    def of(bundle: Bundle, file: str | None = None, threads: int = 1) -> "Scorer":
        """The model that the bundle serves, or another of its files."""
        name = file or bundle.manifest["serve"]
        return Scorer(bundle.folder / name, bundle.folder / "tokenizer.json", bundle.window, threads)

    def window_logits(self, texts: list[str]) -> list[list[float]]:
        """Pooled logit of each window of each text."""
        windows: list[list[int]] = []
        owners: list[int] = []
        for owner, ids in enumerate(encode_batch(self.tokenizer, texts)):
            for window in windows_of(ids, self.shape):
                windows.append(window)
                owners.append(owner)
        logits = np.empty(len(windows), dtype=np.float64)
        for batch in bucketed([len(window) for window in windows], 0 if self.alone else BATCH_TOKENS):
            (pooled,) = self.session.run(["pooled_logit"], pad_batch([windows[i] for i in batch]))
            logits[batch] = pooled
        result: list[list[float]] = [[] for _ in texts]
        for owner, logit in zip(owners, logits):
            result[owner].append(float(logit))
        return result

    def field_logits(self, texts: list[str]) -> np.ndarray:
        """Largest window logit of each text [len(texts)]."""
        return np.array([max(logits) for logits in self.window_logits(texts)], dtype=np.float64)
