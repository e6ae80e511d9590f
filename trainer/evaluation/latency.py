"""How long one window takes on one core: figures of this machine, for comparison between sizes only. CPU time of this process,
so that whatever else runs on the machine does not count."""

from __future__ import annotations

import time

import numpy as np

from ..bundle import FP16, FP32, INT8, Bundle
from ..scoring import open_session, pad_batch

LENGTHS = (16, 48, 96)  # tokens of a window
REPEATS = 30


def latency(bundle: Bundle) -> dict:
    """Median CPU milliseconds of one window by model file and tokens, one thread."""
    longest = bundle.window.tokens
    result: dict = {}
    for name in (INT8, FP32, FP16):
        path = bundle.folder / name
        if not path.is_file():
            continue
        session = open_session(path)
        result[name] = {}
        for length in sorted({min(length, longest) for length in LENGTHS}):
            inputs = pad_batch([[1, *(32 + np.arange(length - 1) % 200).tolist()]])
            times = []
            for _ in range(REPEATS):
                started = time.process_time()
                session.run(["pooled_logit"], inputs)
                times.append(1000 * (time.process_time() - started))
            result[name][str(length)] = round(float(np.median(times)), 3)
    arch = bundle.manifest["architecture"]
    return {"size": f"{arch['numLayers']} x {arch['hiddenSize']}", "milliseconds": result}
