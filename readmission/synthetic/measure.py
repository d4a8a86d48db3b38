"""Measure the aggregates of the real dataset that the synthetic sampler works from."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from readmission.features.signals import icd9_chapter, icd9_group
from readmission.schema import COLUMNS, MISSING, POSITIVE, TARGET
from readmission.schema.codes import DEATH_OR_HOSPICE
from readmission.synthetic.network import DIAGNOSIS_GROUPS, ENCOUNTER, OUTCOME, PATIENT
from readmission.synthetic.sampler import (
    ConditionalTable,
    LogisticModel,
    Marginals,
    Parent,
    Term,
    add_history,
    context_keys,
    generate,
)

FEWEST_PATIENTS = 10
"""A cell of the tables that counts fewer patients is suppressed."""

ROUND_TO = 5
"""Counts are rounded, so that the difference of two tables does not reveal a small cell."""


def measure(real: pd.DataFrame) -> Marginals:
    """Return the aggregates of the dataset as published, with all its values as text."""
    rows = prepare(real)
    return calibrate(_measure_uncalibrated(rows), rows[TARGET])


def _measure_uncalibrated(rows: pd.DataFrame) -> Marginals:
    first_encounters = rows.drop_duplicates("patient_nbr")
    ended = rows["discharge_disposition_id"].isin(DEATH_OR_HOSPICE)
    alive = rows[~ended]
    not_soon = rows[rows[TARGET] != POSITIVE]
    return Marginals(
        rows=len(rows),
        patients=len(first_encounters),
        patient=_tabulate_all(first_encounters, PATIENT),
        encounter=_tabulate_all(rows, ENCOUNTER),
        soon=fit_outcome(alive, alive[TARGET] == POSITIVE),
        later=fit_outcome(not_soon, not_soon[TARGET] == ">30"),
    )


def prepare(real: pd.DataFrame) -> pd.DataFrame:
    """Return typed rows in the order of time, with the variables that only the sampler uses."""
    integer_columns = [column.name for column in COLUMNS if column.domain.kind == "integer"]
    typed = real.astype(dict.fromkeys(integer_columns, int))
    rows = add_history(typed)
    for group_name in DIAGNOSIS_GROUPS:
        codes = rows[group_name.removesuffix("_group")]
        rows[group_name] = codes.map(_diagnosis_group)
    return rows


def tabulate(rows: pd.DataFrame, name: str, parents: tuple[Parent, ...]) -> ConditionalTable:
    """Count the values of a variable in each context, rounded and without small cells."""
    context = context_keys(rows, parents).rename("context")
    value = rows[name].rename("value")
    patients = rows.groupby([context, value])["patient_nbr"]
    cells = patients.agg(["size", "nunique"])
    cells = cells.reset_index()

    published_value = _publishable_values(cells)
    sizes = cells.groupby(["context", published_value])["size"]
    counts = _rounded(sizes.sum())
    table = counts.unstack(fill_value=0)

    contexts = table.index.astype(str)
    counts_by_context = dict(
        zip(
            contexts,
            table.to_numpy().tolist(),
            strict=True,
        )
    )
    return ConditionalTable(
        parents=parents,
        values=tuple(table.columns.tolist()),
        counts=counts_by_context,
    )


def _tabulate_all(
    rows: pd.DataFrame, network: Mapping[str, tuple[Parent, ...]]
) -> dict[str, ConditionalTable]:
    tables = {}
    for name, parents in network.items():
        tables[name] = tabulate(rows, name, parents)
    return tables


def _rounded(counts: "pd.Series[int]") -> "pd.Series[int]":
    multiples = (counts / ROUND_TO).round()
    return multiples.astype(int) * ROUND_TO


def _publishable_values(cells: pd.DataFrame) -> "pd.Series[Any]":
    """Return the value under which each cell is counted; small cells are merged or suppressed.

    A number with few patients counts as the next lower number of the same context.
    A category with few patients becomes missing, which leaves it out.
    """
    enough_patients = cells["nunique"] >= FEWEST_PATIENTS
    values = cells["value"].where(enough_patients)
    if not pd.api.types.is_integer_dtype(cells["value"]):
        return values
    next_lower = values.groupby(cells["context"]).ffill()
    return next_lower.astype("Int64")


def fit_outcome(rows: pd.DataFrame, outcome: "pd.Series[bool]") -> LogisticModel:
    """Fit a logistic regression of an outcome; a value that few patients have gets no weight."""
    indicators: dict[Parent, pd.DataFrame] = {}
    for parent in OUTCOME:
        bins = parent.bins(rows)
        common_bins = _common_values(bins, rows["patient_nbr"])
        indicators[parent] = pd.get_dummies(common_bins)

    all_indicators = pd.concat(
        list(indicators.values()),
        axis=1,
    )
    regression = LogisticRegression(C=1.0, max_iter=1000)
    regression.fit(all_indicators.to_numpy(float), outcome)

    weights = np.round(regression.coef_[0], 3)
    intercept = float(regression.intercept_[0])
    return LogisticModel(
        intercept=round(intercept, 3),
        terms=_terms(indicators, weights.tolist()),
    )


def _terms(indicators: Mapping[Parent, pd.DataFrame], weights: Sequence[float]) -> tuple[Term, ...]:
    """Give each indicator column its weight; weights are in the order of all columns."""
    remaining_weights = iter(weights)
    terms = []
    for parent, columns in indicators.items():
        weight_of_bin = {str(name): next(remaining_weights) for name in columns}
        terms.append(Term(parent, weight_of_bin))
    return tuple(terms)


def _common_values(values: "pd.Series[str]", patients: "pd.Series[int]") -> "pd.Series[str]":
    """Return the values that enough patients have, and missing for the others."""
    patients_with_value = patients.groupby(values).transform("nunique")
    return values.where(patients_with_value >= FEWEST_PATIENTS)


def calibrate(marginals: Marginals, real_target: "pd.Series[str]") -> Marginals:
    """Shift both intercepts until the sample's outcomes are as frequent as the real ones."""
    sample_target = generate(marginals)[TARGET]
    soon = _shift(
        marginals.soon,
        real=real_target == POSITIVE,
        sample=sample_target == POSITIVE,
    )
    later = _shift(
        marginals.later,
        real=_later_if_not_soon(real_target),
        sample=_later_if_not_soon(sample_target),
    )
    return replace(marginals, soon=soon, later=later)


def _later_if_not_soon(target: "pd.Series[str]") -> "pd.Series[bool]":
    not_soon = target[target != POSITIVE]
    return not_soon == ">30"


def _shift(
    model: LogisticModel, *, real: "pd.Series[bool]", sample: "pd.Series[bool]"
) -> LogisticModel:
    real_log_odds = _log_odds(real)
    sample_log_odds = _log_odds(sample)
    intercept = model.intercept + real_log_odds - sample_log_odds
    return replace(model, intercept=round(intercept, 3))


def _log_odds(outcome: "pd.Series[bool]") -> float:
    frequency = outcome.mean()
    return float(np.log(frequency / (1 - frequency)))


def _diagnosis_group(code: str) -> str:
    if code == MISSING:
        return MISSING
    return icd9_group(icd9_chapter(code))
