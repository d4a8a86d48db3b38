"""One table of diagnoses, one behaviour: JSON, CSV and dataset read them alike."""

import csv
import io
from typing import Any

import pytest

from readmission.data.row_checker import Block, CheckedBlock, RowChecker
from readmission.schema import FIELD_BY_NAME
from tests.fakes.diagnoses import REFUSED, USED
from tests.fakes.rows import make_line
from tests.unit.app_back.conftest import ApiHarness

CSV = {"content-type": "text/csv"}


def predict_csv(api: ApiHarness, **cells: str) -> Any:
    text = io.StringIO()
    csv.writer(text).writerows([cells.keys(), cells.values()])
    return api.client.post("/predict/batch", content=text.getvalue(), headers=CSV).json()


def load(diagnosis: str) -> CheckedBlock:
    line = make_line(diag_1=diagnosis)
    return RowChecker().check(Block(2, line.encode() + b"\n"))


@pytest.mark.parametrize(("text", "code"), USED.items())
def test_a_known_code_is_used_as_icd9_wherever_it_is_sent(
    api: ApiHarness, text: str, code: str
) -> None:
    assert FIELD_BY_NAME["diag_1"].domain.normalize(text) == code
    by_json = api.predict(diag_1=text).json()
    (by_csv,) = predict_csv(api, diag_1=text)["predictions"]
    for answer in (by_json, by_csv):
        stored = api.log.rows[answer["prediction_id"]]
        assert stored.fields["diag_1"] == code
        assert stored.given_diagnoses == (None if text == code else {"diag_1": text})
    assert load(text).frame["diag_1"].tolist() == [code]


@pytest.mark.parametrize(("text", "message"), REFUSED.items())
def test_an_unknown_code_is_refused_with_the_nearest_wherever_it_is_sent(
    api: ApiHarness, text: str, message: str
) -> None:
    assert not FIELD_BY_NAME["diag_1"].domain.allows(text)
    by_json = api.predict(diag_1=text)
    assert by_json.status_code == 422
    (invalid,) = predict_csv(api, diag_1=text)["errors"]
    for (detail,) in (by_json.json()["detail"], invalid["detail"]):
        assert detail["field"] == "diag_1"
        assert detail["message"].startswith(message)
        assert detail["allowed"] == (
            "an ICD-9 or ICD-10 code such as 250.00 or E11.9; null or left out means unknown"
        )
    (rejected,) = load(text).rejected
    assert rejected.reason.startswith(f"diag_1: {message}")
    assert not api.log.rows


def test_what_was_converted_is_said_and_shown_again(api: ApiHarness) -> None:
    converted = {
        "diag_1": "E11.9 (ICD-10) read as 250.00",
        "diag_3": "25000 (ICD-9) read as 250.00",
    }
    sent = {"diag_1": "E11.9", "diag_2": "428", "diag_3": " 25000 "}
    answer = api.predict(**sent).json()
    assert answer["converted"] == converted
    (row,) = predict_csv(api, **sent)["predictions"]
    assert row["converted"] == converted
    assert api.client.post("/explain", json=sent).json()["converted"] == converted
    url = f"/predictions/{answer['prediction_id']}"
    stored = api.client.get(url).json()["prediction"]
    assert stored in api.client.get("/predictions").json()["predictions"]
    assert stored["given_diagnoses"] == {"diag_1": "E11.9", "diag_3": "25000"}
    assert stored["converted"] == converted


def test_nothing_is_said_where_nothing_was_converted(api: ApiHarness) -> None:
    sent = {"diag_1": "250.83"}
    answer = api.predict(**sent).json()
    (row,) = predict_csv(api, **sent)["predictions"]
    explained = api.client.post("/explain", json=sent).json()
    (stored, _) = api.client.get("/predictions").json()["predictions"]
    for content in (answer, row, explained, stored):
        assert "converted" not in content


def test_the_key_for_conversions_is_documented(api: ApiHarness) -> None:
    schemas = api.client.get("/openapi.json").json()["components"]["schemas"]
    for name in ("PredictResponse", "BatchPrediction", "StoredPrediction", "ExplainResponse"):
        assert "ICD-10" in schemas[name]["properties"]["converted"]["description"]


def test_what_was_typed_cannot_be_sent_as_a_field(api: ApiHarness) -> None:
    assert api.predict(given_diagnoses="{}").status_code == 422


@pytest.mark.parametrize(
    ("sent", "used"),
    [
        ({"diag_2": 401}, {"diag_2": "401"}),
        ({"diag_2": 401.0}, {"diag_2": "401"}),
        ({"diag_2": 250.83}, {"diag_2": "250.83"}),
        ({"admission_type_code": 1}, {"admission_type_code": "1"}),
        ({"admission_type_code": 1.0}, {"admission_type_code": "1"}),
        ({"admission_type_code": "1.0"}, {"admission_type_code": "1"}),
    ],
)
def test_a_code_may_be_sent_as_a_number(
    api: ApiHarness, sent: dict[str, object], used: dict[str, str]
) -> None:
    stored = api.log.rows[api.predict(**sent).json()["prediction_id"]]
    assert {name: stored.fields[name] for name in used} == used
    assert stored.given_diagnoses is None


@pytest.mark.parametrize("sent", [{"diag_2": True}, {"diag_2": 1e300}, {"admission_type_code": 99}])
def test_a_number_that_is_no_code_is_refused(api: ApiHarness, sent: dict[str, object]) -> None:
    answer = api.predict(**sent)
    assert answer.status_code == 422
    assert [detail["field"] for detail in answer.json()["detail"]] == list(sent)


@pytest.mark.parametrize("empty", ["", "  ", None])
@pytest.mark.parametrize("field", ["diag_1", "medical_specialty", "payer_code", "race"])
def test_an_empty_text_is_null(api: ApiHarness, field: str, empty: str | None) -> None:
    stored = api.log.rows[api.predict(**{field: empty}).json()["prediction_id"]]
    assert stored.fields[field] is None
