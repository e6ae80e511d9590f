"""report.html: the figures of `evaluate` with plots, one file without any reference to another.

Every text from outside is escaped, invisible characters are written by number, and the page forbids scripts and
connections, because field texts are attackers' and strangers'. The published report has none of them.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from .card import LATENCY_NOTE, PROTOCOL_TITLES, SEEDS, SIZES_NOTE, interval, spread_of, unit_of
from .evaluation.compared import CONTAMINATION_NOTE, EVASION_NOTE, MEMORY_NOTE, baselines_note, measured_baselines
from .evaluation.quoted import QUOTED
from .evaluation.sizes import sizes_rows
from .explain import shown
from .report_plots import plots

REPORT = "report.html"
MOST_BYTES = 200  # of a request, in the list of errors
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:.6rem 0 1.6rem}th,td{padding:.2rem .7rem;border-bottom:1px solid #ddd;text-align:right;vertical-align:top}
th:first-child,td:first-child{text-align:left}td.text{text-align:left;font-family:ui-monospace,monospace;font-size:13px;overflow-wrap:anywhere}
mark{background:#ffd98a}img{max-width:48%;margin:0 1% 1rem 0}small{color:#666}"""
RATE_COLUMNS = (("at0.01", "at 1 %"), ("at0.001", "at 0.1 %"), ("at0.0001", "at 0.01 %"), ("deployed", "at the threshold"))


def write_report(path: Path, manifest: dict, result: dict) -> None:
    """`result` decides what is told: without worst lists, as published, the page holds no text of any request."""
    path.write_text(render(manifest, result), encoding="utf-8")


