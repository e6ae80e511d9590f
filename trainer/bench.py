"""Verb `bench`: what a model of each size costs, and what many requests do to memory.

    sizes   weights, file sizes and CPU milliseconds of one window of 32, 64 and 96 tokens, fp32 and int8, on one thread
    scale   a corpus of N synthetic requests, written, split and streamed: rate and resident memory on the way

Times are CPU times of this process, so that whatever else runs on the machine does not count. Weights are random: the
arithmetic does not depend on them.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from .config import ARCHITECTURES, Config
from .corpus import Corpus
from .errors import TrainerError
from .markers import MARKERS
from .model import Detector
from .onnx_files import write_fp16, write_fp32, write_int8
from .prepare import CorpusWriter
from .scoring import open_session, pad_batch
from .split import SplitShares
from .stream import PoolMaker, Stream
from .train import architecture_of
from .vectors import VECTORS
from .windows import WindowShape

LENGTHS = (32, 64, 96)
VOCABULARY = 4096
RUNS, WARM_UP = 40, 5


def measure_size(name: str, folder: Path, runs: int = RUNS) -> dict:
    torch.manual_seed(0)
    model = Detector(architecture_of(Config(architecture=name), VOCABULARY)).eval()
    for table in model.grams.tables:  # untrained ones are alike, and stored once
        torch.nn.init.normal_(table.weight)
    files = {"fp32": folder / f"{name}.onnx", "int8": folder / f"{name}.int8.onnx", "fp16": folder / f"{name}.fp16.onnx"}
    write_fp32(model, files["fp32"])
    write_int8(files["fp32"], files["int8"])
    write_fp16(files["fp32"], files["fp16"])
    result: dict = {"weights": sum(p.numel() for p in model.parameters()), "megabytes": {kind: round(path.stat().st_size / 2**20, 1) for kind, path in files.items()}}
    rng = np.random.default_rng(0)
    for kind in ("fp32", "int8"):
        session = open_session(files[kind])
        result[kind] = {}
        for length in LENGTHS:
            inputs = pad_batch([[1, *rng.integers(32, VOCABULARY, length - 1).tolist()]])
            times = []
            for run in range(WARM_UP + runs):
                started = time.process_time()
                session.run(["pooled_logit"], inputs)
                times.append(time.process_time() - started)
            result[kind][length] = round(1000 * statistics.median(times[WARM_UP:]), 3)
    for path in files.values():
        path.unlink()
    return result


def synthetic_requests(count: int, seed: int = 0) -> Iterator[dict]:
    """Canonical requests as `normgate canonicalize` prints them: of their five sequences, two are new in each request."""
    rng = random.Random(seed)
    value, path, query, body, structure = (MARKERS[name] for name in ("VALUE", "PATH", "QUERY", "BODY", "STRUCTURE"))
    pages = [f"{path}{value}/shop/page-{k}/view.html" for k in range(2_000)]
    shapes = [f"{structure}GET{value}/shop/* id q sort{k}" for k in range(500)]
    common = [f"{query}sort{value}by {k}" for k in range(5_000)]
    draw = rng.random
    for number in range(count):
        site = int(20_000 * draw() ** 3)  # few large sites, many small ones
        yield {"host": f"site{site}.example", "client": number % 50_000, "time": 1_700_000_000_000 + number * 37,
               "sequences": [pages[int(2_000 * draw())], shapes[int(500 * draw())], common[int(5_000 * draw())],
                             f"{query}q{value}words number {number} and more of them", f"{body}comment{value}{number} is what nobody else wrote"]}  # fmt: skip


def memory() -> dict[str, int]:
    """Resident MiB of this process: its own, of mapped files (which the system may drop), and the most there ever was."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines() if ":" in line)
    of = lambda key: int(fields.get(key, "0 kB").split()[0]) // 1024  # noqa: E731
    return {"own": of("RssAnon"), "mapped": of("RssFile"), "peak": of("VmHWM")}


class AsItIs:
    """A corruptor that leaves every text alone: what is measured is reading."""

    def __init__(self, texts) -> None:
        self.count = len(texts)

    def reseed(self, seed: int) -> None: ...

    def sample(self, text: str) -> tuple[str, list[tuple[int, int]]]:
        return text, []


def measure_scale(requests: int, folder: Path, steps: int = 10) -> list[dict]:
    """Memory after every tenth of the writing, after the split, and after a pass of the training stream."""
    rows: list[dict] = []

    def tell(what: str, **figures) -> None:
        rows.append({"what": what, **figures, "memory": memory()})
        print(json.dumps(rows[-1]), flush=True)

    tell("before")
    writer, started = CorpusWriter(folder), time.process_time()
    for number, canonical in enumerate(synthetic_requests(requests), 1):
        writer.add(canonical, 0)
        if number % max(1, requests // steps) == 0:
            tell("written", requests=number, perCpuSecond=round(number / (time.process_time() - started)))
    inputs = [{"file": "synthetic", "license": "none", "requests": requests, "denied": 0, "sha256": ""}]
    started = time.process_time()
    meta = writer.close(inputs, SplitShares(), seed=0)
    del writer
    tell("split", uniqueSequences=meta["uniqueSequences"], cpuSeconds=round(time.process_time() - started, 1))
    corpus = Corpus.open(folder)
    texts, draws = corpus.training_texts()
    maker = PoolMaker(texts, draws, AsItIs, VECTORS / "tokenizer.json", WindowShape(), 24_576, seed=0)
    with Stream(maker, workers=0) as stream:
        batches, samples, started = iter(stream), 0, time.process_time()
        for number in range(1, 101):
            samples += len(next(batches).ids)
            if number % 50 == 0:
                tell("streamed", samples=samples, perCpuSecond=round(samples / (time.process_time() - started)))
    return rows


def run(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainer bench", description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("sizes", "scale"))
    parser.add_argument("--sizes", nargs="+", choices=ARCHITECTURES, default=list(ARCHITECTURES))
    parser.add_argument("--requests", type=int, default=10_000_000, help="of `scale` (default 10,000,000: some 3 GB on disk)")
    parser.add_argument("--folder", type=Path, help="where `scale` writes (default: a temporary folder)")
    args = parser.parse_args(argv)
    if args.requests < 1000:
        raise TrainerError(f"--requests: expected at least 1000, got {args.requests}")
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        if args.what == "scale":
            measure_scale(args.requests, args.folder or Path(name))
            return
        for size in args.sizes:
            print(json.dumps({"size": size, **measure_size(size, Path(name))}), flush=True)
