"""Tell whether the patients of today look like those that the model learnt from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency

from readmission.monitoring.field_profile import Profile, count
from readmission.schema import FIELDS

SMALL, LARGE = 0.10, 0.20
"""The usual reading of the population stability index: below 0.1 stable, from 0.2 on shifted."""
SIGNIFICANCE = 0.001
ENOUGH_ROWS = 300
_FLOOR = 0.0005

State = Literal["too few rows", "stable", "watch", "drifted"]


@dataclass(frozen=True, slots=True)
class FieldDrift:
    """How far one field moved; ``p_value`` is that of a chi-squared test on the same bins."""

    field: str
    rows: int
    psi: float
    p_value: float

    @property
    def shifted(self) -> bool:
        """Whether the shift is large and not chance."""
        return self.rows >= ENOUGH_ROWS and self.psi >= LARGE and self.p_value < SIGNIFICANCE

    @property
    def state(self) -> State:
        """The verdict on this field alone."""
        if self.rows < ENOUGH_ROWS:
            return "too few rows"
        if self.shifted:
            return "drifted"
        return "watch" if self.psi >= SMALL else "stable"


@dataclass(frozen=True, slots=True)
class DriftReport:
    """All fields, the largest shift first, and what follows from them."""

    source: str
    rows: int
    state: State
    reason: str
    fields: Sequence[FieldDrift]

    @property
    def retrain(self) -> bool:
        """Whether the model should be trained anew."""
        return self.state == "drifted"


def measure_drift(source: str, training: Profile, rows: pd.DataFrame) -> DriftReport:
    """Compare rows with the training data, field by field."""
    moved = [_field_drift(name, training, rows) for name in training]
    fields = sorted(moved, key=lambda one: -one.psi)
    state, reason = _verdict(len(rows), fields)
    return DriftReport(source, len(rows), state, reason, fields)


def stability_index(expected: Sequence[int], actual: Sequence[int]) -> float:
    """Return the population stability index of two counts over the same bins."""
    shares = [np.maximum(np.asarray(one) / max(sum(one), 1), _FLOOR) for one in (expected, actual)]
    return float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))


def without_defaults(rows: pd.DataFrame) -> pd.DataFrame:
    """Blank the further fields of rows that left all of them out: a default is not an observation."""
    further = {field.name: field.default for field in FIELDS if not field.original}
    told = np.any(
        [rows[name].notna() & (rows[name] != default) for name, default in further.items()], axis=0
    )
    return rows.assign(**{name: rows[name].where(told) for name in further})


def _field_drift(name: str, training: Profile, rows: pd.DataFrame) -> FieldDrift:
    expected = training[name]["counts"]
    actual = count(name, training[name]["bins"], rows)
    met = np.array([expected, actual])[:, np.add(expected, actual) > 0]
    testable = met.shape[1] > 1 and met.sum(axis=1).all()
    p_value = float(chi2_contingency(met).pvalue) if testable else 1.0
    return FieldDrift(
        name, sum(actual), stability_index(expected, actual) if sum(actual) else 0.0, p_value
    )


def _verdict(rows: int, fields: Sequence[FieldDrift]) -> tuple[State, str]:
    if rows < ENOUGH_ROWS:
        return "too few rows", f"{rows} rows; {ENOUGH_ROWS} tell something."
    if shifted := [one for one in fields if one.shifted]:
        return "drifted", "; ".join(f"{one.field}: PSI {one.psi:.2f}" for one in shifted[:5])
    if fields[0].psi >= SMALL:
        return "watch", f"{fields[0].field}: PSI {fields[0].psi:.2f}, below {LARGE}."
    return "stable", f"No field's PSI reaches {SMALL}."
