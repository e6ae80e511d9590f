"""MODEL_CARD.md, from what was measured: nothing in it is typed by hand, weak spots included."""

from __future__ import annotations

import json
from pathlib import Path

from .evaluation.quoted import QUOTED
from .evaluation.sizes import sizes_rows

CARD = "MODEL_CARD.md"
WEAK_RECALL = 0.8  # at the bundle's threshold: below that, a class or zone is named as weak
PROTOCOL_TITLES = {
    "unseen": "Sites never seen",
    "unseenLater": "Sites never seen, newer half of their traffic",
    "unseenMemory": "Sites never seen, newer half of their traffic, with a memory of the older half",
    "seen": "Sites in training, later requests",
    "seenMemory": "Sites in training, later requests, with a memory of the earlier ones",
}
STRONG_ALARM = 3  # times the budget: above that, a source of benign requests is named as noisy


def write_card(folder: Path, manifest: dict, result: dict) -> None:
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    (folder / CARD).write_text("\n".join(_lines(manifest, result, provenance)) + "\n", encoding="utf-8")


def _lines(manifest: dict, result: dict, provenance: dict) -> list[str]:
    latency = result.get("latency")
    seeds = result.get("overSeeds")
    result = seeds or result
    spread = spread_of(result)
    arch, training, table = manifest["architecture"], manifest["training"], manifest["calibration"]
    low, high = manifest["thresholdInterval"]
    checks = manifest["metrics"]["export"]
    lines = [
        f"# {manifest['id']}",
        "",
        f"A detector of text that does not belong in an HTTP request: {arch['numLayers']} layers x {arch['hiddenSize']}, "
        f"{arch['vocabSize']} pieces, windows of {manifest['window']['tokens']} tokens. It saw benign requests only, corrupted "
        "by syntax from grammars; no recorded attack took part in training, calibration or the choice of a threshold.",
        "",
        "## Training",
        f"{training['steps']} steps over {training['samples']} corrupted samples ({training['minutes']} minutes), seed {training['seed']}, "
        f"from {provenance['uniqueSequences']} unique fields of {provenance['requests']} requests to {provenance['sites']} site(s).",
        "",
        "| input | requests | license |",
        "|---|---|---|",
        *(f"| {entry['file']} | {entry['requests']} | {entry['license']} |" for entry in provenance["data"]),
        "",
        *(f"Note: {warning}." for warning in provenance["split"]["warnings"]),
        "## Calibration",
        f"{table['requests']} held-out benign requests of {table['sites']} site(s). Budget {manifest['falsePositiveBudget']:.2%} of requests: "
        f"threshold {manifest['threshold']:.3f} (logit), 95 % interval {low:.3f} to {high:.3f}. "
        f"A budget below {table['smallestBudget']:.2g} would need more requests.",
        "",
        *([f"The figures below are those of {seeds['bundles']} seeds of one recipe ({seeds['model']}), {SEEDS}.", ""] if seeds else []),
        "## False positives at that threshold",
        "",
        f"| requests | number | rate | {spread} |",
        "|---|---|---|---|",
    ]
    for name, part in result["falsePositives"].items():
        lines.append(f"| {name} | {part['requests']} | {part['rate']:.2%} | {part['low']:.2%} to {part['high']:.2%} |")
    for source, entry in result["attacks"].items():
        lines += ["", f"## Detection: {source}", "", *_rates_table(entry["rates"])]
        if source in QUOTED:
            lines += ["", "Other detectors, quoted from elsewhere, on the same requests:", "", *(f"- {name}: {found}" for name, found in QUOTED[source])]
    lines += [
        "",
        "`visible` leaves out requests in which no payload shows; `unique` counts a site's requests with the same deciding "
        "field once. At a false-positive rate the threshold is set on the benign requests that were measured; a dash means that "
        f"they are too few for that rate. In parentheses: {spread}.",
        *_protocol_lines(result.get("protocols", {})),
        *(["", BASELINES] if any(has_baselines(entry) for entry in result.get("protocols", {}).values()) else []),
        *_latency_lines(manifest, latency),
        *_sizes_lines(result.get("sizes")),
        "",
        "## Weak spots",
        *(f"- {weak}" for weak in weak_spots(manifest, result)),
        "",
        "## Reduced precision",
        *(f"- {file}: rank correlation {value['rankCorrelation']:.4f} with single precision, {value['verdictFlips']:.2%} of fields on the "
          f"other side of the threshold." for file, value in checks.items() if isinstance(value, dict)),
        f"- Single precision is within {checks['onnxMaxDifference']:.1g} of PyTorch.",
    ]  # fmt: skip
    return lines


BASELINES = ("The character n-gram, the causal LM and the original objective were fitted to the same training data and measured here on the same requests, "
             "as was libinjection where it stands in a table: it says yes or no, so at a rate below its own false positives it finds nothing; "
             "only what is called quoted comes from elsewhere.")  # fmt: skip
SEEDS = "each with its own threshold: mean (lowest to highest)"


def has_baselines(protocol: dict) -> bool:
    return "character n-gram" in protocol.get("views", {})


def spread_of(figures: dict) -> str:
    """What stands beside a rate: of one bundle how sure it is, of several how far apart they are."""
    return "lowest and highest of the seeds" if "bundles" in figures else "95 % interval over sites"


