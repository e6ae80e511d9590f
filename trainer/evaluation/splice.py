"""Puts another text in the place of a spliced payload, encoded as its place in the request asks.

A record's `meta` tells `zone`, `param` and `payload`. `locate` finds the payload and what stands before it in the same
value; `Slot.request` writes the request anew. Bytes that are no UTF-8 (overlong sequences) stay bytes where the place has
a percent encoding and become one where it has none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote_from_bytes, unquote_to_bytes

SAFE = "-._~"  # what RFC 3986 never needs encoded
JSON_ESCAPED = "\ue0f0"  # stands for a value whose JSON text is given


@dataclass(frozen=True)
class Payload:
    """What goes into the slot: bytes, percent encodings on top of the place's own, and more pairs beside it."""

    data: bytes
    layers: int = 0
    extra: tuple[tuple[str, bytes], ...] = ()  # further parameters, after this one
    whole: bool = False  # takes the place of the whole value: what is in Base64 as a whole is not what holds Base64
    json_text: str = ""  # in JSON, the string's inside as it is written, instead of `data`


@dataclass(frozen=True)
class Slot:
    record: dict
    zone: str
    param: str
    before: bytes  # of the value that the payload was appended to

    def request(self, payload: Payload) -> dict | None:
        """The record with that payload; None where this place cannot hold it."""
        record = {key: self.record[key] for key in ("method", "path", "headers", "body") if key in self.record}
        data = payload.data
        for _ in range(payload.layers):
            data = _quoted(data).encode()
        before = b"" if payload.whole else self.before
        value = before + data
        if self.zone == "query":
            head, _, query = record["path"].partition("?")
            pairs = _replaced(query, self.param, value, payload.extra)
            return None if pairs is None else record | {"path": f"{head}?{pairs}"}
        if self.zone == "form":
            pairs = _replaced(record["body"], self.param, value, payload.extra)
            return None if pairs is None else record | {"body": pairs}
        if self.zone == "multipart":
            return record | {"body": _with_part(record["body"], self.param, _text(value))}
        if payload.extra:
            record["path"] += ("&" if "?" in record["path"] else "?") + _pairs(payload.extra)
        if self.zone == "path":
            head, mark, query = record["path"].partition("?")
            kept = head[: head.rfind("/") + 1]
            return record | {"path": kept + _quoted(value) + mark + query}
        if self.zone == "json":
            return self._json(record, payload, before, data)
        text = _text(value)
        if any(ord(char) < 32 for char in text):
            return None  # no header can hold it
        return record | {"headers": _with_header(record["headers"], self.param, text)}

    def _json(self, record: dict, payload: Payload, before: bytes, data: bytes) -> dict:
        tree = json.loads(record["body"])
        text = _text(before + data)
        place = _walk(tree, self.param)
        assert place is not None
        holder, key = place
        holder[key] = _text(before) + JSON_ESCAPED if payload.json_text else text
        body = json.dumps(tree, ensure_ascii=False)
        return record | {"body": body.replace(JSON_ESCAPED, payload.json_text) if payload.json_text else body}


def locate(record: dict) -> Slot | None:
    """Where the payload stands; None where the request does not hold it as `meta` tells."""
    meta = record.get("meta") or {}
    zone, param, payload = meta.get("zone"), str(meta.get("param")), str(meta.get("payload", "")).encode("utf-8", "surrogatepass")
    value = _value_of(record, zone, param)
    if not payload or value is None or not value.endswith(payload):
        return None
    return Slot(record, zone, param, value[: len(value) - len(payload)])


def _value_of(record: dict, zone: str | None, param: str) -> bytes | None:
    try:
        if zone == "query":
            return _find(record["path"].partition("?")[2], param)
        if zone == "form":
            return _find(record["body"], param)
        if zone == "path":
            return unquote_to_bytes(record["path"].partition("?")[0].rpartition("/")[2])
        if zone == "json":
            place = _walk(json.loads(record["body"]), param)
            value = None if place is None else place[0][place[1]]
            return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else None
        if zone == "header":
            return next((value.encode("utf-8", "surrogatepass") for name, value in _headers(record["headers"]) if name.lower() == param.lower()), None)
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return None


def _find(query: str, param: str) -> bytes | None:
    for pair in query.split("&"):
        name, mark, value = pair.partition("=")
        if mark and _decoded(name) == param.encode():
            return _decoded(value)
    return None


def _replaced(query: str, param: str, value: bytes, extra: tuple[tuple[str, bytes], ...]) -> str | None:
    pairs = query.split("&")
    for index, pair in enumerate(pairs):
        name, mark, _ = pair.partition("=")
        if mark and _decoded(name) == param.encode():
            pairs[index] = f"{name}={_quoted(value)}"
            if extra:
                pairs.insert(index + 1, _pairs(extra))
            return "&".join(pairs)
    return None


def _pairs(pairs: tuple[tuple[str, bytes], ...]) -> str:
    return "&".join(f"{_quoted(name.encode())}={_quoted(value)}" for name, value in pairs)


_PART = re.compile(r'(Content-Disposition: form-data; name="([^"\r\n]*)"\r\n(?:[^\r\n]+\r\n)*\r\n)(.*?)(?=\r\n--)', re.DOTALL | re.IGNORECASE)


def multipart_values(body: str) -> Iterator[tuple[str, bytes]]:
    """Names and values of the parts that are no files."""
    yield from ((name, value.encode("utf-8", "surrogatepass")) for _, name, value in _PART.findall(body))


def _with_part(body: str, name: str, value: str) -> str:
    found = next(part for part in _PART.finditer(body) if part[2] == name)
    return body[: found.start(3)] + value + body[found.end(3) :]


def _walk(tree: object, path: str) -> tuple[object, object] | None:
    """Holder and key of a dotted path; keys may hold dots themselves."""
    steps = path.split(".")
    for length in range(len(steps), 0, -1):
        key: object = ".".join(steps[:length])
        if isinstance(tree, list) and str(key).isdigit() and int(str(key)) < len(tree):
            key = int(str(key))
        elif not (isinstance(tree, dict) and key in tree):
            continue
        if length == len(steps):
            return tree, key
        return _walk(tree[key], ".".join(steps[length:]))  # type: ignore[index]
    return None


def _decoded(text: str) -> bytes:
    return unquote_to_bytes(text.replace("+", " "))


def _quoted(data: bytes) -> str:
    return quote_from_bytes(data, safe=SAFE)


def _text(data: bytes) -> str:
    """As text; bytes that are no UTF-8 percent-encoded."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(chr(byte) if byte < 128 else f"%{byte:02x}" for byte in data)


def _headers(headers: dict | list) -> list[tuple[str, str]]:
    return list(headers.items()) if isinstance(headers, dict) else [tuple(pair) for pair in headers]


def _with_header(headers: dict | list, name: str, value: str) -> list[list[str]]:
    return [[key, value if key.lower() == name.lower() else old] for key, old in _headers(headers)]
