"""The report of one model: everything that pages and plots show of it, as plain JSON data."""

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_curve, roc_curve

from readmission.arrays import Scores, Target
from readmission.evaluation.metrics import evaluate, operating_points, reliability

Report = dict[str, Any]
CURVE_POINTS = 200
HISTOGRAM_BINS = 20


def build_report(target: Target, probabilities: Scores, threshold: float) -> Report:
    """Return a model's metrics and curves on one set of rows.

    The training adds the keys ``slices``, ``importance`` and ``training``.
    """
    metrics = evaluate(target, probabilities, threshold)
    thresholds = operating_points(target, probabilities, threshold)
    calibration = reliability(target, probabilities)
    return {
        "rows": len(target),
        "base_rate": float(target.mean()),
        "threshold": threshold,
        "metrics": asdict(metrics),
        "roc": _roc(target, probabilities),
        "precision_recall": _precision_recall(target, probabilities),
        "reliability": [list(point) for point in calibration],
        "confusion": _confusion(target, probabilities >= threshold),
        "operating_points": [asdict(point) for point in thresholds],
        "histogram": _histogram(probabilities),
    }


def _roc(target: Target, probabilities: Scores) -> dict[str, list[float]]:
    false_positive_rate, true_positive_rate, _ = roc_curve(target, probabilities)
    return {
        "false_positive_rate": _thinned(false_positive_rate),
        "true_positive_rate": _thinned(true_positive_rate),
    }


def _precision_recall(target: Target, probabilities: Scores) -> dict[str, list[float]]:
    precision, recall, _ = precision_recall_curve(target, probabilities)
    return {
        "recall": _thinned(recall),
        "precision": _thinned(precision),
    }


def _thinned(values: Scores) -> list[float]:
    """Return about CURVE_POINTS of the values, rounded; the first and the last are kept."""
    evenly_spaced = np.linspace(
        start=0,
        stop=len(values) - 1,
        num=min(CURVE_POINTS, len(values)),
    )
    indices = evenly_spaced.astype(int)
    thinned = np.round(values[indices], 6)
    return [float(value) for value in thinned]


def _confusion(target: Target, alerts: NDArray[np.bool_]) -> dict[str, int]:
    matrix = confusion_matrix(
        target,
        alerts,
        labels=[0, 1],
    )
    true_negative, false_positive, false_negative, true_positive = matrix.ravel().tolist()
    return {
        "true_negative": true_negative,
        "false_positive": false_positive,
        "false_negative": false_negative,
        "true_positive": true_positive,
    }


def _histogram(probabilities: Scores) -> dict[str, list[float]]:
    counts, edges = np.histogram(probabilities, bins=HISTOGRAM_BINS)
    return {
        "edges": edges.tolist(),
        "counts": counts.tolist(),
    }
