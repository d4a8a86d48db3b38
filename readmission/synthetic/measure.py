"""Measure the aggregates of the real dataset that the synthetic sample is drawn from."""

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
    Conditional,
    Marginals,
    Parent,
    Score,
    Term,
    combine,
    generate,
    place_in_history,
)

FEWEST_PATIENTS = 10
"""A cell that speaks of fewer patients is left out."""

ROUND_TO = 5
"""Counts are rounded, so that no two tables can be subtracted to find a small cell."""


def measure(real: pd.DataFrame) -> Marginals:
    """Return the aggregates of the dataset as published, its values as text."""
    rows = prepare(real)
    first = rows.drop_duplicates("patient_nbr")
    alive = rows[~rows["discharge_disposition_id"].isin(DEATH_OR_HOSPICE)]
    not_soon = rows[rows[TARGET] != POSITIVE]
    marginals = Marginals(
        rows=len(rows),
        patients=len(first),
        patient={name: tabulate(first, name, parents) for name, parents in PATIENT.items()},
        encounter={name: tabulate(rows, name, parents) for name, parents in ENCOUNTER.items()},
        soon=fit_score(alive, alive[TARGET] == POSITIVE),
        later=fit_score(not_soon, not_soon[TARGET] == ">30"),
    )
    return calibrate(marginals, rows[TARGET])


def prepare(real: pd.DataFrame) -> pd.DataFrame:
    """Return typed rows in the order of time, with the variables that only the sample uses."""
    whole = [column.name for column in COLUMNS if column.domain.kind == "integer"]
    rows = place_in_history(real.astype(dict.fromkeys(whole, int)))
    groups = {name: rows[name.removesuffix("_group")].map(_group) for name in DIAGNOSIS_GROUPS}
    return rows.assign(**groups)


def tabulate(rows: pd.DataFrame, name: str, parents: tuple[Parent, ...]) -> Conditional:
    """Count the values of one variable beside its parents'."""
    keys = combine(rows, parents).rename("context"), rows[name].rename("value")
    cells = rows.groupby(list(keys))["patient_nbr"].agg(["size", "nunique"]).reset_index()
    counts = cells.groupby(["context", _publishable(cells)])["size"].sum()
    table = (counts / ROUND_TO).round().astype(int).mul(ROUND_TO).unstack(fill_value=0)
    lines = {
        str(context): line
        for context, line in zip(table.index, table.to_numpy().tolist(), strict=True)
    }
    return Conditional(parents, tuple(table.columns.tolist()), lines)


def fit_score(rows: pd.DataFrame, outcome: "pd.Series[bool]") -> Score:
    """Fit the log odds of an outcome; a value that few patients have gets no weight of its own."""
    bins = {parent: _common(parent.bins(rows), rows["patient_nbr"]) for parent in OUTCOME}
    columns = [pd.get_dummies(values) for values in bins.values()]
    model = LogisticRegression(C=1.0, max_iter=1000).fit(
        pd.concat(columns, axis=1).to_numpy(float), outcome
    )
    weights = iter(np.round(model.coef_[0], 3).tolist())
    terms = tuple(
        Term(parent, {str(value): next(weights) for value in column})
        for parent, column in zip(bins, columns, strict=True)
    )
    return Score(round(float(model.intercept_[0]), 3), terms)


def calibrate(marginals: Marginals, target: "pd.Series[str]") -> Marginals:
    """Shift the two scores until the sample's outcomes are as frequent as the real ones."""
    sample = generate(marginals)[TARGET]
    return replace(
        marginals,
        soon=_shift(marginals.soon, target == POSITIVE, sample == POSITIVE),
        later=_shift(marginals.later, *((of[of != POSITIVE] == ">30") for of in (target, sample))),
    )


def _shift(score: Score, wanted: "pd.Series[bool]", got: "pd.Series[bool]") -> Score:
    return replace(score, intercept=round(score.intercept + _log_odds(wanted) - _log_odds(got), 3))


def _log_odds(outcome: "pd.Series[bool]") -> float:
    return float(np.log(outcome.mean() / (1 - outcome.mean())))


def _publishable(cells: pd.DataFrame) -> "pd.Series[Any]":
    """Return the value that each cell counts for; a rare number joins the next lower one, a rare category none."""
    kept = cells["value"].where(cells["nunique"] >= FEWEST_PATIENTS)
    if not pd.api.types.is_integer_dtype(cells["value"]):
        return kept
    return kept.groupby(cells["context"]).ffill().astype("Int64")


def _group(code: str) -> str:
    return MISSING if code == MISSING else icd9_group(icd9_chapter(code))


def _common(values: "pd.Series[str]", patients: "pd.Series[int]") -> "pd.Series[str]":
    known = patients.groupby(values).transform("nunique") >= FEWEST_PATIENTS
    return values.where(known)
