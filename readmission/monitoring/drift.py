"""Drift: whether the patients of today still look like those that the model learned from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
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
        """Whether the model should be trained again."""
        return self.state == "drifted"


def measure_drift(source: str, training: Profile, rows: pd.DataFrame) -> DriftReport:
    """Compare rows with the training data, field by field."""
    drifts = [_field_drift(name, training, rows) for name in training]
    fields = sorted(drifts, key=lambda drift: -drift.psi)
    state, reason = _verdict(len(rows), fields)
    return DriftReport(source, len(rows), state, reason, fields)


def stability_index(expected: Sequence[int], actual: Sequence[int]) -> float:
    """Return the population stability index (PSI) of two counts over the same bins."""
    expected_shares, actual_shares = _shares(expected), _shares(actual)
    ratio = np.log(actual_shares / expected_shares)
    return float(np.sum((actual_shares - expected_shares) * ratio))


def without_defaults(rows: pd.DataFrame) -> pd.DataFrame:
    """Blank the optional fields of rows that left all of them out: a default is not an observation."""
    defaults = {field.name: field.default for field in FIELDS if not field.original}
    given = [rows[name].notna() & (rows[name] != default) for name, default in defaults.items()]
    any_given = np.any(given, axis=0)
    return rows.assign(**{name: rows[name].where(any_given) for name in defaults})


def _shares(counts: Sequence[int]) -> NDArray[np.float64]:
    """Return the share of each bin, none of them 0."""
    shares = np.asarray(counts) / max(sum(counts), 1)
    return np.maximum(shares, _FLOOR)


def _field_drift(name: str, training: Profile, rows: pd.DataFrame) -> FieldDrift:
    expected = training[name]["counts"]
    actual = count(name, training[name]["bins"], rows)
    observed = sum(actual)
    psi = stability_index(expected, actual) if observed else 0.0
    return FieldDrift(name, observed, psi, _p_value(expected, actual))


def _p_value(expected: Sequence[int], actual: Sequence[int]) -> float:
    """Return the p-value of a chi-squared test on the bins that are not empty; 1 where there is nothing to test."""
    counts = np.array([expected, actual])
    counts = counts[:, counts.sum(axis=0) > 0]
    testable = counts.shape[1] > 1 and counts.sum(axis=1).all()
    return float(chi2_contingency(counts).pvalue) if testable else 1.0


def _verdict(rows: int, fields: Sequence[FieldDrift]) -> tuple[State, str]:
    if rows < ENOUGH_ROWS:
        return "too few rows", f"{rows} rows. At least {ENOUGH_ROWS} are needed."
    shifted = [drift for drift in fields if drift.shifted]
    if shifted:
        largest = [f"{drift.field}: PSI {drift.psi:.2f}" for drift in shifted[:5]]
        return "drifted", "; ".join(largest)
    if fields[0].psi >= SMALL:
        return "watch", f"{fields[0].field}: PSI {fields[0].psi:.2f}, below {LARGE}."
    return "stable", f"No field's PSI reaches {SMALL}."
