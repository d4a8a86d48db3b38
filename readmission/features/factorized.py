"""Columns by their distinct values, so that work is done once a value instead of once a row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.features.signals import FEATURE_FIELDS, Value
from readmission.schema import CODE_GROUP_BY_FIELD, FIELD_BY_NAME

ImputedCodes = Mapping[str, Mapping[str, str]]
"""For each field of a finer code: the code that stands in for each Spanish group."""


@dataclass(frozen=True, slots=True)
class FactorizedColumn:
    """A column: its distinct ``values`` in order of appearance, and for each row the index of its value."""

    values: list[Value]
    codes: NDArray[np.int64]


def factorize_columns(rows: pd.DataFrame, imputed: ImputedCodes) -> dict[str, FactorizedColumn]:
    """Return the column of every feature field; a missing column has its field's default in every row."""
    return {name: _factorize(_column(name, rows, imputed)) for name in FEATURE_FIELDS}


def _factorize(column: "pd.Series[Any]") -> FactorizedColumn:
    codes, distinct = pd.factorize(column, use_na_sentinel=False)
    values = [None if pd.isna(value) else value for value in distinct.tolist()]
    return FactorizedColumn(values, np.asarray(codes, dtype=np.int64))


def _column(name: str, rows: pd.DataFrame, imputed: ImputedCodes) -> "pd.Series[Any]":
    """Return a field's column, with a missing code replaced by the usual code of its Spanish group."""
    values = _column_or_default(name, rows)
    if name not in CODE_GROUP_BY_FIELD or not values.isna().any():
        return values
    groups = _column_or_default(CODE_GROUP_BY_FIELD[name].group_field, rows)
    return values.where(values.notna(), groups.map(imputed[name]))


def _column_or_default(name: str, rows: pd.DataFrame) -> "pd.Series[Any]":
    if name in rows:
        return rows[name]
    return pd.Series(FIELD_BY_NAME[name].default, index=rows.index, dtype=object)
