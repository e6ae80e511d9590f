import base64
import re

from trainer.evaluation.compared import CONTAMINATION_NOTE, EVASION_NOTE, MEMORY_NOTE
from trainer.evaluation.publication import for_publication
from trainer.report import render

HOSTILE = "\ue005q\ue00b<script>alert(1)</script><img src=x onerror=\"x\">&amp;\u202e\x1b'"
RATE = {"rate": 0.5, "low": 0.4, "high": 0.6, "threshold": 2.0, "above": 3}
RATES = {"visible": {"requests": 100, "benign": 1000, "at0.01": RATE, "deployed": RATE}}


def result() -> dict:
    curve = {"roc": {"both": {"falsePositiveRate": [0.001, 0.01, 1.0], "recall": [0.2, 0.8, 1.0]}},
             "histogram": {"edges": [0.0, 1.0, 2.0], "benign": [0.9, 0.1], "attacks": [0.1, 0.9]}}  # fmt: skip
    view = {"sites": 9, "rates": RATES, "budgetAcrossSites": {"0.01": {"mean": 0.02, "median": 0.01, "low": 0.0, "high": 0.05}}}
    evasion = {"plain": {"requests": 50, **{key: {"rate": 0.5, "plain": 0.5, "change": 0.0} for key in ("at0.01", "at0.001", "deployed")}}}
    listed = [{"zone": "query", "name": HOSTILE, "score": 0.7, "span": [0, 8], "excerpt": HOSTILE,
               "raw": {"part": "header", "header": HOSTILE, "from": 3, "to": 9, "bytes": HOSTILE},
               "normal": {"observations": 9, "values": 2, "ceiling": 1.5, "symbols": HOSTILE, "longest": 7, "nearest": [HOSTILE]},
               "source": HOSTILE, "class": "<b>", "logit": 3.0, "decidedBy": "linear", "mark": [3, 11]}]
    return {
        "model": "m-1", "threshold": 1.0, "falsePositiveBudget": 0.001, "falsePositives": {"all": {"requests": 10, **RATE}},
        "attacks": {"<i>spliced": {"rates": RATES, "worstMisses": listed}}, "worstFalsePositives": listed,
        "protocols": {"unseen": {"views": {"both": view}, "worstMisses": listed, "transformerRuns": {"fields": 0.01, "requests": 0.1}}, "evasion": evasion,
                      "evasionByView": {"both": evasion}, "hardBenign": {"bare": {"x": {"requests": 5, "at0.01": 0.1, "at0.001": 0.0, **RATE}}},
                      "csic": {"bare": {"slices": RATES}},
                      "contamination": {"0.01": {"runs": {"clean": {"at0.01": 0.9, "recallAtOwnThreshold": 0.8, "alarmsAtOwnThreshold": 0.01}}}}},
        "curves": {"unseen": curve, "reliability": {"bare": [{"budget": 0.01, "observed": 0.02, "bySite": [0.0]}]}},
        "latency": {"size": "2 x 128", "milliseconds": {"model.int8.onnx": {"16": 0.2}}},
    }  # fmt: skip


MANIFEST = {"id": "m-1", "createdAt": "2025-01-01T00:00:00Z"}


def test_text_of_attackers_is_never_markup():
    page = render(MANIFEST, result())
    assert "<script" not in page and "<img src=x" not in page and "<b>" not in page and "<i>" not in page
    assert "\u202e" not in page and "\x1b" not in page and "&lt;202E&gt;" in page
    assert "<small>query [QUERY]q" in page and "[QUERY]q[VALUE]<mark>&lt;script&gt;</mark>" in page  # what decided is marked, inside escaped text
    assert "default-src 'none'" in page


def test_the_report_needs_nothing_from_elsewhere():
    page = render(MANIFEST, result())
    assert not re.findall(r'(?:src|href)="(?!data:image/svg\+xml;base64,)', page)
    images = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    assert len(images) == 3 and all(b"<svg" in base64.b64decode(image) for image in images)
    assert page == render(MANIFEST, result())  # the same figures, the same bytes


def test_other_detectors_are_quoted_beside_the_source_that_they_were_measured_on():
    named = result()
    named["attacks"] = {"spliced": {"rates": RATES}}
    assert "Coraza" in render(MANIFEST, named) and "Coraza" not in render(MANIFEST, result())


def test_errors_are_shown_as_they_came_and_beside_what_is_normal_there():
    page = render(MANIFEST, result())
    assert "3 to 9" in page and "9 times, 2 values, ceiling 1.5" in page
    without = result()
    without["worstFalsePositives"][0] |= {"raw": None, "normal": None}
    page = render(MANIFEST, without)
    assert "does not map" in page and "field never seen on this host" in page
    del without["worstFalsePositives"][0]["normal"]
    assert "no memory" in render(MANIFEST, without)


def test_where_baselines_are_missing_the_report_says_why():
    assert "baselines" not in render(MANIFEST, result())
    compared = result()
    compared["attacks"]["<i>spliced"]["baselines"] = {"character n-gram": RATES}
    compared["protocols"]["unseenMemory"] = compared["protocols"]["unseen"]
    page = render(MANIFEST, compared)
    assert "<td>character n-gram, visible</td>" in page and "libinjection was not measured here" in page
    assert all(note in page for note in (MEMORY_NOTE, EVASION_NOTE, CONTAMINATION_NOTE))


def test_the_published_report_has_no_field_text():
    clean = for_publication(result())
    page = render(MANIFEST, clean)
    assert "script" not in page and "Worst" not in page and "50.0%" in page
    assert "excerpt" not in str({key: clean[key] for key in ("attacks",)})
