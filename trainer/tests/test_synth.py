"""Sampled sessions: valid requests, reproducible, of the logs' templates, and nothing in them that only few clients sent."""

import json
import random
import re
from collections import Counter
from urllib.parse import parse_qsl, urlsplit

import pytest

from trainer.errors import TrainerError
from trainer.synth import Synthesizer, run
from trainer.synth.parse import parse, parse_multipart
from trainer.synth.text import Vocabulary, identifier_like
from trainer.synth.values import TreeModel, ValueModel, kind_of

SECRET = "Zanzibar77Kq9x"
RARE_WORD = "quokkafontein"


def log_lines(seed=5, clients=30):
    """Sessions of a small notes application; client 7 alone writes a secret and a rare word."""
    rng = random.Random(seed)
    lines, time = [], 1_700_000_000_000
    for n in range(clients):
        client = f"10.0.0.{n}"
        agent = f"Mozilla/5.0 (X11; Linux x86_64) Chrome/{120 + n % 4}.0.0.0"
        cookie = f"sid=x{rng.getrandbits(60):x}"
        time += 4_000_000

        def add(method, path, headers=(), body=None, status=200):
            nonlocal time
            time += rng.randrange(200, 5000)
            line = {"time": time, "client": client, "method": method, "path": path, "status": status,
                    "headers": [["host", "notes.example"], ["user-agent", agent], *headers]}  # fmt: skip
            if body is not None:
                line["body"] = body
                line["headers"].append(["content-length", str(len(body.encode()))])
            lines.append(line)

        add("GET", "/")
        add("GET", f"/notes?page={rng.randrange(1, 40)}&sort={rng.choice(['date', 'title'])}", [["referer", "http://notes.example/"]])
        text = rng.choice(["The lamp isn't here", "Where is the <b>lamp</b> & the desk?", "it's 3 < 4; the desk"])
        if n == 7:
            text += f" {RARE_WORD}"
        form = [["content-type", "application/x-www-form-urlencoded"], ["cookie", cookie], ["referer", "http://notes.example/notes"]]
        secret = SECRET if n == 7 else f"Pass{rng.getrandbits(40):x}word"
        add("POST", "/login", form[:1], f"user=u{n}&password={secret}", 302)
        add("POST", "/notes/new", form, f"title={text.replace(' ', '+').replace('&', '%26').replace(';', '%3B')}&due=2024-0{1 + n % 9}-11", 201)
        note = {"id": n * 3 + 1, "text": text, "tags": ["a", "b"][: n % 3], "done": n % 2 == 0, "size": {"w": n / 2, "at": None}}
        add("PUT", f"/api/notes/{n * 3 + 1}", [["content-type", "application/json"], ["cookie", cookie]], json.dumps(note))
        parts = f'--bnd{n}x9a8b7c6\r\nContent-Disposition: form-data; name="file"; filename="p{n}.txt"\r\nContent-Type: text/plain\r\n\r\n{text}\r\n--bnd{n}x9a8b7c6--\r\n'
        add("POST", "/upload", [["content-type", f"multipart/form-data; boundary=bnd{n}x9a8b7c6"], ["cookie", cookie]], parts)
        if n == 7:
            add("GET", f"/secret-{RARE_WORD}/{SECRET}?{RARE_WORD}=1", [[f"x-{RARE_WORD}", SECRET]])
    return lines


def learned(lines, quorum=3):
    synthesizer = Synthesizer(quorum)
    synthesizer.learn([(parse(line), line["client"]) for line in lines])
    return synthesizer


@pytest.fixture(scope="module")
def samples():
    return learned(log_lines()).sample(600, seed=1)


def test_samples_are_valid_requests(samples):
    assert len(samples) == 600
    for line in samples:
        assert re.fullmatch(r"/[!-~]*", line["path"])
        assert isinstance(line["time"], int) and line["client"].startswith("198.1")
        named = dict(line["headers"])
        assert line["headers"][0] == ["host", "notes.example"]
        assert all(re.fullmatch(r"[a-z0-9-]+", name) and not re.search(r"[\x00-\x1f\x7f]", value) for name, value in line["headers"])
        body = line.get("body", "").encode()
        if "content-length" in named:
            assert int(named["content-length"]) == len(body)
        kind = named.get("content-type", "")
        if "json" in kind:
            assert set(json.loads(body)) == {"id", "text", "tags", "done", "size"}
        elif "multipart" in kind:
            (part,) = parse_multipart(body, kind)
            assert (part.name, part.type) == ("file", "text/plain") and re.fullmatch(r"\w+\.\w+", part.filename)
        elif "urlencoded" in kind:
            assert {name for name, _ in parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)} <= {"title", "due", "user", "password"}


def test_samples_are_a_function_of_logs_count_and_seed():
    lines = log_lines()
    first = learned(lines).sample(200, seed=3)
    assert first == learned(lines).sample(200, seed=3)
    assert first != learned(lines).sample(200, seed=4)


