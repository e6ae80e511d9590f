"""The shipped captures of real applications: what they hold, and that no secret is among it."""

import gzip
import json
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

DATA = Path(__file__).parent.parent / "data"
APPS = ("mediawiki", "pocketbase", "wordpress")
MASKED = re.compile(r"[xXaA01\W_]*\Z")
# A number with its digits masked stays a number, exponent and all.
MASKED_NUMBER = re.compile(r"-?1+(?:\.1+)?(?:[eE][+-]?1+)?\Z")
MASKED_JWT = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyZWRhY3RlZCJ9." + "A" * 43
JWT = re.compile(r"eyJ[\w-]{8,}\.[\w-]*(?:\.[\w-]*)*")
SECRET_NAME = re.compile(r"passw|pwd|nonce|token|secret|retype", re.IGNORECASE)
PART = re.compile(r'name="([^"\r\n]*)"(?:; filename="[^"\r\n]*")?(?:\r\n[^\r\n]+)*\r\n\r\n(.*?)\r\n--', re.DOTALL)


def is_masked(value: str) -> bool:
    value = unquote(value).replace(MASKED_JWT, "")
    return MASKED.match(value) is not None or MASKED_NUMBER.match(value) is not None


def leaves(value, name=""):
    """Strings and numbers of a JSON value under the names they stand."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from leaves(child, key)
    elif isinstance(value, list):
        for child in value:
            yield from leaves(child, name)
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
        yield name, str(value)


def parameters(request: dict):
    """Names and values of query and body, forms of every kind."""
    yield from parse_qsl(urlsplit(request["path"]).query)
    body = request.get("body", "")
    content_type = dict(request["headers"]).get("content-type", "")
    if "urlencoded" in content_type:
        yield from parse_qsl(body)
    elif "multipart" in content_type:
        yield from PART.findall(body)
    elif body.startswith("{"):
        yield from leaves(json.loads(body))


@pytest.fixture(scope="module", params=APPS)
def requests(request) -> list[dict]:
    with gzip.open(DATA / f"{request.param}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def test_three_applications_within_twenty_megabytes():
    assert sum(path.stat().st_size for path in DATA.glob("*.jsonl.gz")) <= 20_000_000
    assert (DATA / "README.md").is_file()


def test_enough_requests_of_several_clients_and_days(requests):
    assert len(requests) >= 3000
    assert len({r["client"] for r in requests}) >= 20
    assert len({r["time"] // 86_400_000 for r in requests}) >= 5
    assert len({r["id"] for r in requests}) == len(requests)
    times = [r["time"] for r in requests]
    assert times == sorted(times)


def test_every_line_is_a_request_that_the_application_answered(requests):
    for r in requests:
        assert set(r) >= {"id", "time", "client", "method", "path", "headers", "status"}
        assert "verdict" not in r and "label" not in r
        assert re.fullmatch(r"127(?:\.\d{1,3}){3}", r["client"])
        assert r["path"].startswith("/") and r["method"].isupper()
        assert all(isinstance(name, str) and isinstance(value, str) for name, value in r["headers"])
        assert isinstance(r["status"], int)
    accepted = sum(r["status"] < 400 for r in requests)
    assert accepted >= 0.97 * len(requests)
    assert sum(r["method"] != "GET" for r in requests) >= 0.05 * len(requests)


def test_cookies_and_credentials_are_masked(requests):
    for r in requests:
        for name, value in r["headers"]:
            if name == "cookie":
                assert all(is_masked(pair.partition("=")[2]) for pair in value.split(";")), r["id"]
            elif name == "authorization" or SECRET_NAME.search(name):
                assert is_masked(value), (r["id"], name)


def test_parameters_with_secret_names_are_masked(requests):
    seen = 0
    for r in requests:
        for name, value in parameters(r):
            if SECRET_NAME.search(name) and value:
                assert is_masked(value), (r["id"], name)
                seen += 1
    assert seen > 50


def test_no_json_web_token_remains(requests):
    for r in requests:
        for text in (r["path"], r.get("body", ""), *(value for _, value in r["headers"])):
            assert all(token == MASKED_JWT for token in JWT.findall(unquote(text))), r["id"]
