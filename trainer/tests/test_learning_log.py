import json

from trainer import vectors
from trainer.__main__ import main
from trainer.evaluation.requests import RequestReader, Requests, TextPool
from trainer.evaluation.sites import unseen_split

from .conftest import FAKE, write_jsonl


def test_the_log_for_fine_tuning_is_the_older_half_of_unseen_sites(corpus, logs, tmp_path, capsys):
    out, bundle = tmp_path / "log.jsonl", vectors.VECTORS.parent / "fixtures" / "tiny-bundle"
    arguments = ["evaluate", "--bundle", str(bundle), "--benign", str(logs), "--data", str(corpus.folder), "--normgate", FAKE, "--no-cache"]
    assert main([*arguments, "--write-log", str(out)]) == 0
    written = [json.loads(line) for line in out.read_text().splitlines()]
    every = RequestReader(TextPool(), FAKE).benign([logs], corpus)
    split = unseen_split(every, Requests(), halves=True)
    assert sorted(request["path"] for request in written) == sorted(json.loads(line)["path"] for number, line in
        enumerate(logs.read_text().splitlines()) if number in set(split.log.tolist()))  # fmt: skip
    assert len(written) > 20
    assert main([*arguments[:3], "--data", str(corpus.folder), "--write-log", str(out)]) == 2
    assert "--write-log: expected --benign" in capsys.readouterr().err


def test_attacks_can_be_hidden_in_that_log_without_their_labels(corpus, logs, tmp_path, capsys):
    unseen = unseen_split(RequestReader(TextPool(), FAKE).benign([logs], corpus), Requests(), halves=True)
    hosts = RequestReader(TextPool(), FAKE).benign([logs], corpus).take(unseen.benign).host
    attacks = [{"method": "GET", "path": f"/?q='OR{number}", "headers": {"Host": host}, "label": "attack", "class": "sqli", "meta": {"payload": "'OR"}}
               for number, host in enumerate(hosts)]  # fmt: skip
    out, files = tmp_path / "log.jsonl", write_jsonl(tmp_path / "attacks.jsonl", attacks)
    arguments = ["evaluate", "--bundle", str(vectors.VECTORS.parent / "fixtures" / "tiny-bundle"), "--benign", str(logs), "--attacks", str(files),
                 "--data", str(corpus.folder), "--normgate", FAKE, "--no-cache", "--write-log", str(out)]  # fmt: skip
    assert main([*arguments, "--contaminate", "0.2"]) == 0
    written = [json.loads(line) for line in out.read_text().splitlines()]
    hidden = [number for number, request in enumerate(written) if "'OR" in request["path"]]
    assert len(hidden) == round(0.25 * len(unseen.log)) and len(written) == len(hidden) + len(unseen.log)
    assert not any({"label", "class", "meta"} & set(written[number]) for number in hidden)
    assert max(hidden) - min(hidden) > len(hidden)  # among the others
    assert main([*arguments, "--contaminate", "0.2", "--contaminate-seed", "1"]) == 0
    assert [json.loads(line) for line in out.read_text().splitlines()] != written
    assert main([*arguments, "--contaminate", "0.9"]) == 2
    assert "no more attacks than these sites have" in capsys.readouterr().err
    assert main([*arguments[:-2], "--contaminate", "0.2"]) == 2
    assert "--contaminate: expected --write-log with it" in capsys.readouterr().err
    assert main([*arguments, "--contaminate", "1"]) == 2
    assert "--contaminate: expected 0 to less than 1, got 1" in capsys.readouterr().err
