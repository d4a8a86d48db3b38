"""95 % intervals of metrics that were measured on few outcomes, by formula rather than resampling.

They are cheap enough for a response of the API, and treat predictions as independent.
"""

import math

import numpy as np
from numpy.typing import NDArray

from readmission.evaluation.metrics import AlertCounts

Z = 1.96
"""Standard errors on each side of an estimate that make 95 %."""
_DRAWS = 2_000

Interval = tuple[float, float]


def share_interval(count: int, total: int) -> Interval:
    """Return Wilson's interval of a share; it holds for small counts, too."""
    share = count / total
    spread = Z**2 / total
    centre = (share + spread / 2) / (1 + spread)
    half_width = Z * math.sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    return _within_unit(centre - half_width, centre + half_width)


def mean_interval(values: NDArray[np.float64]) -> Interval:
    """Return the interval of a mean of at least two values between 0 and 1."""
    mean = float(values.mean())
    error = float(values.std(ddof=1)) / math.sqrt(len(values))
    return _within_unit(mean - Z * error, mean + Z * error)


def auc_interval(auc: float, positives: int, negatives: int) -> Interval:
    """Return Hanley and McNeil's interval (Radiology 1982) of an area under the ROC curve."""
    two_positives = auc / (2 - auc)
    two_negatives = 2 * auc**2 / (1 + auc)
    variance = (
        auc * (1 - auc)
        + (positives - 1) * (two_positives - auc**2)
        + (negatives - 1) * (two_negatives - auc**2)
    ) / (positives * negatives)
    half_width = Z * math.sqrt(max(variance, 0.0))
    return _within_unit(auc - half_width, auc + half_width)


def f1_interval(counts: AlertCounts, *, seed: int = 0) -> Interval:
    """Return the interval of F1: the four counts of the confusion matrix are drawn again."""
    missed = counts.readmissions - counts.true_alerts
    found, false_alerts = counts.true_alerts, counts.false_alerts
    neither = counts.rows - found - false_alerts - missed
    shares = np.array([found, false_alerts, missed, neither]) / counts.rows
    random = np.random.default_rng(seed)
    draws = random.multinomial(counts.rows, shares, size=_DRAWS)
    twice_found = 2 * draws[:, 0]
    denominator = twice_found + draws[:, 1] + draws[:, 2]
    scores = twice_found / np.maximum(denominator, 1)
    low, high = np.quantile(scores, [0.025, 0.975])
    return float(low), float(high)


def _within_unit(low: float, high: float) -> Interval:
    return max(low, 0.0), min(high, 1.0)
