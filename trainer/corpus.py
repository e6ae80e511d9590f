"""What `prepare` wrote, memory-mapped: unique sequence texts, and each request as indexes into them.

    texts.bin, text_offsets.npy        UTF-8 blob, int64 [S+1]
    sequences.npy, request_offsets.npy flat int32, int64 [R+1]: request r holds sequences[offsets[r]:offsets[r+1]]
    request_site.npy  int32 [R]        index into sites.json
    request_time.npy  int64 [R]        milliseconds; the order of arrival where the log has no time
    request_source.npy int16 [R]       index into meta.json `inputs`
    request_client.npy uint64 [R]      hash of the client under a salt that is not kept: equal or not, nothing else
    request_split.npy uint8 [R]        index into split.SPLITS, or LEFT_OUT
    train_texts.npy, train_draws.npy   int32 [N], float64 [N]: texts of the training split, cumulated weights to draw by
    meta.json                          provenance: inputs, hashes, licenses, counts, split

Nothing here grows with requests but what a caller asks for: files are mapped and walked in chunks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from .errors import TrainerError
from .split import SPLITS

FORMAT_VERSION = 2
LEFT_OUT = 255  # of request_split: in no split, because a filter took it out
COUNT_CAP = 5  # a text in 5 requests or more weighs the same: else a few constants fill the stream
CHUNK = 1 << 19  # requests, or texts, walked at a time: some 50 MB
_NPY_HEADER = 128
_HELD = 1 << 14  # values of a growing array that wait to be written: one at a time costs microseconds


class GrowingArray:
    """A one-dimensional .npy file written piece by piece: the header is filled in at the end."""

    def __init__(self, path: Path, dtype: str) -> None:
        self.dtype, self.length = np.dtype(dtype), 0
        self._file = path.open("wb")
        self._file.write(b" " * _NPY_HEADER)
        self._held: list = []

    def extend(self, values: Sequence[int]) -> None:
        self._held.extend(values)
        self.length += len(values)
        if len(self._held) >= _HELD:
            self._flush()

    def _flush(self) -> None:
        self._file.write(np.array(self._held, dtype=self.dtype).tobytes())
        self._held.clear()

    def close(self) -> None:
        self._flush()
        fields = f"{{'descr': '{self.dtype.str}', 'fortran_order': False, 'shape': ({self.length},), }}"
        header = b"\x93NUMPY\x01\x00" + (_NPY_HEADER - 10).to_bytes(2, "little")
        self._file.seek(0)
        self._file.write(header + fields.encode().ljust(_NPY_HEADER - 11) + b"\n")
        self._file.close()


class MappedArray:
    """A .npy file, mapped; pickled as its path, so that worker processes share its pages."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.values = np.load(path, mmap_mode="r")

    def __getstate__(self):
        return self.path

    def __setstate__(self, path: Path) -> None:
        self.__init__(path)


class MappedTexts(Sequence[str]):
    """Texts in a blob on disk, all or the `chosen` ones; cheap to hand to worker processes, which map it themselves."""

    def __init__(self, folder: Path, chosen: np.ndarray | MappedArray | None = None) -> None:
        self.folder, self.chosen = folder, chosen
        self._map()

    def _map(self) -> None:
        self._blob = np.memmap(self.folder / "texts.bin", dtype=np.uint8, mode="r")
        self._offsets = np.load(self.folder / "text_offsets.npy", mmap_mode="r")
        self._indexes = self.chosen.values if isinstance(self.chosen, MappedArray) else self.chosen

    def __getstate__(self):
        return self.folder, self.chosen

    def __setstate__(self, state) -> None:
        self.folder, self.chosen = state
        self._map()

    def __len__(self) -> int:
        return len(self._offsets) - 1 if self._indexes is None else len(self._indexes)

    def __getitem__(self, index: int) -> str:  # type: ignore[override]
        if self._indexes is not None:
            index = self._indexes[index]
        return self._blob[self._offsets[index] : self._offsets[index + 1]].tobytes().decode("utf-8")


