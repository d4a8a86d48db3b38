"""Scores of the forests become probabilities: two numbers, learnt from rows that no tree had seen."""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from readmission.arrays import Scores, Target

FLOOR = 1e-6
"""No score counts as nearer to 0 or 1 than this."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A straight line in log-odds (Platt): keeps the order of patients, corrects how sure the forests are."""

    slope: float = 1.0
    intercept: float = 0.0

    def apply(self, scores: Scores) -> Scores:
        """Return the probability of each score."""
        return 1.0 / (1.0 + np.exp(-(self.slope * log_odds(scores) + self.intercept)))


def log_odds(scores: Scores) -> Scores:
    """Return the log-odds of scores, bounded by ``FLOOR``."""
    bounded = np.clip(scores, FLOOR, 1.0 - FLOOR)
    return np.asarray(np.log(bounded / (1.0 - bounded)), dtype=np.float64)


def fit_calibration(scores: Scores, target: Target) -> Calibration:
    """Fit the line to scores of unseen rows (out-of-bag); rows without a score are left out."""
    seen = np.isfinite(scores)
    line = LogisticRegression(C=np.inf, solver="newton-cholesky").fit(
        log_odds(scores[seen])[:, None], target[seen]
    )
    return Calibration(float(line.coef_[0, 0]), float(line.intercept_[0]))
