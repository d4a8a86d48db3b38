"""How good a model is: metrics at a threshold, curves, calibration, operating points."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score, brier_score_loss

from readmission.arrays import Scores, Target

CALIBRATION_BINS = 10


@dataclass(frozen=True, slots=True)
class Metrics:
    """The original's four metrics at the threshold, and four that need none."""

    accuracy: float
    precision: float
    recall: float
    f1: float
    auc: float
    average_precision: float
    brier: float
    ece: float

    def named(self, prefix: str) -> dict[str, float]:
        """Return the metrics with a prefix such as ``val_`` before each name."""
        return {f"{prefix}{name}": value for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What a threshold would mean on a ward."""

    threshold: float
    alerts_per_100: float
    sensitivity: float
    ppv: float
    net_benefit: float


def evaluate(target: Target, probabilities: Scores, threshold: float) -> Metrics:
    """Return all metrics on one set of rows."""
    accuracy, precision, recall, f1 = at_threshold(target, probabilities >= threshold)
    return Metrics(
        accuracy,
        precision,
        recall,
        f1,
        auc(target, probabilities),
        float(average_precision_score(target, probabilities)),
        float(brier_score_loss(target, probabilities)),
        expected_calibration_error(target, probabilities),
    )


def auc(target: Target, scores: Scores) -> float:
    """Return how often a positive row outranks a negative one: scikit-learn's, without checks that cost tenfold."""
    positive, rows = int(target.sum()), len(target)
    beaten = rankdata(scores)[target == 1].sum() - positive * (positive + 1) / 2
    return float(beaten / (positive * (rows - positive)))


def at_threshold(target: Target, alerts: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """Return accuracy, precision, recall and F1 of alerts; a ratio of nothing is 0."""
    hits, alerted, positive = int(target[alerts].sum()), int(alerts.sum()), int(target.sum())
    accuracy = float(np.mean(alerts == (target == 1)))
    return (
        accuracy,
        hits / max(alerted, 1),
        hits / max(positive, 1),
        2 * hits / max(alerted + positive, 1),
    )


def best_threshold(target: Target, probabilities: Scores) -> float:
    """Return the threshold with the highest F1, half-way between two probabilities (the lowest one of equals)."""
    order = np.argsort(-probabilities, kind="stable")
    ranked, hits = probabilities[order], np.cumsum(target[order])
    ends = np.flatnonzero(np.append(ranked[:-1] > ranked[1:], False))
    f1 = 2 * hits[ends] / (ends + 1 + hits[-1])
    if not len(ends):
        return float(ranked[0])
    best = ends[len(ends) - 1 - int(np.argmax(f1[::-1]))]
    return float((ranked[best] + ranked[best + 1]) / 2)


def expected_calibration_error(target: Target, probabilities: Scores) -> float:
    """Return the mean distance of predicted from observed risk over ten equally full bins."""
    return float(
        sum(abs(told - seen) * rows for told, seen, rows in reliability(target, probabilities))
        / len(target)
    )


def reliability(
    target: Target, probabilities: Scores, bins: int = CALIBRATION_BINS
) -> list[tuple[float, float, int]]:
    """Return predicted risk, observed risk and rows of equally full bins."""
    parts = np.array_split(np.argsort(probabilities, kind="stable"), bins)
    return [
        (float(probabilities[p].mean()), float(target[p].mean()), len(p)) for p in parts if len(p)
    ]


def operating_points(
    target: Target, probabilities: Scores, threshold: float
) -> list[OperatingPoint]:
    """Return the stored threshold and those that alert for 1 to 50 of 100 patients."""
    shares = (0.01, 0.02, 0.05, 0.10, 0.15, 0.20, 0.30, 0.40, 0.50)
    chosen = {threshold, *np.quantile(probabilities, [1 - share for share in shares]).tolist()}
    return [_operating_point(target, probabilities, one) for one in sorted(chosen, reverse=True)]


def _operating_point(target: Target, probabilities: Scores, threshold: float) -> OperatingPoint:
    alerts = probabilities >= threshold
    _, ppv, sensitivity, _ = at_threshold(target, alerts)
    missed_price = threshold / (1 - threshold)
    benefit = (target[alerts].sum() - (1 - target[alerts]).sum() * missed_price) / len(target)
    return OperatingPoint(threshold, 100 * float(alerts.mean()), sensitivity, ppv, float(benefit))
