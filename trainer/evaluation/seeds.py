"""Several runs of one recipe as one table."""

from __future__ import annotations

KEEP = ("requests", "benign", "sites", "fields")  # counts that the runs share


def over_seeds(results: list[dict]) -> dict:
    """The same tree with the mean of every number over the runs; beside a rate `low` and `high` are the lowest and highest of
    the runs, `siteLow` and `siteHigh` the first run's interval over sites. Lists and texts are the first run's."""
    merged = _merge(results)
    merged["model"] = ", ".join(dict.fromkeys(result["model"] for result in results))
    merged["bundles"] = len(results)
    return merged


def _merge(values: list, key: str = ""):
    first = values[0]
    if isinstance(first, dict):
        shared = [name for name in first if all(isinstance(value, dict) and name in value for value in values)]
        if "rate" in shared and all(isinstance(value["rate"], float) for value in values):
            # The interval over sites of a mean is not known: beside the range over runs stands that of the run that ships.
            rates = [value["rate"] for value in values]
            rest = {name: _merge([value[name] for value in values], name) for name in shared if name not in ("rate", "low", "high")}
            over_sites = {f"site{end.capitalize()}": first[end] for end in ("low", "high") if end in first}
            return rest | {"rate": sum(rates) / len(rates), "low": min(rates), "high": max(rates), **over_sites}
        return {name: _merge([value[name] for value in values], name) for name in shared}
    if isinstance(first, bool) or not isinstance(first, (int, float)) or key in KEEP:
        return first
    return sum(values) / len(values)
