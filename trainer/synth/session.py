"""Who comes when, and what follows what: sessions as a Markov chain over templates, cookies, referers, pauses."""

from __future__ import annotations

import base64
import random
from collections import Counter, defaultdict
from urllib.parse import urlsplit

from .parse import Parsed
from .site import COMPUTED, SiteModel, Template, header_safe
from .text import Quorum, Vocabulary, identifier_like
from .values import ValueModel, between

START = ("", ())
END = ("", ("",))
SESSION_GAP_MS = 30 * 60_000  # between two requests of a client, after which its next visit begins
LONGEST = 500  # requests of a sampled session
STICKY = 0.97  # share of a client's consecutive requests that have a header alike, from which on it is the client's own
LOOK_BACK = 8  # requests among which the page is that a referer names


class Flow:
    """The sessions of one site. `add` in order of time, then `freeze`, then `sample`."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.sessions = 0
        self.starts: list[int] = []
        self.clients: Counter = Counter()
        self._following: dict[Template, Counter] = defaultdict(Counter)
        self._visits: Counter = Counter()
        self._gaps: dict[Template, list[int]] = defaultdict(list)
        self._last: dict[str, tuple[int, Template, dict[str, str], set[str], list[str]]] = {}
        self._same: Counter = Counter()
        self._either: Counter = Counter()
        self._donors: list[dict[str, str]] = []
        self._own_headers: dict[str, ValueModel] = {}
        self._address: Counter = Counter()
        self._seen: Counter = Counter()
        self._cookie_names: dict[str, Quorum] = defaultdict(Quorum)
        self._cookie_values: dict[str, ValueModel] = {}
        self._cookie_starts: dict[Template, Counter] = defaultdict(Counter)
        self._referers: dict[Template, Counter] = defaultdict(Counter)
        self._others: dict[Template, ValueModel] = {}
        self._schemes: Counter = Counter()
        self._documents: set[str] = set()

    def add(self, parsed: Parsed, template: Template, client) -> None:
        headers = dict(parsed.headers)
        cookies = cookies_of(headers.get("cookie", ""))
        last = self._last.get(parsed.client)
        if last and (parsed.time - last[0] > SESSION_GAP_MS or last[2].get("user-agent") != headers.get("user-agent")):
            self._following[last[1]][END] += 1
            last = None
        before = last[1] if last else START
        self._following[before][template] += 1
        self._visits[template] += 1
        if last:
            self._gaps[template].append(max(0, parsed.time - last[0]))
            for name in headers.keys() & last[2].keys():
                self._same[name] += headers[name] == last[2][name]
            self._either.update(headers.keys() | last[2].keys())
        else:
            self.sessions += 1
            self.starts.append(parsed.time)
            self.clients[parsed.client] += 1
            self._donors.append(headers)
        for name, value in headers.items():
            self._seen[name] += 1
            self._address[name] += value == parsed.client
            self._own_headers.setdefault(name, ValueModel(self.vocabulary)).add(value, client)
        known = last[3] if last else set()
        for name, value in cookies.items():
            self._cookie_names[name].add(client, self.vocabulary.quorum)
            self._cookie_values.setdefault(name, ValueModel(self.vocabulary)).add(value, client)
            if name not in known:
                self._cookie_starts[before][name] += 1
        visited = last[4] if last else []
        self._note_referer(headers.get("referer"), parsed.host, visited, template, client)
        self._last[parsed.client] = (parsed.time, template, headers, known | set(cookies), [*visited, parsed.raw_path][-LOOK_BACK:])

    def _note_referer(self, referer: str | None, host: str, visited: list[str], template: Template, client) -> None:
        if referer is None:
            return
        scheme, _, rest = referer.partition("://")
        path = urlsplit(referer).path
        if rest.partition("/")[0] == host and path in visited:
            self._referers[template]["visited"] += 1
            self._schemes[scheme] += 1
            self._documents.add(path)
        else:
            self._referers[template]["other"] += 1
            self._others.setdefault(template, ValueModel(self.vocabulary)).add(referer, client)

    def feed_vocabulary(self) -> None:
        for model in (*self._own_headers.values(), *self._cookie_values.values(), *self._others.values()):
            model.feed_vocabulary()

    def freeze(self) -> None:
        for _, template, *_ in self._last.values():
            self._following[template][END] += 1
        self._last.clear()
        self._address_headers = {name for name, count in self._address.items() if count >= STICKY * self._seen[name]}
        skip = COMPUTED | self._address_headers
        self.sticky = {name for name, count in self._either.items() if count >= 20 and self._same[name] >= STICKY * count} - skip
        self._public_cookies = {name for name, one in self._cookie_names.items() if len(one.clients) >= self.vocabulary.quorum}
        self._own_headers = {name: self._own_headers[name] for name in sorted(self.sticky)}
        self._donors = [{name: donor[name] for name in sorted(self.sticky & donor.keys())} for donor in self._donors]
        self._scheme = max(self._schemes, key=self._schemes.get) if self._schemes else "http"
        for model in (*self._own_headers.values(), *self._cookie_values.values(), *self._others.values()):
            model.freeze()
        for gaps in self._gaps.values():
            gaps.sort()
        self.starts.sort()

    def sample(self, site: SiteModel, client: str, start: int, rng: random.Random) -> list[dict]:
        """One session of one client: request lines in order of time."""
        sticky = {name: self._own_headers[name].like(value, rng) for name, value in rng.choice(self._donors).items()}
        cookies: dict[str, str] = {}
        self._give_cookies(START, cookies, rng)
        visited: list[str] = []
        lines: list[dict] = []
        time, template = start, self._next(START, rng)
        while template != END and len(lines) < LONGEST:
            request, names = site.sample_request(template, sticky, self.sticky, rng)
            headers = self._headers(request, names, template, client, site.host, cookies, visited, rng)
            lines.append({
                "id": identifier_like("00000000-a000-4000-a000-000000000000", rng), "time": time, "client": client,
                "method": request["method"], "path": request["path"], "headers": headers, **body_of(request["data"]), "status": request["status"],
            })  # fmt: skip
            visited.append(request["path"])
            self._give_cookies(template, cookies, rng)
            template = self._next(template, rng)
            time += round(between(self._gaps[template], rng)) if template in self._gaps else 1000
        return lines

    def _next(self, template: Template, rng: random.Random) -> Template:
        following = self._following.get(template)
        return rng.choices(list(following), list(following.values()))[0] if following else END

    def _give_cookies(self, template: Template, cookies: dict[str, str], rng: random.Random) -> None:
        times = self.sessions if template == START else self._visits[template]
        for name, count in sorted(self._cookie_starts.get(template, {}).items()):
            if name in self._public_cookies and name not in cookies and rng.random() * times < count:
                cookies[name] = self._cookie_values[name].sample(rng)

    def _headers(self, request: dict, names: list[str], template: Template, client: str, host: str, cookies: dict[str, str],
                 visited: list[str], rng: random.Random) -> list[list[str]]:  # fmt: skip
        computed = {"host": host, "content-length": str(len(request["data"])), "cookie": "; ".join(f"{n}={v}" for n, v in cookies.items())}
        computed["referer"] = self._referer(template, host, visited, rng) if "referer" in names else ""
        if cookies and "cookie" not in names:
            names = [*names, "cookie"]
        headers = []
        for name in names if "host" in names else ["host", *names]:
            value = computed[name] if name in computed else client if name in self._address_headers else request["headers"][name]
            if value or name not in computed:
                headers.append([name, value])
        return headers

    def _referer(self, template: Template, host: str, visited: list[str], rng: random.Random) -> str:
        kinds = self._referers.get(template)
        if not kinds or rng.choices(list(kinds), list(kinds.values()))[0] == "other":
            return header_safe(self._others[template].sample(rng)) if kinds else ""
        pages = [path for path in visited[-LOOK_BACK:] if path.partition("?")[0] in self._documents] or visited[-1:]
        return f"{self._scheme}://{host}{pages[-1]}" if pages else ""


def body_of(body: bytes) -> dict:
    if not body:
        return {}
    try:
        return {"body": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"bodyBase64": base64.b64encode(body).decode()}


def cookies_of(header: str) -> dict[str, str]:
    pairs = (pair.strip().partition("=") for pair in header.split(";") if "=" in pair)
    return {name: value for name, _, value in pairs}
