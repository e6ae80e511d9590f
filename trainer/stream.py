"""The training stream: benign texts corrupted, tokenized, cropped and batched in worker processes.

Pool p is a pure function of (seed, p): it does not depend on the number of workers, and a resumed run sees the batches
that an uninterrupted one would have. No PyTorch here, so that workers start fast and stay small.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from .corpus import MappedArray
from .markers import CLS_ID, PAD_ID
from .tokenizer import load_tokenizer
from .windows import WindowShape, prefix_length

POOL_TOKENS = 0.3  # samples a pool for each token of a batch: some ten batches to bucket by length
MIN_POOL = 768
QUEUED_POOLS = 2  # a worker: enough that the math never waits, little to hold
PARENT_CHECK_S = 5.0  # how often a blocked worker looks whether its parent is gone


class Pools(Protocol):
    """What a `Stream` runs in its workers: `make(p)` depends on p alone."""

    def prepare(self) -> None: ...

    def make(self, pool: int) -> list: ...


class TextCorruptor(Protocol):
    def reseed(self, seed: int) -> None: ...

    def sample(self, text: str) -> tuple[str, list[tuple[int, int]]]: ...


@dataclass(frozen=True)
class Batch:
    ids: np.ndarray  # uint16 [B, T], CLS first, PAD behind
    token_labels: np.ndarray  # uint8 [B, T], 1 = does not belong
    sequence_labels: np.ndarray  # uint8 [B], 1 = corrupted within these tokens
    own: np.ndarray  # uint8 [B], 1 = from the application that is being adapted to


@dataclass
class SampleMaker:
    """Draws benign texts by weight and corrupts them; pickled to worker processes. What every view trains on."""

    texts: Sequence[str]
    draws: np.ndarray | MappedArray  # float64 [len(texts)], cumulated weights
    make_corruptor: Callable[[Sequence[str]], TextCorruptor]

    def prepare(self) -> None:
        """Loads what is not pickled."""
        self._corruptor = self.make_corruptor(self.texts)
        self._cumulative = self.draws.values if isinstance(self.draws, MappedArray) else self.draws

    def samples(self, size: int, rng: random.Random) -> list[tuple[str, list[tuple[int, int]]]]:
        """Texts with the character spans that do not belong; a pure function of the generator's state."""
        return [sample for _, sample in self.numbered_samples(size, rng)]

    def numbered_samples(self, size: int, rng: random.Random) -> list[tuple[int, tuple[str, list[tuple[int, int]]]]]:
        """Each beside the index of the text it was made from."""
        self._corruptor.reseed(rng.getrandbits(48))
        draws = np.array([rng.random() for _ in range(size)]) * self._cumulative[-1]
        chosen = np.searchsorted(self._cumulative, draws, side="right").clip(max=len(self.texts) - 1)
        return [(index, self._corruptor.sample(self.texts[index])) for index in chosen.tolist()]


@dataclass
class PoolMaker(SampleMaker):
    """Samples as token batches; everything a worker needs."""

    tokenizer_path: Path
    shape: WindowShape
    batch_tokens: int
    seed: int
    own_texts: int = 0  # so many of the texts, from the first on, are the adapted application's own

    def prepare(self) -> None:
        os.environ["TOKENIZERS_PARALLELISM"] = "false"  # one core a worker
        self._tokenizer = load_tokenizer(self.tokenizer_path)
        super().prepare()

    def make(self, pool: int) -> list[Batch]:
        rng = random.Random(f"{self.seed}:{pool}")
        samples = self.numbered_samples(max(MIN_POOL, int(self.batch_tokens * POOL_TOKENS)), rng)
        encodings = self._tokenizer.encode_batch([text for _, (text, _) in samples], add_special_tokens=False)
        rows = []
        for encoding, (index, (_, spans)) in zip(encodings, samples):
            rows.append((*crop(encoding.ids, token_labels(encoding.offsets, spans), self.shape, rng), index < self.own_texts))
        # Shortest first, with a little noise so that equal lengths meet other neighbors each time.
        rows.sort(key=lambda row: len(row[0]) + rng.random())
        batches = [collate(group) for group in grouped(rows, self.batch_tokens)]
        rng.shuffle(batches)
        return batches


def token_labels(offsets: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]) -> list[int]:
    """1 for every token that shares a character with a corrupted span."""
    if not spans:
        return [0] * len(offsets)
    return [int(any(start < high and low < end for low, high in spans)) for start, end in offsets]


