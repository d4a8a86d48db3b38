"""Intervals of metrics on few outcomes, against values from the literature and by simulation."""

import numpy as np
import pytest

from readmission.evaluation.intervals import (
    auc_interval,
    f1_interval,
    mean_interval,
    share_interval,
)
from readmission.evaluation.metrics import AlertCounts


def test_share_interval_is_wilsons() -> None:
    low, high = share_interval(1, 29)
    assert (low, high) == (pytest.approx(0.0061, abs=1e-3), pytest.approx(0.1718, abs=1e-3))
    assert share_interval(0, 10)[0] == 0.0


def test_auc_interval_is_that_of_hanley_and_mcneil() -> None:
    low, high = auc_interval(0.893, 51, 58)
    assert high - low == pytest.approx(2 * 1.96 * 0.0325, abs=2e-3)


def test_mean_interval_holds_the_mean() -> None:
    low, high = mean_interval(np.array([0.0, 0.2, 0.1, 0.1]))
    assert low < 0.1 < high


def test_f1_interval_narrows_with_the_number_of_outcomes() -> None:
    few = AlertCounts(rows=100, alerts=20, readmissions=11, true_alerts=5)
    many = AlertCounts(rows=10_000, alerts=2_000, readmissions=1_100, true_alerts=500)
    low, high = f1_interval(few)
    assert low < few.f1 < high
    narrow_low, narrow_high = f1_interval(many)
    assert narrow_high - narrow_low < (high - low) / 5
