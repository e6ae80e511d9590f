import gzip
import json

import pytest

from trainer.errors import TrainerError
from trainer.logs import read_requests, was_denied

NGINX = rb'203.0.113.9 - - [10/Oct/2024:13:55:36 +0000] "GET /a?q=it\x22s\xE4 HTTP/1.1" 200 12 "https://x.example/p" "Mozilla/5.0 \x22x\x22"'
APACHE = rb'shop.example:443 203.0.113.9 - bob [10/Oct/2024:13:55:36 +0200] "POST /say?t=\"hi\"\\n HTTP/1.1" 302 - "-" "-"'


def requests_of(path, content, fmt="auto"):
    path.write_bytes(content)
    return [request for _, request in read_requests(path, fmt)]


def test_combined_log_of_nginx(tmp_path):
    (request,) = requests_of(tmp_path / "access.log", NGINX + b"\n")
    assert request["method"] == "GET" and request["path"] == "/a?q=it\"s%E4" and request["status"] == 200
    assert request["headers"] == [["referer", "https://x.example/p"], ["user-agent", 'Mozilla/5.0 "x"']]
    assert request["time"] == 1728568536000 and request["client"] == "203.0.113.9"


def test_combined_log_of_apache_with_virtual_host(tmp_path):
    (request,) = requests_of(tmp_path / "access.log", APACHE + b"\n")
    assert request["path"] == '/say?t="hi"\\n' and request["headers"] == [["host", "shop.example:443"]]


def test_lines_that_are_no_request_are_left_out(tmp_path):
    noise = rb'1.2.3.4 - - [10/Oct/2024:13:55:36 +0000] "\x16\x03\x01" 400 0 "-" "-"'
    dash = rb'1.2.3.4 - - [10/Oct/2024:13:55:36 +0000] "-" 408 0 "-" "-"'
    assert len(requests_of(tmp_path / "access.log", b"\n".join((NGINX, noise, dash, b"garbage", NGINX)))) == 2


def test_envoy_json_under_usual_keys(tmp_path):
    lines = [
        {"start_time": "2024-10-10T13:55:36.000Z", "method": "GET", "path": "/a?b=c", "authority": "x.example", "user_agent": "curl/8",
         "response_code": 200, "protocol": "HTTP/1.1"},
        {":method": "POST", ":path": "/z", ":authority": "y.example", "response_code": 201, "referer": "-"},
        {"start_time": "2024-10-10T13:55:36.000Z", "method": None, "path": None, "response_code": 0},
    ]  # fmt: skip
    first, second = requests_of(tmp_path / "envoy.log", "\n".join(map(json.dumps, lines)).encode())
    assert first["headers"] == [["host", "x.example"], ["user-agent", "curl/8"]] and first["time"] == 1728568536000
    assert second["method"] == "POST" and second["headers"] == [["host", "y.example"]]


def test_capture_lines_and_gzip(tmp_path):
    capture = {"id": "1", "time": 5, "client": "10.0.0.1", "method": "GET", "path": "/", "headers": [["host", "h"]], "body": "",
               "status": None, "verdict": {"action": "allow", "wouldDeny": True, "score": 0.9, "reason": "anomaly", "modelId": "m"}}  # fmt: skip
    (request,) = requests_of(tmp_path / "c.jsonl.gz", gzip.compress(json.dumps(capture).encode() + b"\n"))
    assert request == capture and was_denied(request)
    assert not was_denied({**capture, "verdict": {"action": "allow", "wouldDeny": False}})


@pytest.mark.parametrize("label", ["attack", "anomalous", "", 1])
def test_a_labeled_attack_is_refused_with_its_line(tmp_path, label):
    lines = [{"method": "GET", "path": "/", "headers": {}, "label": "benign"}, {"method": "GET", "path": "/", "headers": {}, "label": label}]
    with pytest.raises(TrainerError, match=r"x\.jsonl:2: label: expected benign or none"):
        requests_of(tmp_path / "x.jsonl", "\n".join(map(json.dumps, lines)).encode())


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"hello world\n", "neither JSON nor a combined"), (b'{"method":', "not JSON"), (b'{"method":"GET","path":"/"}\n[1]\n', "expected a JSON object")],
)
def test_what_cannot_be_read_says_why(tmp_path, content, message):
    with pytest.raises(TrainerError, match=message):
        requests_of(tmp_path / "x", content)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TrainerError, match="--logs: no file .*gone.log"):
        list(read_requests(tmp_path / "gone.log"))
