"""Stands in for `normgate canonicalize` in these tests, which must run without Node: no decoding, the same formats."""

import base64
import json
import sys
from urllib.parse import parse_qsl

PATH, QUERY, STRUCTURE, VALUE = "\ue004", "\ue005", "\ue003", "\ue00b"


def request(record: dict) -> dict:
    path, _, query = record["path"].partition("?")
    headers = record.get("headers") or []
    pairs = headers.items() if isinstance(headers, dict) else headers
    host = next((value for name, value in pairs if name.lower() == "host"), "")
    fields = parse_qsl(query, keep_blank_values=True)
    sequences = [PATH + VALUE + path, *(QUERY + name + VALUE + value for name, value in fields), STRUCTURE + record["method"] + VALUE + path]
    return {"id": record["id"], "host": host, "client": record.get("client") or "", "time": record.get("time") or 0, "status": None,
            "canonicalizerVersion": 7, "sequences": sequences}  # fmt: skip


def located(request: dict, text: str, span: list[int]) -> dict | None:
    part = text[span[0] : span[1]]
    at = request["path"].find(part) if part else -1
    found = {"part": "target", "from": at, "to": at + len(part), "bytes": base64.b64encode(part.encode()).decode()}
    return None if at < 0 else found


def main() -> int:
    if sys.argv[1:] == ["canonicalize", "--values"]:
        for line in sys.stdin:
            sys.stdout.write(line)
        return 0
    if sys.argv[1:] == ["locate"]:
        for line in sys.stdin:
            print(json.dumps(located(**json.loads(line))))
        return 0
    for line in sys.stdin:
        record = json.loads(line)
        if record.get("path") == "/unreadable":
            print("-:1: unreadable", file=sys.stderr)
            continue
        if record.get("path") == "/crash":
            return 3
        print(json.dumps(request(record)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
