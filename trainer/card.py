"""MODEL_CARD.md, from what was measured: nothing in it is typed by hand, weak spots included."""

from __future__ import annotations

import json
from pathlib import Path

CARD = "MODEL_CARD.md"
WEAK_RECALL = 0.8  # at the bundle's threshold: below that, a class or zone is named as weak
STRONG_ALARM = 3  # times the budget: above that, a source of benign requests is named as noisy


def write_card(folder: Path, manifest: dict, result: dict) -> None:
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    (folder / CARD).write_text("\n".join(_lines(manifest, result, provenance)) + "\n", encoding="utf-8")


def _lines(manifest: dict, result: dict, provenance: dict) -> list[str]:
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
        "## False positives at that threshold",
        "",
        "| requests | number | rate | 95 % interval over sites |",
        "|---|---|---|---|",
    ]
    for name, part in result["falsePositives"].items():
        lines.append(f"| {name} | {part['requests']} | {part['rate']:.2%} | {part['low']:.2%} to {part['high']:.2%} |")
    for source, entry in result["attacks"].items():
        lines += ["", f"## Detection: {source}", "", "| attacks | number | at 1 % | at 0.1 % | at the threshold |", "|---|---|---|---|---|"]
        for name, part in entry["rates"].items():
            cells = " | ".join(f"{part[key]['rate']:.0%} ({part[key]['low']:.0%} to {part[key]['high']:.0%})" for key in ("at0.01", "at0.001", "deployed"))
            lines.append(f"| {name} | {part['requests']} | {cells} |")
    lines += [
        "",
        "At 1 % and 0.1 % the threshold is set on the benign requests of the same group. `visible` leaves out requests in which "
        "no payload shows; `unique` counts repeats once; `unseen` are sites that training never saw.",
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
