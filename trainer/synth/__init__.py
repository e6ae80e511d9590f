"""Verb `synth`: learns from logs how an application is used and samples new benign sessions.

Nothing about an application is built in. Learned are methods, path templates, parameters that come together, types and
distributions of values, headers, and what follows what. A value, a word or a name is said again only when `quorum`
clients showed it; the rest is made up in the same shape. Logs that name no client therefore give shapes only.
"""

from __future__ import annotations

import argparse
import gzip
import ipaddress
import json
import random
from collections import defaultdict
from pathlib import Path

from ..errors import TrainerError
from ..logs import read_requests
from ..provenance import inputs_path, record_inputs
from .parse import Parsed, parse
from .session import Flow
from .site import SiteModel
from .text import Vocabulary

QUORUM = 3
MAX_REQUESTS = 500_000  # held in memory while learning
# RFC 2544 keeps this net for benchmarks: nobody's address.
CLIENTS = ipaddress.ip_network("198.18.0.0/15")
HOUR_MS = 3_600_000


class Synthesizer:
    """Models of all hosts in the logs."""

    def __init__(self, quorum: int = QUORUM) -> None:
        self.vocabulary = Vocabulary(quorum)
        # Of their own: media types and what browsers say of themselves are no prose.
        self.header_vocabulary = Vocabulary(quorum, keep=1.0)
        self.sites: dict[str, tuple[SiteModel, Flow]] = {}

    def learn(self, requests: list[tuple[Parsed, object]]) -> None:
        """Requests with a key of the client that sent each; several logs may use one address for different clients."""
        requests = sorted(requests, key=lambda one: one[0].time)
        by_host: dict[str, list[tuple[Parsed, object]]] = defaultdict(list)
        for parsed, client in requests:
            by_host[parsed.host].append((parsed, client))
        for host, own in sorted(by_host.items()):
            site, flow = SiteModel(host, self.vocabulary, self.header_vocabulary), Flow(self.header_vocabulary)
            for parsed, client in own:
                site.learn_paths(parsed, client)
            for parsed, client in own:
                template = site.template(parsed)
                site.add(parsed, template, client)
                flow.add(parsed, template, client)
            self.sites[host] = site, flow
        for site, flow in self.sites.values():
            site.feed_vocabulary()
            flow.feed_vocabulary()
        self.vocabulary.freeze()
        self.header_vocabulary.freeze()
        for site, flow in self.sites.values():
            site.freeze()
            flow.freeze()

    def sample(self, count: int, seed: int) -> list[dict]:
        """`count` request lines in order of time, a pure function of logs, count and seed."""
        rng = random.Random(f"synth:{seed}")
        hosts = list(self.sites)
        weights = [self.sites[host][1].sessions for host in hosts]
        addresses: dict[str, list[str]] = {host: [] for host in hosts}
        lines: list[dict] = []
        while len(lines) < count:
            host = rng.choices(hosts, weights)[0]
            site, flow = self.sites[host]
            # Clients come back as often as they did in the logs.
            again = 1 - len(flow.clients) / flow.sessions
            if not addresses[host] or rng.random() >= again:
                addresses[host].append(str(CLIENTS[rng.randrange(1, CLIENTS.num_addresses - 1)]))
            start = rng.choice(flow.starts) + rng.randrange(-HOUR_MS // 2, HOUR_MS // 2)
            lines += flow.sample(site, rng.choice(addresses[host]), start, rng)
        return sorted(lines[:count], key=lambda line: (line["time"], line["id"]))


def read_logs(logs: list[Path]) -> list[tuple[Parsed, object]]:
    requests: list[tuple[Parsed, object]] = []
    for number, path in enumerate(logs):
        for line, record in read_requests(path):
            try:
                parsed = parse(record)
            except (KeyError, TypeError, ValueError) as error:
                raise TrainerError(f"{path}:{line}: expected a request with method, path and headers, got {type(error).__name__}: {error}") from None
            requests.append((parsed, (number, parsed.client)))
            if len(requests) > MAX_REQUESTS:
                raise TrainerError(f"--logs: expected at most {MAX_REQUESTS} requests; learn from a part")
    if not requests:
        raise TrainerError(f"--logs: no request in {', '.join(path.name for path in logs)}")
    return requests


def write_lines(lines: list[dict], out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode("utf-8", "replace")
    out.write_bytes(gzip.compress(text, mtime=0) if out.suffix == ".gz" else text)


def run(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainer synth", description=__doc__.splitlines()[0])
    parser.add_argument("--logs", type=Path, nargs="+", required=True, metavar="FILE", help="benign logs, plain or gzip")
    parser.add_argument("--num-samples", type=int, required=True, metavar="N", help="requests to sample")
    parser.add_argument("--out", type=Path, required=True, help="JSON lines to write, gzip when the name ends in .gz")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quorum", type=int, default=QUORUM, help=f"clients that must have shown what is said again (default {QUORUM})")
    args = parser.parse_args(argv)
    if args.num_samples < 1:
        raise TrainerError(f"--num-samples: expected at least 1, got {args.num_samples}")
    if args.quorum < 1:
        raise TrainerError(f"--quorum: expected at least 1, got {args.quorum}")
    synthesizer = Synthesizer(args.quorum)
    synthesizer.learn(read_logs(args.logs))
    lines = synthesizer.sample(args.num_samples, args.seed)
    write_lines(lines, args.out)
    record_inputs(inputs_path(args.out), "synth", {f"log {number}": path for number, path in enumerate(args.logs)}, seed=args.seed, quorum=args.quorum)
    templates = sum(len(site.endpoints) for site, _ in synthesizer.sites.values())
    print(f"{args.out}: {len(lines)} requests of {len({line['client'] for line in lines})} clients at {len(synthesizer.sites)} host(s), "
          f"from {templates} templates and {len(synthesizer.vocabulary.public)} public words")  # fmt: skip
