"""What rows look like, field by field, as shares of few bins: what drift is measured against."""

from typing import Any

import numpy as np
import pandas as pd

from readmission.features.signals import DIAGNOSES, icd9_chapter, icd9_group
from readmission.schema import FIELD_BY_NAME, FIELDS, Field

Profile = dict[str, dict[str, Any]]
"""For each field its ``bins`` (edges of numbers, names of categories) and the ``counts`` in them."""

NUMBER_BINS = 10
CATEGORIES = 15
REST = "(rest)"


def build_profile(rows: pd.DataFrame) -> Profile:
    """Choose bins for every field from training rows, and count."""
    return {field.name: _profile(field, _values(field, rows)) for field in FIELDS}


def count(name: str, bins: list[Any], rows: pd.DataFrame) -> list[int]:
    """Count rows in given bins; values that are missing count nowhere."""
    field = FIELD_BY_NAME[name]
    return _count(field, bins, _values(field, rows))


def _profile(field: Field, values: "pd.Series[int]") -> dict[str, Any]:
    bins = _bins(field, values)
    return {"bins": bins, "counts": _count(field, bins, values)}


def _count(field: Field, bins: list[Any], values: "pd.Series[int]") -> list[int]:
    if field.domain.kind == "integer":
        places = np.searchsorted(bins, values.index.to_numpy(dtype=float), side="right")
        return [
            int(number)
            for number in np.bincount(places, values.to_numpy(), minlength=len(bins) + 1)
        ]
    rest = values[~values.index.isin(bins)].sum() + values.get(REST, 0)
    return [*(int(values.get(one, 0)) for one in bins[:-1]), int(rest)]


def _bins(field: Field, values: "pd.Series[int]") -> list[Any]:
    if field.domain.kind != "integer":
        return [*map(str, values.index[:CATEGORIES]), REST]
    ordered = values.sort_index()
    share = ordered.cumsum() / ordered.sum()
    edges = {
        float(share.index[share >= part][0]) for part in np.linspace(0, 1, NUMBER_BINS + 1)[1:-1]
    }
    return [edge + 0.5 for edge in sorted(edges)]


def _values(field: Field, rows: pd.DataFrame) -> "pd.Series[int]":
    """Return how often each value is there; diagnoses by their group."""
    values = rows[field.name].value_counts()
    if field.name not in DIAGNOSES:
        return values
    return (
        values.groupby([icd9_group(icd9_chapter(code)) for code in values.index])
        .sum()
        .sort_values(ascending=False)
    )
