"""Sites as the service cuts them."""

import json

import pytest

from trainer.split import site_of
from trainer.vectors import VECTORS

CASES = json.loads((VECTORS / "sites.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["host"] or "none" for case in CASES])
def test_both_languages_cut_hosts_alike(case):
    assert site_of(case["host"]) == case["site"]