def test_every_common_template_is_met_about_as_often_as_in_the_logs(samples):
    def share(lines):
        counts = Counter((line["method"], re.sub(r"\d+", "0", urlsplit(line["path"]).path)) for line in lines)
        return {key: count / len(lines) for key, count in counts.items()}

    logs, made = share(log_lines()), share(samples)
    for template, part in logs.items():
        if part > 0.05:
            assert made.get(template, 0) == pytest.approx(part, rel=0.3)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_that_one_client_sent_is_said_again(seed):
    text = json.dumps(learned(log_lines()).sample(500, seed), ensure_ascii=False)
    assert SECRET not in text
    assert RARE_WORD not in text


def test_private_values_of_every_field_are_new():
    lines = log_lines()
    sent = {value for line in lines for _, value in parse(line).form if len(value) >= 4}
    by_clients = Counter()
    for value in sent:
        by_clients[value] = len({line["client"] for line in lines if value in [v for _, v in parse(line).form]})
    for line in learned(lines).sample(500, seed=2):
        for name, value in parse(line).form:
            assert by_clients.get(value, 3) >= 3, (name, value)


def test_logs_without_clients_give_shapes_only():
    lines = [{**line, "client": ""} for line in log_lines()]
    text = json.dumps(learned(lines).sample(100, seed=1))
    assert "lamp" not in text and "Chrome" not in text and "/notes" not in text


def test_cookies_and_referers_follow_the_session(samples):
    cookies = {}
    for line in sorted(samples, key=lambda one: one["time"]):
        named = dict(line["headers"])
        if "referer" in named:
            assert named["referer"].startswith("http://notes.example/")
        if "cookie" in named:
            cookies.setdefault(line["client"], set()).add(named["cookie"])
    assert len(cookies) > 10
    assert sum(len(values) for values in cookies.values()) <= 4 * len(cookies)


def test_numbers_stay_in_their_range_and_dates_are_dates(samples):
    pages = [int(dict(parse_qsl(urlsplit(line["path"]).query))["page"]) for line in samples if "page=" in line["path"]]
    assert 1 <= min(pages) and max(pages) < 40 and len(set(pages)) > 10
    dues = [dict(parse_qsl(line["body"]))["due"] for line in samples if "due=" in line.get("body", "")]
    assert dues and all(kind_of(due) == "date" for due in dues)


@pytest.mark.parametrize(("value", "kind"), [("17", "integer"), ("-3.5", "decimal"), ("2024-02-30", "text"), ("2024-02-29T10:11:12Z", "date"),
                                             ('{"a":[1]}', "json"), ("{broken", "text"), ("9f86d081884c7d65", "identifier"), ("hello there", "text"),
                                             ("550e8400-e29b-41d4-a716-446655440000", "identifier")])  # fmt: skip
def test_types_of_values(value, kind):
    assert kind_of(value) == kind


def test_identifiers_keep_their_shape():
    rng = random.Random(1)
    made = identifier_like("550e8400-e29b-41d4-a716-446655440000", rng)
    assert re.fullmatch(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", made)
    assert re.fullmatch(r"[A-Z]{2}\d{3}%7C[a-z]{2}", identifier_like("AB123%7Ccd", rng))


def test_json_keys_of_few_clients_are_left_out():
    model = TreeModel(Vocabulary(3))
    for client in range(10):
        model.add({"common": client, **({"rare": 1} if client == 4 else {})}, client)
    model.vocabulary.freeze()
    model.freeze()
    assert all(set(model.sample(random.Random(seed))) == {"common"} for seed in range(50))


def test_shares_of_public_values_are_kept():
    model = ValueModel(Vocabulary(2))
    for n in range(1000):
        model.add("often" if n % 4 else "seldom", n)
    model.vocabulary.freeze()
    model.freeze()
    rng = random.Random(2)
    counts = Counter(model.sample(rng) for _ in range(2000))
    assert set(counts) == {"often", "seldom"} and counts["often"] / 2000 == pytest.approx(0.75, abs=0.05)


def test_the_command_writes_lines_and_names_what_is_wrong(tmp_path, capsys):
    log, out = tmp_path / "log.jsonl", tmp_path / "out.jsonl.gz"
    log.write_text("".join(json.dumps(line) + "\n" for line in log_lines()), encoding="utf-8")
    run(["--logs", str(log), "--num-samples", "50", "--out", str(out), "--seed", "9"])
    assert "50 requests" in capsys.readouterr().out
    first = out.read_bytes()
    run(["--logs", str(log), "--num-samples", "50", "--out", str(out), "--seed", "9"])
    assert out.read_bytes() == first
    for argument in ("--num-samples", "--quorum"):
        with pytest.raises(TrainerError, match=f"{argument}: expected at least 1, got 0"):
            run(["--logs", str(log), "--num-samples", "5", "--out", str(out), argument, "0"])
    log.write_text('{"method": "GET", "path": "/", "label": "attack"}\n', encoding="utf-8")
    with pytest.raises(TrainerError, match="label: expected benign"):
        run(["--logs", str(log), "--num-samples", "5", "--out", str(out)])
