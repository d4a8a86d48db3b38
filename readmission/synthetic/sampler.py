"""A synthetic stand-in for the dataset, drawn from aggregates of the real one: no row of it, and no real id."""

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
"""Above every id of the real dataset, so that a synthetic row is told by its ids."""

_ENCOUNTER_GAP, _PATIENT_GAP = 8_700, 5_000


@dataclass(frozen=True, slots=True)
class Parent:
    """A variable that another one depends on, cut at ``edges`` where there are any."""

    name: str
    edges: tuple[int, ...] = ()

    def bins(self, rows: pd.DataFrame) -> "pd.Series[str]":
        """Return each row's value, or the number of the bin that it falls in."""
        values = rows[self.name]
        cut = (
            pd.Series(np.searchsorted(self.edges, values, side="right"), rows.index)
            if self.edges
            else values
        )
        return cut.astype(str)


@dataclass(frozen=True, slots=True)
class Conditional:
    """How often each value of a variable occurs beside each combination of its parents' values."""

    parents: tuple[Parent, ...]
    values: tuple[int | str, ...]
    counts: Mapping[str, Sequence[int]]

    def draw(self, rows: pd.DataFrame, rng: np.random.Generator) -> NDArray[Any]:
        """Draw a value for each row; a combination that was suppressed takes the overall shares."""
        row_of = {key: row for row, key in enumerate(self.counts)}
        context = combine(rows, self.parents).map(row_of).fillna(len(row_of)).to_numpy(np.int64)
        # One sorted line for all contexts: each takes the stretch from its number to the next.
        shares = (self._shares() + np.arange(len(row_of) + 1)[:, None]).ravel()
        place = np.searchsorted(
            shares, context + rng.random(len(rows)), side="right"
        ) - context * len(self.values)
        drawn: NDArray[Any] = np.array(self.values)[place.clip(max=len(self.values) - 1)]
        return drawn

    def _shares(self) -> NDArray[np.float64]:
        """Return the cumulative shares of the values in each context, and last in all together."""
        counts = np.array([*self.counts.values()], dtype=np.float64)
        sums = np.vstack([counts, counts.sum(axis=0)]).cumsum(axis=1)
        shares: NDArray[np.float64] = sums / sums[:, -1:]
        return shares


@dataclass(frozen=True, slots=True)
class Term:
    """What each value of one variable adds to a log odds; a value that is not listed adds nothing."""

    parent: Parent
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Score:
    """The log odds of an outcome, a sum over variables."""

    intercept: float
    terms: tuple[Term, ...]

    def probability(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Return each row's probability of the outcome."""
        log_odds = np.full(len(rows), self.intercept)
        for term in self.terms:
            log_odds += term.parent.bins(rows).map(term.weights).fillna(0.0).to_numpy(float)
        return np.asarray(1 / (1 + np.exp(-log_odds)))


@dataclass(frozen=True, slots=True)
class Marginals:
    """The aggregates of the real dataset that the sample is drawn from."""

    rows: int
    patients: int
    patient: Mapping[str, Conditional]
    encounter: Mapping[str, Conditional]
    soon: Score
    later: Score


def generate(marginals: Marginals, *, seed: int = SEED) -> pd.DataFrame:
    """Return the sample, in the dataset's columns and order of columns; the same for the same seed."""
    rng = np.random.default_rng(seed)
    rows = lay_out(draw_patients(marginals, rng), rng)
    for name, conditional in marginals.encounter.items():
        rows[name] = conditional.draw(rows, rng)
    rows = summarise_medication(rows)
    rows[TARGET] = draw_outcome(marginals, rows, rng)
    return rows[[column.name for column in COLUMNS]]


def draw_patients(marginals: Marginals, rng: np.random.Generator) -> pd.DataFrame:
    """Return one row a patient, whose ``visits`` sum to the number of encounters."""
    gaps = rng.integers(1, _PATIENT_GAP, marginals.patients)
    patients = pd.DataFrame({"patient_nbr": FIRST_ID + rng.permutation(gaps.cumsum())})
    for name, conditional in marginals.patient.items():
        patients[name] = conditional.draw(patients, rng)
    missing = marginals.rows - int(patients["visits"].sum())
    again = rng.choice(np.flatnonzero(patients["visits"] > 1), abs(missing), replace=False)
    patients.loc[again, "visits"] += np.sign(missing)
    return patients


def lay_out(patients: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return one row an encounter, in the order of time, with its ids and its place in the patient's history."""
    rows = patients.loc[patients.index.repeat(patients["visits"])]
    rows = rows.iloc[rng.permutation(len(rows))].reset_index(drop=True)
    rows["encounter_id"] = FIRST_ID + rng.integers(1, _ENCOUNTER_GAP, len(rows)).cumsum()
    return place_in_history(rows)


def place_in_history(rows: pd.DataFrame) -> pd.DataFrame:
    """Add ``visits``, ``visit`` (1 is the first), ``returns`` (a later one exists) and ``era`` (tenths of all ids)."""
    rows = rows.sort_values("encounter_id", ignore_index=True)
    patient = rows.groupby("patient_nbr")["encounter_id"]
    visits, visit = patient.transform("size"), patient.cumcount() + 1
    era = np.arange(len(rows)) * ERAS // len(rows)
    return rows.assign(visits=visits, visit=visit, returns=(visit < visits).astype(int), era=era)


def summarise_medication(rows: pd.DataFrame) -> pd.DataFrame:
    """Add ``diabetesMed`` and ``change``, which in the real dataset follow from the drugs without exception."""
    drugs = rows[list(DRUGS)]
    taken = (drugs != "No").sum(axis=1)
    changed = drugs.isin(["Up", "Down"]).any(axis=1) | (taken > 1)
    return rows.assign(
        diabetesMed=np.where(taken > 0, "Yes", "No"), change=np.where(changed, "Ch", "No")
    )


def draw_outcome(
    marginals: Marginals, rows: pd.DataFrame, rng: np.random.Generator
) -> NDArray[np.str_]:
    """Draw the target; an encounter that ends in death or hospice is not followed by a readmission soon."""
    alive = ~rows["discharge_disposition_id"].isin(DEATH_OR_HOSPICE)
    soon = alive & (rng.random(len(rows)) < marginals.soon.probability(rows))
    later = rng.random(len(rows)) < marginals.later.probability(rows)
    return np.where(soon, POSITIVE, np.where(later, ">30", "NO"))


def combine(rows: pd.DataFrame, parents: Sequence[Parent]) -> "pd.Series[str]":
    """Return each row's combination of its parents' values as one text."""
    keys = pd.Series("", rows.index, dtype="str")
    for parent in parents:
        keys = keys + "|" + parent.bins(rows)
    return keys
