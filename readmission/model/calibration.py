"""Platt calibration: a linear correction in log-odds turns the forests' scores into probabilities.

It is fitted on out-of-bag scores, because a forest scores its own training rows too well.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from readmission.arrays import Scores, Target

FLOOR = 1e-6
"""Scores are clipped to this distance from 0 and 1, where log-odds would be infinite."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Slope and intercept of the correction; it keeps the order of patients."""

    slope: float = 1.0
    intercept: float = 0.0

    def apply(self, scores: Scores) -> Scores:
        """Return the probability of each score."""
        calibrated = self.slope * log_odds(scores) + self.intercept
        return 1.0 / (1.0 + np.exp(-calibrated))


def log_odds(scores: Scores) -> Scores:
    """Return the log-odds of scores, bounded by ``FLOOR``."""
    bounded = np.clip(scores, FLOOR, 1.0 - FLOOR)
    odds = bounded / (1.0 - bounded)
    return np.asarray(np.log(odds), dtype=np.float64)


def fit_calibration(scores: Scores, target: Target) -> Calibration:
    """Fit the calibration to out-of-bag scores; rows whose score is NaN are left out."""
    has_score = np.isfinite(scores)
    features = log_odds(scores[has_score]).reshape(-1, 1)
    regression = LogisticRegression(C=np.inf, solver="newton-cholesky")
    regression.fit(features, target[has_score])
    slope = regression.coef_[0, 0]
    intercept = regression.intercept_[0]
    return Calibration(float(slope), float(intercept))
