"""Drift: whether today's patients still resemble those of the training data.

A field's shift is its population stability index (PSI): the sum over bins of
``(actual - expected) * ln(actual / expected)``, where both are the bin's share of the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2_contingency

from readmission.monitoring.field_profile import Profile, count
from readmission.schema import FIELDS

WATCH_PSI = 0.10
DRIFT_PSI = 0.20
"""The usual reading of the PSI: stable below 0.1, shifted from 0.2 on."""

SIGNIFICANCE = 0.001
ENOUGH_ROWS = 300

_LOWEST_SHARE = 0.0005
"""An empty bin gets this share, because the logarithm of 0 is infinite."""

_OPTIONAL_FIELDS = [field for field in FIELDS if not field.original]

State = Literal["too few rows", "stable", "watch", "drifted"]


@dataclass(frozen=True, slots=True)
class FieldDrift:
    """The shift of one field; ``p_value`` is that of a chi-squared test on the same bins."""

    field: str
    rows: int
    psi: float
    p_value: float

    @property
    def shifted(self) -> bool:
        """Whether the shift is large and unlikely to be chance."""
        return self.state == "drifted"

    @property
    def state(self) -> State:
        """The verdict on this field alone; what may be chance is no shift, however large it is."""
        if self.rows < ENOUGH_ROWS:
            return "too few rows"
        if self.psi < WATCH_PSI or self.p_value >= SIGNIFICANCE:
            return "stable"
        if self.psi < DRIFT_PSI:
            return "watch"
        return "drifted"


@dataclass(frozen=True, slots=True)
class DriftReport:
    """The drift of all fields, the largest shift first, with a verdict and its reason."""

    source: str
    rows: int
    state: State
    reason: str
    fields: Sequence[FieldDrift]

    @property
    def retrain(self) -> bool:
        """Whether to train the model again."""
        return self.state == "drifted"


def measure_drift(source: str, training: Profile, rows: pd.DataFrame) -> DriftReport:
    """Compare rows with the training data, field by field; ``source`` names the rows."""
    drifts = [_field_drift(name, training, rows) for name in training]
    largest_first = sorted(drifts, key=lambda drift: -drift.psi)
    state, reason = _verdict(len(rows), largest_first)
    return DriftReport(
        source=source,
        rows=len(rows),
        state=state,
        reason=reason,
        fields=largest_first,
    )


def without_defaults(rows: pd.DataFrame) -> pd.DataFrame:
    """Blank the optional fields of rows that omit all of them: a default is not an observation."""
    has_optional_values = _has_optional_values(rows)
    observed = rows.copy()
    for field in _OPTIONAL_FIELDS:
        values = rows[field.name]
        observed[field.name] = values.where(has_optional_values)
    return observed


def _has_optional_values(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Return for each row whether any optional field has a value other than its default."""
    has_values = np.zeros(len(rows), dtype=bool)
    for field in _OPTIONAL_FIELDS:
        values = rows[field.name]
        differs = values != field.default
        is_given = values.notna() & differs
        has_values |= is_given.to_numpy(dtype=bool)
    return has_values


def stability_index(expected: Sequence[int], actual: Sequence[int]) -> float:
    """Return the population stability index (PSI) of two lists of counts in the same bins."""
    expected_shares = _shares(expected)
    actual_shares = _shares(actual)
    log_ratio = np.log(actual_shares / expected_shares)
    difference = actual_shares - expected_shares
    return float(np.sum(difference * log_ratio))


def _shares(counts: Sequence[int]) -> NDArray[np.float64]:
    """Return the share of each bin, none of them 0."""
    total = max(sum(counts), 1)
    shares = np.asarray(counts) / total
    return np.maximum(shares, _LOWEST_SHARE)


def _field_drift(name: str, training: Profile, rows: pd.DataFrame) -> FieldDrift:
    bins = training[name]["bins"]
    expected = training[name]["counts"]
    actual = count(name, bins, rows)
    observed = sum(actual)
    psi = stability_index(expected, actual) if observed else 0.0
    return FieldDrift(
        field=name,
        rows=observed,
        psi=psi,
        p_value=_p_value(expected, actual),
    )


def _p_value(expected: Sequence[int], actual: Sequence[int]) -> float:
    """Return the p-value of a chi-squared test on the bins that are not empty.

    It is 1 if there are fewer than two such bins or no rows on one side.
    """
    counts = np.array([expected, actual])
    total_of_bin = counts.sum(axis=0)
    is_filled = total_of_bin > 0
    if is_filled.sum() < 2:
        return 1.0

    counts = counts[:, is_filled]
    total_of_side = counts.sum(axis=1)
    if not total_of_side.all():
        return 1.0

    test = chi2_contingency(counts)
    return float(test.pvalue)


def _verdict(rows: int, fields: Sequence[FieldDrift]) -> tuple[State, str]:
    """Return state and reason; ``fields`` come with the largest shift first."""
    if rows < ENOUGH_ROWS:
        return "too few rows", f"At least {ENOUGH_ROWS} are needed."

    shifted = [drift for drift in fields if drift.shifted]
    if shifted:
        largest = [_describe(drift) for drift in shifted[:5]]
        return "drifted", "; ".join(largest)

    watched = [drift for drift in fields if drift.state == "watch"]
    if watched:
        first = watched[0]
        return "watch", f"{_describe(first)}, below {DRIFT_PSI}."
    return "stable", f"No field's PSI reaches {WATCH_PSI} by more than chance."


def _describe(drift: FieldDrift) -> str:
    return f"{drift.field}: PSI {drift.psi:.2f}"
