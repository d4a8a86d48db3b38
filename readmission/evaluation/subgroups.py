"""How good the model is on subgroups of the patients: by race, gender and age."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.arrays import Scores, Target
from readmission.evaluation.metrics import auc, count_alerts

AGE_BANDS = ((0, 49), (50, 64), (65, 79), (80, 120))
FEWEST_READMISSIONS = 10
"""A subgroup with fewer readmissions is too small to be measured."""


@dataclass(frozen=True, slots=True)
class Subgroup:
    """One subgroup; ``predicted`` against ``observed`` risk is its calibration."""

    field: str
    value: str
    rows: int
    auc: float
    sensitivity: float
    ppv: float
    predicted: float
    observed: float


def measure_subgroups(
    rows: pd.DataFrame, target: Target, probabilities: Scores, threshold: float
) -> list[Subgroup]:
    """Return every subgroup that has enough readmissions."""
    found = []
    for field, value, member in _subgroups(rows):
        outcomes, predicted = target[member], probabilities[member]
        if outcomes.sum() < FEWEST_READMISSIONS:
            continue
        counts = count_alerts(outcomes, predicted >= threshold)
        found.append(
            Subgroup(
                field=field,
                value=value,
                rows=counts.rows,
                auc=auc(outcomes, predicted),
                sensitivity=counts.recall,
                ppv=counts.precision,
                predicted=float(predicted.mean()),
                observed=float(outcomes.mean()),
            )
        )
    return found


def _subgroups(rows: pd.DataFrame) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    for field in ("race", "gender"):
        for value in sorted(rows[field].dropna().unique()):
            yield field, value, (rows[field] == value).to_numpy()
    yield "race", "(missing)", rows["race"].isna().to_numpy()
    for low, high in AGE_BANDS:
        yield "age", f"{low}-{high}", rows["age"].between(low, high).to_numpy()
