"""Factorized columns: work is done once for each distinct value instead of once for each row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.features.signals import FEATURE_FIELDS, Value
from readmission.schema import CODE_GROUP_BY_FIELD, FIELD_BY_NAME

ImputedCodes = Mapping[str, Mapping[str, str]]
"""For each field of codes: the code that stands in for each Spanish group."""


@dataclass(frozen=True, slots=True)
class FactorizedColumn:
    """A column's distinct ``values``, in order of appearance, and for each row its value's index.

    The indices are called ``codes``, as in ``pandas.factorize``.
    """

    values: list[Value]
    codes: NDArray[np.int64]


def factorize_columns(rows: pd.DataFrame, imputed: ImputedCodes) -> dict[str, FactorizedColumn]:
    """Factorize the column of every feature field.

    A field without a column has its default in every row; a missing code is imputed.
    """
    factorized = {}
    for name in FEATURE_FIELDS:
        column = _imputed_column(name, rows, imputed)
        factorized[name] = _factorize(column)
    return factorized


def _factorize(column: "pd.Series[Any]") -> FactorizedColumn:
    codes, distinct = pd.factorize(column, use_na_sentinel=False)
    # NA counts as a value of its own, which is None in the schema.
    values = [_none_if_na(value) for value in distinct.tolist()]
    return FactorizedColumn(
        values=values,
        codes=codes.astype(np.int64, copy=False),
    )


def _none_if_na(value: Any) -> Value:
    if pd.isna(value):
        return None
    return value  # type: ignore[no-any-return]


def _imputed_column(name: str, rows: pd.DataFrame, imputed: ImputedCodes) -> "pd.Series[Any]":
    """Return a field's column; a missing code becomes the usual code of its Spanish group."""
    column = _column_or_default(name, rows)
    if name not in CODE_GROUP_BY_FIELD:
        return column
    is_missing = column.isna()
    if not is_missing.any():
        return column

    code_group = CODE_GROUP_BY_FIELD[name]
    groups = _column_or_default(code_group.group_field, rows)
    usual_codes = groups.map(imputed[name])
    return column.mask(is_missing, usual_codes)


def _column_or_default(name: str, rows: pd.DataFrame) -> "pd.Series[Any]":
    if name in rows:
        return rows[name]
    default = FIELD_BY_NAME[name].default
    return pd.Series(
        default,
        index=rows.index,
        dtype=object,
    )
