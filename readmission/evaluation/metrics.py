"""Metrics of a model: at a threshold, over all thresholds, of its calibration; operating points."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score, brier_score_loss

from readmission.arrays import Scores, Target

CALIBRATION_BINS = 10
"""Bins with equally many rows each, over which predicted and observed risk are compared."""

_ALERT_SHARES = (0.01, 0.02, 0.05, 0.10, 0.15, 0.20, 0.30, 0.40, 0.50)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The legacy project's four metrics at a threshold, and four that need no threshold.

    ``brier`` is the Brier score, ``ece`` the expected calibration error; lower is better for both.
    """

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
        named = {}
        metrics = asdict(self)
        for name, value in metrics.items():
            prefixed_name = f"{prefix}{name}"
            named[prefixed_name] = value
        return named


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The effect of a threshold on a ward.

    ``net_benefit`` is that of decision curve analysis: true alerts per patient, minus false ones
    weighted by the odds of the threshold.
    """

    threshold: float
    alerts_per_100: float
    sensitivity: float
    ppv: float
    net_benefit: float


@dataclass(frozen=True, slots=True)
class AlertCounts:
    """Counts of alerts and readmissions on a set of rows; a ratio with nothing to count is 0.

    ``true_alerts`` are the rows with both (true positives).
    """

    rows: int
    alerts: int
    readmissions: int
    true_alerts: int

    @property
    def accuracy(self) -> float:
        """Share of the rows on which alert and outcome agree."""
        missed = self.readmissions - self.true_alerts
        disagreeing = self.false_alerts + missed
        agreeing = self.rows - disagreeing
        return agreeing / self.rows

    @property
    def false_alerts(self) -> int:
        """Alerts without a readmission (false positives)."""
        return self.alerts - self.true_alerts

    @property
    def precision(self) -> float:
        """Share of the alerts that are true, which clinicians call PPV."""
        return self.true_alerts / max(self.alerts, 1)

    @property
    def recall(self) -> float:
        """Share of the readmissions with an alert, which clinicians call sensitivity."""
        return self.true_alerts / max(self.readmissions, 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.alerts + self.readmissions
        if total == 0:
            return 0.0
        return 2 * self.true_alerts / total


def evaluate(target: Target, probabilities: Scores, threshold: float) -> Metrics:
    """Return all metrics on one set of rows."""
    counts = count_alerts(target, probabilities >= threshold)
    average_precision = average_precision_score(target, probabilities)
    brier = brier_score_loss(target, probabilities)
    return Metrics(
        accuracy=counts.accuracy,
        precision=counts.precision,
        recall=counts.recall,
        f1=counts.f1,
        auc=auc(target, probabilities),
        average_precision=float(average_precision),
        brier=float(brier),
        ece=expected_calibration_error(target, probabilities),
    )


def auc(target: Target, scores: Scores) -> float:
    """Return the area under the ROC curve.

    It equals scikit-learn's, which spends ten times as long on checks. This is the Mann-Whitney U
    statistic: the share of pairs in which the positive row has the higher score.
    """
    positives = int(target.sum())
    negatives = len(target) - positives
    pairs = positives * negatives

    ranks = rankdata(scores)
    is_positive = target == 1
    rank_sum = ranks[is_positive].sum()
    lowest_rank_sum = positives * (positives + 1) / 2

    u_statistic = rank_sum - lowest_rank_sum
    return float(u_statistic / pairs)


def count_alerts(target: Target, alerts: NDArray[np.bool_]) -> AlertCounts:
    """Count alerts, readmissions and the rows with both."""
    target_of_alerts = target[alerts]
    return AlertCounts(
        rows=len(target),
        alerts=int(alerts.sum()),
        readmissions=int(target.sum()),
        true_alerts=int(target_of_alerts.sum()),
    )


def best_threshold(target: Target, probabilities: Scores) -> float:
    """Return the threshold with the highest F1, half-way between two neighbouring probabilities.

    Of several such thresholds it is the lowest.
    """
    order = np.argsort(-probabilities, kind="stable")
    falling = probabilities[order]
    true_alerts = np.cumsum(target[order])
    readmissions = true_alerts[-1]

    # A threshold fits after each row whose probability is higher than that of the next row.
    last_alerts = np.flatnonzero(falling[:-1] > falling[1:])
    if not len(last_alerts):
        return float(falling[0])

    alerts = last_alerts + 1
    total = alerts + readmissions
    f1 = 2 * true_alerts[last_alerts] / total

    # The probabilities fall, so the last of several best rows has the lowest threshold.
    best = np.flatnonzero(f1 == f1.max())
    last_alert = last_alerts[best[-1]]
    neighbours = falling[last_alert : last_alert + 2]
    return float(neighbours.sum() / 2)


def expected_calibration_error(target: Target, probabilities: Scores) -> float:
    """Return the mean distance between predicted and observed risk over bins of equal size."""
    total_distance = 0.0
    for predicted, observed, rows in reliability(target, probabilities):
        distance = abs(predicted - observed)
        total_distance += distance * rows
    return float(total_distance / len(target))


def reliability(
    target: Target, probabilities: Scores, bins: int = CALIBRATION_BINS
) -> list[tuple[float, float, int]]:
    """Return mean predicted risk, observed risk and number of rows of bins of equal size."""
    order = np.argsort(probabilities, kind="stable")
    points = []
    for rows in np.array_split(order, bins):
        if len(rows) == 0:
            continue
        predicted = probabilities[rows].mean()
        observed = target[rows].mean()
        point = (float(predicted), float(observed), len(rows))
        points.append(point)

    return points


def operating_points(
    target: Target, probabilities: Scores, threshold: float
) -> list[OperatingPoint]:
    """Return the model's threshold and those that alert for 1 to 50 of 100 patients.

    The highest threshold comes first.
    """
    quantiles = [1 - share for share in _ALERT_SHARES]
    alternatives = np.quantile(probabilities, quantiles)
    thresholds = {threshold, *alternatives.tolist()}

    points = []
    for cut in sorted(thresholds, reverse=True):
        point = _operating_point(target, probabilities, cut)
        points.append(point)
    return points


def _operating_point(target: Target, probabilities: Scores, threshold: float) -> OperatingPoint:
    alerts = probabilities >= threshold
    counts = count_alerts(target, alerts)
    cost_of_false_alert = threshold / (1 - threshold)
    benefit = counts.true_alerts - counts.false_alerts * cost_of_false_alert
    net_benefit = benefit / counts.rows
    return OperatingPoint(
        threshold=threshold,
        alerts_per_100=100 * float(alerts.mean()),
        sensitivity=counts.recall,
        ppv=counts.precision,
        net_benefit=float(net_benefit),
    )
