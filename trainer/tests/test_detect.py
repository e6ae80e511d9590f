"""Python and `normgate score` give the same numbers."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from trainer.bundle import Bundle, write_manifest
from trainer.calibrate import host_key
from trainer.detect import RequestDetector
from trainer.errors import TrainerError
from trainer.evaluation.explanation import span_in_value
from trainer.explain import Explainer, best_run, shown
from trainer.memory import MemoryRule, Quorum
from trainer.ngrams import NgramModel
from trainer.scoring import Scorer
from trainer.survival import fit_survival
from trainer.vectors import benign_text
from trainer.views import Rule, judge

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "tests" / "fixtures" / "tiny-bundle"
NGRAM = ROOT / "tests" / "fixtures" / "ngram.bin"
CLI = ROOT / "dist" / "cli.js"
needs_cli = pytest.mark.skipif(not CLI.is_file(), reason="needs `npm run build`")

REQUESTS = [
    {"method": "GET", "path": "/", "headers": {"host": "a.test"}},
    {"method": "GET", "path": "/search?q=blue+lamp&page=2", "headers": {"host": "a.test"}},
    {"method": "GET", "path": "/search?q=1%27+UNION+SELECT+password+FROM+users--+-", "headers": {"host": "a.test"}},
    {"method": "POST", "path": "/login", "headers": {"host": "b.test", "content-type": "application/json"},
     "body": '{"name":"Zo\u00eb \u6f22\u5b57 \ud83d\ude00","note":"' + "some words and <script>alert(1)</script> " * 12 + '"}'},
    {"method": "GET", "path": "/%252e%252e/etc/passwd?x=$(id)&y=" + "a" * 300, "headers": {"host": "b.test"}},
]  # fmt: skip


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    """The fixture with one view, and a copy that has two, and a memory."""
    folder = tmp_path_factory.mktemp("models") / "pair"
    shutil.copytree(TINY, folder)
    shutil.copyfile(NGRAM, folder / "ngram.bin")
    import random

    rng = random.Random(1)
    texts = [benign_text(rng) for _ in range(2000)]
    bundle = Bundle(folder, json.loads((folder / "manifest.json").read_text()))
    pieces = judge(texts, Scorer.of(bundle).field_logits, NgramModel.read(NGRAM))
    rule = Rule.fit(pieces.largest(pieces.transformer), pieces.largest(pieces.linear), np.ones(len(texts)))
    raw = pieces.combined(rule)
    survival = fit_survival(raw, exact_at=(0.01, 0.001))
    memory = {"rule": MemoryRule(float(np.quantile(raw, 0.9))).manifest(), "matureFrom": 2, **fit_survival(raw - 0.3).manifest(1), "threshold": 1.0}
    write_manifest(folder, bundle.manifest | {"schemaVersion": 3, "views": rule.manifest(), "calibration": survival.manifest(1),
                                              "falsePositiveBudget": 0.01, "threshold": survival.logit_at(0.01), "memory": memory})  # fmt: skip
    return {"one view": TINY, "two views": folder}


@pytest.fixture(scope="module")
def own_bundle(bundles, tmp_path_factory):
    """Two views, and a calibration of its own for one host, far stricter than everyone's."""
    folder = shutil.copytree(bundles["two views"], tmp_path_factory.mktemp("own") / "pair")
    manifest = json.loads((folder / "manifest.json").read_text())
    salt = bytes(range(16))
    table = fit_survival(np.linspace(0.0, 0.1, 500), exact_at=(0.01,)).manifest(1)
    write_manifest(folder, manifest | {"hosts": {"salt": salt.hex(), "tables": {host_key(salt, "b.test"): table}}})
    return folder


@needs_cli
def test_a_host_with_its_own_calibration_goes_by_it(bundles, own_bundle):
    canonical = run_cli("canonicalize")
    everyone, own = (RequestDetector.open(folder).detect_all(canonical) for folder in (bundles["two views"], own_bundle))
    expected = run_cli("score", "--model", str(own_bundle))
    assert [one.anomaly_score for one in own] == pytest.approx([line["score"] for line in expected], abs=1e-4)
    for request, general, special in zip(canonical, everyone, own):
        assert (general == special) == (request["host"] == "a.test")


@needs_cli
def test_scores_with_memory_equal_those_of_the_service(bundles, tmp_path):
    log, model = tmp_path / "log.jsonl", bundles["two views"]
    words = ["lamp", "chair 2", "table's", "desk (oak)", "shelf"]
    learned = [{"method": "GET", "path": f"/search?q={word.replace(' ', '+')}&page={page}", "headers": {"host": "a.test"}} for word in words for page in range(6)]
    log.write_text("\n".join(json.dumps(request) for request in learned))
    subprocess.run(["node", str(CLI), "learn", "--captures", str(log), "--out", str(tmp_path / "memory"), "--model", str(model),
                    "--quorum", "clients=1,windows=1", "--keep-flagged"], check=True, capture_output=True)  # fmt: skip
    detector = RequestDetector.open(model)
    memory = detector.new_memory(Quorum(1, 1))
    for request in run_cli("canonicalize", requests=learned):
        texts = request["sequences"]
        memory.learn(request["host"], "", 0, texts, dict(zip(texts, detector.surprises(texts).tolist())))
    requests = REQUESTS + [{"method": "GET", "path": f"/search?q={query}&page=3", "headers": {"host": host}}
                           for query in ("lamp", "sofa", "sofa+(oak)", "%3Cb%3E", "x" * 40, "%27+OR+1%3D1") for host in ("a.test", "b.test")]  # fmt: skip
    canonical = run_cli("canonicalize", requests=requests)
    for cascade in (True, False):
        expected = run_cli("score", "--model", str(model), "--memory", str(tmp_path / "memory"), f"--score.cascade={str(cascade).lower()}", requests=requests)
        detector = RequestDetector.open(model, cascade=cascade)
        found = detector.detect_all(canonical, memory)
        assert [one.anomaly_score for one in found] == pytest.approx([line["score"] for line in expected], abs=1e-4)
        assert [one.is_anomaly for one in found] == [line["isAnomaly"] for line in expected]
        without = detector.detect_all(canonical)
        assert sum(one != two for one, two in zip(found, without)) >= 6  # memory takes part


