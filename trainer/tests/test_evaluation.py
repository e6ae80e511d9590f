"""The protocols on small data that was made here, with the stand-in for the canonicalizer."""

import json
import random

import numpy as np
import pytest

from trainer import vectors
from trainer.bundle import Bundle
from trainer.card import interval
from trainer.evaluation.compared import baselines_note
from trainer.evaluation.contamination import Contamination
from trainer.evaluation.evasion import disguised_attacks, disguised_benign, evasion_table
from trainer.evaluation.explanation import excerpt, explanation, span_in_value
from trainer.evaluation.field_scores import CachedView, DiskScores, request_scores, top_fields
from trainer.evaluation.normal import normal_in
from trainer.evaluation.publication import for_publication
from trainer.evaluation.requests import RequestReader, Requests, TextPool
from trainer.evaluation.raw_spans import add_raw_spans, place_of
from trainer.evaluation.seeds import over_seeds
from trainer.evaluation.sites import budget_across_halves, budget_carried_over, seen_split, unseen_split
from trainer.evaluation.tables import Scored, detection_table
from trainer.evaluation.with_memory import MemorySettings, WithMemory
from trainer.evaluation.worst import worst_alarms
from trainer.explain import Span
from trainer.memory import MemoryRule, symbols_of, symbols_text
from trainer.metrics import FEW_SITES, share_of, supports

from .conftest import FAKE, shop_requests, write_jsonl


def made(pool: TextPool, count: int, host: str, text, split: str = "test", **meta) -> Requests:
    requests = Requests()
    for number in range(count):
        fields = [pool.add(f"\ue004\ue00b/{number % 7}"), pool.add(text(number))]
        requests.add(fields, "made", host, "", number, split, dict(meta))
    return requests


@pytest.fixture
def world():
    """Eight sites: two trained on, six not; scores are the number that a text ends with."""
    pool = TextPool()
    benign, attacks = Requests(), Requests()
    for site in range(8):
        host = f"www.s{site}.test"
        for split, count in (("train", 40), ("test", 20)) if site < 2 else (("test", 60),):
            benign += made(pool, count, host, lambda number, site=site: f"\ue005q\ue00bword {number % 13} {site}|{(number % 13 + 0.1) / 10:.2f}", split)
        attacks += made(pool, 10, host, lambda number: f"\ue005q\ue00b' OR {number}|{3 + number / 10}", "", class_guess="sqli", payload="p")
    attacks.meta[0]["class_guess"] = "none"
    scores = np.array([float(text.rpartition("|")[2]) if "|" in text else 0.0 for text in pool.texts])
    return pool, benign, attacks, scores


def test_files_are_canonicalized_once_and_tell_their_split(tmp_path, corpus, logs, monkeypatch):
    pool = TextPool()
    first = RequestReader(pool, FAKE, tmp_path).benign([logs], corpus)
    assert len(first) == len(corpus.site) and set(first.split) == {"train", "select", "calibrate", "test"}
    for request in (0, 7, len(first) - 1):
        assert [pool.texts[index] for index in first.fields[request]] == [corpus.text(index) for index in corpus.request_sequences(request)]
    monkeypatch.setattr("trainer.evaluation.requests.canonicalize_requests", lambda *_: pytest.fail("canonicalized again"))
    again = RequestReader(TextPool(), FAKE, tmp_path).benign([logs], corpus)
    assert again.host == first.host and again.split == first.split and again.time == first.time


def test_attack_files_give_attacks_and_mixed_files_both(tmp_path):
    lines = [{**request, "label": "attack" if number % 2 else "benign", "class": "x"} for number, request in enumerate(shop_requests(10, 5))]
    path = write_jsonl(tmp_path / "mixed.jsonl", lines)
    reader = RequestReader(TextPool(), FAKE)
    assert len(reader.attacks([path])) == len(reader.benign_of([path])) == 5
    assert reader.attacks([path]).record == [0, 1, 2, 3, 4]


