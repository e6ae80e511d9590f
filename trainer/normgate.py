"""Runs `normgate canonicalize`: the only canonicalizer there is, so training and serving cannot drift."""

from __future__ import annotations

import collections
import json
import shlex
import subprocess
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from .bundle import CANONICALIZER_VERSION
from .errors import TrainerError

DEFAULT_COMMAND = "node dist/cli.js"


def split_command(command: str) -> list[str]:
    words = shlex.split(command)
    if not words:
        raise TrainerError(f"--normgate: expected a command such as {DEFAULT_COMMAND!r}, got {command!r}")
    return words


def canonicalize_requests(items: Iterable[tuple[dict, Any]], command: str) -> Iterator[tuple[dict, Any]]:
    """Streams `(request, tag)` through the canonicalizer and yields `(canonical, tag)` in order.

    Requests that it skips (it says so on standard error, with their number) are left out. Memory is bounded by what is
    under way in the pipe. Raises what the iterable raised, and a TrainerError when the canonicalizer fails.
    """
    words = [*split_command(command), "canonicalize", "-"]
    try:
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    except OSError as error:
        raise TrainerError(f"--normgate: cannot start {words[0]!r}: {error}; build it with `npm run build`") from None
    under_way: collections.deque[tuple[int, Any]] = collections.deque()
    failure: list[BaseException] = []

    def feed() -> None:
        try:
            for number, (request, tag) in enumerate(items):
                under_way.append((number, tag))
                process.stdin.write(json.dumps({**request, "id": str(number)}).encode() + b"\n")
        except BrokenPipeError:
            pass  # its exit status says why
        except BaseException as error:  # noqa: BLE001 - handed to the consumer below
            failure.append(error)
        finally:
            try:
                process.stdin.close()
            except BrokenPipeError:
                pass

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    try:
        for line in process.stdout:
            canonical = json.loads(line)
            version = canonical.get("canonicalizerVersion")
            if version != CANONICALIZER_VERSION:
                raise TrainerError(f"{command}: canonicalizerVersion: expected {CANONICALIZER_VERSION}, got {version!r}")
            number = int(canonical["id"])
            while under_way and under_way[0][0] < number:
                under_way.popleft()  # skipped as unreadable
            yield canonical, under_way.popleft()[1]
    finally:
        process.stdout.close()
        if process.poll() is None and feeder.is_alive():
            process.terminate()
        status = process.wait()
        feeder.join()
    if failure:
        raise failure[0]
    if status:
        raise TrainerError(f"{command} canonicalize: exited with status {status}")
