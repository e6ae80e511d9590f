"""The figures for a terminal."""

from __future__ import annotations

HEADLINE_GROUPS = ("visible", "unique")


def print_report(result: dict) -> None:
    runs = f" (mean and range over {result['bundles']} bundles)" if "bundles" in result else " (95 % intervals over sites)"
    print(f"== {result['model']}{runs}")
    print(f"false positives at the bundle's threshold (budget {result['falsePositiveBudget']:g})")
    for name, part in result["falsePositives"].items():
        print(f"  {name:<38} {part['requests']:>6}  {percent(part, 3)}")
    for source, entry in result["attacks"].items():
        print(f"{source}: recall at 1 % | 0.1 % | 0.01 % false positives | at the bundle's threshold")
        for name, part in entry["rates"].items():
            print(f"  {name:<24} {part['requests']:>6}  {rates_line(part)}")
        for name, compared in entry.get("baselines", {}).items():
            for group in compared.keys() & set(HEADLINE_GROUPS):
                print(f"  {f'{name}, {group}':<24} {compared[group]['requests']:>6}  {rates_line(compared[group])}")
    protocols = result.get("protocols", {})
    for name in ("unseen", "unseenLater", "unseenMemory", "seen", "seenMemory"):
        if name in protocols:
            _print_sites(name, protocols[name])
    for mode, table in protocols.get("hardBenign", {}).items():
        print(f"hard benign, {mode}: denied at the bundle's threshold; unique; at the threshold of 1 % | 0.1 %")
        for name, part in table.items():
            print(f"  {name:<38} {part['requests']:>6}  {percent(part) if 'rate' in part else '-'}; {percent(part['unique']) if 'unique' in part else '-'}; {part['at0.01']:.1%} | {part['at0.001']:.1%}")
    for key, title in (("evasion", "evasion"), ("evasionBenign", "the same of benign values")):
        if key in protocols:
            print(f"{title}: disguised (plain, change) at 1 % | 0.1 % | at the bundle's threshold")
            for name, part in protocols[key].items():
                cells = " | ".join(f"{part[at]['rate']:6.1%} ({part[at]['plain']:.1%}, {part[at]['change'] * 100:+.1f})" for at in ("at0.01", "at0.001", "deployed"))
                print(f"  {name:<24} {part['requests']:>6}  {cells}")
    for view, table in protocols.get("evasionByView", {}).items():
        cells = ", ".join(f"{name} {part['at0.01']['rate']:.0%} / {part['at0.001']['rate']:.0%}" for name, part in table.items())
        print(f"evasion by {view}, 1 % / 0.1 %: {cells}")
    for mode, table in protocols.get("csic", {}).items():
        print(f"CSIC 2010, {mode}" + (f": false positives {percent(table['falsePositives'], 2)}" if "falsePositives" in table else ""))
        for name, part in table["slices"].items():
            print(f"  {name:<24} {part['requests']:>6}  {rates_line(part)}")


    if "contamination" in protocols:
        _print_contamination(protocols["contamination"])


def _print_contamination(table: dict) -> None:
    print("attacks in the log: recall of other payloads with a memory of it at 1 % | 0.1 %; bare, at the budget's threshold set on it: recall, alarms")
    for share, part in table.items():
        dropped = "; ".join(f"{name}: {one['dropsAttacks']:.0%} of the attacks, {one['dropsBenign']:.1%} of the benign" for name, one in part["filters"].items())
        print(f"  {float(share):.0%}, {part['attacksInLog']} attacks in {part['log']} requests; {dropped}")
        for name, run in part["runs"].items():
            cells = " | ".join(f"{run[key]:6.1%}" if key in run else "-" for key in ("at0.01", "at0.001"))
            print(f"    {name:<26} {cells}; {run['recallAtOwnThreshold']:6.1%}, {run['alarmsAtOwnThreshold']:.2%}")


def _print_sites(name: str, table: dict) -> None:
    print(f"protocol {name}")
    for view, entry in table["views"].items():
        for group in HEADLINE_GROUPS:
            if group in entry["rates"]:
                part = entry["rates"][group]
                print(f"  {view:<18} {group:<8} {part['requests']:>5} attacks, {part['benign']:>5} benign, {entry['sites']} sites  {rates_line(part)}")
        if across := entry["budgetAcrossSites"]:
            print("  " + " " * 19 + "budget set on half of the sites, observed on others: " + "; ".join(
                f"{float(budget):.1%} -> mean {part['mean']:.2%}, median {part['median']:.2%}, up to {part['high']:.2%}" for budget, part in across.items()))  # fmt: skip
    if "transformerRuns" in table:
        share = table["transformerRuns"]
        print(f"  the Transformer runs on {share['fields']:.1%} of the fields, {share['requests']:.1%} of the requests")
    for budget, part in table.get("budgetFromSeenSites", {}).items():
        print(f"  budget {float(budget):.1%} set on seen sites -> {part['observed']:.2%} of {part['requests']} here, recall {part.get('recall', 0):.1%}")


def percent(part: dict, digits: int = 1) -> str:
    return f"{part['rate']:6.{digits}%} [{part['low']:.{digits}%}, {part['high']:.{digits}%}]"


def rates_line(part: dict) -> str:
    return " | ".join(percent(part[key]) if key in part else "-" for key in ("at0.01", "at0.001", "at0.0001", "deployed"))
