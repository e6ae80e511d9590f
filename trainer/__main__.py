"""`python -m trainer <verb>`: one verb a file."""

import importlib
import sys

from .errors import TrainerError

VERBS = {
    "synth": "benign logs -> sampled sessions of the same kind",
    "prepare": "benign logs -> canonical sequences, split by site",
    "tokenizer": "train the byte-level BPE tokenizer",
    "bank": "generate the bank of foreign fragments",
    "pretrain": "train the detector on corrupted text of many sites",
    "finetune": "adapt a bundle to one application",
    "linear": "train the linear view on the same corrupted text",
    "export": "checkpoint -> ONNX files of a bundle, checked",
    "calibrate": "fit the bundle's score table and threshold",
    "evaluate": "measure a bundle on benign and attack requests",
    "applications": "measure a bundle with memory on whole applications and payloads in their fields",
    "baselines": "detectors of other kinds on the same data, for evaluate",
    "bench": "what each size costs, and what many requests do to memory",
    "build": "all of the above, logs -> bundle",
}


def main(argv: list[str]) -> int:
    if not argv or argv[0] not in VERBS:
        wanted_help = bool(argv) and argv[0] in ("-h", "--help")
        lines = "\n".join(f"  {verb:<12} {what}" for verb, what in VERBS.items())
        print(f"usage: python -m trainer <verb> [options]\n\n{lines}", file=sys.stdout if wanted_help else sys.stderr)
        if argv and not wanted_help:
            print(f"\nverb: expected one of the above, got {argv[0]!r}", file=sys.stderr)
        return 0 if wanted_help else 2
    try:
        importlib.import_module(f"trainer.{argv[0]}").run(argv[1:])
    except TrainerError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
