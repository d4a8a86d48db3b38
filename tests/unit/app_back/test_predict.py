"""``POST /predict`` keeps the contract of the legacy project."""

from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app_back.main import create_app
from connections.models.champion_store import ChampionStore
from connections.settings import Settings
from readmission.schema import FIELD_BY_NAME, ORIGINAL_FIELDS
from tests.fakes.serving import FakeRegistry, load_fake_model
from tests.unit.app_back.conftest import ApiHarness

ORIGINAL_FORM = {
    "race": "AfricanAmerican",
    "gender": "Male",
    "age": 100,
    "time_in_hospital": 14,
    "num_lab_procedures": 44,
    "num_procedures": 0,
    "num_medications": 13,
    "number_outpatient": 0,
    "number_emergency": 0,
    "number_inpatient": 0,
    "number_diagnoses": 0,
    "max_glu_serum": ">200",
    "A1Cresult": ">7",
    "change": "Ch",
    "diabetesMed": "No",
    "admission_type_id": "Recién Nacido",
    "discharge_disposition_id": "Otro",
    "admission_source_id": "Emergencia",
    "examide": "Up",
    "citoglipton": "Steady",
}


def test_an_empty_patient_gets_the_defaults(api: ApiHarness) -> None:
    answer = api.predict()
    assert answer.status_code == 200
    assert answer.json() | {"prediction_id": ""} == {
        "status": 200,
        "prediction": 1,
        "probability": 0.36,
        "prediction_id": "",
        "model_name": "mejor_modelo_diabetes",
        "model_version": 1,
        "threshold": 0.25,
        "synthetic": False,
    }


def test_the_legacy_forms_payload_is_predicted_and_stored(api: ApiHarness) -> None:
    assert {field.name for field in ORIGINAL_FIELDS} == set(ORIGINAL_FORM)
    answer = api.predict(**ORIGINAL_FORM).json()
    stored = api.log.rows[answer["prediction_id"]]
    assert {name: stored.fields[name] for name in ORIGINAL_FORM} == ORIGINAL_FORM
    assert (stored.probability, stored.predicted_readmitted) == (
        answer["probability"],
        answer["prediction"],
    )


def test_a_field_left_out_gets_the_schemas_default(api: ApiHarness) -> None:
    stored = api.log.rows[api.predict(age=70).json()["prediction_id"]]
    assert stored.fields == {name: field.default for name, field in FIELD_BY_NAME.items()} | {
        "age": 70
    }


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"age": 121}, ["age"]),
        ({"age": "65"}, ["age"]),
        ({"age": True}, ["age"]),
        ({"gender": "Unknown/Invalid"}, ["gender"]),
        ({"race": "x", "time_in_hospital": 0}, ["race", "time_in_hospital"]),
        ({"height": 180}, ["height"]),
        ({"diag_1": "250.\u0663"}, ["diag_1"]),
        ({"discharge_disposition_code": "11"}, ["discharge_disposition_code"]),
    ],
)
def test_an_invalid_field_is_named(
    api: ApiHarness, fields: dict[str, object], named: list[str]
) -> None:
    answer = api.predict(**fields)
    assert answer.status_code == 422
    assert [detail["field"] for detail in answer.json()["detail"]] == named
    assert not api.log.rows


def test_a_whole_number_may_have_a_decimal_point(api: ApiHarness) -> None:
    answer = api.client.post(
        "/predict", content=b'{"age": 70.0}', headers={"content-type": "application/json"}
    )
    assert api.log.rows[answer.json()["prediction_id"]].fields["age"] == 70


def test_a_body_in_several_chunks_is_read_completely(api: ApiHarness) -> None:
    pieces = iter([b'{"age"', b": 7", b"1}"])
    answer = api.client.post(
        "/predict", content=pieces, headers={"content-type": "application/json"}
    )
    assert api.log.rows[answer.json()["prediction_id"]].fields["age"] == 71


def test_an_invalid_value_is_answered_with_the_allowed_ones(api: ApiHarness) -> None:
    (detail,) = api.predict(age=500).json()["detail"]
    assert detail["allowed"] == "a whole number from 0 to 120; left out means 65"


@pytest.mark.parametrize(
    ("fields", "allowed"),
    [
        ({"payer_code": "XX"}, ", WC; null or left out means unknown"),
        ({"race": "x"}, ", Other; null means unknown, left out means Caucasian"),
        ({"gender": "x"}, "one of Female, Male; left out means Female"),
    ],
)
def test_the_allowed_values_say_what_null_and_leaving_out_mean(
    api: ApiHarness, fields: dict[str, str], allowed: str
) -> None:
    (detail,) = api.predict(**fields).json()["detail"]
    assert detail["allowed"].endswith(allowed)


