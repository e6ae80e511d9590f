import numpy as np
import pytest

from trainer.metrics import Group, detection_rate, share_of, spearman, threshold_at


def test_thresholds_are_observed_values_that_few_exceed():
    benign = np.arange(1000.0)
    assert threshold_at(benign, 0.01) in benign and (benign > threshold_at(benign, 0.01)).mean() <= 0.01


def test_rank_correlation():
    left = np.array([1.0, 2.0, 3.0, 4.0])
    assert spearman(left, np.exp(left)) == pytest.approx(1) and spearman(left, -left) == pytest.approx(-1)
    assert spearman(np.array([1.0, 1.0, 2.0]), np.array([5.0, 5.0, 9.0])) == pytest.approx(1)


def test_rates_and_their_intervals_know_sites():
    benign = Group(np.linspace(0, 1, 2000), np.arange(2000) % 40)
    hits = np.r_[np.full(100, 2.0), np.full(100, -1.0)]
    spread = detection_rate(Group(hits, np.arange(200) % 50), benign, 0.01)
    clustered = detection_rate(Group(hits, np.arange(200) // 50), benign, 0.01)
    assert spread["rate"] == clustered["rate"] == 0.5 and spread["low"] <= 0.5 <= spread["high"]
    assert clustered["high"] - clustered["low"] > 2 * (spread["high"] - spread["low"])


def test_a_share_has_an_interval_over_sites():
    result = share_of(np.array([False, False, True, True]), np.arange(4))
    assert result["rate"] == 0.5 and result["low"] <= 0.5 <= result["high"]