def run_cli(command: str, *arguments: str, requests: list[dict] = REQUESTS) -> list[dict]:
    lines = "\n".join(json.dumps(request) for request in requests)
    done = subprocess.run(["node", str(CLI), command, *arguments], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@needs_cli
@pytest.mark.parametrize("kind", ["one view", "two views"])
@pytest.mark.parametrize("budget", [None, 0.05])
def test_scores_equal_those_of_the_service(bundles, kind, budget):
    canonical = run_cli("canonicalize")
    settings = [] if budget is None else [f"--falsePositiveBudget={budget}"]
    expected = run_cli("score", "--model", str(bundles[kind]), "--explain", *settings)
    detector = RequestDetector.open(bundles[kind], budget)
    together = detector.detect_all(canonical)
    assert len(expected) == len(together) == len(REQUESTS)
    for line, request, detection in zip(expected, canonical, together):
        assert detection.anomaly_score == pytest.approx(line["score"], abs=1e-4)
        assert (detection.is_anomaly, detection.threshold) == (line["isAnomaly"], line["threshold"])
        assert detector.detect(request) == detection
    assert len({round(line["score"], 6) for line in expected}) > 2


@needs_cli
@pytest.mark.parametrize("kind", ["one view", "two views"])
def test_spans_equal_those_of_the_service(bundles, kind):
    canonical = run_cli("canonicalize")
    explainer = Explainer(Bundle.open(bundles[kind]))
    # Without the cascade, so that the Transformer has an opinion of every field.
    lines = run_cli("score", "--model", str(bundles[kind]), "--explain", "--score.cascade=false")
    compared = 0
    for request, line in zip(canonical, lines):
        for field in line["fields"]:
            for text in request["sequences"]:
                if shown_like_the_service(text).endswith(field["value"]) and span_in_value(text, explainer.span(text)) == field["span"]:
                    compared += 1
                    break
            else:
                raise AssertionError(f"no sequence of {request['sequences']} gives {field}")
    assert compared >= len(REQUESTS)


def shown_like_the_service(text: str) -> str:
    from trainer.markers import MARKERS

    for name, char in MARKERS.items():
        text = text.replace(char, f"[{name}]")
    return text


def test_the_cascade_changes_no_verdict(bundles):
    with_cascade, without = (RequestDetector.open(bundles["two views"], cascade=cascade) for cascade in (True, False))
    import random

    rng = random.Random(5)
    requests = [{"sequences": [benign_text(rng) for _ in range(3)]} for _ in range(80)]
    left, right = with_cascade.detect_all(requests), without.detect_all(requests)
    assert [one.is_anomaly for one in left] == [one.is_anomaly for one in right]
    assert all(one == two for one, two in zip(left, right) if one.is_anomaly)


def test_a_request_without_fields_scores_nothing(bundles):
    detection = RequestDetector.open(bundles["two views"]).detect({"sequences": []})
    assert (detection.anomaly_score, detection.is_anomaly) == (0.0, False)


def test_memory_knows_values_and_a_mature_host_has_its_own_table(bundles):
    detector = RequestDetector.open(bundles["two views"])
    memory = detector.new_memory(Quorum(1, 1))
    request = {"host": "a.test", "sequences": ["\ue005q\ue00b1' OR '1'='1", "\ue004\ue00b/search"]}
    bare = detector.detect(request, memory)
    assert bare == RequestDetector.open(bundles["two views"], cascade=False).detect(request)
    for _ in range(2):
        memory.learn("a.test", "c", 0, request["sequences"], dict(zip(request["sequences"], detector.surprises(request["sequences"]).tolist())))
    assert detector.detect(request, memory).anomaly_score == 0.0  # both values are known
    other = request | {"sequences": ["\ue005q\ue00b2' OR '2'='2"]}
    judged = detector.detect(other, memory)
    raw = dict(zip(other["sequences"], detector.surprises(other["sequences"]).tolist()))
    assert judged.raw == memory.judge("a.test", other["sequences"], raw)[0]
    assert judged.anomaly_score == pytest.approx(detector.memory_survival.score(judged.raw, detector.budget))
    # A host that nobody learned has neither.
    stranger = detector.detect(other | {"host": "b.test"}, memory)
    assert stranger == RequestDetector.open(bundles["two views"], cascade=False).detect(other)


def test_a_bundle_without_memory_says_so():
    with pytest.raises(TrainerError, match="memory: this bundle was calibrated without one"):
        RequestDetector.open(TINY).new_memory()


def test_the_best_run_is_the_highest_mean():
    logits = np.array([-30, 0, 0, 5, 5, 5, 5, 5, 5, 0, 9], dtype=np.float32)
    assert best_run(logits, len(logits)) == (3, 9)
    assert best_run(logits, 4) == (1, 4) and best_run(logits, 1) == (0, 1)


def test_what_people_read_has_no_invisible_character():
    assert shown("\ue005q\ue00ba\x1b[31m\u202eb") == "[QUERY]q[VALUE]a<001B>[31m<202E>b"


