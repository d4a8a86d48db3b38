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
        scaled = self.slope * log_odds(scores)
        calibrated = scaled + self.intercept
        odds_against = np.exp(-calibrated)
        return 1.0 / (1.0 + odds_against)


def log_odds(scores: Scores) -> Scores:
    """Return the log-odds of scores, bounded by ``FLOOR``."""
    ceiling = 1.0 - FLOOR
    bounded = np.clip(scores, FLOOR, ceiling)
    odds = bounded / (1.0 - bounded)
    log_odds_of_scores = np.log(odds)
    return np.asarray(log_odds_of_scores, dtype=np.float64)


def fit_calibration(scores: Scores, target: Target) -> Calibration:
    """Fit the calibration to out-of-bag scores; rows whose score is NaN are left out."""
    has_score = np.isfinite(scores)
    scored = scores[has_score]
    outcomes = target[has_score]
    features = log_odds(scored).reshape(-1, 1)
    regression = LogisticRegression(C=np.inf, solver="newton-cholesky")
    regression.fit(features, outcomes)
    slope = regression.coef_[0, 0]
    intercept = regression.intercept_[0]
    return Calibration(
        slope=float(slope),
        intercept=float(intercept),
    )