def render(manifest: dict, one: dict) -> str:
    """Tables are of all seeds where there are several; plots, latency and the lists of errors are of the bundle itself."""
    result = one.get("overSeeds", one)
    intervals = "Intervals are 95 %, drawn over sites (over requests where there are fewer than five)"
    if "bundles" in result:
        intervals = f"Tables are of {result['bundles']} seeds of one recipe ({result['model']}), {SEEDS}; plots, latency and lists are of the first"
    body = [
        f"<h1>{text(one['model'])}</h1>",
        f"<p>False-positive budget {one['falsePositiveBudget']:.2%}, threshold {one['threshold']:.3f} ({unit_of(manifest)}). {text(intervals)}. "
        "A dash: too few benign requests to show that rate.</p>",
        "".join(f'<img alt="{escape(name)}" src="data:image/svg+xml;base64,{data}">' for name, data in plots(one).items()),
        "<h2>False positives at the threshold</h2>",
        table(("requests", "number", f"denied ({spread_of(result)})"), [(name, part["requests"], interval(part, 2)) for name, part in result["falsePositives"].items()]),
    ]
    for source, entry in result["attacks"].items():
        body += [f"<h2>Attacks: {text(source)}</h2>", rates_table(entry["rates"])]
        if compared := entry.get("baselines"):
            body += ["<h3>Baselines, on the same requests</h3>", rates_table({f"{name}, {group}": part for name, rates in compared.items() for group, part in rates.items()}, "scored by")]
        if source in QUOTED:
            body += ["<h3>Other detectors, quoted from elsewhere, on the same requests</h3>", table(("detector", "found"), QUOTED[source])]
    protocols = result.get("protocols", {})
    baselines = bool(measured_baselines(result))
    for name, title in PROTOCOL_TITLES.items():
        if name in protocols:
            body += [f"<h2>{title}</h2>", note(MEMORY_NOTE if baselines and name.endswith("Memory") else None), *views(protocols[name])]
    body += [*hard_benign(protocols), *evasion(protocols, baselines), *csic(protocols), *contamination(protocols, baselines), note(baselines_note(result))]
    if "latency" in one:
        times = one["latency"]["milliseconds"]
        rows = [(name, size_of(manifest, name), *(f"{value:.2f} ms" for value in by_length.values())) for name, by_length in times.items()]
        lengths = [f"{length} tokens" for length in next(iter(times.values()), {})]
        body += [f"<h2>Size and latency: {text(one['latency']['size'])}</h2>", f"<p>{text(LATENCY_NOTE)}</p>", table(("file", "bytes", *lengths), rows)]
    if "sizes" in one:
        body += ["<h2>Sizes</h2>", f"<p>{text(SIZES_NOTE)}</p>", table(*sizes_rows(one["sizes"]))]
    body += worst("Worst false positives", one.get("worstFalsePositives"))
    for source, entry in one["attacks"].items():
        body += worst(f"Worst misses: {source}", entry.get("worstMisses"))
    for name, title in PROTOCOL_TITLES.items():
        body += worst(f"{title}: worst false positives", one.get("protocols", {}).get(name, {}).get("worstFalsePositives"))
        body += worst(f"{title}: worst misses", one.get("protocols", {}).get(name, {}).get("worstMisses"))
    body.append(f"<p><small>{text(manifest['id'])}, {text(manifest.get('createdAt', ''))}</small></p>")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{text(result['model'])}</title><style>{STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


def size_of(manifest: dict, file: str) -> str:
    return f"{manifest['files'][file]['bytes']:,}" if file in manifest.get("files", {}) else "-"


def text(value: object) -> str:
    """Anything as harmless HTML text."""
    return escape(shown(str(value)))


def table(head: tuple, rows: list[tuple]) -> str:
    """Cells are escaped; a Markup cell is HTML already."""
    cell = lambda value: f'<td class="text">{value}</td>' if isinstance(value, Markup) else f"<td>{text(value)}</td>"  # noqa: E731
    lines = ["".join(f"<th>{text(name)}</th>" for name in head), *("".join(map(cell, row)) for row in rows)]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


class Markup(str):
    """HTML made here, of parts that were escaped."""


def note(words: str | None) -> str:
    return f"<p>{text(words)}</p>" if words else ""


def rates_table(rates: dict, first: str = "attacks") -> str:
    rows = [(name, part["requests"], part["benign"], *(interval(part.get(key), 1) for key, _ in RATE_COLUMNS)) for name, part in rates.items()]
    return table((first, "number", "benign", *(title for _, title in RATE_COLUMNS)), rows)


def views(protocol: dict) -> list[str]:
    head, *rest = protocol["views"].items()
    rows = {f"{view}, {group}": entry["rates"][group] for view, entry in (head, *rest) for group in ("visible", "unique") if group in entry["rates"]}
    parts = [rates_table(rows, "scored by"), "<h3>By class, zone and what the payload was put into</h3>", rates_table(head[1]["rates"])]
    across = [(view, f"{float(budget):.1%}", f"{part['mean']:.2%}", f"{part['median']:.2%}", f"{part['low']:.2%} to {part['high']:.2%}")
              for view, entry in protocol["views"].items() for budget, part in entry.get("budgetAcrossSites", {}).items()]  # fmt: skip
    if across:
        parts += ["<h3>A budget set on half of the sites, observed on the others</h3>", table(("scored by", "budget", "mean", "median", "5 to 95 % of the cuts"), across)]
    if "transformerRuns" in protocol:
        share = protocol["transformerRuns"]
        parts.append(f"<p>The Transformer runs on {share['fields']:.1%} of the fields, {share['requests']:.1%} of the requests.</p>")
    return parts


def hard_benign(protocols: dict) -> list[str]:
    rows = [(mode, source, part["requests"], interval(part if "rate" in part else None, 1), f"{part['at0.01']:.1%}", f"{part['at0.001']:.1%}")
            for mode, sources in protocols.get("hardBenign", {}).items() for source, part in sources.items()]  # fmt: skip
    head = ("mode", "source", "number", "denied at the threshold", "at that of 1 %", "at that of 0.1 %")
    return ["<h2>Benign requests that look like attacks</h2>", table(head, rows)] if rows else []


def evasion(protocols: dict, baselines: bool) -> list[str]:
    parts = []
    for key, title in (("evasion", "Evasion"), ("evasionBenign", "The same done to benign values")):
        if key in protocols:
            keys = ("at0.01", "at0.001", "deployed")
            rows = [(name, part["requests"], *(f"{part[at]['rate']:.1%} ({part[at]['plain']:.1%}, {100 * part[at]['change']:+.1f})" for at in keys))
                    for name, part in protocols[key].items()]  # fmt: skip
            parts += [f"<h2>{title}</h2>", table(("disguise", "number", "at 1 % (plain, change)", "at 0.1 %", "at the threshold"), rows)]
    by_view = protocols.get("evasionByView", {})
    if by_view:
        names = list(next(iter(by_view.values())))
        rows = [(view, *(f"{part[name]['at0.01']['rate']:.0%} / {part[name]['at0.001']['rate']:.0%}" for name in names)) for view, part in by_view.items()]
        parts += ["<h3>By view, at 1 % / 0.1 %</h3>", note(EVASION_NOTE if baselines else None), table(("view", *names), rows)]
    return parts


def csic(protocols: dict) -> list[str]:
    parts = ["<h2>CSIC 2010, by what the request shows</h2>"] if "csic" in protocols else []
    for mode, entry in protocols.get("csic", {}).items():
        parts += [f"<h3>{text(mode)}</h3>", rates_table(entry["slices"], "slice")]
    return parts


def contamination(protocols: dict, baselines: bool) -> list[str]:
    rows = [(f"{float(share):.0%}", name, *(f"{run[key]:.1%}" if key in run else "-" for key in ("at0.01", "at0.001", "recallAtOwnThreshold", "alarmsAtOwnThreshold")))
            for share, entry in protocols.get("contamination", {}).items() for name, run in entry["runs"].items()]  # fmt: skip
    head = ("attacks in the log", "log", "memory, at 1 %", "memory, at 0.1 %", "bare, threshold set on it: recall", "false positives")
    return ["<h2>Attacks hidden in the log</h2>", note(CONTAMINATION_NOTE if baselines else None), table(head, rows)] if rows else []


def worst(title: str, listed: list[dict] | None) -> list[str]:
    if not listed:
        return []
    rows = [(entry["source"], entry.get("class", ""), f"{entry['score']:.3f}", field(entry), as_it_came(entry.get("raw")), normal(entry))
            for entry in listed]  # fmt: skip
    return [f"<h2>{text(title)}</h2>", table(("source", "class", "score", "field, with what decided", "the bytes as they came", "normal there"), rows)]


def as_it_came(raw: dict | None) -> Markup:
    if raw is None:
        return Markup("<small>does not map</small>")
    place = " ".join([*(raw[key] for key in ("part", "header") if key in raw), f"{raw['from']} to {raw['to']}"])
    return Markup(f"{text(raw['bytes'][:MOST_BYTES])}<br><small>{text(place)}</small>")


def normal(entry: dict) -> Markup:
    """What a memory of the host knows of the field; nothing where none was asked."""
    if "normal" not in entry:
        return Markup("<small>no memory</small>")
    known = entry["normal"]
    if known is None:
        return Markup("<small>field never seen on this host</small>")
    figures = f"{known['observations']} times, {known['values']} values" + (f", ceiling {known['ceiling']:.1f}" if known["ceiling"] is not None else "")
    return Markup("<br>".join([f"<small>{text(figures)}; symbols {text(known['symbols'])}</small>", *map(text, known["nearest"])]))


def field(entry: dict) -> Markup:
    (start, end), excerpt = entry["mark"], entry["excerpt"]
    marked = f"{text(excerpt[:start])}<mark>{text(excerpt[start:end])}</mark>{text(excerpt[end:])}" if end > start else text(excerpt)
    return Markup(f"<small>{text(entry['zone'])} {text(entry['name'])}</small><br>{marked}")