def test_texts_are_scored_once_also_by_another_process(tmp_path):
    calls: list[int] = []

    def score(texts):
        calls.append(len(texts))
        return np.array([float(len(text)) for text in texts])

    pool = TextPool()
    for text in ("a", "bb", "ccc", "\ud800"):
        pool.add(text)
    assert CachedView(score, "v1", tmp_path, "v").logits(pool).tolist() == [1, 2, 3, 1]
    pool.add("dddd")
    assert CachedView(score, "v1", tmp_path, "v").logits(pool).tolist() == [1, 2, 3, 1, 4]
    assert calls == [4, 1]
    CachedView(score, "v2", tmp_path, "v").logits(pool)
    assert calls == [4, 1, 5]  # another model knows nothing of it


def test_a_torn_entry_is_dropped(tmp_path):
    disk = DiskScores(tmp_path / "s.bin")
    disk.add([b"0" * 16, b"1" * 16], np.array([1.0, 2.0]))
    raw = (tmp_path / "s.bin").read_bytes()
    (tmp_path / "s.bin").write_bytes(raw[:-3])
    assert DiskScores(tmp_path / "s.bin").known == {b"0" * 16: 1.0}
    DiskScores(tmp_path / "s.bin").add([b"1" * 16], np.array([2.0]))
    assert DiskScores(tmp_path / "s.bin").known == {b"0" * 16: 1.0, b"1" * 16: 2.0}


def test_a_request_is_as_bad_as_its_worst_field(world):
    pool, benign, _, scores = world
    assert request_scores(benign, scores)[3] == pytest.approx(0.31)
    assert pool.texts[top_fields(benign, scores)[3]].endswith("|0.31")


def test_sites_are_seen_or_not_and_attacks_go_with_their_sites(world):
    _, benign, attacks, _ = world
    unseen, seen = unseen_split(benign, attacks, halves=False), seen_split(benign, attacks)
    assert set(benign.site[unseen.benign]) == {f"s{site}.test" for site in range(2, 8)}
    assert set(attacks.site[unseen.attacks]) == set(benign.site[unseen.benign]) and len(unseen.attacks) == 60
    assert {benign.split[index] for index in seen.benign} == {"test"} and {benign.split[index] for index in seen.log} == {"train"}
    halves = unseen_split(benign, attacks, halves=True)
    assert not set(halves.log) & set(halves.benign) and len(halves.log) == len(halves.benign) == 180
    for site in set(benign.site[halves.log]):
        newest_learned = max(benign.time[index] for index in halves.log if benign.site[index] == site)
        assert newest_learned < min(benign.time[index] for index in halves.benign if benign.site[index] == site)


def test_rates_are_told_only_where_the_sample_shows_them(world):
    _, benign, attacks, scores = world
    table = detection_table(Scored.of(attacks, scores, 3.5), Scored.of(benign, scores, 3.5))
    part = table["visible"]
    assert part["requests"] == 79 and part["at0.01"]["rate"] == 1.0 and "at0.001" not in part
    assert part["deployed"]["rate"] == pytest.approx(39 / 79, abs=0.02)
    # Each site has ten attacks that end in another field; benign repeats count once.
    assert table["unique"]["benign"] == 8 * 13 and table["all"]["requests"] == 80
    assert supports(1000, 0.001) and not supports(999, 0.001)


def test_an_interval_of_few_sites_is_drawn_over_requests():
    hits = np.arange(200) % 4 == 0
    one_site = share_of(hits, np.zeros(200))
    assert one_site["low"] < one_site["rate"] < one_site["high"] and FEW_SITES > 1


def test_a_budget_is_observed_on_other_sites(world):
    _, benign, attacks, scores = world
    scored = Scored.of(benign, scores), Scored.of(attacks, scores)
    assert budget_across_halves(*scored)["0.01"]["mean"] <= 0.02
    odd = Scored.of(benign, scores + 1)  # everything there scores higher
    assert budget_carried_over(scored[0], odd, scored[1])["0.01"]["observed"] > 0.5


