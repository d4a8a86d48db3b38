"""A model in the form that serves: it must say what the model itself says, of every row it is asked."""

from dataclasses import dataclass

import numpy as np

from readmission.arrays import Scores
from readmission.errors import BrokenModelError

TOLERANCE = 1e-5


@dataclass(frozen=True, slots=True)
class Exported:
    """The bytes of the serving form, its threshold, and what it says of the rows that it was asked."""

    content: bytes
    threshold: float
    probabilities: Scores

    def require_agreement(self, probabilities: Scores, threshold: float) -> float:
        """Return the largest difference in probability; raises BrokenModelError beyond TOLERANCE or on any decision."""
        difference = float(np.abs(probabilities - self.probabilities).max())
        flipped = int(
            np.sum((probabilities >= threshold) != (self.probabilities >= self.threshold))
        )
        if difference > TOLERANCE or flipped:
            raise BrokenModelError(
                f"ONNX and scikit-learn differ by {difference:.2g}; {flipped} decisions differ."
            )
        return difference
