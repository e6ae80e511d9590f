"""Whole applications: their own places for payloads, what is learned of them, and the figures."""

import json

import numpy as np
import pytest

from trainer.__main__ import main
from trainer.applications import measure_application, payloads_of, read_application, spliced_records
from trainer.evaluation.own_places import field_of, places_of
from trainer.evaluation.requests import RequestReader, TextPool
from trainer.evaluation.splice import Payload
from trainer.evaluation.with_memory import MemorySettings
from trainer.learning_filter import misbehaving, teachable
from trainer.memory import MemoryRule, Quorum

from .conftest import FAKE, write_jsonl

EVIL = "' OR 1=1 -- <x>"
MULTIPART = (
    "--b\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nhello\r\n"
    "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nfile\r\n--b--\r\n"
)  # fmt: skip


def record(path: str, kind: str = "", body: str = "", **more) -> dict:
    headers = [["Host", "app.test"], *([["content-type", kind]] if kind else [])]
    return {"method": "POST", "path": path, "headers": headers, "body": body} | more


@pytest.mark.parametrize(("request_", "expected"), [
    (record("/a/b1?q=x%20y&n=&flag"), [("query", "q", b"x y"), ("query", "n", b""), ("path", "", b"b1")]),
    (record("/?a=1", "application/x-www-form-urlencoded", "t=a+b&t2=%27"), [("query", "a", b"1"), ("form", "t", b"a b"), ("form", "t2", b"'")]),
    (record("/", "application/json; charset=utf-8", json.dumps({"a": [{"b": "x"}, 3], "c": "y"})), [("json", "a.0.b", b"x"), ("json", "c", b"y")]),
    (record("/", "multipart/form-data; boundary=b", MULTIPART), [("multipart", "title", b"hello")]),
    (record("/", "application/json", "{cut"), []),
])  # fmt: skip
def test_places_of_a_request(request_, expected):
    places = places_of(request_)
    assert [(place.zone, place.param, place.before) for place in places] == expected
    for place in places:
        made = place.request(Payload(EVIL.encode(), whole=True))
        found = {(one.zone, one.param): one.before for one in places_of(made)}
        assert found.pop((place.zone, place.param)) == EVIL.encode()
        assert found == {(zone, name): value for zone, name, value in expected if (zone, name) != (place.zone, place.param)}


def test_fields_fold_numbers_and_go_by_route():
    (place,) = places_of(record("/items/?id12=x"))
    assert field_of(place, "/items/*") == "query id0 of POST /items/*"


def test_fields_take_turns_and_the_seed_decides():
    rare, often = record("/a?rare=1"), record("/b?often=1")
    records = [(often, "/b")] * 50 + [(rare, "/a")]
    made = spliced_records(records, [EVIL], 40, seed=1)
    fields = [one["meta"]["field"] for one in made]
    assert len(made) == 40 and {fields.count(name) for name in set(fields)} == {10}  # two parameters, two paths
    assert {one["meta"]["times"] for one in made} == {1, 50}
    assert made == spliced_records(records, [EVIL], 40, seed=1) != spliced_records(records, [EVIL], 40, seed=2)
    assert spliced_records([(record("/"), "/")], [EVIL], 5, seed=1) == []


def test_filter_drops_who_stands_out_and_flagged_requests_only_where_told():
    clients = ["scanner"] * 10 + [f"user{k % 10}" for k in range(90)]
    flagged = np.array([True] * 10 + [k == 3 for k in range(90)])
    assert misbehaving(clients, flagged) == {"scanner"}
    status = [200] * 99 + [404]
    assert teachable(clients, status, flagged, keep_flagged=True).sum() == 89
    assert teachable(clients, status, flagged, keep_flagged=False).sum() == 88
    everybody = np.ones(100, dtype=bool)
    assert misbehaving(clients, everybody) == set(clients)


def application_log(tmp_path):
    words = ["blue shirt", "red hat", "green sock"]
    lines = [{"method": "GET", "path": f"/search?q={words[k % 3]}&page={k}".replace(" ", "%20"), "headers": {"Host": "app.test"},
              "client": f"10.0.0.{k % 8}", "time": 3_600_000 * (1 + k % 40), "status": 200} for k in range(200)]  # fmt: skip
    return write_jsonl(tmp_path / "shop.jsonl", lines)


def test_memory_of_the_first_half_is_measured_on_the_second(tmp_path):
    pool = TextPool()
    attacks = write_jsonl(tmp_path / "attacks.jsonl", [{**record("/"), "label": "attack", "meta": {"payload": EVIL, "class_guess": "sqli"}},
                                                       {**record("/"), "label": "attack", "meta": {"payload": "plain", "class_guess": "none"}}])  # fmt: skip
    payloads = payloads_of([attacks])
    assert payloads == [EVIL]
    app = read_application(application_log(tmp_path), payloads, 30, 0, RequestReader(pool, FAKE))
    assert len(app.learned) == len(app.benign) == 100 and max(app.learned.time) <= min(app.benign.time)
    # The base model dislikes shirts as much as payloads.
    scores = np.array([3.0 if "OR" in text or "shirt" in text else 0.1 for text in pool.texts])
    settings = MemorySettings(MemoryRule(1.0), 2.5, 2.5, 20)
    result = measure_application(app, settings, pool, scores, Quorum(3, 2), 3_600_000, keep_flagged=True)
    bare, memory = result["modes"]["bare"], result["modes"]["memory"]
    assert bare["benign"]["rate"] > 0.2 and memory["benign"]["rate"] == 0
    assert bare["spliced"]["rate"] == 1.0 and memory["spliced"]["rate"] > 0.6
    assert set(memory["spliced"]["zones"]) == {"query", "path"}
    strict = measure_application(app, settings, pool, scores, Quorum(3, 2), 3_600_000, keep_flagged=False)
    assert strict["learned"] < result["learned"]


def test_a_log_without_clients_is_refused(tmp_path, capsys):
    path = write_jsonl(tmp_path / "log.jsonl", [record("/a", time=1), record("/b", time=2)])
    with pytest.raises(Exception, match="each with client and time"):
        read_application(path, [EVIL], 5, 0, RequestReader(TextPool(), FAKE))
    assert main(["applications", "--bundle", str(tmp_path), "--logs", str(path), "--attacks", str(path), "--quorum", "0", "1"]) != 0
    assert "--quorum" in capsys.readouterr().err
