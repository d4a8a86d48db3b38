"""An exported model, which has to agree with the scikit-learn model on every row."""

from dataclasses import dataclass

import numpy as np

from readmission.arrays import Scores
from readmission.errors import BrokenModelError

TOLERANCE = 1e-5


@dataclass(frozen=True, slots=True)
class Exported:
    """The bytes of the ONNX file, its threshold, and its probabilities of the rows it was checked on."""

    content: bytes
    threshold: float
    probabilities: Scores

    def require_agreement(self, probabilities: Scores, threshold: float) -> float:
        """Return the largest difference in probability; raises BrokenModelError beyond TOLERANCE or on any decision."""
        difference = float(np.abs(probabilities - self.probabilities).max())
        decisions = probabilities >= threshold
        exported_decisions = self.probabilities >= self.threshold
        changed = int(np.sum(decisions != exported_decisions))
        if difference > TOLERANCE or changed:
            raise BrokenModelError(
                f"ONNX and scikit-learn differ by {difference:.2g}; {changed} decisions differ."
            )
        return difference
