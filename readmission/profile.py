"""What rows look like, field by field, as shares of few bins: what drift is measured against."""

from typing import Any

import numpy as np
import pandas as pd

from readmission.features import DIAGNOSES, icd9_chapter, icd9_group
from readmission.schema import FIELD_BY_NAME, FIELDS, Field

Profile = dict[str, dict[str, Any]]
"""For each field its ``bins`` (edges of numbers, names of categories) and the ``counts`` in them."""

NUMBER_BINS = 10
CATEGORIES = 15
REST = "(rest)"


def build_profile(rows: pd.DataFrame) -> Profile:
    """Choose bins for every field from training rows, and count."""
    bins = {field.name: _bins(field, _values(field, rows)) for field in FIELDS}
    return {name: {"bins": edges, "counts": count(name, edges, rows)} for name, edges in bins.items()}


def count(name: str, bins: list[Any], rows: pd.DataFrame) -> list[int]:
    """Count rows in given bins; values that are missing count nowhere."""
    field = FIELD_BY_NAME[name]
    values = _values(field, rows)
    if field.domain.kind == "integer":
        inner = np.searchsorted(bins, values.to_numpy(dtype=float), side="right")
        return [int(number) for number in np.bincount(inner, minlength=len(bins) + 1)]
    known = values.where(values.isin(bins), REST).value_counts()
    return [int(known.get(one, 0)) for one in bins]


def _bins(field: Field, values: "pd.Series[Any]") -> list[Any]:
    if field.domain.kind == "integer":
        quantiles = np.quantile(values.to_numpy(dtype=float), np.linspace(0, 1, NUMBER_BINS + 1)[1:-1], method="lower")
        return [float(edge) + 0.5 for edge in np.unique(quantiles)]
    return [*map(str, values.value_counts().index[:CATEGORIES]), REST]


def _values(field: Field, rows: pd.DataFrame) -> "pd.Series[Any]":
    """Return the values that are there; diagnoses by their group."""
    values = rows[field.name].dropna()
    return (
        values.map({code: icd9_group(icd9_chapter(code)) for code in values.unique()})
        if field.name in DIAGNOSES
        else values
    )