def crop(ids: list[int], labels: list[int], shape: WindowShape, rng: random.Random) -> tuple[list[int], list[int]]:
    """One window of a sample, CLS included, as `windows_of` shapes them; a corrupted sample keeps some of its corruption."""
    capacity = shape.tokens - 1
    if len(ids) > capacity:
        cut = prefix_length(ids, shape)
        room = capacity - cut
        last = len(ids) - cut - room  # latest start of the body's slice
        body = labels[cut:]
        if 1 in body:
            first_bad = body.index(1)
            margin = 4  # tokens of the corruption, or before it, that stay in sight
            low, high = sorted((max(0, first_bad - room + margin), max(0, min(first_bad - margin, last))))
            start = rng.randint(low, high)
        else:
            start = rng.choice((0, rng.randint(0, last)))
        start = cut + min(start, last)
        ids = ids[:cut] + ids[start : start + room]
        labels = labels[:cut] + labels[start : start + room]
    return [CLS_ID, *ids], [0, *labels]


Row = tuple[list[int], list[int], bool]  # ids, labels, whether it is the application's own


def grouped(rows: list[Row], batch_tokens: int) -> Iterator[list[Row]]:
    """Consecutive rows, shortest first, of at most `batch_tokens` padded tokens together."""
    group: list[Row] = []
    for row in rows:
        if group and (len(group) + 1) * len(row[0]) > batch_tokens:
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def collate(rows: list[Row]) -> Batch:
    longest = max(len(ids) for ids, *_ in rows)
    ids = np.full((len(rows), longest), PAD_ID, dtype=np.uint16)
    labels = np.zeros((len(rows), longest), dtype=np.uint8)
    for row, (row_ids, row_labels, _) in enumerate(rows):
        ids[row, : len(row_ids)] = row_ids
        labels[row, : len(row_labels)] = row_labels
    return Batch(ids, labels, labels.max(axis=1), np.array([own for *_, own in rows], dtype=np.uint8))


class Stream:
    """Iterates over batches from `position` = (pool, batch within it) on, taking every `step`-th pool. Use as a context
    manager. `make_seconds` is what making the pools taken so far cost, over all workers."""

    def __init__(self, maker: Pools, workers: int, position: tuple[int, int] = (0, 0), step: int = 1) -> None:
        self.maker, self.workers, self.position, self.step = maker, workers, position, step
        self.make_seconds = 0.0
        self._processes: list = []
        self._queues: list = []

    def __enter__(self) -> "Stream":
        self._first = self.position[0]
        if self.workers == 0:
            self.maker.prepare()
            return self
        context = multiprocessing.get_context("spawn")  # forking a process that has threads deadlocks
        for worker in range(self.workers):
            pools = context.Queue(QUEUED_POOLS)
            args = (self.maker, pools, self._first + worker * self.step, self.workers * self.step, os.getpid())
            process = context.Process(target=_work, args=args, daemon=True)
            process.start()
            self._queues.append(pools)
            self._processes.append(process)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.terminate()
            process.join()
        for pools in self._queues:
            pools.close()
            pools.cancel_join_thread()

    def __iter__(self) -> Iterator:
        """Each batch is counted in `position` once it was taken."""
        while True:
            pool, done = self.position
            batches = self._pool(pool)
            for index in range(done, len(batches)):
                self.position = (pool, index + 1) if index + 1 < len(batches) else (pool + self.step, 0)
                yield batches[index]

    def _pool(self, pool: int) -> list:
        if self.workers == 0:
            seconds, result = _timed(self.maker, pool)
        else:
            seconds, result = self._receive((pool - self._first) // self.step % self.workers)
        self.make_seconds += seconds
        return result

    def _receive(self, worker: int) -> tuple[float, list]:
        while True:
            try:
                result = self._queues[worker].get(timeout=PARENT_CHECK_S)
                break
            except queue.Empty:
                if not self._processes[worker].is_alive():
                    raise RuntimeError(f"corruption worker {worker} ended with status {self._processes[worker].exitcode}") from None
        if isinstance(result, BaseException):
            raise result
        return result


def _timed(maker: Pools, pool: int) -> tuple[float, list]:
    started = time.perf_counter()
    batches = maker.make(pool)
    return time.perf_counter() - started, batches


def _work(maker: Pools, pools, first: int, stride: int, parent: int) -> None:
    try:
        maker.prepare()
        pool = first
        while True:
            batches = _timed(maker, pool)
            while True:
                try:
                    pools.put(batches, timeout=PARENT_CHECK_S)
                    break
                except queue.Full:
                    if os.getppid() != parent:
                        return
            pool += stride
    except Exception as error:  # noqa: BLE001 - the parent raises it
        pools.put(error)
