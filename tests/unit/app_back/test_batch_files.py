"""A file of 500 patients has the same answers however an Excel of either language saves it."""

import csv
import io
import random
from typing import Any

import openpyxl
import pytest

from readmission.schema import CODE_GROUP_BY_FIELD, FIELDS, Field, Language
from readmission.schema.patient_table import read_patient_table
from tests.unit.app_back.conftest import ApiHarness

PATIENTS = 500
CSV = {"content-type": "text/csv"}
XLSX = {"content-type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_TEXTS = {"diag_1": "428", "diag_2": "250.83", "diag_3": "V45", "medical_specialty": "Cardiology"}
_LEFT_OUT = frozenset(CODE_GROUP_BY_FIELD)


def _random_value(field: Field, source: random.Random) -> Any:
    if field.domain.kind == "integer":
        return source.randint(field.domain.minimum, field.domain.maximum)
    if field.domain.kind == "category":
        return source.choice(field.domain.categories)
    return _TEXTS[field.name]


@pytest.fixture(scope="module")
def patients() -> list[dict[str, Any]]:
    source = random.Random(4)  # noqa: S311 - not for secrets
    fields = [field for field in FIELDS if field.name not in _LEFT_OUT]
    return [{field.name: _random_value(field, source) for field in fields} for _ in range(PATIENTS)]


def _table(patients: list[dict[str, Any]], language: Language) -> list[list[str]]:
    fields = [field for field in FIELDS if field.name in patients[0]]
    header = [field.label.in_language(language) for field in fields]
    rows = [
        [_text(field, patient[field.name], language) for field in fields] for patient in patients
    ]
    return [header, *rows]


def _text(field: Field, value: Any, language: Language) -> str:
    """Return the value as a person of the language writes it: labels, and decimals for numbers."""
    if field.domain.kind == "integer":
        return f"{value},0" if language == "es" else f"{value}.0"
    if value in field.choices:
        return field.choices[value].in_language(language)
    return str(value)


def _csv(rows: list[list[str]], delimiter: str, encoding: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(encoding)


def _workbook(rows: list[list[str]]) -> bytes:
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for row in rows:
        sheet.append(row)
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def test_files_of_an_english_and_a_spanish_excel_have_equal_rows_and_probabilities(
    api: ApiHarness, patients: list[dict[str, Any]]
) -> None:
    english, spanish = _table(patients, "en"), _table(patients, "es")
    files = [
        (_csv(english, ",", "utf-8-sig"), CSV),
        (_csv(english, ",", "cp1252"), CSV),
        (_csv(spanish, ";", "cp1252"), CSV),
        (_csv(spanish, ";", "utf-8-sig"), CSV),
        (_csv(spanish, "\t", "utf-16"), CSV),
        (_workbook(spanish), XLSX),
    ]
    expected = _probabilities(api.client.post("/predict/batch", json={"patients": patients}))
    assert len(expected) == PATIENTS
    for content, headers in files:
        table = read_patient_table(content)
        assert [row.fields for row in table.rows] == patients
        answer = api.client.post("/predict/batch", content=content, headers=headers)
        assert _probabilities(answer) == expected


def _probabilities(answer: Any) -> list[float]:
    return [prediction["probability"] for prediction in answer.json()["predictions"]]


def test_charset_that_the_request_declares_is_used(api: ApiHarness) -> None:
    body = "género;edad\r\nMujer;70,0\r\n".encode("latin-1")
    headers = {"content-type": 'text/csv; charset="ISO-8859-1"'}
    assert api.client.post("/predict/batch", content=body, headers=headers).json()["answered"] == 1
    wrong = {"content-type": "text/csv; charset=utf-8"}
    assert api.client.post("/predict/batch", content=body, headers=wrong).status_code == 422


def test_the_hospitals_own_number_is_stored_with_each_prediction(api: ApiHarness) -> None:
    body = b"NHC;age\n0017;70\n"
    (made,) = api.client.post("/predict/batch", content=body, headers=CSV).json()["predictions"]
    assert api.log.rows[made["prediction_id"]].patient_label == "0017"


def test_rows_of_nothing_are_no_patients(api: ApiHarness) -> None:
    body = b"age,number_inpatient\n75,2\n,\n"
    answer = api.client.post("/predict/batch", content=body, headers=CSV).json()
    assert (answer["rows"], answer["answered"], len(api.log.rows)) == (1, 1, 1)


def test_column_that_is_wrong_in_every_row_is_named_once(api: ApiHarness) -> None:
    body = ("age,gender\n" + "old,Male\n" * 50).encode()
    answer = api.client.post("/predict/batch", content=body, headers=CSV)
    (detail,) = answer.json()["detail"]
    assert (answer.status_code, detail["field"]) == (422, "age")
    assert "'old'" in detail["message"]
