"""What `trainer bench sizes` printed, checked, for the report's table of sizes."""

from __future__ import annotations

import json
from pathlib import Path

from ..config import ARCHITECTURES
from ..errors import TrainerError

PRECISIONS = ("fp32", "int8")


def read_sizes(path: Path) -> list[dict]:
    """One entry a size, in the order of the file.

    Raises:
        TrainerError: a line is none that `bench sizes` prints.
    """
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            entry = json.loads(line)
            known = {"size": entry["size"], "weights": int(entry["weights"]), "megabytes": {kind: float(size) for kind, size in entry["megabytes"].items()}}
            known |= {kind: {str(int(length)): float(ms) for length, ms in entry[kind].items()} for kind in PRECISIONS}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise TrainerError(f"{path}:{number}: expected a line of `bench sizes`, got {line[:80]!r} ({error})") from error
        if known["size"] not in ARCHITECTURES or any(known[kind].keys() != known[PRECISIONS[0]].keys() for kind in PRECISIONS):
            raise TrainerError(f"{path}:{number}: expected one of {', '.join(ARCHITECTURES)} with the same lengths in {' and '.join(PRECISIONS)}, got {line[:80]!r}")
        found.append(known)
    if not found or any(one["fp32"].keys() != found[0]["fp32"].keys() for one in found):
        raise TrainerError(f"{path}: expected sizes measured at the same lengths, got {len(found)}")
    return found


def sizes_rows(sizes: list[dict]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and rows of the table."""
    lengths = list(sizes[0]["fp32"])
    head = ("size", "weights", "int8", *(f"{kind}, {length} tokens" for kind in PRECISIONS for length in lengths))
    rows = [(one["size"], f"{one['weights'] / 1e6:.1f} M", f"{one['megabytes']['int8']:.1f} MiB",
             *(f"{one[kind][length]:.2f} ms" for kind in PRECISIONS for length in lengths)) for one in sizes]  # fmt: skip
    return head, rows
