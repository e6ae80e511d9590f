"""MODEL_CARD.md, from what was measured: nothing in it is typed by hand, weak spots included."""

from __future__ import annotations

import json
from pathlib import Path

from .evaluation.compared import EVASION_NOTE, MEMORY_NOTE, baselines_note, measured_baselines
from .evaluation.quoted import QUOTED
from .evaluation.sizes import sizes_rows
from .provenance import initial_checkpoints

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
        f"from {provenance['uniqueSequences']} unique fields of {provenance['requests']} requests to {provenance['sites']} site(s).{earlier_runs(training, provenance)}",
        "",
        "| input | requests | license |",
        "|---|---|---|",
        *(f"| {entry['file']} | {entry['requests']} | {entry['license']} |" for entry in provenance["data"]),
        "",
        *(f"Note: {warning}." for warning in provenance["split"]["warnings"]),
        "## Calibration",
        f"{table['requests']} held-out benign requests of {table['sites']} site(s). Budget {manifest['falsePositiveBudget']:.2%} of requests: "
        f"threshold {manifest['threshold']:.3f} ({unit_of(manifest)}), 95 % interval {low:.3f} to {high:.3f}. "
        f"A budget below {table['smallestBudget']:.2g} would need more requests.",
        "",
        *([f"The figures below are those of {seeds['bundles']} seeds of one recipe ({seeds['model']}), {SEEDS}.", ""] if seeds else []),
        "## False positives at that threshold",
        "",
        f"| requests | number | rate ({spread}) |",
        "|---|---|---|",
        *(f"| {name} | {part['requests']} | {interval(part, 2)} |" for name, part in result["falsePositives"].items()),
    ]
    for source, entry in result["attacks"].items():
        lines += ["", f"## Detection: {source}", "", *_rates_table(entry["rates"])]
        if compared := entry.get("baselines"):
            lines += ["", "Baselines, on the same requests:", "", *_rates_table({f"{name}, {group}": part for name, rates in compared.items() for group, part in rates.items()})]
        if source in QUOTED:
            lines += ["", "Other detectors, quoted from elsewhere, on the same requests:", "", *(f"- {name}: {found}" for name, found in QUOTED[source])]
    lines += [
        "",
        "`visible` leaves out requests in which no payload shows; `unique` counts a site's requests with the same deciding "
        "field once. At a false-positive rate the threshold is set on the benign requests that were measured; a dash means that "
        f"they are too few for that rate. In parentheses: {spread}.",
        *_protocol_lines(result.get("protocols", {}), bool(measured_baselines(result))),
        *(["", note] if (note := baselines_note(result)) else []),
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


SEEDS = "each with its own threshold: mean (lowest to highest; 95 % interval over sites of the first, which ships)"


def unit_of(manifest: dict) -> str:
    """What a threshold counts in."""
    return "combined surprise" if "views" in manifest else "logit"


def earlier_runs(training: dict, provenance: dict) -> str:
    """What the weights had learned before the run that `training` tells of; empty for one run from random weights."""
    if parent := provenance.get("parent"):
        return f" It went on from the weights of {parent['id']}, whose own training is not counted here."
    earlier = list(initial_checkpoints(provenance["steps"].get("checkpoint")))
    if not earlier:
        return ""
    known = all("steps" in run for run in earlier) and earlier[-1]["from"]["verb"]
    if not known:
        return f" This is the last of {len(earlier) + 1} runs or more, each from the weights of the one before; not all of them are recorded."
    total = {key: training[key] + sum(run[key] for run in earlier) for key in ("steps", "samples", "minutes")}
    return (f" This is the last of {len(earlier) + 1} runs, each from the weights of the one before: together {total['steps']} steps over "
            f"{total['samples']} samples ({total['minutes']:.1f} minutes).")  # fmt: skip


def spread_of(figures: dict) -> str:
    """What stands beside a rate: of one bundle how sure it is, of several also how far apart they are."""
    return "lowest to highest of the seeds; 95 % interval over sites of the first seed" if "bundles" in figures else "95 % interval over sites"


def interval(part: dict | None, digits: int = 0) -> str:
    """A rate and, in parentheses, what `spread_of` names; a dash for none."""
    if part is None:
        return "-"
    over_sites = f"; {part['siteLow']:.{digits}%} to {part['siteHigh']:.{digits}%}" if "siteLow" in part else ""
    return f"{part['rate']:.{digits}%} ({part['low']:.{digits}%} to {part['high']:.{digits}%}{over_sites})"


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
        cells = " | ".join(interval(part.get(key)) for key in ("at0.01", "at0.001", "at0.0001", "deployed"))
        lines.append(f"| {name} | {part['requests']} | {cells} |")
    return lines


def _protocol_lines(protocols: dict, baselines: bool) -> list[str]:
    """A section for each protocol that was run; `baselines` tells whether any were measured."""
    lines: list[str] = []
    for name, title in PROTOCOL_TITLES.items():
        if name not in protocols:
            continue
        without = f" {MEMORY_NOTE}" if baselines and name.endswith("Memory") else ""
        lines += ["", f"## {title}", "", f"Visible payloads, against the benign requests of the same sites.{without}", "",
                  "| scored by | requests | number | at 1 % | at 0.1 % | sites |", "|---|---|---|---|---|---|"]  # fmt: skip
        for view, entry in protocols[name]["views"].items():
            for group in ("visible", "unique"):
                if part := entry["rates"].get(group):
                    lines.append(f"| {view} | {group} | {part['requests']} | {interval(part.get('at0.01'))} | {interval(part.get('at0.001'))} | {entry['sites']} |")
        for view, entry in protocols[name]["views"].items():
            for budget, part in entry.get("budgetAcrossSites", {}).items():
                if view in ("both", "transformer", "served"):
                    lines += ["", f"{view}: a budget of {float(budget):.1%} set on half of the sites gave {part['mean']:.2%} on the others "
                              f"(median {part['median']:.2%}, up to {part['high']:.2%})."]  # fmt: skip
    for mode, table in protocols.get("hardBenign", {}).items():
        if not all("rate" in part for part in table.values()):
            continue  # a single view has no threshold of its own
        lines += ["", f"## Benign requests that look like attacks, {mode}", "", "| requests | number | denied at the threshold |", "|---|---|---|"]
        lines += [f"| {source} | {part['requests']} | {interval(part, 2)} |" for source, part in table.items()]
    for key, title in (("evasion", "Evasion"), ("evasionBenign", "The same done to benign values")):
        if key in protocols:
            lines += ["", f"## {title}", "", "| disguise | number | at 1 % (plain) | at 0.1 % (plain) | at the threshold (plain) |", "|---|---|---|---|---|"]
            for name, part in protocols[key].items():
                cells = " | ".join(f"{part[at]['rate']:.1%} ({part[at]['plain']:.1%})" for at in ("at0.01", "at0.001", "deployed"))
                lines.append(f"| {name} | {part['requests']} | {cells} |")
        if key == "evasion" and (by_view := protocols.get("evasionByView")):
            cell = lambda part: f"{part['at0.01']['rate']:.0%} / {part['at0.001']['rate']:.0%}" if part else "-"  # noqa: E731
            lines += ["", "By view, at 1 % / 0.1 %." + (f" {EVASION_NOTE}" if baselines else ""), "", f"| disguise | {' | '.join(by_view)} |", "|---" * (len(by_view) + 1) + "|"]
            lines += [f"| {name} | {' | '.join(cell(table.get(name)) for table in by_view.values())} |" for name in protocols[key]]
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
