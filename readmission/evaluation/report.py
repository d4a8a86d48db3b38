"""Everything a page or a plot shows of one model, as plain JSON data: nothing has to be computed again."""

from dataclasses import asdict
from typing import Any

import numpy as np
from sklearn.metrics import precision_recall_curve, roc_curve

from readmission.arrays import Scores, Target
from readmission.evaluation.metrics import evaluate, operating_points, reliability

Report = dict[str, Any]
CURVE_POINTS = 200
HISTOGRAM_BINS = 20


def build_report(target: Target, probabilities: Scores, threshold: float) -> Report:
    """Return metrics, curves, reliability, confusion, operating points and histogram on one set of rows."""
    return {
        "rows": len(target),
        "base_rate": float(target.mean()),
        "threshold": threshold,
        "metrics": asdict(evaluate(target, probabilities, threshold)),
        "roc": _roc(target, probabilities),
        "precision_recall": _precision_recall(target, probabilities),
        "reliability": [list(point) for point in reliability(target, probabilities)],
        "confusion": _confusion(target, probabilities >= threshold),
        "operating_points": [
            asdict(point) for point in operating_points(target, probabilities, threshold)
        ],
        "histogram": _histogram(probabilities),
    }


def _roc(target: Target, probabilities: Scores) -> dict[str, list[float]]:
    false_alarms, hits, _ = roc_curve(target, probabilities)
    return {"false_positive_rate": _thinned(false_alarms), "true_positive_rate": _thinned(hits)}


def _precision_recall(target: Target, probabilities: Scores) -> dict[str, list[float]]:
    precision, recall, _ = precision_recall_curve(target, probabilities)
    return {"recall": _thinned(recall), "precision": _thinned(precision)}


def _thinned(values: Scores) -> list[float]:
    """Return about CURVE_POINTS of the values, first and last among them."""
    points = min(CURVE_POINTS, len(values))
    indices = np.linspace(0, len(values) - 1, points).astype(int)
    return [float(value) for value in np.round(values[indices], 6)]


def _confusion(target: Target, alerts: Any) -> dict[str, int]:
    positive = target == 1
    return {
        "true_negative": int((~positive & ~alerts).sum()),
        "false_positive": int((~positive & alerts).sum()),
        "false_negative": int((positive & ~alerts).sum()),
        "true_positive": int((positive & alerts).sum()),
    }


def _histogram(probabilities: Scores) -> dict[str, list[float]]:
    counts, edges = np.histogram(probabilities, bins=HISTOGRAM_BINS)
    return {"edges": [float(edge) for edge in edges], "counts": [int(count) for count in counts]}
