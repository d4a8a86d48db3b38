"""The profile of a data set: how often the values of each field occur, counted in a few bins.

Drift is measured by counting new rows in the bins of the training data's profile.
"""

from typing import Any

import numpy as np
import pandas as pd

from readmission.features.signals import DIAGNOSES, icd9_chapter, icd9_group
from readmission.schema import FIELD_BY_NAME, FIELDS, Field

Profile = dict[str, dict[str, Any]]
"""For each field its ``bins`` and the ``counts`` in them.

The bins of a number are the edges between them, so there is one count more than there are edges.
The bins of a category are the names of the most frequent categories, then ``REST``.
"""

NUMBER_BINS = 10
CATEGORIES = 15
REST = "(rest)"


def build_profile(rows: pd.DataFrame) -> Profile:
    """Choose bins for every field by training rows, and count the rows in them."""
    profile = {}
    for field in FIELDS:
        frequencies = _value_frequencies(field, rows)
        bins = _choose_bins(field, frequencies)
        profile[field.name] = {
            "bins": bins,
            "counts": _count_in_bins(field, bins, frequencies),
        }
    return profile


def count(name: str, bins: list[Any], rows: pd.DataFrame) -> list[int]:
    """Count rows in given bins of a field; rows without a value count nowhere."""
    field = FIELD_BY_NAME[name]
    frequencies = _value_frequencies(field, rows)
    return _count_in_bins(field, bins, frequencies)


def _value_frequencies(field: Field, rows: pd.DataFrame) -> "pd.Series[int]":
    """Return how often each value occurs, the most frequent first; diagnoses by their group."""
    frequencies = rows[field.name].value_counts()
    if field.name not in DIAGNOSES:
        return frequencies

    groups = []
    for code in frequencies.index:
        chapter = icd9_chapter(code)
        groups.append(icd9_group(chapter))

    group_frequencies = frequencies.groupby(groups).sum()
    return group_frequencies.sort_values(ascending=False)


def _choose_bins(field: Field, frequencies: "pd.Series[int]") -> list[Any]:
    if field.domain.kind == "integer":
        return _quantile_edges(frequencies)
    most_frequent = frequencies.index[:CATEGORIES]
    return [*map(str, most_frequent), REST]


def _quantile_edges(frequencies: "pd.Series[int]") -> list[float]:
    """Return the edges of at most NUMBER_BINS bins with about equally many rows.

    Edges are halves, so that no whole number lies on one.
    """
    ascending = frequencies.sort_index()
    cumulative_shares = ascending.cumsum() / ascending.sum()
    quantiles = np.linspace(
        start=0,
        stop=1,
        num=NUMBER_BINS + 1,
    )

    last_values = set()
    for quantile in quantiles[1:-1]:
        reached = cumulative_shares >= quantile
        last_value = cumulative_shares.index[reached][0]
        last_values.add(float(last_value))

    return [value + 0.5 for value in sorted(last_values)]


def _count_in_bins(field: Field, bins: list[Any], frequencies: "pd.Series[int]") -> list[int]:
    if field.domain.kind == "integer":
        return _count_numbers(bins, frequencies)
    return _count_categories(bins, frequencies)


def _count_numbers(edges: list[float], frequencies: "pd.Series[int]") -> list[int]:
    values = frequencies.index.to_numpy(dtype=float)
    bin_of_value = np.searchsorted(
        edges,
        values,
        side="right",
    )
    counts = np.bincount(
        bin_of_value,
        weights=frequencies.to_numpy(),
        minlength=len(edges) + 1,
    )
    return [int(number) for number in counts]


def _count_categories(bins: list[str], frequencies: "pd.Series[int]") -> list[int]:
    counts = []
    for category in bins[:-1]:
        frequency = frequencies.get(category, 0)
        counts.append(int(frequency))

    # The last bin has the categories without a bin, and the rest of an earlier profile.
    has_bin = frequencies.index.isin(bins)
    others = frequencies[~has_bin].sum()
    earlier_rest = frequencies.get(REST, 0)
    rest = others + earlier_rest
    return [*counts, int(rest)]
