"""The model on parts of the patients: by race, gender and age."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.arrays import Scores, Target
from readmission.evaluation.metrics import at_threshold, auc

AGE_BANDS = ((0, 49), (50, 64), (65, 79), (80, 120))
FEWEST_POSITIVE = 10
"""A slice with fewer readmissions tells nothing."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One part of the patients; ``predicted`` beside ``observed`` is its calibration."""

    field: str
    value: str
    rows: int
    auc: float
    sensitivity: float
    ppv: float
    predicted: float
    observed: float


def slices(
    rows: pd.DataFrame, target: Target, probabilities: Scores, threshold: float
) -> list[Slice]:
    """Return every part that has enough readmissions."""
    found = []
    for field, value, member in _parts(rows):
        part, told = target[member], probabilities[member]
        if part.sum() >= FEWEST_POSITIVE:
            _, ppv, sensitivity, _ = at_threshold(part, told >= threshold)
            predicted, observed = float(told.mean()), float(part.mean())
            found.append(
                Slice(
                    field, value, len(part), auc(part, told), sensitivity, ppv, predicted, observed
                )
            )
    return found


def _parts(rows: pd.DataFrame) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    for field in ("race", "gender"):
        for value in sorted(rows[field].dropna().unique()):
            yield field, value, (rows[field] == value).to_numpy()
    yield "race", "(missing)", rows["race"].isna().to_numpy()
    for low, high in AGE_BANDS:
        yield "age", f"{low}-{high}", rows["age"].between(low, high).to_numpy()