def test_memory_excuses_what_a_host_always_sends(world):
    pool, benign, attacks, scores = world
    settings = MemorySettings(MemoryRule(0.1), 1.0, 0.5, 20)
    split = unseen_split(benign, attacks, halves=True)
    memory = WithMemory(settings, pool, scores).learn(benign.take(split.log))
    judged, bare = memory.score(benign.take(split.benign)), Scored.of(benign.take(split.benign), scores)
    assert judged.logits.max() < bare.logits.max() and (judged.top == -1).any()
    assert set(judged.limit) == {0.5}  # hosts with thirty requests are mature
    assert memory.score(attacks.take(split.attacks)).logits.min() > judged.logits.max()
    assert set(WithMemory(settings, pool, scores).score(benign.take(split.benign)).limit) == {1.0}


def test_what_is_normal_in_a_field_is_told_from_the_log(world):
    pool, benign, _, scores = world
    memory = WithMemory(MemorySettings(MemoryRule(1.0), 2.0, 2.0, 0), pool, scores).learn(benign)
    host, texts = benign.host[0], [pool.texts[index] for index in benign.fields[0]]
    told = normal_in(memory, host, [*texts[:1], "\ue005q\ue00bword 7' OR"], "\ue005q\ue00bword 7' OR")
    assert told["values"] == 13 and told["observations"] == 60 and told["nearest"][0].startswith("word 7 ") and "'" not in told["symbols"]
    assert normal_in(memory, "elsewhere.test", texts, texts[1]) is None


def test_listed_errors_are_explained_by_the_keys_of_the_service(world):
    pool, benign, _, scores = world
    memory = WithMemory(MemorySettings(MemoryRule(1.0), 2.0, 2.0, 0), pool, scores).learn(benign.take(np.array([0])))
    bundle = Bundle.open(vectors.VECTORS.parent / "fixtures" / "tiny-bundle")
    listed = worst_alarms(bundle, Scored.of(benign, scores, 0.1), pool, memory)
    add_raw_spans({"worstFalsePositives": listed}, FAKE)
    keys = json.loads((vectors.VECTORS / "explanation.json").read_text())
    # The note on memory is left to `normal`.
    told = [*(key for key in keys["explanation"] if key != "memory"), *keys["besides"]["report"]]
    judged = [entry for entry in listed if "normal" in entry]
    # One host has a history: of its one value, which every other is judged by.
    assert 0 < len(judged) < len(listed) and all(list(entry["normal"]) == keys["normal"] for entry in judged)
    for entry in listed:
        assert list(entry) == [key for key in told if key in entry or key not in ("normal", "class")]
        (start, end), (low, high) = entry["mark"], entry["span"]
        assert (entry["zone"], entry["name"]) == ("query", "q") and entry["excerpt"].startswith("word ")
        assert entry["excerpt"][start:end] == entry["excerpt"][low:high]  # short values stand there whole


def test_an_explanation_shows_what_decided_with_a_little_before_it():
    text = "\ue005\ue00cna'me\ue00b" + "\U0001f600" * 60 + "\ue00e<x>" + "y" * 300
    at = text.index("\ue00e<x>")
    told = explanation(text, Span(at, at + 4, "linear"), 0.9)
    assert told["zone"] == "query" and told["name"] == "na'me" and told["span"] == [120, 124]
    shown, (start, end) = excerpt(text, Span(at, at + 4, "linear"))
    assert shown == told["excerpt"] and shown[start:end] == "[UUID]<x>" and shown.startswith("\u2026" + "\U0001f600" * 50 + "[UUID]") and shown.endswith("y\u2026")
    # In the name only where that alone decided; from the value's begin where nothing is known, or where the span reaches into it.
    assert excerpt(text, Span(4, 7, "linear"))[0].startswith("'me[VALUE]")
    for span in (Span(0, 0, "transformer"), Span(0, 9, "transformer")):
        assert excerpt(text, span)[0].startswith("\U0001f600")
    assert span_in_value(text, Span(2, 4, "linear")) == [0, 0]


