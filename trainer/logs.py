"""Reads benign traffic from log files as requests, one line at a time; gzip is undone by its magic bytes.

Formats: `combined` (nginx and Apache, with or without a leading virtual host), `envoy-json` (Envoy JSON access logs under
the usual key names) and `jsonl` (request JSON lines, ours and those that the service's capture writes).
"""

from __future__ import annotations

import datetime
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .errors import TrainerError

FORMATS = ("jsonl", "combined", "envoy-json")

# Lines of these may be long (64 KiB bodies in Base64, cut headers), but not endless.
MAX_LINE_BYTES = 16 * 1024 * 1024

_COMBINED = re.compile(
    rb'(?:(?P<host>[^\s"]+) (?=[0-9A-Fa-f.:]+ ))?(?P<client>\S+) \S+ .*?\[(?P<time>[^\]]+)\] "(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}) \S+'
    rb'(?: "(?P<referer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)")?'
)
_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f", b"v": b"\v", b"0": b"\0"}
_CLF_TIME = "%d/%b/%Y:%H:%M:%S %z"

# Envoy's keys are whatever its operator wrote; these are the names in its documentation and in common set-ups.
_ENVOY_KEYS = {
    "method": ("method", ":method", "req_method", "request_method"),
    "path": ("path", ":path", "x_envoy_original_path", "x-envoy-original-path", "request_path"),
    "host": ("authority", ":authority", "host", "req_authority"),
    "user-agent": ("user_agent", "user-agent", "userAgent"),
    "referer": ("referer", "req_referer"),
    "content-type": ("content_type", "content-type"),
    "time": ("start_time", "timestamp", "time"),
    "status": ("response_code", "status", "responseCode"),
    "client": ("downstream_remote_address", "downstream_direct_remote_address", "x_forwarded_for"),
}


def open_log(path: Path) -> BinaryIO:
    if not path.is_file():
        raise TrainerError(f"--logs: no file {path}")
    raw = path.open("rb")
    zipped = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    return gzip.open(raw, "rb") if zipped else raw  # type: ignore[return-value]


def lines_of(file: BinaryIO, path: Path) -> Iterator[tuple[int, bytes]]:
    """Numbered lines, from 1, without blank ones."""
    number = 0
    for line in iter(lambda: file.readline(MAX_LINE_BYTES), b""):
        number += 1
        if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
            raise TrainerError(f"{path}:{number}: line longer than {MAX_LINE_BYTES} bytes")
        if line.strip():
            yield number, line


def detect_format(line: bytes, path: Path) -> str:
    """By the first line: what a JSON object holds, or that there is none."""
    if not line.lstrip().startswith(b"{"):
        if _COMBINED.match(line):
            return "combined"
        raise TrainerError(f"{path}:1: neither JSON nor a combined access log; name it with --format {'|'.join(FORMATS)}")
    record = _object(line, path, 1)
    if "headers" in record or ("method" in record and "path" in record and "response_code" not in record):
        return "jsonl"
    return "envoy-json"


def read_requests(path: Path, fmt: str = "auto") -> Iterator[tuple[int, dict]]:
    """Requests `{method, path, headers, body?, time?, ...}` with their line numbers.

    Refuses a line that is labeled anything but benign: nothing here may learn from attacks.
    """
    with open_log(path) as file:
        for number, line in lines_of(file, path):
            if fmt == "auto":
                fmt = detect_format(line, path)
            if fmt == "combined":
                request = _from_combined(line)
            else:
                record = _object(line, path, number)
                refuse_attacks(record, path, number)
                request = _from_envoy(record) if fmt == "envoy-json" else record
            if request is not None:
                yield number, request


def refuse_attacks(record: dict, path: Path, number: int) -> None:
    label = record.get("label")
    if label is not None and label != "benign":
        raise TrainerError(f"{path}:{number}: label: expected benign or none, got {label!r}; training reads benign requests only")


def was_denied(record: dict) -> bool:
    """True for a captured request that the service denied, or would have denied in monitor mode."""
    verdict = record.get("verdict")
    return isinstance(verdict, dict) and bool(verdict.get("wouldDeny") or verdict.get("action") == "deny")


def _object(line: bytes, path: Path, number: int) -> dict:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise TrainerError(f"{path}:{number}: not JSON: {error}") from None
    if not isinstance(record, dict):
        raise TrainerError(f"{path}:{number}: expected a JSON object, got {type(record).__name__}")
    return record


def _from_combined(line: bytes) -> dict | None:
    """None when the request line is no request (`-`, a TLS handshake on a plain port): there is nothing to learn."""
    match = _COMBINED.match(line)
    if match is None:
        return None
    parts = _unescape(match["request"]).split(b" ")
    if len(parts) < 2 or not parts[0].isalpha():
        return None
    if len(parts) > 2 and parts[-1].startswith(b"HTTP/"):
        parts.pop()
    headers = []
    if match["host"]:
        headers.append(["host", match["host"].decode("latin-1")])
    for name, group in (("referer", "referer"), ("user-agent", "agent")):
        if match[group] not in (None, b"-", b""):
            headers.append([name, _unescape(match[group]).decode("utf-8", "replace")])
    return {
        "method": parts[0].decode("latin-1"),
        "path": _target(b" ".join(parts[1:])),
        "headers": headers,
        "time": _clf_time(match["time"].decode("latin-1")),
        "client": match["client"].decode("latin-1"),
        "status": int(match["status"]),
    }


def _unescape(text: bytes) -> bytes:
    r"""nginx writes `\xHH`, Apache also `\"`, `\\`, `\n`."""

    def one(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes([int(code[1:], 16)]) if code[:1] == b"x" and len(code) == 3 else _ESCAPED.get(code, code)

    return _ESCAPE.sub(one, text)


def _target(raw: bytes) -> str:
    """A request-target in ASCII: bytes that JSON text could not keep apart are percent-encoded."""
    return "".join(chr(byte) if 0x20 < byte < 0x7F else f"%{byte:02X}" for byte in raw)


def _clf_time(text: str) -> int:
    try:
        return int(datetime.datetime.strptime(text, _CLF_TIME).timestamp() * 1000)
    except ValueError:
        return 0


def _from_envoy(record: dict) -> dict | None:
    def get(key: str):
        return next((record[name] for name in _ENVOY_KEYS[key] if record.get(name) not in (None, "", "-")), None)

    method, path = get("method"), get("path")
    if not isinstance(method, str) or not isinstance(path, str):
        return None  # a TCP connection, or a request that Envoy could not parse
    headers = [[name, str(get(name))] for name in ("host", "referer", "user-agent", "content-type") if get(name) is not None]
    return {
        "method": method,
        "path": path,
        "headers": headers,
        "time": _iso_time(get("time")),
        "client": str(get("client") or ""),
        "status": get("status"),
    }


def _iso_time(value) -> int:
    """Milliseconds since the epoch of an ISO 8601 text or a number of milliseconds; 0 when it is neither."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return int(value)
    try:
        return int(datetime.datetime.fromisoformat(str(value).replace("Z", "+00:00")).timestamp() * 1000)
    except ValueError:
        return 0


