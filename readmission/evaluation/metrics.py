"""How good a model is: metrics at a threshold, curves, calibration, operating points."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score, brier_score_loss

from readmission.arrays import Scores, Target

CALIBRATION_BINS = 10
_ALERT_SHARES = (0.01, 0.02, 0.05, 0.10, 0.15, 0.20, 0.30, 0.40, 0.50)


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


@dataclass(frozen=True, slots=True)
class AlertCounts:
    """How alerts and readmissions meet on a set of rows; a ratio of nothing is 0."""

    rows: int
    alerts: int
    readmissions: int
    found: int

    @property
    def accuracy(self) -> float:
        """Rows on which alert and outcome agree."""
        false_alarms = self.alerts - self.found
        missed = self.readmissions - self.found
        return (self.rows - false_alarms - missed) / self.rows

    @property
    def precision(self) -> float:
        """Readmissions among the alerts, which clinicians call PPV."""
        return self.found / max(self.alerts, 1)

    @property
    def recall(self) -> float:
        """Readmissions that were found, which clinicians call sensitivity."""
        return self.found / max(self.readmissions, 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.found / max(self.alerts + self.readmissions, 1)


def evaluate(target: Target, probabilities: Scores, threshold: float) -> Metrics:
    """Return all metrics on one set of rows."""
    counts = count_alerts(target, probabilities >= threshold)
    return Metrics(
        accuracy=counts.accuracy,
        precision=counts.precision,
        recall=counts.recall,
        f1=counts.f1,
        auc=auc(target, probabilities),
        average_precision=float(average_precision_score(target, probabilities)),
        brier=float(brier_score_loss(target, probabilities)),
        ece=expected_calibration_error(target, probabilities),
    )


def auc(target: Target, scores: Scores) -> float:
    """Return how often a positive row outranks a negative one.

    The same as scikit-learn's, which spends ten times as long on checks.
    """
    positive = int(target.sum())
    negative = len(target) - positive
    rank_sum = rankdata(scores)[target == 1].sum()
    outranked = rank_sum - positive * (positive + 1) / 2
    return float(outranked / (positive * negative))


def count_alerts(target: Target, alerts: NDArray[np.bool_]) -> AlertCounts:
    """Count alerts, readmissions and the readmissions that were found."""
    return AlertCounts(
        rows=len(target),
        alerts=int(alerts.sum()),
        readmissions=int(target.sum()),
        found=int(target[alerts].sum()),
    )


def best_threshold(target: Target, probabilities: Scores) -> float:
    """Return the threshold with the highest F1: half-way between two probabilities, the lowest one of equals."""
    order = np.argsort(-probabilities, kind="stable")
    ranked = probabilities[order]
    found = np.cumsum(target[order])
    last_of_equals = np.flatnonzero(np.append(ranked[:-1] > ranked[1:], False))
    if not len(last_of_equals):
        return float(ranked[0])
    alerts = last_of_equals + 1
    f1 = 2 * found[last_of_equals] / (alerts + found[-1])
    lowest_of_best = len(f1) - 1 - int(np.argmax(f1[::-1]))
    cut = last_of_equals[lowest_of_best]
    return float((ranked[cut] + ranked[cut + 1]) / 2)


def expected_calibration_error(target: Target, probabilities: Scores) -> float:
    """Return the mean distance of predicted from observed risk over ten equally full bins."""
    distances = 0.0
    for predicted, observed, rows in reliability(target, probabilities):
        distances += abs(predicted - observed) * rows
    return float(distances / len(target))


def reliability(
    target: Target, probabilities: Scores, bins: int = CALIBRATION_BINS
) -> list[tuple[float, float, int]]:
    """Return predicted risk, observed risk and rows of equally full bins."""
    order = np.argsort(probabilities, kind="stable")
    found = []
    for rows in np.array_split(order, bins):
        if len(rows):
            predicted = float(probabilities[rows].mean())
            observed = float(target[rows].mean())
            found.append((predicted, observed, len(rows)))
    return found


def operating_points(
    target: Target, probabilities: Scores, threshold: float
) -> list[OperatingPoint]:
    """Return the stored threshold and those that alert for 1 to 50 of 100 patients."""
    quantiles = [1 - share for share in _ALERT_SHARES]
    thresholds = {threshold, *np.quantile(probabilities, quantiles).tolist()}
    highest_first = sorted(thresholds, reverse=True)
    return [_operating_point(target, probabilities, cut) for cut in highest_first]


def _operating_point(target: Target, probabilities: Scores, threshold: float) -> OperatingPoint:
    alerts = probabilities >= threshold
    counts = count_alerts(target, alerts)
    false_alarms = counts.alerts - counts.found
    cost_of_false_alarm = threshold / (1 - threshold)
    net_benefit = (counts.found - false_alarms * cost_of_false_alarm) / counts.rows
    return OperatingPoint(
        threshold=threshold,
        alerts_per_100=100 * float(alerts.mean()),
        sensitivity=counts.recall,
        ppv=counts.precision,
        net_benefit=float(net_benefit),
    )
