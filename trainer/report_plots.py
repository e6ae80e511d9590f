"""The report's plots as SVG images in Base64. Labels are this program's own words."""

from __future__ import annotations

import base64
import io

PROTOCOLS = {"unseen": "never seen", "unseenMemory": "never seen, memory", "seen": "in training", "seenMemory": "in training, memory"}


def plots(result: dict) -> dict[str, str]:
    """By title; empty where the result has no curves."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    matplotlib.rcParams["svg.hashsalt"] = "normgate"
    curves = result.get("curves", {})
    made: dict[str, str] = {}

    def save(name: str, figure) -> None:
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
        plt.close(figure)
        made[name] = base64.b64encode(file.getvalue()).decode()

    for name, title in PROTOCOLS.items():
        if name not in curves:
            continue
        figure, axes = plt.subplots(figsize=(5.4, 3.8))
        for view, curve in curves[name].get("roc", {}).items():
            axes.plot(curve["falsePositiveRate"], curve["recall"], label=view, drawstyle="steps-post")
        axes.set(xscale="log", ylim=(0, 1.01), xlabel="false positives", ylabel="recall of visible payloads", title=f"Sites {title}")
        axes.legend(loc="lower right", fontsize=8)
        axes.grid(alpha=0.3)
        save(f"ROC, sites {title}", figure)
        if histogram := curves[name].get("histogram"):
            figure, axes = plt.subplots(figsize=(5.4, 3.8))
            for kind in ("benign", "attacks"):
                axes.stairs(histogram[kind], histogram["edges"], label=kind, fill=True, alpha=0.5)
            axes.axvline(result["threshold"], color="black", linewidth=1, label="threshold")
            axes.set(yscale="log", xlabel="score of the worst field", ylabel="share of requests", title=f"Scores, sites {title}")
            axes.legend(fontsize=8)
            save(f"Scores, sites {title}", figure)
    if lines := curves.get("reliability"):
        figure, axes = plt.subplots(figsize=(5.4, 3.8))
        budgets = [point["budget"] for line in lines.values() for point in line]
        axes.plot([min(budgets), max(budgets)], [min(budgets), max(budgets)], color="gray", linestyle="--", label="as set")
        for name, line in lines.items():
            axes.plot([point["budget"] for point in line], [max(point["observed"], 1e-5) for point in line], marker="o", label=name)
        axes.set(xscale="log", yscale="log", xlabel="budget, set on sites in training", ylabel="observed on sites never seen", title="Reliability of the budget")
        axes.legend(fontsize=8)
        axes.grid(alpha=0.3, which="both")
        save("Reliability of the budget", figure)
    return made
