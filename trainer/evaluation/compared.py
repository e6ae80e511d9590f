"""Detectors that are measured beside a bundle's views (`trainer/baselines.py`): in which tables they stand, and why not in others."""

from __future__ import annotations

from .field_scores import VIEWS
from .quoted import QUOTED

FITTED = ("character n-gram", "causal LM", "original objective")  # to the same training data
FLAGS = "libinjection"  # says yes or no
QUICK = ("character n-gram", FLAGS)  # eighty thousand disguised texts cost them seconds, and the neural ones eight CPU minutes
MEMORY_NOTE = "The baselines have no memory: they stand in the table before."
EVASION_NOTE = "Of the baselines only those stand here that score tens of thousands of disguised texts in seconds."
CONTAMINATION_NOTE = "Of what is served alone: the baselines have no memory that a log could spoil."


def measured_baselines(result: dict) -> list[str]:
    """Names of what stands beside the views in any table."""
    tables = [entry.get("baselines", {}) for entry in result["attacks"].values()]
    tables += [entry["views"] for entry in result.get("protocols", {}).values() if "views" in entry]
    return [name for name in dict.fromkeys(name for table in tables for name in table) if name not in VIEWS]


def baselines_note(result: dict) -> str | None:
    """What the baselines are, and where libinjection's figures come from; None where none was measured."""
    names = measured_baselines(result)
    if not names:
        return None
    if FLAGS in names:
        flags = f"{FLAGS} was measured here too: it says yes or no, so at a rate below its own false positives it finds nothing."
    else:
        quoted = any(FLAGS in name for source in result["attacks"] for name, _ in QUOTED.get(source, ()))
        flags = f"{FLAGS} was not measured here, as its library was not among the baselines{'; its figure above is quoted' if quoted else ''}."
    return (f"Baselines: {', '.join(name for name in FITTED if name in names)}; fitted to the same training data and measured here on the same requests. {flags} "
            "No baseline has the bundle's threshold, so none stands where requests are denied at it. Only what is called quoted comes from elsewhere.")  # fmt: skip