@pytest.mark.parametrize(
    ("fields", "nearest"),
    [
        ({"Age": 70}, "age"),
        ({"glyburide-metformin": "No"}, "glyburide_metformin"),
        ({"xyzzy": "250"}, None),
        ({"Edad (años)": 70}, "age"),
        ({"gender": "female"}, "Female"),
        ({"gender": "Mujer"}, "Female"),
        ({"race": "Hispana"}, "Hispanic"),
        ({"admission_type_id": "Urgencia"}, "Emergencia"),
        ({"gender": "F" * 10_000}, None),
        ({"x" * 10_000: 1}, None),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(
    api: ApiHarness, fields: dict[str, object], nearest: str | None
) -> None:
    (detail,) = api.predict(**fields).json()["detail"]
    _, _, suggestion = detail["message"].partition("; did you mean ")
    assert suggestion == ("" if nearest is None else f"{nearest}?")


def test_load_balancers_may_ask_by_head(api: ApiHarness) -> None:
    for path in ("/health/live", "/health/ready"):
        assert api.client.head(path).status_code == 200
    api.log.away = True
    assert api.client.head("/health/ready").status_code == 503
    assert api.client.head("/health/live").status_code == 200


def test_a_code_sets_its_group(api: ApiHarness) -> None:
    stored = api.log.rows[api.predict(admission_type_code="3").json()["prediction_id"]]
    assert stored.fields["admission_type_id"] == "Electiva"


def test_a_code_of_no_group_means_that_the_group_is_unknown(api: ApiHarness) -> None:
    stored = api.log.rows[api.predict(admission_source_code="9").json()["prediction_id"]]
    assert stored.fields["admission_source_id"] is None


def test_a_code_that_contradicts_its_group_is_refused_naming_both_fields(api: ApiHarness) -> None:
    answer = api.predict(admission_type_code="3", admission_type_id="Emergencia")
    assert answer.status_code == 422
    assert [d["field"] for d in answer.json()["detail"]] == [
        "admission_type_code",
        "admission_type_id",
    ]


def test_the_hospitals_own_number_is_stored_beside_the_models_fields(api: ApiHarness) -> None:
    answer = api.predict(age=70, patient_label=" NHC 12/345 ")
    plain = api.predict(age=70)
    assert answer.json()["probability"] == plain.json()["probability"]
    stored = api.log.rows[answer.json()["prediction_id"]]
    assert stored.patient_label == "NHC 12/345"
    assert "patient_label" not in stored.fields


@pytest.mark.parametrize(
    ("label", "status"), [("", 200), ("x" * 64, 200), ("x" * 65, 422), ("a\nb", 422), (7, 422)]
)
def test_the_hospitals_own_number_is_a_short_line_of_text(
    api: ApiHarness, label: object, status: int
) -> None:
    answer = api.predict(patient_label=label)
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["detail"][0]["field"] == "patient_label"
    if label == "":
        (stored,) = api.log.rows.values()
        assert stored.patient_label is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"NaN", b'"x"'])
def test_a_body_that_is_not_an_object_is_refused(api: ApiHarness, body: bytes) -> None:
    answer = api.client.post("/predict", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422


def test_another_content_type_is_refused(api: ApiHarness) -> None:
    assert (
        api.client.post(
            "/predict", content="{}", headers={"content-type": "text/plain"}
        ).status_code
        == 415
    )


def test_before_the_first_promotion_it_responds_503_with_the_reason(
    api: ApiHarness, settings: Settings, tmp_path: Path
) -> None:
    empty = ChampionStore(FakeRegistry(), load_fake_model, tmp_path / "empty")
    adapters = replace(api.adapters, champions=empty)
    with TestClient(create_app(settings, adapters)) as client:
        client.app.state.predictor.follower.refresh()
        answer = client.post("/predict", json={})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert "promoted" in answer.json()["detail"][0]["message"]
        assert client.get("/health/ready").status_code == 503
        assert client.get("/health/live").status_code == 200


def test_without_the_database_it_responds_503_and_recovers(api: ApiHarness) -> None:
    api.log.away = True
    answer = api.predict()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert api.client.get("/health/ready").status_code == 503
    assert api.client.get("/health/live").status_code == 200
    api.log.away = False
    assert api.predict().status_code == 200
    assert len(api.log.rows) == 1
