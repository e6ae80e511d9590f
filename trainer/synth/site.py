"""One site's requests: path templates, the parameters that come together, the values of each field, the headers."""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from dataclasses import replace

from .parse import Coding, Pairs, Parsed, Part, write_multipart
from .text import Quorum, Vocabulary, digits_like
from .values import TreeModel, ValueModel

DIGITS = re.compile(r"\d+")
VARIABLE = "\0"  # in a template: a segment that is drawn, not said
MAX_SHAPES = 400  # of one template; more are met no more often than chance
# Written by proxies or computed from the rest, wherever they stood.
COMPUTED = {"host", "cookie", "content-length", "referer"}

Template = tuple[str, tuple[str, ...]]


def folded(name: str) -> str:
    return DIGITS.sub("0", name)


class Endpoint:
    """What is sent to one template."""

    def __init__(self, vocabulary: Vocabulary, header_vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.header_vocabulary = header_vocabulary
        self.count = 0
        self.shapes: list[tuple] = []
        self.statuses: Counter = Counter()
        self.values: dict[tuple[str, str], ValueModel] = {}
        self.names: dict[tuple[str, str], dict[str, Quorum]] = defaultdict(dict)
        self.json = TreeModel(vocabulary)
        self.codings = {"path": Coding(), "query": Coding(), "form": Coding()}

    def value(self, place: str, name: str) -> ValueModel:
        key = (place, folded(name))
        if key not in self.values:
            self.values[key] = ValueModel(self.header_vocabulary if place.startswith("header") else self.vocabulary)
        return self.values[key]

    def add(self, parsed: Parsed, template: Template, client) -> None:
        self.count += 1
        if parsed.status is not None:
            self.statuses[parsed.status] += 1
        for place, raw in (("path", parsed.raw_path), ("query", parsed.raw_query), ("form", parsed.raw_form)):
            self.codings[place].add(raw)
        for i, (segment, known) in enumerate(zip(parsed.segments, template[1])):
            if known == VARIABLE:
                self.value(f"path {i}", "").add(segment, client)
        for name, value in parsed.headers:
            if name not in COMPUTED:
                self.value(header_place(name, parsed.body_kind), name).add(value, client)
        for place, pairs in (("query", parsed.query), ("form", parsed.form)):
            for name, value in pairs:
                self.value(place, name).add(value, client)
                self._count_name(place, name, client)
        for part in parsed.parts:
            self._count_name("part", part.name, client)
            binary = part.filename is not None and not (part.type or "text/").startswith(("text/", "application/json"))
            if binary:
                self.value("size", part.name).add(str(len(part.value)), client)
            else:
                self.value("part", part.name).add(part.value, client)
            if part.filename is not None:
                self.value("filename", part.name).add(part.filename, client)
                self.value("type", part.name).add(part.type or "", client)
        if parsed.body_kind == "json":
            self.json.add(parsed.tree, client)
        elif parsed.body_kind == "text":
            self.value("body", "").add(parsed.text, client)
        elif parsed.body_kind == "binary":
            self.value("size", "").add(str(len(parsed.data)), client)
        if len(self.shapes) < MAX_SHAPES:
            self.shapes.append((
                parsed.query, parsed.form, [part if part.filename is None else replace(part, value="") for part in parsed.parts],
                parsed.body_kind, tuple(n for n, _ in parsed.headers),
            ))  # fmt: skip

    def _count_name(self, place: str, name: str, client) -> None:
        for key in {name, folded(name)}:
            self.names[place, key].setdefault(key, Quorum()).add(client, self.vocabulary.quorum)

    def models(self):
        return (*self.values.values(), self.json)

    def freeze(self) -> None:
        for model in self.models():
            model.freeze()
        self.public_names = {key for key, one in self.names.items() if len(one[key[1]].clients) >= self.vocabulary.quorum}
        self.names.clear()

    def name_like(self, place: str, name: str, rng: random.Random) -> str | None:
        """The name, its digits drawn anew when only its digits are rare, None when it is rare itself."""
        if (place, name) in self.public_names:
            return name
        if (place, folded(name)) in self.public_names:
            return DIGITS.sub(lambda match: digits_like(match[0], rng), name)
        return None

    def pairs(self, place: str, pattern: Pairs, rng: random.Random) -> list[tuple[str, str]]:
        """The public values of one request together, as `action=query&list=search` belong together; the others are made."""
        made = ((self.name_like(place, name, rng), name, value) for name, value in pattern)
        return [(new, self.values[place, folded(old)].like(value, rng)) for new, old, value in made if new is not None]

    def form_parts(self, pattern: list[Part], rng: random.Random) -> list[Part]:
        parts = []
        for part in pattern:
            new = self.name_like("part", part.name, rng)
            if new is None:
                continue
            key = folded(part.name)
            if part.filename is None:
                parts.append(Part(new, self.values["part", key].like(part.value, rng), None, part.type if part.type in PLAIN else None))
                continue
            kind = self.values["type", key].sample(rng)
            if ("size", key) in self.values and not kind.startswith(("text/", "application/json")):
                size = min(int(self.values["size", key].sample(rng)), 65536)
                value = "".join(chr(rng.randrange(256)) for _ in range(size))
            else:
                value = self.values["part", key].sample(rng) if ("part", key) in self.values else ""
            parts.append(Part(new, value, self.values["filename", key].sample(rng), kind or None))
        return parts


PLAIN = {"text/plain", "application/json"}


def header_place(name: str, body_kind: str) -> str:
    """Content-Type goes with the body that it describes."""
    return f"header of {body_kind}" if name == "content-type" else "header"


class SiteModel:
    """All of one host. `add` every request twice: `learn_paths` first, `add` in the second pass."""

    def __init__(self, host: str, vocabulary: Vocabulary, header_vocabulary: Vocabulary) -> None:
        self.host = host
        self.vocabulary = vocabulary
        self.header_vocabulary = header_vocabulary
        self._prefixes: dict[tuple[str, tuple[str, ...]], Quorum] = defaultdict(Quorum)
        self._header_names: dict[str, Quorum] = defaultdict(Quorum)
        self.endpoints: dict[Template, Endpoint] = {}

    def learn_paths(self, parsed: Parsed, client) -> None:
        for name, _ in parsed.headers:
            self._header_names[name].add(client, self.vocabulary.quorum)
        for depth in range(1, len(parsed.segments) + 1):
            self._prefixes[parsed.method, tuple(parsed.segments[:depth])].add(client, self.vocabulary.quorum)

    def template(self, parsed: Parsed) -> Template:
        """Segments that `quorum` clients showed at that place stay, others vary; numbers always vary."""
        known = []
        for depth, segment in enumerate(parsed.segments, 1):
            one = self._prefixes.get((parsed.method, tuple(parsed.segments[:depth])))
            public = one is not None and len(one.clients) >= self.vocabulary.quorum
            known.append(segment if public and not segment.isdigit() else VARIABLE)
        return parsed.method, tuple(known)

    def add(self, parsed: Parsed, template: Template, client) -> None:
        if template not in self.endpoints:
            self.endpoints[template] = Endpoint(self.vocabulary, self.header_vocabulary)
        self.endpoints[template].add(parsed, template, client)

    def feed_vocabulary(self) -> None:
        for endpoint in self.endpoints.values():
            for model in endpoint.models():
                model.feed_vocabulary()

    def freeze(self) -> None:
        for endpoint in self.endpoints.values():
            endpoint.freeze()
        self.public_headers = {name for name, one in self._header_names.items() if len(one.clients) >= self.vocabulary.quorum}
        self._prefixes.clear()

    def sample_request(self, template: Template, sticky: dict[str, str], sticky_names: set[str], rng: random.Random) -> tuple[dict, list[str]]:
        """A request without Host, Cookie, Referer and Content-Length, and the names of its headers in their order.

        `sticky` are the headers that this client always sends; of `sticky_names`, it sends no others.
        """
        endpoint = self.endpoints[template]
        fitting = [shape for shape in endpoint.shapes if sticky_names & set(shape[4]) == set(sticky)]
        shapes = fitting or endpoint.shapes
        query, form, parts, kind, header_names = rng.choice(shapes)
        segments = [endpoint.values[f"path {i}", ""].sample(rng) if s == VARIABLE else s for i, s in enumerate(template[1])]
        path = "/" + "/".join(endpoint.codings["path"].encode(segment).replace("/", "%2F") for segment in segments)
        pairs = endpoint.pairs("query", query, rng)
        target = path + (f"?{endpoint.codings['query'].join(pairs)}" if pairs else "")
        headers: dict[str, str] = {}
        names = [name for name in dict.fromkeys(header_names) if name in self.public_headers and (name in sticky or name not in sticky_names)]
        for name in names:
            if name not in COMPUTED:
                headers[name] = header_safe(sticky.get(name) or endpoint.values[header_place(name, kind), folded(name)].sample(rng))
        body = self._body(endpoint, kind, form, parts, headers, rng)
        status = rng.choices(list(endpoint.statuses), list(endpoint.statuses.values()))[0] if endpoint.statuses else None
        return {"method": template[0], "path": target, "headers": headers, "data": body, "status": status}, names

    def _body(self, endpoint: Endpoint, kind: str, form, parts, headers: dict[str, str], rng: random.Random) -> bytes:
        if kind == "form":
            return endpoint.codings["form"].join(endpoint.pairs("form", form, rng)).encode()
        if kind == "json":
            return json.dumps(endpoint.json.sample(rng), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        if kind == "multipart":
            match = re.search(r'boundary="?([^";]+)', headers.get("content-type", ""))
            return write_multipart(endpoint.form_parts(parts, rng), match[1].strip() if match else "x")
        if kind == "text":
            return endpoint.values["body", ""].sample(rng).encode("utf-8", "replace")
        if kind == "binary":
            return rng.randbytes(min(int(endpoint.values["size", ""].sample(rng)), 65536))
        return b""


def header_safe(value: str) -> str:
    """One line of printable characters; NO_VALUE is a control character too."""
    return re.sub(r"[\x00-\x1f\x7f]", "", value).strip()