def sample_weights(counts: np.ndarray) -> np.ndarray:
    """sqrt(min(count, COUNT_CAP)): frequent texts more often, yet not in proportion."""
    return np.sqrt(np.minimum(counts, COUNT_CAP).astype(np.float64))


class Corpus:
    def __init__(self, folder: Path, meta: dict) -> None:
        self.folder, self.meta = folder, meta
        self.texts = MappedTexts(folder)
        load = lambda name: np.load(folder / f"{name}.npy", mmap_mode="r")  # noqa: E731
        self.sequences, self.request_offsets = load("sequences"), load("request_offsets")
        self.site, self.time, self.source, self.client, self.split = (
            load(f"request_{name}") for name in ("site", "time", "source", "client", "split"))
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

    def walk(self, split: str | None = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """`(requests, sequences)` of equal length, chunk after chunk: each sequence beside the request that holds it."""
        for begin in range(0, len(self.site), CHUNK):
            offsets = self.request_offsets[begin : begin + CHUNK + 1]
            sequences = self.sequences[offsets[0] : offsets[-1]]
            requests = np.repeat(np.arange(begin, begin + len(offsets) - 1), np.diff(offsets))
            if split is not None:
                inside = self.split[requests] == SPLITS.index(split)
                requests, sequences = requests[inside], sequences[inside]
            yield requests, np.asarray(sequences)

    def counts(self, split: str) -> np.ndarray:
        """How many requests of the split hold each sequence: uint32 [S]."""
        counts = np.zeros(len(self.texts), dtype=np.uint32)
        for _, sequences in self.walk(split):
            # Of one chunk, only the sequences that are in it: S may be many times as large.
            met, times = np.unique(sequences, return_counts=True)
            counts[met] += times.astype(np.uint32)
        return counts

    def sites_by_sequence(self, split: str) -> Iterator[tuple[int, np.ndarray]]:
        """Each sequence of the split with the sites that sent it, in the order of sequences.

        Walks all requests once for every CHUNK texts, so that memory holds the pairs of that many.
        """
        sites = max(1, len(self.sites))
        for begin in range(0, len(self.texts), CHUNK):
            pairs = np.zeros(0, dtype=np.int64)  # sequence * sites + site
            for requests, sequences in self.walk(split):
                inside = (begin <= sequences) & (sequences < begin + CHUNK)
                met = sequences[inside].astype(np.int64) * sites + self.site[requests[inside]]
                pairs = np.union1d(pairs, met)
            met, starts = np.unique(pairs // sites, return_index=True)
            yield from zip(met.tolist(), np.split(pairs % sites, starts[1:]))

    def site_count(self, split: str) -> int:
        return len(np.unique(self.site[self.requests_in(split)]))

    def write_draws(self) -> None:
        """Writes which texts train and their cumulated weights; call again when `request_split.npy` has changed."""
        counts = self.counts("train")
        texts, draws = GrowingArray(self.folder / "train_texts.npy", "<i4"), GrowingArray(self.folder / "train_draws.npy", "<f8")
        total = 0.0
        for begin in range(0, len(counts), CHUNK):
            part = counts[begin : begin + CHUNK]
            chosen = np.flatnonzero(part)
            cumulated = np.cumsum(np.concatenate([[total], sample_weights(part[chosen])]))[1:]  # as one sum over all of them
            total = float(cumulated[-1]) if len(cumulated) else total
            texts.extend(chosen + begin)
            draws.extend(cumulated)
        texts.close()
        draws.close()

    def training_texts(self, most: int = 0, seed: int = 0) -> tuple[MappedTexts, np.ndarray | MappedArray]:
        """Texts of the training split and their cumulated weights; `most` > 0 keeps a seeded choice of so many."""
        chosen, draws = MappedArray(self.folder / "train_texts.npy"), MappedArray(self.folder / "train_draws.npy")
        if not most or len(chosen.values) <= most:
            return MappedTexts(self.folder, chosen), draws
        kept = np.sort(np.random.default_rng(seed).choice(len(chosen.values), most, replace=False))
        weights = np.diff(draws.values, prepend=0.0)[kept]
        return MappedTexts(self.folder, chosen.values[kept]), np.cumsum(weights)
