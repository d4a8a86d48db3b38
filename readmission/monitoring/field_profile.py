"""A profile of rows, field by field, as counts in a few bins: drift is measured against it."""

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
        bin_of_value = np.searchsorted(bins, values.index.to_numpy(dtype=float), side="right")
        counts = np.bincount(bin_of_value, values.to_numpy(), minlength=len(bins) + 1)
        return [int(number) for number in counts]
    named = [int(values.get(category, 0)) for category in bins[:-1]]
    rest = values[~values.index.isin(bins)].sum() + values.get(REST, 0)
    return [*named, int(rest)]


def _bins(field: Field, values: "pd.Series[int]") -> list[Any]:
    """Return the edges of equally full bins of a number, or the most frequent categories and the rest."""
    if field.domain.kind != "integer":
        return [*map(str, values.index[:CATEGORIES]), REST]
    ordered = values.sort_index()
    cumulative = ordered.cumsum() / ordered.sum()
    inner_parts = np.linspace(0, 1, NUMBER_BINS + 1)[1:-1]
    edges = {float(cumulative.index[cumulative >= part][0]) for part in inner_parts}
    return [edge + 0.5 for edge in sorted(edges)]


def _values(field: Field, rows: pd.DataFrame) -> "pd.Series[int]":
    """Return how often each value occurs; diagnoses by their group."""
    values = rows[field.name].value_counts()
    if field.name not in DIAGNOSES:
        return values
    groups = [icd9_group(icd9_chapter(code)) for code in values.index]
    return values.groupby(groups).sum().sort_values(ascending=False)
