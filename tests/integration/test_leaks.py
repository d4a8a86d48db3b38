"""The real dataset: nothing that the model must not know reaches it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from readmission.arrays import target_of
from readmission.data.cleaning import clean
from readmission.data.splitting import assign
from readmission.features.signals import FEATURE_FIELDS
from readmission.model.forest import ForestModel
from readmission.model.settings import ForestSettings
from readmission.model.training import average, train_forest
from readmission.schema import FIELD_BY_NAME, TARGET

QUICK = ForestSettings(trees=40, min_samples_leaf=20, max_features=0.1)
Auc = Callable[[ForestModel], float]


@pytest.fixture(scope="module")
def rows(real_dataset: Path) -> pd.DataFrame:
    cleaned = clean(pd.read_csv(real_dataset, keep_default_na=False)).reset_index(drop=True)
    return cleaned.join(assign(cleaned[["encounter_id", "patient_nbr"]]))


@pytest.fixture(scope="module")
def batch(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["batch_id"] == 1]


@pytest.fixture(scope="module")
def auc(rows: pd.DataFrame) -> Auc:
    val = rows[rows["split"] == "val"]
    return lambda model: float(roc_auc_score(target_of(val), model.scores(val)))


@pytest.fixture(scope="module")
def honest(batch: pd.DataFrame) -> ForestModel:
    return train_forest(batch, QUICK, batch_id=1)


def test_no_patient_is_in_two_splits(rows: pd.DataFrame) -> None:
    assert rows.groupby("patient_nbr")["split"].nunique().max() == 1
    assert rows["patient_nbr"].duplicated().any()


def test_one_batch_learns_something_but_not_too_much(honest: ForestModel, auc: Auc) -> None:
    assert 0.64 < auc(honest) < 0.70


def test_shuffled_labels_teach_nothing(rows: pd.DataFrame) -> None:
    """Shuffle all labels before anything is fitted: whatever is still foreseen has leaked."""
    shuffled = rows.assign(
        **{TARGET: np.random.default_rng(0).permutation(rows[TARGET].to_numpy())}
    )
    batch, val = shuffled[shuffled["batch_id"] == 1], shuffled[shuffled["split"] == "val"]
    model = train_forest(batch, QUICK, batch_id=1)
    assert roc_auc_score(target_of(val), model.scores(val)) == pytest.approx(0.5, abs=0.02)


def test_the_calibrated_threshold_is_near_the_base_rate_not_at_one_half(
    honest: ForestModel, batch: pd.DataFrame
) -> None:
    told = honest.probabilities(batch)
    assert told.mean() == pytest.approx(target_of(batch).mean(), abs=0.03)


@pytest.mark.soak
def test_no_single_field_carries_the_model(batch: pd.DataFrame, auc: Auc) -> None:
    few = replace(QUICK, trees=10)  # a forest for each field
    whole = auc(train_forest(batch, few, batch_id=1))
    costs = {
        name: whole - auc(train_forest(without(batch, name), few, batch_id=1))
        for name in FEATURE_FIELDS
    }
    assert max(costs.values()) < 0.05, max(costs, key=lambda name: costs[name])


def without(batch: pd.DataFrame, name: str) -> pd.DataFrame:
    """Give every training row the same value, so that the forest learns nothing from the field."""
    value = (
        batch[name].mode()[0]
        if FIELD_BY_NAME[name].default is None
        else FIELD_BY_NAME[name].default
    )
    return batch.assign(**{name: value})


@pytest.mark.slow
def test_all_batches_together_stay_below_what_only_a_leak_could_reach(
    rows: pd.DataFrame, auc: Auc
) -> None:
    batches = [rows[rows["batch_id"] == batch_id] for batch_id in range(1, 7)]
    models = [
        train_forest(part, QUICK, batch_id=n, workers=2) for n, part in enumerate(batches, start=1)
    ]
    assert 0.665 < auc(average(models, batches)) < 0.72
