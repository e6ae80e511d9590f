"""Several runs of one recipe as one table."""

from __future__ import annotations

KEEP = ("requests", "benign", "sites", "fields")  # counts that the runs share


def over_seeds(results: list[dict]) -> dict:
    """The same tree with every number as `{mean, low, high}` over the runs; lists and texts are the first run's."""
    merged = _merge(results)
    merged["model"] = ", ".join(dict.fromkeys(result["model"] for result in results))
    merged["bundles"] = len(results)
    return merged


def _merge(values: list, key: str = ""):
    first = values[0]
    if isinstance(first, dict):
        shared = [name for name in first if all(isinstance(value, dict) and name in value for value in values)]
        if "rate" in shared and all(isinstance(value["rate"], float) for value in values):
            # The interval over sites of a mean is not known; what is told is the range over runs.
            rates = [value["rate"] for value in values]
            rest = {name: _merge([value[name] for value in values], name) for name in shared if name not in ("rate", "low", "high")}
            return rest | {"rate": sum(rates) / len(rates), "low": min(rates), "high": max(rates)}
        return {name: _merge([value[name] for value in values], name) for name in shared}
    if isinstance(first, bool) or not isinstance(first, (int, float)) or key in KEEP:
        return first
    return sum(values) / len(values)
