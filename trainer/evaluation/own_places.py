"""Where a request holds values of its own: the places that a payload can be put into."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from .splice import Slot, multipart_values

_FORM, _JSON, _MULTIPART = "application/x-www-form-urlencoded", "json", "multipart/form-data"
_DIGITS = re.compile("[0-9]+")


def places_of(record: dict) -> list[Slot]:
    """Parameters of query and body, the last segment of the path; each with its value as what stands before."""
    path, _, query = record["path"].partition("?")
    places = [Slot(record, "query", name, value) for name, value in _pairs(query)]
    last = unquote_to_bytes(path.rpartition("/")[2])
    if last:
        places.append(Slot(record, "path", "", last))
    return places + list(_of_body(record))


def field_of(place: Slot, route: str) -> str:
    """Zone, name with digits folded, method and path template: places of one field are alike."""
    return f"{place.zone} {_DIGITS.sub('0', place.param)} of {place.record['method']} {route}"


def _of_body(record: dict) -> Iterator[Slot]:
    body = record.get("body") or ""
    headers = record["headers"].items() if isinstance(record["headers"], dict) else record["headers"]
    kind = next((value for name, value in headers if name.lower() == "content-type"), "").lower()
    if kind.startswith(_FORM):
        yield from (Slot(record, "form", name, value) for name, value in _pairs(body))
    elif kind.startswith(_MULTIPART):
        yield from (Slot(record, "multipart", name, value) for name, value in multipart_values(body))
    elif _JSON in kind:
        try:
            tree = json.loads(body)
        except ValueError:
            return
        for path, value in _strings(tree, ""):
            yield Slot(record, "json", path, value.encode("utf-8", "surrogatepass"))


def _pairs(text: str) -> Iterator[tuple[str, bytes]]:
    for pair in text.split("&"):
        name, mark, value = pair.partition("=")
        if mark and name:
            yield unquote_to_bytes(name.replace("+", " ")).decode("utf-8", "replace"), unquote_to_bytes(value.replace("+", " "))


def _strings(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if path:
            yield path, value
        return
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _strings(child, f"{path}.{key}" if path else str(key))
