"""Requests taken apart into path segments, parameters, headers and body, and put together again."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
PART_NAME = re.compile(r'\bname="([^"\r\n]*)"')
FILE_NAME = re.compile(r'\bfilename="([^"\r\n]*)"')
PART_TYPE = re.compile(r"(?im)^content-type:[ \t]*([^\r\n]*)")
UNRESERVED = "-._~"
LARGEST_JSON_DEPTH = 40

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Part:
    """One part of a form: `filename` and `type` are None where there are none."""

    name: str
    value: str
    filename: str | None = None
    type: str | None = None


@dataclass
class Parsed:
    method: str
    host: str
    segments: list[str]
    query: Pairs
    headers: Pairs
    body_kind: str  # none, form, multipart, json, text, binary
    form: Pairs = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    tree: object = None
    text: str = ""
    data: bytes = b""
    raw_query: str = ""
    raw_path: str = ""
    raw_form: str = ""
    time: int = 0
    client: str = ""
    status: int | None = None


def parse(record: dict) -> Parsed:
    """Reads one request line; what cannot be read as its content type says is text or bytes."""
    pairs = record.get("headers") or []
    headers = [(str(n).lower(), str(v)) for n, v in (pairs.items() if isinstance(pairs, dict) else pairs)]
    named = dict(reversed(headers))
    target = str(record["path"])
    if not target.startswith("/"):  # absolute form, or `*`
        split = urlsplit(target)
        target = (split.path or "/") + (f"?{split.query}" if split.query else "")
    path, _, query = target.partition("?")
    parsed = Parsed(
        method=str(record["method"]), host=named.get("host", ""), segments=[unquote(s) for s in path.split("/")[1:]], raw_path=path,
        query=pairs_of(query), raw_query=query, headers=headers, body_kind="none", time=int(record.get("time") or 0),
        client=str(record.get("client") or ""), status=record.get("status") if isinstance(record.get("status"), int) else None,
    )  # fmt: skip
    _read_body(parsed, record, named.get("content-type", ""))
    return parsed


def pairs_of(text: str) -> Pairs:
    """Names and values of a query or form; a name without `=` has the value None written as `\\0`, which no value is."""
    result: Pairs = []
    for pair in text.split("&") if text else []:
        name, equals, value = pair.partition("=")
        result.append((unquote(name.replace("+", " ")), unquote(value.replace("+", " ")) if equals else NO_VALUE))
    return result


NO_VALUE = "\0"


def _read_body(parsed: Parsed, record: dict, content_type: str) -> None:
    if record.get("bodyBase64"):
        data = base64.b64decode(record["bodyBase64"])
    else:
        data = str(record.get("body") or "").encode("utf-8", "replace")
    if not data:
        return
    kind = content_type.lower()
    if "multipart/form-data" in kind and (parts := parse_multipart(data, content_type)):
        parsed.body_kind, parsed.parts = "multipart", parts
        return
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        parsed.body_kind, parsed.data = "binary", data
        return
    if "json" in kind or text[:1] in "{[":
        try:
            parsed.tree = json.loads(text)
            parsed.body_kind = "json"
            return
        except (ValueError, RecursionError):
            pass
    if "urlencoded" in kind:
        parsed.body_kind, parsed.form, parsed.raw_form = "form", pairs_of(text), text
    else:
        parsed.body_kind, parsed.text = "text", text


def parse_multipart(data: bytes, content_type: str) -> list[Part]:
    """Parts of a form (RFC 7578); values that are not UTF-8 come as Latin-1 under a `binary` type."""
    match = re.search(r'boundary="?([^";]+)', content_type)
    boundary = b"--" + match[1].strip().encode("latin-1", "replace") if match else data.split(b"\r\n", 1)[0]
    parts = []
    for chunk in data.split(boundary)[1:]:
        head, blank, value = chunk.partition(b"\r\n\r\n")
        if not blank:
            continue
        head_text = head.decode("utf-8", "replace")
        name, filename, kind = PART_NAME.search(head_text), FILE_NAME.search(head_text), PART_TYPE.search(head_text)
        if name is None:
            continue
        value = value.removesuffix(b"\r\n")
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            text = value.decode("latin-1")
        parts.append(Part(name[1], text, filename[1] if filename else None, kind[1].strip() if kind else None))
    return parts


class Coding:
    """How one place of a URL or form is percent-encoded: which signs stay, what a blank becomes, which case hex has."""

    def __init__(self) -> None:
        self.bare: set[str] = set()
        self._escaped: set[str] = set()
        self.plus = self.percent_20 = self.lower = self.upper = 0

    def add(self, raw: str) -> None:
        bare = PERCENT.sub("", raw)
        self.bare.update(char for char in bare if not char.isalnum() and char not in "+%&=#?" and char > " " and ord(char) < 127)
        self._escaped.update(chr(int(code[1:], 16)) for code in PERCENT.findall(raw))
        self.plus += bare.count("+")
        self.percent_20 += raw.count("%20")
        for code in PERCENT.findall(raw):
            if code != code.upper():
                self.lower += 1
            elif code != code.lower():
                self.upper += 1

    def encode(self, text: str) -> str:
        safe = "".join(sorted(self.bare - self._escaped)) + UNRESERVED
        result = quote(text, safe=safe.replace("'", "'"), errors="replace")
        if self.lower > self.upper:
            result = PERCENT.sub(lambda match: match[0].lower(), result)
        return result.replace("%20", "+") if self.plus > self.percent_20 else result

    def join(self, pairs: Pairs) -> str:
        return "&".join(self.encode(name) + ("" if value == NO_VALUE else f"={self.encode(value)}") for name, value in pairs)


def write_multipart(parts: list[Part], boundary: str) -> bytes:
    out = bytearray()
    for part in parts:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(part.name)}"'
        if part.filename is not None:
            head += f'; filename="{_quoted(part.filename)}"'
        if part.type is not None:
            head += f"\r\nContent-Type: {part.type}"
        out += head.encode() + b"\r\n\r\n" + part.value.encode("utf-8", "replace") + b"\r\n"
    return bytes(out) + f"--{boundary}--\r\n".encode()


def _quoted(text: str) -> str:
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
