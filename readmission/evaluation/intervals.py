"""95 % intervals of metrics that were measured on few outcomes, by formula rather than resampling.

They are cheap enough for a response of the API, and treat predictions as independent.
"""

import math

import numpy as np
from numpy.typing import NDArray

from readmission.evaluation.metrics import AlertCounts

Z = 1.96
"""Standard errors on each side of an estimate that make 95 %."""
_SAMPLES = 2_000

Interval = tuple[float, float]


def share_interval(count: int, total: int) -> Interval:
    """Return Wilson's interval of a share; it holds for small counts, too."""
    share = count / total
    spread = Z**2 / total
    scale = 1 + spread
    centre = (share + spread / 2) / scale
    variance_of_share = share * (1 - share) / total
    correction = spread / (4 * total)
    half_width = Z * math.sqrt(variance_of_share + correction) / scale
    return _around(centre, half_width)


def mean_interval(values: NDArray[np.float64]) -> Interval:
    """Return the interval of a mean of at least two values between 0 and 1."""
    mean = float(values.mean())
    deviation = float(values.std(ddof=1))
    standard_error = deviation / math.sqrt(len(values))
    return _around(mean, Z * standard_error)


def auc_interval(auc: float, positives: int, negatives: int) -> Interval:
    """Return Hanley and McNeil's interval (Radiology 1982) of an area under the ROC curve."""
    two_positives = auc / (2 - auc)
    two_negatives = 2 * auc**2 / (1 + auc)
    of_one_pair = auc * (1 - auc)
    of_positives = (positives - 1) * (two_positives - auc**2)
    of_negatives = (negatives - 1) * (two_negatives - auc**2)
    pairs = positives * negatives
    variance = (of_one_pair + of_positives + of_negatives) / pairs
    half_width = Z * math.sqrt(max(variance, 0.0))
    return _around(auc, half_width)


def f1_interval(counts: AlertCounts, *, seed: int = 0) -> Interval:
    """Return the interval of F1, from resampled counts of the confusion matrix."""
    found = counts.true_alerts
    false_alerts = counts.false_alerts
    missed = counts.readmissions - found
    neither = counts.rows - found - false_alerts - missed
    confusion = np.array([found, false_alerts, missed, neither])
    random = np.random.default_rng(seed)
    samples = random.multinomial(counts.rows, confusion / counts.rows, size=_SAMPLES)
    samples_found, samples_false, samples_missed, _ = samples.T
    denominator = 2 * samples_found + samples_false + samples_missed
    scores = 2 * samples_found / np.maximum(denominator, 1)
    low, high = np.quantile(scores, [0.025, 0.975])
    return float(low), float(high)


def _around(estimate: float, half_width: float) -> Interval:
    """Return the interval around an estimate, cut to [0, 1]."""
    low = estimate - half_width
    high = estimate + half_width
    return max(low, 0.0), min(high, 1.0)
