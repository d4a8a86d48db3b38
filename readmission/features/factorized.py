"""Columns by their different values: what has to be worked out for each value is worked out once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.features.signals import FEATURE_FIELDS, GROUP_OF, Value
from readmission.schema import FIELD_BY_NAME

Fills = Mapping[str, Mapping[str, str]]
"""For each field of a finer code: the code that stands in for each Spanish group."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A column: the different ``values`` in the order in which they were met, and each row's place among them."""

    values: list[Value]
    places: NDArray[np.int64]


def code_columns(rows: pd.DataFrame, fills: Fills) -> dict[str, Coded]:
    """Return the column of each field that tells features; a field without a column has its default everywhere."""
    return {name: _coded(_column(name, rows, fills)) for name in FEATURE_FIELDS}


def _coded(column: "pd.Series[Any]") -> Coded:
    places, met = pd.factorize(column, use_na_sentinel=False)
    return Coded(
        [None if pd.isna(value) else value for value in met.tolist()],
        np.asarray(places, dtype=np.int64),
    )


def _column(name: str, rows: pd.DataFrame, fills: Fills) -> "pd.Series[Any]":
    values = _or_default(name, rows)
    if name not in GROUP_OF or not values.isna().any():
        return values
    return values.where(values.notna(), _or_default(GROUP_OF[name], rows).map(fills[name]))


def _or_default(name: str, rows: pd.DataFrame) -> "pd.Series[Any]":
    return (
        rows[name]
        if name in rows
        else pd.Series(FIELD_BY_NAME[name].default, index=rows.index, dtype=object)
    )
