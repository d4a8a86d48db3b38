"""Sampler of the synthetic dataset, which stands in for the real one and is labelled as such.

It samples from aggregates of the real dataset (``Marginals``): no real row and no real id is used.
Patients come first, then their encounters in the order of time, then each variable given the ones
sampled before it (``network`` lists them), and last the outcome.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.schema import COLUMNS, DRUGS, POSITIVE, TARGET
from readmission.schema.codes import DEATH_OR_HOSPICE

SEED = 42
ERAS = 10
FIRST_ID = 1_000_000_000
"""Above every id of the real dataset, so that ids alone identify a synthetic row."""

_MAX_ENCOUNTER_ID_GAP = 8_700
_MAX_PATIENT_ID_GAP = 5_000


@dataclass(frozen=True, slots=True)
class Parent:
    """A variable that another one depends on, grouped into bins at ``edges`` if there are any."""

    name: str
    edges: tuple[int, ...] = ()

    def bins(self, rows: pd.DataFrame) -> "pd.Series[str]":
        """Return each row's bin number, or its value if there are no edges, as text."""
        bins = rows[self.name]
        if self.edges:
            bin_numbers = np.searchsorted(
                self.edges,
                bins,
                side="right",
            )
            bins = pd.Series(bin_numbers, rows.index)
        return bins.astype(str)


@dataclass(frozen=True, slots=True)
class ConditionalTable:
    """How often each value of a variable occurs in each context.

    A context is a combination of the parents' bins, as ``context_keys`` writes it.
    ``counts`` holds one number for each of ``values``.
    """

    parents: tuple[Parent, ...]
    values: tuple[int | str, ...]
    counts: Mapping[str, Sequence[int]]

    def sample(self, rows: pd.DataFrame, rng: np.random.Generator) -> NDArray[Any]:
        """Sample a value for each row, given its context.

        A context that is not in the table takes the shares of all contexts together.

        This is inverse transform sampling for all contexts in one search: the cumulative shares of
        context number n are shifted into the interval from n to n + 1.
        """
        shares = self._cumulative_shares()
        shifts = np.arange(len(shares))[:, np.newaxis]
        shifted_shares = shares + shifts

        context_numbers = self._context_numbers(rows)
        quantiles = rng.random(len(rows))
        positions = np.searchsorted(
            shifted_shares.ravel(),
            context_numbers + quantiles,
            side="right",
        )

        # Each context takes up as many positions as there are values.
        first_positions = context_numbers * len(self.values)
        value_indices = positions - first_positions
        # Rounding may carry a quantile past the last value of its context.
        last_index = len(self.values) - 1
        value_indices = value_indices.clip(max=last_index)
        return np.asarray(np.array(self.values)[value_indices])

    def _context_numbers(self, rows: pd.DataFrame) -> NDArray[np.int64]:
        """Return the number of each row's context in ``counts``.

        A context that is not in the table gets the number after the last.
        """
        number_of_key: dict[str, int] = {}
        for number, key in enumerate(self.counts):
            number_of_key[key] = number

        keys = context_keys(rows, self.parents)
        numbers = keys.map(number_of_key)
        number_of_unlisted = len(self.counts)
        numbers = numbers.fillna(number_of_unlisted)
        return np.asarray(numbers, dtype=np.int64)

    def _cumulative_shares(self) -> NDArray[np.float64]:
        """Return the cumulative shares of the values.

        One row for each context, then one for all contexts together; one column for each value.
        """
        counts_by_context = list(self.counts.values())
        counts = np.array(
            counts_by_context,
            dtype=np.float64,
        )
        counts_of_all = counts.sum(axis=0)
        counts = np.vstack([counts, counts_of_all])

        cumulative_counts = counts.cumsum(axis=1)
        row_totals = cumulative_counts[:, -1:]
        return np.asarray(cumulative_counts / row_totals)


