"""The arrays that features, models and metrics pass to one another."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.schema import TARGET

Matrix = NDArray[np.float32]
"""Encoded rows: a row for each encounter, a column for each feature."""

Scores = NDArray[np.float64]
Target = NDArray[np.int64]
"""1 for a readmission within 30 days, else 0."""


def target_of(rows: pd.DataFrame) -> Target:
    """Return the target of clean rows."""
    target = rows[TARGET]
    return target.to_numpy(dtype=np.int64)
