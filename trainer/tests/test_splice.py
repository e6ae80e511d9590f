"""Payloads put back in other clothes: where they stood, and encoded as the place asks."""

import json
import random
from urllib.parse import unquote, unquote_to_bytes

import pytest

from trainer.evaluation.splice import Payload, locate
from trainer.evaluation.transformations import TRANSFORMATIONS, WORDS

PAYLOAD = "1' UNION SELECT a,b -- /../etc"


def record(zone: str, **parts) -> dict:
    base = {"method": "POST", "path": "/a/b", "headers": {"Host": "a.test", "X-Note": "n"}, "body": ""}
    return base | parts | {"meta": {"zone": zone, "param": parts.pop("param", "q"), "payload": PAYLOAD}}


QUOTED = "1%27+UNION%20SELECT%20a%2Cb%20--%20/../etc"
RECORDS = {
    "query": record("query", path=f"/a?x=1&q=pre{QUOTED}&y=2"),
    "form": record("form", body=f"x=1&q={QUOTED}"),
    "path": record("path", path="/a/b1%27%20UNION%20SELECT%20a%2Cb%20--%20%2F..%2Fetc?x=1", param="last"),
    "json": record("json", body=json.dumps({"a": [{"q.r": "x" + PAYLOAD}]}), param="a.0.q.r"),
    "header": record("header", headers={"Host": "a.test", "X-Note": PAYLOAD}, param="x-note"),
}


def value_of(zone: str, request: dict) -> bytes:
    if zone == "query":
        return unquote_to_bytes(request["path"].partition("q=")[2].partition("&")[0])
    if zone == "form":
        return unquote_to_bytes(request["body"].partition("q=")[2].partition("&")[0])
    if zone == "path":
        return unquote_to_bytes(request["path"].partition("?")[0].rpartition("/")[2])
    if zone == "json":
        return json.loads(request["body"])["a"][0]["q.r"].encode()
    return dict(request["headers"])["X-Note"].encode()


@pytest.mark.parametrize("zone", RECORDS)
def test_another_text_takes_the_payloads_place(zone):
    slot = locate(RECORDS[zone])
    assert slot is not None
    same, other = slot.request(Payload(PAYLOAD.encode())), slot.request(Payload("漢&=".encode()))
    assert value_of(zone, same).decode().endswith(PAYLOAD) and value_of(zone, other).decode() == slot.before.decode() + "漢&="
    assert slot.request(Payload(b"whole", whole=True)) and value_of(zone, slot.request(Payload(b"whole", whole=True))) == b"whole"
    if zone in ("query", "form"):
        untouched = (same["path"] + same["body"]).replace(slot.before.decode(), "")
        assert "x=1" in untouched


@pytest.mark.parametrize("zone", RECORDS)
def test_layers_are_percent_encodings_on_top_of_the_places_own(zone):
    slot = locate(RECORDS[zone])
    twice = value_of(zone, slot.request(Payload(PAYLOAD.encode(), layers=1))).decode()
    thrice = value_of(zone, slot.request(Payload(PAYLOAD.encode(), layers=2))).decode()
    assert "'" not in twice and unquote(twice).endswith(PAYLOAD) and unquote(unquote(thrice)).endswith(PAYLOAD)


def test_json_escapes_stand_in_the_body_itself():
    slot = locate(RECORDS["json"])
    made = slot.request(TRANSFORMATIONS["\\u escapes"](PAYLOAD, "sqli", random.Random(0)))
    assert "\\u0027" in made["body"] and value_of("json", made).decode().endswith(PAYLOAD)


def test_bytes_that_are_no_text_stay_bytes_where_they_can():
    overlong = TRANSFORMATIONS["overlong UTF-8"]("../x", "lfi", random.Random(0))
    assert overlong.data == b"\xc0\xae\xc0\xae\xc0\xafx"
    assert "%C0%AE" in locate(RECORDS["query"]).request(overlong)["path"]
    assert "%c0%ae" in locate(RECORDS["json"]).request(overlong)["body"]


def test_what_a_place_cannot_hold_is_left_out():
    assert locate(RECORDS["header"]).request(Payload(b"a\nb")) is None
    assert locate(record("query", path="/a?q=something+else")) is None
    assert locate(record("json", body="{not json")) is None and locate({"meta": {}}) is None


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_every_disguise_is_seeded_and_keeps_or_hides_the_payload(name):
    transform = TRANSFORMATIONS[name]
    first, again = (transform(PAYLOAD, "sqli", random.Random(3)) for _ in range(2))
    assert first == again and first is not None
    if name.startswith(("150", "woven")):
        assert sum(word in WORDS for word in first.data.decode().split()) >= 16
    if name != "plain":
        assert first != Payload(PAYLOAD.encode())


def test_disguises_of_one_language_leave_others_alone():
    assert TRANSFORMATIONS["comments"]("cat /etc/passwd", "rce", random.Random(0)) is None
    assert TRANSFORMATIONS["random case"]("../..", "lfi", random.Random(0)) is None
    woven = TRANSFORMATIONS["woven"]("<img src=x onerror=alert(1)>", "xss", random.Random(0)).data.decode()
    assert '<img title="' in woven and "src=x onerror=alert(1)>" in woven
