"""Platt calibration: two numbers turn the forests' scores into probabilities, fitted on out-of-bag rows."""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from readmission.arrays import Scores, Target

FLOOR = 1e-6
"""Scores are clipped to this distance from 0 and 1."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A linear correction in log-odds (Platt scaling): it keeps the order of patients."""

    slope: float = 1.0
    intercept: float = 0.0

    def apply(self, scores: Scores) -> Scores:
        """Return the probability of each score."""
        calibrated = self.slope * log_odds(scores) + self.intercept
        return 1.0 / (1.0 + np.exp(-calibrated))


def log_odds(scores: Scores) -> Scores:
    """Return the log-odds of scores, bounded by ``FLOOR``."""
    bounded = np.clip(scores, FLOOR, 1.0 - FLOOR)
    return np.asarray(np.log(bounded / (1.0 - bounded)), dtype=np.float64)


def fit_calibration(scores: Scores, target: Target) -> Calibration:
    """Fit the calibration to out-of-bag scores; rows whose score is NaN are left out."""
    scored = np.isfinite(scores)
    features = log_odds(scores[scored])[:, None]
    model = LogisticRegression(C=np.inf, solver="newton-cholesky")
    model.fit(features, target[scored])
    return Calibration(float(model.coef_[0, 0]), float(model.intercept_[0]))
