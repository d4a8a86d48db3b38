"""Drift: a field that has moved is found, and one that has not is left alone."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd
import pytest

from readmission.errors import NoChampionError
from readmission.monitoring.drift import (
    ENOUGH_ROWS,
    FieldDrift,
    measure_drift,
    stability_index,
    without_defaults,
)
from readmission.monitoring.field_profile import build_profile
from readmission.records import Prediction, PredictionFilter
from readmission.schema import FIELDS
from readmission.use_cases.watch_drift import NEW_LOAD, PREDICTIONS, DriftWatch
from tests.fakes.data import InMemoryCleanData
from tests.fakes.model import InMemoryModelStore, InMemoryTracking
from tests.fakes.patients import make_clean_data, make_patients
from tests.fakes.serving import make_version

TRAINING = build_profile(make_patients(2000, seed=1))


def test_patients_of_the_same_kind_have_not_drifted() -> None:
    report = measure_drift("here", TRAINING, make_patients(1500, seed=2))
    assert report.state == "stable"
    assert not report.retrain


def test_older_patients_have_drifted_and_the_field_is_named() -> None:
    rows = make_patients(1500, seed=2)
    report = measure_drift("here", TRAINING, rows.assign(age=rows["age"].clip(lower=75)))
    assert (report.retrain, report.fields[0].field) == (True, "age")
    assert "age" in report.reason


def test_few_rows_prove_nothing() -> None:
    report = measure_drift("here", TRAINING, make_patients(ENOUGH_ROWS - 1, seed=2).assign(age=95))
    assert (report.state, report.retrain) == ("too few rows", False)


def test_a_category_that_is_not_in_the_training_data_is_drift() -> None:
    report = measure_drift("here", TRAINING, make_patients(1000, seed=2).assign(payer_code="ZZ"))
    assert report.fields[0].field == "payer_code"


def test_a_field_that_was_left_out_is_no_drift() -> None:
    defaults = {field.name: field.default for field in FIELDS if not field.original}
    rows = make_patients(1000, seed=2).assign(**defaults)
    report = measure_drift("here", TRAINING, without_defaults(rows))
    assert {drift.rows for drift in report.fields if drift.field in defaults} == {0}
    assert not report.retrain


def test_the_index_is_that_of_the_textbook() -> None:
    assert stability_index([50, 50], [50, 50]) == 0
    assert stability_index([50, 50], [80, 20]) == pytest.approx(
        0.3 * 0.4700 + 0.3 * 0.9163, abs=1e-4
    )


@dataclass
class LogOf:
    """A prediction log of given patients."""

    rows: pd.DataFrame

    def read(self, _filter: PredictionFilter, limit: int) -> list[Prediction]:
        now = datetime(2026, 1, 2, tzinfo=UTC)
        names = [field.name for field in FIELDS]
        patients = self.rows[names].head(limit).to_dict("records")
        return [
            Prediction(str(number), now, patient, 0, 0.1, "m", 1, 0.2, False)
            for number, patient in enumerate(patients)
        ]


def watch(
    rows: pd.DataFrame, clean_data: InMemoryCleanData, *, trained_on: str = "v1"
) -> DriftWatch:
    registry, tracking = (
        InMemoryModelStore([make_version(data_version=trained_on)]),
        InMemoryTracking(),
    )
    registry.promote(1)
    tracking.load_report = lambda _run_id: {"training": TRAINING}  # type: ignore[method-assign]
    return DriftWatch(registry, tracking, LogOf(rows), clean_data)  # type: ignore[arg-type]


def test_the_watch_logs_its_report_and_calls_for_retraining() -> None:
    watching = watch(make_patients(800, seed=3).assign(age=95), make_clean_data())
    verdict = watching.report("day-1")
    assert verdict.retrain
    assert [report.source for report in verdict.reports] == [PREDICTIONS]
    assert watching.tracking.drift == {"day-1": verdict.reports}  # type: ignore[attr-defined]


def test_a_load_since_the_training_is_compared_too() -> None:
    verdict = watch(make_patients(800, seed=3), make_clean_data(), trained_on="v0").report("day-1")
    assert [report.source for report in verdict.reports] == [PREDICTIONS, NEW_LOAD]


def test_without_a_champion_there_is_nothing_to_compare() -> None:
    empty = DriftWatch(
        InMemoryModelStore(), InMemoryTracking(), LogOf(pd.DataFrame()), InMemoryCleanData()
    )  # type: ignore[arg-type]
    with pytest.raises(NoChampionError):
        empty.report("day-1")


@pytest.mark.parametrize(
    ("rows", "psi", "p_value", "state"),
    [
        (299, 0.5, 0.0, "too few rows"),
        (300, 0.09, 0.0, "stable"),
        (300, 0.1, 0.0, "watch"),
        (300, 0.2, 0.0, "drifted"),
        (300, 0.2, 0.5, "stable"),
        (300, 0.1, 0.001, "stable"),
    ],
)
def test_a_fields_state_follows_from_rows_index_and_significance(
    rows: int, psi: float, p_value: float, state: str
) -> None:
    assert FieldDrift("age", rows, psi, p_value).state == state
