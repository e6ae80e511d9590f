"""What of a result may leave its owner's hands."""

from __future__ import annotations

# The lists of errors as a whole, and what an explanation holds wherever one may stand.
PRIVATE = ("worstFalsePositives", "worstMisses", "zone", "name", "span", "excerpt", "raw", "normal", "nearest", "value", "mark",
           "field", "host", "place")  # fmt: skip


def for_publication(result):
    """Without field texts at any depth: evaluation data may hold hosts, cookies and names of others."""
    if isinstance(result, dict):
        return {key: for_publication(value) for key, value in result.items() if key not in PRIVATE}
    return [for_publication(value) for value in result] if isinstance(result, list) else result


def headline(result: dict) -> dict:
    """For the manifest: the few figures that people compare."""
    chosen = {}
    for name, entry in result["attacks"].items():
        chosen |= {f"{name}/{group}": _rounded(entry["rates"][group]) for group in ("visible", "unique") if group in entry["rates"]}
    for name in ("unseen", "unseenLater", "unseenMemory", "seen", "seenMemory"):
        for view, entry in result.get("protocols", {}).get(name, {}).get("views", {}).items():
            if "visible" in entry["rates"]:
                chosen[f"{name}/{view}"] = _rounded(entry["rates"]["visible"])
    return {"falsePositiveRate": result["falsePositives"]["all"], "detection": chosen}


def _rounded(rates: dict) -> dict:
    return {key: round(rates[key]["rate"], 4) for key in ("at0.01", "at0.001", "deployed") if key in rates}
