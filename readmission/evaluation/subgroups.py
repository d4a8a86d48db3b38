"""Metrics of a model on subgroups of the patients: by race, gender and age."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.arrays import Scores, Target
from readmission.evaluation.metrics import auc, count_alerts

AGE_BANDS = ((0, 49), (50, 64), (65, 79), (80, 120))
FEWEST_READMISSIONS = 10
"""A subgroup with fewer readmissions is too small to measure."""


@dataclass(frozen=True, slots=True)
class Subgroup:
    """Metrics of one subgroup; ``predicted`` and ``observed`` are mean risks (its calibration)."""

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
    subgroups = []
    for field, value, members in _memberships(rows):
        observed = target[members]
        if observed.sum() < FEWEST_READMISSIONS:
            continue
        predicted = probabilities[members]
        counts = count_alerts(observed, predicted >= threshold)
        subgroup = Subgroup(
            field=field,
            value=value,
            rows=counts.rows,
            auc=auc(observed, predicted),
            sensitivity=counts.recall,
            ppv=counts.precision,
            predicted=float(predicted.mean()),
            observed=float(observed.mean()),
        )
        subgroups.append(subgroup)
    return subgroups


def _memberships(rows: pd.DataFrame) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Yield field, value and the mask of the rows that belong to each subgroup."""
    for field in ("race", "gender"):
        values = rows[field]
        distinct_values = values.dropna().unique()
        for value in sorted(distinct_values):
            members = values == value
            yield field, value, members.to_numpy()

    race_missing = rows["race"].isna()
    yield "race", "(missing)", race_missing.to_numpy()

    for low, high in AGE_BANDS:
        members = rows["age"].between(low, high)
        yield "age", f"{low}-{high}", members.to_numpy()
