import numpy as np
import pytest

from trainer.errors import TrainerError
from trainer.survival import Survival, binomial_quantile, check_budget, fit_survival, site_interval, strata, threshold_interval


@pytest.fixture(scope="module")
def sample():
    return np.random.default_rng(0).normal(size=5000)


def test_the_threshold_lets_the_budget_through(sample):
    survival = fit_survival(sample)
    for budget in (0.05, 0.01, 0.001):
        share = (sample >= survival.logit_at(budget)).mean()
        assert 0.9 * budget - 1 / 5000 <= share <= budget


def test_fresh_traffic_stays_within_the_budget_on_average():
    rng = np.random.default_rng(1)
    rates = [(rng.normal(size=2000) >= fit_survival(rng.normal(size=999)).logit_at(0.01)).mean() for _ in range(200)]
    assert np.mean(rates) == pytest.approx(0.01, rel=0.15)


def test_the_score_is_monotone_and_half_at_the_budget(sample):
    survival = fit_survival(sample)
    scores = [survival.score(x, 0.001) for x in np.linspace(-60, 60, 500)]
    assert all(0 <= a <= b <= 1 for a, b in zip(scores, scores[1:]))
    for budget in (0.5, 0.01, 0.001, 0.0002):
        assert survival.score(survival.logit_at(budget), budget) == pytest.approx(0.5)
    assert survival.score(-1e6, 0.001) == pytest.approx(0.001 / 1.001)
    assert survival.score(1e6, 0.001) == 1.0


def test_the_table_is_what_the_contract_says(sample):
    value = fit_survival(sample).manifest(sites=3)
    logits, shares = zip(*value["survival"])
    assert all(a < b for a, b in zip(logits, logits[1:])) and all(a > b for a, b in zip(shares, shares[1:]))
    assert len(logits) <= 205 and value["requests"] == 5000 and value["smallestBudget"] == 1 / 5001
    assert shares[-1] == pytest.approx(2 / 5001) and value["tail"]["from"] == logits[-1] == sample.max()
    for logit, share in value["survival"]:
        assert share == pytest.approx(((sample >= logit).sum() + 1) / 5001)
    assert Survival.from_manifest(value).logit_at(0.003) == pytest.approx(fit_survival(sample).logit_at(0.003))


def test_repeated_requests_make_one_point():
    survival = fit_survival(np.array([1.0] * 900 + [2.0] * 99 + [5.0]))
    assert survival.logits.tolist() == [1.0, 2.0, 5.0]
    assert np.exp(survival.log_s) == pytest.approx([1.0, 101 / 1001, 2 / 1001])


def test_a_budget_beyond_the_sample_is_refused():
    with pytest.raises(TrainerError, match="a budget of 0.001 needs at least 999 held-out benign requests, there are 998"):
        check_budget(0.001, 998)
    check_budget(0.001, 999)
    with pytest.raises(TrainerError, match="expected a false-positive budget between 0 and 1, got 0"):
        check_budget(0, 100)


def test_the_interval_covers_the_true_quantile():
    rng = np.random.default_rng(2)
    true = 2.326347874  # 99th percentile of the standard normal distribution
    hits = 0
    for _ in range(300):
        sample = rng.normal(size=1500)
        low, high = threshold_interval(sample, fit_survival(sample), 0.01)
        hits += low <= true <= high
    assert hits / 300 >= 0.92


def test_the_interval_is_open_ended_only_through_the_tail():
    sample = np.random.default_rng(3).normal(size=1000)
    survival = fit_survival(sample)
    low, high = threshold_interval(sample, survival, 0.001)
    assert low <= survival.logit_at(0.001) <= high and sample.max() < high < sample.max() + 10


def test_binomial_quantiles():
    assert [binomial_quantile(q, 10, 0.5) for q in (0.02, 0.5, 0.98)] == [2, 5, 8]
    assert binomial_quantile(0.025, 100_000, 0.001) == 81 and binomial_quantile(0.975, 100_000, 0.001) == 120


def test_too_little_is_refused():
    with pytest.raises(TrainerError, match="at least 2 requests"):
        fit_survival(np.array([1.0]))


def test_a_threshold_of_few_big_sites_is_less_certain_than_the_binomial_says():
    rng = np.random.default_rng(0)
    site = np.repeat(np.arange(40), 100)
    logits = rng.normal(size=4000) + 2 * rng.normal(size=40)[site]  # sites differ more than their requests do
    survival = fit_survival(logits)
    binomial, grouped = threshold_interval(logits, survival, 0.01), site_interval(logits, site, 0.01)
    assert grouped[1] - grouped[0] > 1.5 * (binomial[1] - binomial[0])
    assert site_interval(logits, site // 20, 0.01) is None  # two sites cannot tell


def test_strata_tell_what_the_threshold_does_to_requests_of_many_fields():
    rng = np.random.default_rng(1)
    fields = rng.integers(1, 31, size=6000)
    logits = np.array([rng.normal(size=count).max() for count in fields])
    parts = strata(logits, fields, 3.0)
    assert [part["fields"][0] for part in parts][0] == 1 and parts[-1]["fields"][1] == 30
    assert sum(part["requests"] for part in parts) == 6000
    assert parts[0]["denied"] < parts[-1]["denied"]
    assert [part["fields"] for part in strata(logits, np.full(6000, 4), 3.0)] == [[4, 4]]
