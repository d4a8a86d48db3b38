"""Invented patients: readmission depends on prior stays, the discharge and the diagnosis."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from readmission.arrays import target_of
from readmission.data.cleaning import clean
from readmission.data.splitting import assign
from readmission.model.forest import ForestModel
from readmission.model.settings import ForestSettings
from readmission.model.training import choose_threshold, train_forest
from readmission.records import Preparation
from readmission.use_cases.clean import replace_splits
from tests.fakes.data import InMemoryCleanData
from tests.fakes.rows import make_raw

SMALL = ForestSettings(trees=30, min_samples_leaf=5, min_share=0.02)
PREPARATION = Preparation("v1", "load", False, 0, 0, 0, 0, 0, 300, datetime(2026, 1, 2, tzinfo=UTC))


def make_patients(count: int, *, seed: int = 0, signal: float = 1.0) -> pd.DataFrame:
    """Return clean rows, two encounters for every third patient.

    With ``signal`` 0, the target is pure chance.
    """
    random = np.random.default_rng(seed)
    drawn = {
        "patient_nbr": 1 + np.arange(count) * 2 // 3,
        "race": random.choice(
            ["Caucasian", "AfricanAmerican", "Asian", "?"], count, p=[0.7, 0.2, 0.05, 0.05]
        ),
        "gender": random.choice(["Female", "Male"], count),
        "age": random.choice([f"[{low}-{low + 10})" for low in range(30, 100, 10)], count),
        "number_inpatient": random.poisson(0.7, count),
        "number_emergency": random.poisson(0.3, count),
        "num_medications": random.integers(1, 40, count),
        "discharge_disposition_id": random.choice(
            [1, 3, 6, 22, 18], count, p=[0.6, 0.15, 0.12, 0.08, 0.05]
        ),
        "admission_source_id": random.choice([1, 7, 4, 17], count),
        "medical_specialty": random.choice(["?", "InternalMedicine", "Cardiology"], count),
        "payer_code": random.choice(["?", "MC", "HM"], count),
        "diag_1": random.choice(["428", "414", "250.83", "V57", "E909", "?"], count),
        "insulin": random.choice(["No", "Steady", "Up", "Down"], count),
    }
    risk = (
        0.8 * drawn["number_inpatient"]
        + 1.5 * (drawn["discharge_disposition_id"] == 22)
        + (drawn["diag_1"] == "428")
    )
    odds = np.exp(signal * (risk - 1) - 1.2)
    readmitted = np.where(random.random(count) < odds / (1 + odds), "<30", "NO")
    return clean(make_raw(count).assign(**drawn, readmitted=readmitted))


def make_model(
    *, rows: int = 600, seed: int = 0, batch_id: int = 1, signal: float = 1.0
) -> ForestModel:
    """Return a small calibrated forest with its threshold."""
    model = train_forest(make_patients(rows, seed=seed, signal=signal), SMALL, batch_id=batch_id)
    val = make_patients(rows, seed=seed + 100, signal=signal)
    choose_threshold(model, target_of(val), model.scores(val))
    return model


def make_clean_data(
    count: int = 900, *, batch_size: int = 250, version: str = "v1", seed: int = 0
) -> InMemoryCleanData:
    """Return clean data of made-up patients, split and batched as the real ones."""
    rows, clean_data = make_patients(count, seed=seed), InMemoryCleanData()
    placed = rows.join(assign(rows[["encounter_id", "patient_nbr"]], batch_size=batch_size))
    replace_splits(
        clean_data, [placed], replace(PREPARATION, data_version=version, batch_size=batch_size)
    )
    return clean_data
