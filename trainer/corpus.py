"""What `prepare` wrote, memory-mapped: unique sequence texts, and each request as indexes into them.

    texts.bin, text_offsets.npy        UTF-8 blob, int64 [S+1]
    sequences.npy, request_offsets.npy flat int32, int64 [R+1]: request r holds sequences[offsets[r]:offsets[r+1]]
    request_site.npy  int32 [R]        index into sites.json
    request_time.npy  int64 [R]        milliseconds; the order of arrival where the log has no time
    request_source.npy int16 [R]       index into meta.json `inputs`
    request_split.npy uint8 [R]        index into split.SPLITS
    meta.json                          provenance: inputs, hashes, licenses, counts, split
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .errors import TrainerError
from .split import SPLITS

FORMAT_VERSION = 1
_NPY_HEADER = 128


class GrowingArray:
    """A one-dimensional .npy file written piece by piece: the header is filled in at the end."""

    def __init__(self, path: Path, dtype: str) -> None:
        self.dtype, self.length = np.dtype(dtype), 0
        self._file = path.open("wb")
        self._file.write(b" " * _NPY_HEADER)

    def extend(self, values: Sequence[int]) -> None:
        self._file.write(np.asarray(values, dtype=self.dtype).tobytes())
        self.length += len(values)

    def close(self) -> None:
        fields = f"{{'descr': '{self.dtype.str}', 'fortran_order': False, 'shape': ({self.length},), }}"
        header = b"\x93NUMPY\x01\x00" + (_NPY_HEADER - 10).to_bytes(2, "little")
        self._file.seek(0)
        self._file.write(header + fields.encode().ljust(_NPY_HEADER - 11) + b"\n")
        self._file.close()


class MappedTexts(Sequence[str]):
    """Texts in a blob on disk; cheap to hand to worker processes, which map it themselves."""

    def __init__(self, folder: Path, chosen: np.ndarray | None = None) -> None:
        self.folder, self.chosen = folder, chosen
        self._map()

    def _map(self) -> None:
        self._blob = np.memmap(self.folder / "texts.bin", dtype=np.uint8, mode="r")
        self._offsets = np.load(self.folder / "text_offsets.npy", mmap_mode="r")

    def __getstate__(self):
        return self.folder, self.chosen

    def __setstate__(self, state) -> None:
        self.folder, self.chosen = state
        self._map()

    def __len__(self) -> int:
        return len(self._offsets) - 1 if self.chosen is None else len(self.chosen)

    def __getitem__(self, index: int) -> str:  # type: ignore[override]
        if self.chosen is not None:
            index = self.chosen[index]
        return self._blob[self._offsets[index] : self._offsets[index + 1]].tobytes().decode("utf-8")


class Corpus:
    def __init__(self, folder: Path, meta: dict) -> None:
        self.folder, self.meta = folder, meta
        self.texts = MappedTexts(folder)
        load = lambda name: np.load(folder / f"{name}.npy", mmap_mode="r")  # noqa: E731
        self.sequences, self.request_offsets = load("sequences"), load("request_offsets")
        self.site, self.time, self.source, self.split = (load(f"request_{name}") for name in ("site", "time", "source", "split"))
        self.sites: list[str] = json.loads((folder / "sites.json").read_text(encoding="utf-8"))

    @staticmethod
    def open(folder: Path) -> "Corpus":
        path = folder / "meta.json"
        if not path.is_file():
            raise TrainerError(f"--data: no {path}; run `python -m trainer prepare` first")
        meta = json.loads(path.read_text(encoding="utf-8"))
        if meta.get("formatVersion") != FORMAT_VERSION:
            raise TrainerError(f"{path}: formatVersion: expected {FORMAT_VERSION}, got {meta.get('formatVersion')!r}; prepare again")
        return Corpus(folder, meta)

    def text(self, sequence: int) -> str:
        return self.texts[sequence]

    def requests_in(self, split: str) -> np.ndarray:
        return np.flatnonzero(self.split == SPLITS.index(split))

    def request_sequences(self, request: int) -> np.ndarray:
        return self.sequences[self.request_offsets[request] : self.request_offsets[request + 1]]

    def owners(self) -> np.ndarray:
        """Request of each entry of `sequences`."""
        return np.repeat(np.arange(len(self.site)), np.diff(self.request_offsets))

    def counts(self, split: str) -> np.ndarray:
        """How many requests of the split hold each sequence: int64 [S]."""
        inside = (self.split == SPLITS.index(split))[self.owners()]
        return np.bincount(self.sequences[inside], minlength=len(self.texts))

    def sites_by_sequence(self, split: str) -> list[set[int]]:
        inside = (self.split == SPLITS.index(split))[self.owners()]
        pairs = np.unique(np.stack([self.sequences[inside], self.site[self.owners()[inside]]]), axis=1)
        result: list[set[int]] = [set() for _ in range(len(self.texts))]
        for sequence, site in pairs.T.tolist():
            result[sequence].add(site)
        return result

    def site_count(self, split: str) -> int:
        return len(np.unique(self.site[self.requests_in(split)]))
