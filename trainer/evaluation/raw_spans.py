"""Where the deciding spans of listed errors stand in the requests as they came: `normgate locate` finds the bytes, since only
TypeScript canonicalizes. For the owner's report; nothing of it is published."""

from __future__ import annotations

import base64
import json
import subprocess
from collections import defaultdict
from collections.abc import Iterator

from ..errors import TrainerError
from ..normgate import split_command
from .requests import Requests, records_of

WORST = ("worstFalsePositives", "worstMisses")


def place_of(requests: Requests, index: int, text: str, start: int, end: int) -> dict:
    """What `add_raw_spans` needs to know of a listed request; the span in characters of the text."""
    units = lambda part: len(part.encode("utf-16-le")) // 2  # noqa: E731
    return {"file": requests.file[index], "record": requests.record[index], "text": text, "span": [units(text[:start]), units(text[:end])]}


def add_raw_spans(result: dict, command: str) -> None:
    """Puts `raw` into every listed error in place of `place`: None where the span does not map, or no file holds the request."""
    listed = list(_listed(result))
    by_file: dict[str, list[dict]] = defaultdict(list)
    for entry in listed:
        if entry["place"]["file"]:
            by_file[entry["place"]["file"]].append(entry)
    asked: list[tuple[dict, dict]] = []
    for file, entries in by_file.items():
        wanted = {entry["place"]["record"] for entry in entries}
        records = {number: record for number, record in enumerate(records_of(file)) if number in wanted}
        asked += [(entry, records[entry["place"]["record"]]) for entry in entries]
    questions = [{"request": record, "text": entry["place"]["text"], "span": entry["place"]["span"]} for entry, record in asked]
    for (entry, _), raw in zip(asked, _locate(questions, command)):
        entry["raw"] = raw
    for entry in listed:
        entry.setdefault("raw", None)
        del entry["place"]


def _listed(result: dict) -> Iterator[dict]:
    for key, value in result.items():
        if key in WORST:
            yield from value
        elif isinstance(value, dict):
            yield from _listed(value)


def _locate(questions: list[dict], command: str) -> list[dict | None]:
    if not questions:
        return []
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([*split_command(command), "locate"], input=lines.encode(), stdout=subprocess.PIPE, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode or len(answers) != len(questions):
        raise TrainerError(f"{command} locate: expected {len(questions)} answers, got {len(answers)} and status {done.returncode}")
    return [answer and answer | {"bytes": base64.b64decode(answer["bytes"]).decode("latin-1")} for answer in answers]