@dataclass(frozen=True, slots=True)
class Term:
    """The weight of each bin of one variable in a logistic model; an unlisted bin weighs 0."""

    parent: Parent
    weights: Mapping[str, float]

    def contribution(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Return what this variable adds to each row's log-odds."""
        bins = self.parent.bins(rows)
        weights = bins.map(self.weights)
        weights = weights.fillna(0.0)
        return np.asarray(weights, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class LogisticModel:
    """A logistic regression of an outcome on binned variables."""

    intercept: float
    terms: tuple[Term, ...]

    def probability(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Return each row's probability of the outcome."""
        log_odds = np.full(len(rows), self.intercept)
        for term in self.terms:
            log_odds += term.contribution(rows)
        inverse_odds = np.exp(-log_odds)
        return np.asarray(1 / (1 + inverse_odds))


@dataclass(frozen=True, slots=True)
class Marginals:
    """The aggregates of the real dataset from which the sampler works.

    ``patient`` and ``encounter`` hold a table for each variable, in the order of sampling.
    ``soon`` models a readmission within 30 days, ``later`` one after more than 30 days for the
    encounters that were not followed by one within 30.
    """

    rows: int
    patients: int
    patient: Mapping[str, ConditionalTable]
    encounter: Mapping[str, ConditionalTable]
    soon: LogisticModel
    later: LogisticModel


def generate(marginals: Marginals, *, seed: int = SEED) -> pd.DataFrame:
    """Return a sample with the dataset's columns in their order.

    The same seed gives the same sample.
    """
    rng = np.random.default_rng(seed)
    patients = sample_patients(marginals, rng)
    rows = lay_out_encounters(patients, rng)
    for name, table in marginals.encounter.items():
        rows[name] = table.sample(rows, rng)
    rows = summarise_medication(rows)
    rows[TARGET] = sample_outcome(marginals, rows, rng)

    column_names = [column.name for column in COLUMNS]
    return rows[column_names]


def sample_patients(marginals: Marginals, rng: np.random.Generator) -> pd.DataFrame:
    """Return one row for each patient, whose ``visits`` sum to the number of encounters."""
    ids = _ascending_ids(marginals.patients, _MAX_PATIENT_ID_GAP, rng)
    shuffled_ids = rng.permutation(ids)
    patients = pd.DataFrame({"patient_nbr": shuffled_ids})
    for name, table in marginals.patient.items():
        patients[name] = table.sample(patients, rng)
    return _with_total_visits(patients, marginals.rows, rng)


def _ascending_ids(number: int, max_gap: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return distinct ids above those of the real dataset, at random distances."""
    gaps = rng.integers(1, max_gap, number)
    return FIRST_ID + gaps.cumsum()


def _with_total_visits(
    patients: pd.DataFrame, encounters: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Add or remove one visit of some returning patients, so that visits sum to ``encounters``."""
    visits = patients["visits"]
    missing = encounters - int(visits.sum())
    returning = np.flatnonzero(visits > 1)
    adjusted = rng.choice(
        returning,
        size=abs(missing),
        replace=False,
    )
    patients.loc[adjusted, "visits"] += np.sign(missing)
    return patients


def lay_out_encounters(patients: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return one row for each encounter in the order of time, with its id and history columns."""
    patient_of_each_visit = patients.index.repeat(patients["visits"])
    rows = patients.loc[patient_of_each_visit]
    order_of_time = rng.permutation(len(rows))
    rows = rows.iloc[order_of_time]
    rows = rows.reset_index(drop=True)
    rows["encounter_id"] = _ascending_ids(len(rows), _MAX_ENCOUNTER_ID_GAP, rng)
    return add_history(rows)


def add_history(rows: pd.DataFrame) -> pd.DataFrame:
    """Sort by time and add where each encounter stands in its patient's history.

    ``visits`` is the patient's number of encounters, ``visit`` this one's number (from 1),
    ``returns`` whether a later one exists (1 or 0), and ``era`` the tenth of all encounters
    that it belongs to (0 to 9).
    """
    rows = rows.sort_values("encounter_id", ignore_index=True)
    encounters_of_patient = rows.groupby("patient_nbr")["encounter_id"]
    visits = encounters_of_patient.transform("size")
    visit = encounters_of_patient.cumcount() + 1
    returns = (visit < visits).astype(int)
    era = np.arange(len(rows)) * ERAS // len(rows)
    return rows.assign(
        visits=visits,
        visit=visit,
        returns=returns,
        era=era,
    )


def summarise_medication(rows: pd.DataFrame) -> pd.DataFrame:
    """Add ``diabetesMed`` and ``change``, which the drugs determine, as in the real dataset."""
    drugs = rows[list(DRUGS)]
    drugs_taken = (drugs != "No").sum(axis=1)
    dose_changed = drugs.isin(["Up", "Down"]).any(axis=1)
    changed = dose_changed | (drugs_taken > 1)
    return rows.assign(
        diabetesMed=np.where(drugs_taken > 0, "Yes", "No"),
        change=np.where(changed, "Ch", "No"),
    )


def sample_outcome(
    marginals: Marginals, rows: pd.DataFrame, rng: np.random.Generator
) -> NDArray[np.str_]:
    """Sample the target; death and discharge to a hospice rule out an early readmission."""
    disposition = rows["discharge_disposition_id"]
    alive = ~disposition.isin(DEATH_OR_HOSPICE)
    soon = alive & _happens(marginals.soon, rows, rng)
    later = _happens(marginals.later, rows, rng)
    outcome_if_not_soon = np.where(later, ">30", "NO")
    return np.where(soon, POSITIVE, outcome_if_not_soon)


def _happens(
    outcome: LogisticModel, rows: pd.DataFrame, rng: np.random.Generator
) -> NDArray[np.bool_]:
    quantiles = rng.random(len(rows))
    return quantiles < outcome.probability(rows)


def context_keys(rows: pd.DataFrame, parents: Sequence[Parent]) -> "pd.Series[str]":
    """Return each row's context: its parents' bins in one text such as ``|Caucasian|3``."""
    keys = pd.Series("", rows.index, dtype="str")
    for parent in parents:
        keys = keys + "|" + parent.bins(rows)
    return keys
