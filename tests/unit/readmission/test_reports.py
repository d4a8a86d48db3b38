"""Importance, subgroups, intervals and the model card."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from readmission.arrays import target_of
from readmission.evaluation.model_card import model_card
from readmission.evaluation.patient_bootstrap import (
    f1_margin,
    interval,
    patient_weights,
    ranked_auc,
    ranked_precision,
)
from readmission.evaluation.report import build_report
from readmission.evaluation.subgroups import measure_subgroups
from readmission.model.forest import ForestModel
from readmission.model.importance import permutation_importance
from readmission.records import Experiment
from tests.fakes.patients import make_model, make_patients

EXPERIMENT = Experiment("t1", 0, "r1", "v1", 500, 1.0, 0.2, 0.7, 0.3, 0.5, 0.30, 0.65, 0.2)


@pytest.fixture(scope="module")
def model() -> ForestModel:
    return make_model()


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return make_patients(900, seed=5)


def test_the_field_that_decides_is_the_most_important(
    model: ForestModel, rows: pd.DataFrame
) -> None:
    found = permutation_importance(model, rows, target_of(rows))
    assert found[0].field == "number_inpatient"
    assert found[0].auc_drop > 0.03
    assert found == permutation_importance(model, rows, target_of(rows))


def test_subgroups_cover_every_patient_of_their_field(
    model: ForestModel, rows: pd.DataFrame
) -> None:
    found = measure_subgroups(rows, target_of(rows), model.probabilities(rows), model.threshold)
    by_gender = [subgroup for subgroup in found if subgroup.field == "gender"]
    assert sum(subgroup.rows for subgroup in by_gender) == len(rows)
    assert {subgroup.value for subgroup in by_gender} == {"Female", "Male"}
    assert all(0.5 < subgroup.auc < 1 for subgroup in found if subgroup.rows > 300)


def test_all_encounters_of_a_patient_are_resampled_together() -> None:
    patients = pd.Series([1, 1, 2, 3])
    for weights in patient_weights(patients, resamples=20):
        assert weights[0] == weights[1]


def test_intervals_of_repeated_patients_are_wider() -> None:
    random = np.random.default_rng(0)
    values = np.repeat(random.random(100), 5)
    repeated = pd.Series(np.repeat(np.arange(100), 5))
    distinct = pd.Series(np.arange(500))

    def width(patients: "pd.Series[int]") -> float:
        low, high = interval(lambda w: float(np.average(values, weights=w)), patients)
        return high - low

    assert width(repeated) > 1.5 * width(distinct)


def test_weighted_measures_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(4)
    scores = np.sort(random.random(300))[::-1]
    target = (random.random(300) < scores).astype(int)
    weights = random.integers(0, 3, 300).astype(float)
    assert ranked_auc(target, weights) == pytest.approx(
        roc_auc_score(target, scores, sample_weight=weights)
    )
    theirs = average_precision_score(target, scores, sample_weight=weights)
    assert ranked_precision(target, weights) == pytest.approx(theirs)


def test_a_margin_of_equal_alerts_is_nothing() -> None:
    target, alerts = np.array([1, 0, 1, 0]), np.array([True, True, False, False])
    assert f1_margin(target, alerts, alerts, pd.Series(range(4))) == (0, 0)


def test_resamples_without_a_readmission_do_not_count_in_an_interval() -> None:
    target = np.array([1, 0, 0, 0])
    low, high = interval(lambda w: ranked_auc(target, w), pd.Series(range(4)))
    assert (low, high) == (1.0, 1.0)
    assert np.isnan(ranked_precision(np.zeros(3), np.ones(3)))


@pytest.mark.parametrize("synthetic", [True, False])
def test_the_card_holds_use_intervals_subgroups_and_limits(
    model: ForestModel,
    rows: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    synthetic: bool,
) -> None:
    monkeypatch.chdir(tmp_path)  # the templates are found from any current directory
    probabilities = model.probabilities(rows)
    report = build_report(target_of(rows), probabilities, model.threshold)
    report["slices"] = [{"field": "gender", "value": "<Female>", "auc": 0.7}]
    card = model_card(EXPERIMENT, report, rows, probabilities, synthetic=synthetic)
    for text in card.values():
        assert all(
            word in text
            for word in ("Intended use", "Cohort", "95 %", "Limits", "average of all batches")
        )
        assert ("SYNTHETIC" in text) == synthetic
    assert "| gender | <Female> | 0.700 |" in card["model_card.md"]
    assert "<td>&lt;Female&gt;</td>" in card["model_card.html"]
