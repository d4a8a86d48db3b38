"""The cohort: encounters discharged alive, of patients with a known gender."""

import pandas as pd

from readmission.schema.codes import DEATH_OR_HOSPICE

COHORT_COLUMNS = ("encounter_id", "patient_nbr", "gender", "discharge_disposition_id")
"""The columns that decide who is in the cohort, and the ids."""


def in_cohort(raw: pd.DataFrame) -> "pd.Series[bool]":
    """Return for each raw row whether its patient can be readmitted and has a known gender."""
    disposition = raw["discharge_disposition_id"].astype(int)
    died_or_hospice = disposition.isin(DEATH_OR_HOSPICE)
    known_gender = raw["gender"] != "Unknown/Invalid"
    return known_gender & ~died_or_hospice