def _latency_lines(manifest: dict, latency: dict | None) -> list[str]:
    if not latency:
        return []
    lengths = list(next(iter(latency["milliseconds"].values())))
    lines = ["", f"## Size and latency: {latency['size']}", "", LATENCY_NOTE, "", f"| file | bytes | {' | '.join(f'{length} tokens' for length in lengths)} |",
             f"|---|---|{'---|' * len(lengths)}"]  # fmt: skip
    for name, by_length in latency["milliseconds"].items():
        lines.append(f"| {name} | {manifest['files'][name]['bytes']:,} | {' | '.join(f'{by_length[length]:.2f} ms' for length in lengths)} |")
    others = {name: entry["bytes"] for name, entry in manifest["files"].items() if name.endswith(".bin")}
    return [*lines, *(f"| {name} (the linear view; microseconds a field) | {size:,} |{' - |' * len(lengths)}" for name, size in others.items())]


SIZES_NOTE = "Of each architecture with random weights: weights, the int8 file, CPU milliseconds of one window on one thread of the machine that measured."
LATENCY_NOTE = "CPU milliseconds of one window on one thread of the machine that measured, median: for comparison between files and sizes only."


def _sizes_lines(sizes: list[dict] | None) -> list[str]:
    if not sizes:
        return []
    head, rows = sizes_rows(sizes)
    return ["", "## Sizes", "", SIZES_NOTE, "", f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {' | '.join(row)} |" for row in rows)]


def _rates_table(rates: dict) -> list[str]:
    lines = ["| attacks | number | at 1 % | at 0.1 % | at 0.01 % | at the threshold |", "|---|---|---|---|---|---|"]
    for name, part in rates.items():
        cells = " | ".join(_percent(part.get(key)) for key in ("at0.01", "at0.001", "at0.0001", "deployed"))
        lines.append(f"| {name} | {part['requests']} | {cells} |")
    return lines


def _percent(part: dict | None) -> str:
    return f"{part['rate']:.0%} ({part['low']:.0%} to {part['high']:.0%})" if part else "-"


def _protocol_lines(protocols: dict) -> list[str]:
    """A section for each protocol that was run."""
    lines: list[str] = []
    for name, title in PROTOCOL_TITLES.items():
        if name not in protocols:
            continue
        lines += ["", f"## {title}", "", "Visible payloads, against the benign requests of the same sites.", "",
                  "| scored by | requests | number | at 1 % | at 0.1 % | sites |", "|---|---|---|---|---|---|"]  # fmt: skip
        for view, entry in protocols[name]["views"].items():
            for group in ("visible", "unique"):
                if part := entry["rates"].get(group):
                    lines.append(f"| {view} | {group} | {part['requests']} | {_percent(part.get('at0.01'))} | {_percent(part.get('at0.001'))} | {entry['sites']} |")
        for view, entry in protocols[name]["views"].items():
            for budget, part in entry.get("budgetAcrossSites", {}).items():
                if view in ("both", "transformer", "served"):
                    lines += ["", f"{view}: a budget of {float(budget):.1%} set on half of the sites gave {part['mean']:.2%} on the others "
                              f"(median {part['median']:.2%}, up to {part['high']:.2%})."]  # fmt: skip
    for mode, table in protocols.get("hardBenign", {}).items():
        if not all("rate" in part for part in table.values()):
            continue  # a single view has no threshold of its own
        lines += ["", f"## Benign requests that look like attacks, {mode}", "", "| requests | number | denied at the threshold |", "|---|---|---|"]
        lines += [f"| {source} | {part['requests']} | {part['rate']:.2%} ({part['low']:.2%} to {part['high']:.2%}) |" for source, part in table.items()]
    for key, title in (("evasion", "Evasion"), ("evasionBenign", "The same done to benign values")):
        if key in protocols:
            lines += ["", f"## {title}", "", "| disguise | number | at 1 % (plain) | at 0.1 % (plain) | at the threshold (plain) |", "|---|---|---|---|---|"]
            for name, part in protocols[key].items():
                cells = " | ".join(f"{part[at]['rate']:.1%} ({part[at]['plain']:.1%})" for at in ("at0.01", "at0.001", "deployed"))
                lines.append(f"| {name} | {part['requests']} | {cells} |")
    return lines


def weak_spots(manifest: dict, result: dict) -> list[str]:
    """What the figures say against it; never empty, because what was not measured is a weak spot too."""
    weak = []
    for source, entry in result["attacks"].items():
        for name, part in entry["rates"].items():
            if name.startswith(("class:", "zone:")) and part["deployed"]["rate"] < WEAK_RECALL:
                weak.append(f"{source}, {name}: only {part['deployed']['rate']:.0%} of {part['requests']} found at the threshold.")
    budget = manifest["falsePositiveBudget"]
    for name, part in result["falsePositives"].items():
        if part["rate"] > STRONG_ALARM * budget:
            weak.append(f"Benign requests, {name}: {part['rate']:.2%} denied, {part['rate'] / budget:.0f} times the budget.")
    if not result["attacks"]:
        weak.append("No attacks were measured: detection is unknown.")
    if "unseen" not in result["falsePositives"]:
        weak.append("False positives on sites that training never saw were not measured apart.")
    weak.append("What has no foreign syntax is invisible to it: plain URLs (SSRF, remote inclusion), bare file names, short shell words, "
                "misuse of permitted functions.")  # fmt: skip
    return weak
