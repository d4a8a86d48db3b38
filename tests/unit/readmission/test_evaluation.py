"""Metrics, thresholds and calibration on rows small enough to check by hand."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from readmission.evaluation.metrics import (
    auc,
    best_threshold,
    evaluate,
    expected_calibration_error,
    operating_points,
)
from readmission.evaluation.report import build_report
from readmission.model.calibration import Calibration, fit_calibration

TARGET = np.array([0, 0, 1, 0, 1, 1])
PROBABILITIES = np.array([0.1, 0.2, 0.3, 0.4, 0.6, 0.9])


def test_metrics_are_those_of_the_table_at_the_threshold() -> None:
    metrics = evaluate(TARGET, PROBABILITIES, 0.35)
    assert (metrics.accuracy, metrics.precision, metrics.recall) == pytest.approx(
        (4 / 6, 2 / 3, 2 / 3)
    )
    assert metrics.f1 == pytest.approx(2 / 3)
    assert metrics.auc == pytest.approx(8 / 9)


@pytest.mark.parametrize("decimals", [1, 2, 9])
def test_auc_is_scikit_learns_with_ties_or_without(decimals: int) -> None:
    random = np.random.default_rng(3)
    target = (random.random(500) < 0.1).astype(int)
    scores = random.random(500).round(decimals)
    assert auc(target, scores) == pytest.approx(roc_auc_score(target, scores), abs=1e-12)


def test_a_probability_at_the_threshold_is_an_alert() -> None:
    assert evaluate(TARGET, PROBABILITIES, 0.9).recall == pytest.approx(1 / 3)


def test_the_threshold_has_the_highest_f1_of_all() -> None:
    random = np.random.default_rng(1)
    probabilities = random.random(400).round(2)
    target = (random.random(400) < probabilities / 3).astype(int)
    best = evaluate(target, probabilities, best_threshold(target, probabilities)).f1
    assert best == pytest.approx(
        max(evaluate(target, probabilities, t).f1 for t in np.arange(0, 1.001, 0.005))
    )


def test_the_threshold_lies_between_two_probabilities() -> None:
    assert best_threshold(np.array([0, 0, 1]), np.array([0.1, 0.2, 0.8])) == pytest.approx(0.5)


def test_true_risks_are_calibrated_and_wrong_ones_are_not() -> None:
    random = np.random.default_rng(2)
    risk = random.uniform(0, 0.3, 20_000)
    target = (random.random(20_000) < risk).astype(int)
    assert expected_calibration_error(target, risk) < 0.012
    assert expected_calibration_error(target, risk * 2) > 0.1


def test_calibration_corrects_scores_that_are_too_cautious() -> None:
    random = np.random.default_rng(3)
    risk = random.beta(1, 8, 20_000)
    target = (random.random(20_000) < risk).astype(np.int64)
    scores = Calibration(0.5, -0.8).apply(risk)
    scores[:10] = np.nan
    fitted = fit_calibration(scores, target)
    assert expected_calibration_error(target[10:], fitted.apply(scores[10:])) < 0.01
    assert fitted.slope == pytest.approx(2, abs=0.15)


def test_operating_points_weigh_missed_against_false_alarms() -> None:
    points = {point.threshold: point for point in operating_points(TARGET, PROBABILITIES, 0.5)}
    chosen = points[0.5]
    assert (chosen.alerts_per_100, chosen.sensitivity, chosen.ppv) == pytest.approx(
        (100 / 3, 2 / 3, 1)
    )
    assert chosen.net_benefit == pytest.approx(2 / 6)


def test_a_report_is_plain_numbers_that_agree() -> None:
    report = build_report(TARGET, PROBABILITIES, 0.35)
    assert report["confusion"] == {
        "true_negative": 2,
        "false_positive": 1,
        "false_negative": 1,
        "true_positive": 2,
    }
    assert sum(report["histogram"]["counts"]) == report["rows"] == 6
    assert report["roc"]["true_positive_rate"][-1] == 1
