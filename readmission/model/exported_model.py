"""A model exported to ONNX, which must agree with the scikit-learn model on every row."""

from dataclasses import dataclass

import numpy as np

from readmission.arrays import Scores
from readmission.errors import BrokenModelError

TOLERANCE = 1e-5
"""Largest difference in probability that is accepted."""


@dataclass(frozen=True, slots=True)
class Exported:
    """The ONNX file's content, its threshold, and its probabilities on the rows to check."""

    content: bytes
    threshold: float
    probabilities: Scores

    def require_agreement(self, probabilities: Scores, threshold: float) -> float:
        """Compare with the scikit-learn model, and return the largest difference in probability.

        Raises BrokenModelError if it exceeds ``TOLERANCE`` or if any decision differs.
        """
        differences = np.abs(probabilities - self.probabilities)
        difference = float(differences.max())

        decisions = probabilities >= threshold
        exported_decisions = self.probabilities >= self.threshold
        changed = np.count_nonzero(decisions != exported_decisions)

        if difference > TOLERANCE or changed:
            raise BrokenModelError(
                f"ONNX and scikit-learn differ by {difference:.2g}; {changed} decisions differ."
            )
        return difference
