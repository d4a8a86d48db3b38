"""The arrays that features, models and metrics pass to one another."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.schema import TARGET

Scores = NDArray[np.float64]

Target = NDArray[np.int64]


def target_of(rows: pd.DataFrame) -> Target:
    """Return the target of rows as whole numbers."""
    return rows[TARGET].to_numpy(dtype=np.int64)


Matrix = NDArray[np.float32]
