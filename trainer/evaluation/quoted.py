"""Figures of other detectors that cannot run here, as they were measured elsewhere on the same development requests,
untuned. They are quoted, never recomputed, and stand only beside attack sources of that name."""

QUOTED = {
    "spliced": [
        ("Coraza 3.8 with CRS 4.25, PL1", "90 % of the visible payloads; also 11.6 % of the browser requests, 42 % of Datadog's API calls, 43 % of OpenSearch queries"),
        ("the same, threshold raised to 1 % false positives", "3 to 34 %; at 0.1 % nothing"),
        ("libinjection", "38 % at 0.2 % false positives"),
    ],
    "vulhub": [("Coraza 3.8 with CRS 4.25", "PL1 74 %, PL2 88 %")],
}
