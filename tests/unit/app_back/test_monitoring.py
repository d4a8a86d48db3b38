"""Monitoring, and explanations of one patient's probability."""

import pytest

from app_back.serving.live_quality import measure_live_quality
from app_back.serving.reference_patients import draw_reference_patients
from readmission.records import LabelledPrediction
from tests.fakes.serving import InMemoryCleanDataReader
from tests.unit.app_back.conftest import ApiHarness


def test_an_explanation_adds_up_to_the_probability(api: ApiHarness) -> None:
    explanation = api.client.post("/explain", json={"age": 100}).json()
    assert [(part["field"], part["value"]) for part in explanation["contributions"]] == [
        ("age", 100)
    ]
    added = sum(part["contribution"] for part in explanation["contributions"])
    assert (
        explanation["base_probability"] + added
        == pytest.approx(explanation["probability"])
        == pytest.approx(0.5)
    )


def test_an_explanation_names_a_wrong_field(api: ApiHarness) -> None:
    answer = api.client.post("/explain", json={"age": 500})
    assert (answer.status_code, answer.json()["detail"][0]["field"]) == (422, "age")


def test_reference_patients_come_from_validation_rows_if_there_are_any() -> None:
    rows = InMemoryCleanDataReader()
    assert len(draw_reference_patients(rows, "data-1")) == 30
    assert draw_reference_patients(rows, "data-1") == draw_reference_patients(rows, "data-1")
    assert len(draw_reference_patients(rows, "gone")) == 1


def test_monitoring_compares_the_latest_predictions_with_training(api: ApiHarness) -> None:
    for age in (0, 50, 100):
        api.predict(age=age)
    monitoring = api.client.get("/monitoring").json()
    assert (monitoring["predictions"], [count for _, count in monitoring["days"]]) == (3, [3])
    assert monitoring["scores"] == {
        "edges": [0.1, 0.2, 0.3, 0.5],
        "validation": [0.5, 0.3, 0.2],
        "live": pytest.approx([1 / 3, 0, 2 / 3]),
    }
    assert monitoring["drift"]["state"] == "too few rows"
    # Few predictions: no field has enough rows for a verdict.
    assert {field["state"] for field in monitoring["drift"]["fields"]} == {"too few rows"}
    shifts = [field["psi"] for field in monitoring["drift"]["fields"]]
    assert shifts == sorted(shifts, reverse=True)


def test_monitoring_without_predictions_is_empty(api: ApiHarness) -> None:
    monitoring = api.client.get("/monitoring").json()
    assert monitoring["predictions"] == 0
    assert monitoring["days"] == []
    assert monitoring["scores"]["live"] == [0, 0, 0]


def test_the_report_is_read_once(api: ApiHarness) -> None:
    first = api.client.get("/model/report").json()
    assert (first["status"], first["model_version"], set(first["report"])) == (
        200,
        1,
        {"histogram"},
    )
    assert api.client.get("/model/report").json() == first
    assert api.client.get("/promotions").json() == {"status": 200, "promotions": []}


@pytest.mark.parametrize(("count", "has_intervals"), [(99, False), (100, True)])
def test_live_quality_has_intervals_from_enough_outcomes_on(
    count: int, has_intervals: bool
) -> None:
    labelled = [
        LabelledPrediction(0.1 + 0.3 * (number % 10 == 0), number % 10 == 0, number % 8 == 0)
        for number in range(count)
    ]
    quality = measure_live_quality(labelled, 0.2)
    assert quality.enough_outcomes == 100
    assert bool(quality.intervals) is has_intervals
    for name, (low, high) in quality.intervals.items():
        assert low <= getattr(quality, name) <= high