def test_the_same_log_makes_the_same_normal_in_the_service():
    case = json.loads((vectors.VECTORS / "explanation.json").read_text())
    memory = WithMemory(MemorySettings(MemoryRule(1.0), 2.0, 2.0, 0), TextPool(), np.array([]))
    for text, surprise in case["log"]["learned"]:
        memory.memory.learn("shop.test", "", 0, [text], {text: surprise})
    judged = case["log"]["judged"]
    assert normal_in(memory, "shop.test", [judged], judged) == case["log"]["normal"]
    for symbols in case["symbols"]:
        assert symbols_text(frozenset().union(*map(symbols_of, symbols["texts"]))) == symbols["written"]


def test_the_bytes_of_listed_errors_are_looked_up_in_their_files(tmp_path):
    records = [attack(f"/s?q=a{number}'b") for number in range(5)]
    path = write_jsonl(tmp_path / "attacks.jsonl", records)
    pool = TextPool()
    requests = RequestReader(pool, FAKE).attacks([path])
    text = pool.texts[requests.fields[3][1]]
    at = text.index("'")
    entry = {"place": place_of(requests, 3, text, at, at + 2)}
    nowhere = {"place": place_of(made(pool, 1, "a.test", str), 0, text, at, at + 2)}
    result = {"worstFalsePositives": [], "attacks": {"x": {"worstMisses": [entry, nowhere]}}}
    add_raw_spans(result, FAKE)
    assert entry == {"raw": {"part": "target", "from": 7, "to": 9, "bytes": "'b"}} and nowhere == {"raw": None}


def test_attacks_in_the_log_cost_recall_and_a_filter_drops_them(world):
    pool, benign, attacks, scores = world
    for number, meta in enumerate(attacks.meta):
        meta["payload"] = f"p{number}"
    split = unseen_split(benign, attacks, halves=True)
    settings = MemorySettings(MemoryRule(0.1), 2.5, 2.5, 0)
    table = Contamination(benign.take(split.log), benign.take(split.benign), attacks.take(split.attacks), scores,
                          lambda quorum: WithMemory(settings, pool, scores, quorum), {"filter": 2.5}, 0.01).table()  # fmt: skip
    for share, entry in table.items():
        assert entry["attacksInLog"] == round(float(share) / (1 - float(share)) * 180)
        assert entry["filters"]["filter"] == {"dropsAttacks": 1.0, "dropsBenign": 0.0}
        runs = entry["runs"]
        assert runs["filter"] == runs["clean"] and runs["unfiltered"]["at0.01"] <= runs["clean"]["at0.01"]
        assert runs["clean"]["recallAtOwnThreshold"] == 1.0
    assert table["0.05"]["runs"]["unfiltered"]["recallAtOwnThreshold"] < 1.0


def attack(path: str, **meta) -> dict:
    return {"method": "GET", "path": path, "headers": {"Host": "a.test"}, "body": "", "class": "sqli", "label": "attack",
            "meta": {"zone": "query", "param": "q", "payload": "' OR 1=1--", "class_guess": "sqli", **meta}}  # fmt: skip


def test_disguises_are_compared_with_the_same_payloads_plain():
    records = [attack(f"/s?q=lamp{number}'%20OR%201=1--&n={number}") for number in range(40)] + [attack("/s?other=1")] * 3
    pool = TextPool()
    disguised = disguised_attacks(records, RequestReader(pool, FAKE), sample=43)
    assert disguised.skipped == 3 and len(disguised.requests["plain"]) == 40
    texts = [pool.texts[index] for index in disguised.requests["full width"].fields[0]]
    assert any("\uff1d" in text for text in texts) and any("lamp" in text for text in texts)
    # A scorer that knows a plain quote only.
    scores = np.array([1.0 if "'" in text else 0.0 for text in pool.texts])
    table = evasion_table(disguised, scores, {"deployed": 0.5})
    assert table["plain"]["deployed"]["rate"] == table["full width"]["deployed"]["plain"] == 1.0
    assert table["full width"]["deployed"] == {"rate": 0.0, "plain": 1.0, "change": -1.0, "changeLow": -1.0, "changeHigh": -1.0}
    assert table["60 parameters more"]["deployed"]["rate"] == 1.0
    assert len(disguised.requests["60 parameters more"].fields[0]) > 60


