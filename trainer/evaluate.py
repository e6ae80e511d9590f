"""Verb `evaluate`: what bundles detect, at which price, on requests that were piped through the canonicalizer.

With `applications` the only verb that reads attacks; nothing is fitted or chosen here.

Several bundles (seeds of one recipe) give the mean and the range of every figure. `evaluation/` holds one protocol a file;
a protocol runs where its requests were given.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from .bundle import Bundle, write_manifest
from .card import write_card
from .corpus import Corpus
from .errors import TrainerError
from .evaluation.learning_log import learning_log
from .evaluation.measure import PROTOCOLS, Inputs, baseline_scores, load_inputs, measure
from .evaluation.print_report import print_report
from .evaluation.publication import for_publication, headline
from .evaluation.raw_spans import add_raw_spans
from .evaluation.seeds import over_seeds
from .evaluation.sizes import read_sizes
from .normgate import DEFAULT_COMMAND
from .report import REPORT, write_report

CACHE = Path(".cache/evaluate")


def folder_inputs(folder: Path) -> dict[str, list[Path]]:
    """Request files of a folder by the beginning of their names."""
    if not folder.is_dir():
        raise TrainerError(f"--requests: no folder {folder}")
    files = sorted(path for path in folder.iterdir() if ".jsonl" in path.name)
    by_kind = {kind: [path for path in files if path.name.startswith(kind)] for kind in ("benign", "attack", "hard_benign", "csic")}
    if not any(by_kind.values()):
        raise TrainerError(f"--requests: expected benign_*, attack_*, hard_benign_* or csic* .jsonl files in {folder}, got none")
    return by_kind


def run(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainer evaluate", description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, nargs="+", required=True, metavar="DIR", help="one bundle, or several seeds of one recipe")
    parser.add_argument("--data", type=Path, nargs="+", default=[], metavar="DIR",
                        help="what `prepare` wrote: tells seen sites from unseen ones; one for all bundles, or one each (folds)")  # fmt: skip
    parser.add_argument("--benign", type=Path, nargs="+", default=[], metavar="FILE", help="benign requests (default: those of --data)")
    parser.add_argument("--attacks", type=Path, nargs="+", default=[], metavar="FILE", help="attack request JSON lines")
    parser.add_argument("--hard", type=Path, nargs="+", default=[], metavar="FILE", help="benign requests that look like attacks")
    parser.add_argument("--csic", type=Path, metavar="FILE", help="one shop's benign and anomalous requests, sliced by meta.class_guess")
    parser.add_argument("--requests", type=Path, metavar="DIR", help="folder of benign_*, attack_*, hard_benign_* and csic* files, in place of the four above")
    parser.add_argument("--protocols", nargs="+", choices=PROTOCOLS, default=list(PROTOCOLS), help="default: all that have their requests")
    parser.add_argument("--sample", type=int, default=1000, help="attacks and benign values to disguise (default 1000)")
    parser.add_argument("--cache", type=Path, default=CACHE, help=f"folder for scores and canonical texts that were computed once (default {CACHE})")
    parser.add_argument("--no-cache", action="store_true", help="write nothing beside the result")
    parser.add_argument("--write-log", type=Path, metavar="FILE", help="write the older half of each unseen site's requests, for `finetune`, and stop")
    parser.add_argument("--contaminate", type=float, default=0.0, metavar="SHARE",
                        help="of --write-log: share of the log that is attacks on these sites, unlabeled (default 0)")  # fmt: skip
    parser.add_argument("--contaminate-seed", type=int, default=0, metavar="N", help="which attacks (default 0)")
    parser.add_argument("--baselines", type=Path, metavar="DIR", help="what `trainer baselines` wrote, to compare with")
    parser.add_argument("--sizes", type=Path, metavar="FILE", help="what `trainer bench sizes` printed, for the report's table of sizes")
    parser.add_argument("--out", type=Path, help="full result with worst fields, for its owner alone")
    parser.add_argument("--report", type=Path, metavar="FILE", help="HTML report of the first bundle with worst fields, for its owner alone")
    parser.add_argument("--publish", action="store_true", help="write eval.json, report.html (both without field texts) and the model card into the first bundle")
    parser.add_argument("--normgate", default=DEFAULT_COMMAND, help=f"command of the canonicalizer (default: {DEFAULT_COMMAND})")
    args = parser.parse_args(argv)
    if args.requests:
        files = folder_inputs(args.requests)
        args.benign, args.attacks, args.hard = args.benign or files["benign"], args.attacks or files["attack"], args.hard or files["hard_benign"]
        args.csic = args.csic or next(iter(files["csic"]), None)
    if not args.benign and not args.data:
        raise TrainerError("--benign: expected benign request files, or --data for its test split; got neither")
    if not 0 <= args.contaminate < 1:
        raise TrainerError(f"--contaminate: expected 0 to less than 1, got {args.contaminate:g}")
    if args.contaminate and not args.write_log:
        raise TrainerError("--contaminate: expected --write-log with it")
    if args.sample < 1:
        raise TrainerError(f"--sample: expected at least 1, got {args.sample}")
    if len(args.data) not in (0, 1, len(args.bundle)):
        raise TrainerError(f"--data: expected one folder, or one a bundle ({len(args.bundle)}), got {len(args.data)}")
    bundles = [Bundle.open(folder) for folder in args.bundle]
    for bundle in bundles:
        bundle.survival  # noqa: B018 - an uncalibrated bundle has no threshold to measure
    sizes = {"sizes": read_sizes(args.sizes)} if args.sizes else {}
    cache = None if args.no_cache else args.cache
    if args.write_log:
        if not (args.benign and args.data):
            raise TrainerError("--write-log: expected --benign (or --requests) and --data with it")
        inputs = load_inputs(Corpus.open(args.data[0]), args.benign, args.attacks if args.contaminate else [], [], None, args.normgate, cache, (), args.sample)
        records = learning_log(inputs.benign, inputs.attacks, args.contaminate, args.contaminate_seed)
        args.write_log.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        print(f"{args.write_log}: {len(records)} requests; a bundle fine-tuned on them is measured by the protocols `unseenLater` and `unseenMemory`")
        return
    results: list[dict] = []
    inputs: Inputs | None = None
    for number, bundle in enumerate(bundles):
        if inputs is None or len(args.data) > 1:
            corpus = Corpus.open(args.data[min(number, len(args.data) - 1)]) if args.data else None
            inputs = load_inputs(corpus, args.benign, args.attacks, args.hard, args.csic, args.normgate, cache, tuple(args.protocols), args.sample)
            baselines = baseline_scores(inputs, args.baselines, cache) if args.baselines else {}
        results.append(measure(bundle, inputs, cache, baselines) | sizes)
        add_raw_spans(results[-1], args.normgate)
    for result in results:
        print_report(result)
    if len(results) > 1:
        print_report(over_seeds(results))
    if args.out:
        full = results[0] if len(results) == 1 else {"seeds": results, "overSeeds": over_seeds(results)}
        args.out.write_text(json.dumps(full, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if args.report:
        write_report(args.report, bundles[0].manifest, results[0])
    if args.publish:
        publish(bundles[0], results[0] | ({"overSeeds": over_seeds(results)} if len(results) > 1 else {}))


def publish(bundle: Bundle, result: dict) -> None:
    clean = for_publication(result)
    (bundle.folder / "eval.json").write_text(json.dumps(clean, indent=1) + "\n", encoding="utf-8")
    manifest = bundle.manifest | {"metrics": bundle.manifest.get("metrics", {}) | {"evaluation": headline(result)}}
    write_card(bundle.folder, manifest, clean)
    write_report(bundle.folder / REPORT, manifest, clean)
    write_manifest(bundle.folder, manifest)