def test_benign_values_are_disguised_too():
    pool = TextPool()
    disguised = disguised_benign(list(shop_requests(60, 9)), RequestReader(pool, FAKE), sample=30)
    assert 0 < len(disguised.requests["plain"]) <= 30 and len(disguised.requests["woven"]) == len(disguised.requests["plain"])


def test_runs_of_a_recipe_give_mean_and_range():
    run = lambda model, rate: {"model": model, "threshold": rate, "part": {"requests": 7, "rate": rate, "low": 0.0, "high": 1.0}, "worst": ["x"]}  # noqa: E731
    merged = over_seeds([run("a", 0.5), run("b", 0.7), run("c", 0.9)])
    assert merged["bundles"] == 3 and merged["model"] == "a, b, c" and merged["threshold"] == pytest.approx(0.7)
    # Beside the range of the runs the first one's own interval over sites.
    assert merged["part"] == {"requests": 7, "rate": pytest.approx(0.7), "low": 0.5, "high": 0.9, "siteLow": 0.0, "siteHigh": 1.0}
    assert interval(merged["part"], 0) == "70% (50% to 90%; 0% to 100%)" and interval(run("a", 0.5)["part"]) == "50% (0% to 100%)"
    assert over_seeds([run("a", 0.5), run("a", 0.7)])["model"] == "a"


def test_what_is_said_of_libinjection_is_what_was_done():
    table = {"both": {}, "character n-gram": {}, "causal LM": {}}
    result = {"attacks": {"vulhub": {"rates": {}}}, "protocols": {"unseen": {"views": table}, "hardBenign": {}}}
    assert "Baselines: character n-gram, causal LM; fitted" in baselines_note(result)
    assert "libinjection was not measured here, as its library was not among the baselines. " in baselines_note(result)
    result["attacks"]["spliced"] = {"rates": {}}
    assert "libinjection was not measured here" in baselines_note(result) and "its figure above is quoted" in baselines_note(result)
    result["attacks"]["spliced"]["baselines"] = {"libinjection": {}}
    assert "libinjection was measured here too" in baselines_note(result) and "not measured" not in baselines_note(result)
    assert baselines_note({"attacks": {}, "protocols": {"unseen": {"views": {"both": {}}}}}) is None


def test_nothing_that_is_published_holds_a_text():
    keys = json.loads((vectors.VECTORS / "explanation.json").read_text())
    figures = {"score", "memory", "source", "class", "logit", "decidedBy"}
    texts = {*keys["explanation"], *keys["besides"]["report"], *keys["besides"]["score"], "nearest"} - figures
    secret = {**dict.fromkeys(texts, "SECRET"), "logit": 1.0}
    result = {"worstFalsePositives": [secret], "attacks": {"a": {"rates": {"x": 1}, "worstMisses": [secret]}}, "deep": [{"more": secret}]}
    assert "SECRET" not in json.dumps(for_publication(result)) and for_publication(result)["attacks"]["a"]["rates"] == {"x": 1}


def test_draws_are_seeded():
    records = [attack(f"/s?q={number}'%20OR%201=1--") for number in range(50)]
    random.shuffle(records)
    left, right = (disguised_attacks(records, RequestReader(TextPool(), FAKE), sample=10) for _ in range(2))
    assert [meta for meta in left.requests["woven"].meta] == [meta for meta in right.requests["woven"].meta]
