"""A file of patients is understood as hospitals save it: by an Excel of either language, or raw."""

import csv
import io
from typing import Any

import openpyxl
import pytest

from readmission.schema import COLUMNS, FIELDS, Field
from readmission.schema.patient_table import InvalidTableError, read_patient_table
from tests.fakes.rows import make_line


def _fields(content: bytes | str) -> list[dict[str, Any] | None]:
    body = content if isinstance(content, bytes) else content.encode()
    return [row.fields for row in read_patient_table(body).rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiters_and_encodings_of_spreadsheets_are_read(delimiter: str, encoding: str) -> None:
    text = delimiter.join(["nota", "Edad (años)"]) + "\r\n" + delimiter.join(["año", "70"]) + "\r\n"
    table = read_patient_table(text.encode(encoding))
    assert table.rows[0].fields == {"age": 70}
    assert table.carried_cells(table.rows[0]) == ["año"]


@pytest.mark.parametrize("text", ["70", "70.0", "70,0", " 70 ", "70,00", "[70-80)"])
def test_ages_are_whole_numbers_however_they_are_written(text: str) -> None:
    expected = 75 if text == "[70-80)" else 70
    assert _fields(f'age\n"{text}"\n') == [{"age": expected}]


@pytest.mark.parametrize("text", ["70,5", "70.000", "setenta", "7e1"])
def test_other_numbers_stay_text_for_the_payload_to_refuse(text: str) -> None:
    assert _fields(f'age\n"{text}"\n') == [{"age": text}]


@pytest.mark.parametrize(
    ("heading", "text", "expected"),
    [
        ("gender", "Mujer", {"gender": "Female"}),
        ("Género", "MUJER", {"gender": "Female"}),
        ("genero", "male", {"gender": "Male"}),
        ("discharge_disposition_id", "Home", {"discharge_disposition_id": "Alta a casa"}),
        ("Destino al alta", "alta a casa", {"discharge_disposition_id": "Alta a casa"}),
        ("Discharge disposition", "1", {"discharge_disposition_code": "1"}),
        ("admission_type_code", "3 · Electiva", {"admission_type_code": "3"}),
        ("admission_type_id", "Emergency", {"admission_type_id": "Emergencia"}),
        ("insulin", "aumento", {"insulin": "Up"}),
        ("change", "Si", {"change": "Ch"}),
        ("payer_code", "mc", {"payer_code": "MC"}),
        ("race", "?", {"race": None}),
        ("race", "Sin dato", {"race": None}),
        ("A1Cresult", "no medida", {"A1Cresult": "None"}),
        ("NUM LAB PROCEDURES", "4", {"num_lab_procedures": 4}),
    ],
)
def test_names_and_labels_of_both_languages_are_understood(
    heading: str, text: str, expected: dict[str, Any]
) -> None:
    assert _fields(f"{heading}\n{text}\n") == [expected]


def test_label_of_two_codes_is_not_guessed() -> None:
    assert _fields("admission_source_code\nNot available\n") == [
        {"admission_source_code": "Not available"}
    ]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_value_and_every_label_of_a_field_is_read_back(field: Field) -> None:
    for value in field.domain.categories:
        assert _fields(f'{field.name}\n"{value}"\n') == [{field.name: value}]
    for value, label in field.choices.items():
        shown = f"{value} · {label.es}" if value.isdecimal() else label.es
        assert _fields(f'"{field.label.es}"\n"{shown}"\n') == [{field.name: value}]


def test_columns_of_the_dataset_are_cleaned_as_for_the_training() -> None:
    header = ",".join(column.name for column in COLUMNS)
    line = make_line(
        age="[80-90)", admission_type_id=3, discharge_disposition_id=22, race="?", insulin="Up"
    )
    table = read_patient_table(f"{header}\n{line}\n".encode())
    fields = table.rows[0].fields
    assert fields is not None
    assert (fields["age"], fields["race"], fields["insulin"]) == (85, None, "Up")
    assert fields["admission_type_code"] == "3"
    assert fields["discharge_disposition_code"] == "22"
    assert "discharge_disposition_id" not in fields
    assert table.carried_columns == ["encounter_id", "patient_nbr", "weight", "readmitted"]
    assert table.unknown_columns == []


def test_blank_rows_are_no_patients_and_lines_are_those_of_the_file() -> None:
    table = read_patient_table(b'nota,age\n"A\n1",70\n,\n\n"  ",\nB,71\n')
    assert [(row.line, row.fields) for row in table.rows] == [(3, {"age": 70}), (7, {"age": 71})]


def test_row_with_only_an_identifier_is_no_patient() -> None:
    assert _fields("nhc,age\nA,\nB,70\n") == [
        None,
        {"age": 70, "patient_label": "B"},
    ]


@pytest.mark.parametrize("heading", ["NHC", "patient_label", "Número de historia", "MRN"])
def test_the_hospitals_own_number_is_sent_and_carried(heading: str) -> None:
    table = read_patient_table(f"{heading},age\n 0017 ,70\n,71\n".encode())
    assert [row.fields for row in table.rows] == [
        {"age": 70, "patient_label": "0017"},
        {"age": 71},
    ]
    assert (table.carried_columns, table.unknown_columns) == ([heading], [])


def test_rows_of_another_width_are_no_patients_but_empty_cells_at_the_end_are_ignored() -> None:
    assert _fields("age,gender\n70\n71,Male,,\n72,Male,x\n") == [
        None,
        {"age": 71, "gender": "Male"},
        None,
    ]


def test_empty_cells_are_counted() -> None:
    assert read_patient_table(b"age,gender\n70,\n,Male\n71,Male\n").empty_cells == 2


def test_excels_own_line_about_the_delimiter_is_skipped() -> None:
    table = read_patient_table(b"sep=;\r\nage;gender\r\n70;Male\r\n")
    assert table.rows[0].fields == {"age": 70, "gender": "Male"}
    assert table.rows[0].line == 3


def test_wrong_column_is_found_once_and_single_wrong_values_are_not() -> None:
    wrong = read_patient_table(("age,gender\n" + "old,Male\n" * 20).encode())
    (column,) = wrong.wrong_columns()
    assert (column.heading, column.field, column.rows) == ("age", "age", 20)
    assert list(column.examples) == ["old"]
    single = read_patient_table(("age\n" + "old\n" * 19 + "70\n").encode())
    assert single.wrong_columns() == []


@pytest.mark.parametrize(
    ("content", "expected_message"),
    [
        (b"", "is empty"),
        (b"\r\n\r\n", "is empty"),
        (b"age\n", "no data rows"),
        (b"name;years\nAna;70\n", "No column is a field"),
        (b"<html><body>no</body></html>", "No column is a field"),
        (b"age,Edad\n1,2\n", "Duplicate columns: age, Edad"),
        (b"nhc,nhc,age\n1,2,3\n", "Duplicate columns: nhc"),
        (b'age\n"70\n', "broken at line"),
        (b"PK\x03\x04nothing", "cannot be opened"),
        (b"\x89PNG\x00\x00", "neither a text table"),
        (b"\xff\xfea", "neither a text table"),
    ],
)
def test_file_that_is_no_table_of_patients_is_refused_with_the_reason(
    content: bytes, expected_message: str
) -> None:
    with pytest.raises(InvalidTableError, match=expected_message) as caught:
        read_patient_table(content)
    assert caught.value.label.es


@pytest.mark.parametrize("charset", ["zlib", "unicode_escape", "no-such", "\x00"])
def test_charset_that_is_no_text_encoding_is_refused(charset: str) -> None:
    with pytest.raises(InvalidTableError, match="not supported"):
        read_patient_table(b"age\n70\n", charset=charset)


def test_workbook_is_read_like_a_csv() -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet.append(["Cama", "Edad (años)", "Insulin", "diag_1"])
    sheet.append([17, 70.0, "Up", 250.83])
    sheet.append([])
    sheet.append([18, 71, None, None])
    content = io.BytesIO()
    workbook.save(content)
    table = read_patient_table(content.getvalue())
    assert [(row.line, row.fields) for row in table.rows] == [
        (2, {"age": 70, "insulin": "Up", "diag_1": "250.83"}),
        (4, {"age": 71}),
    ]
    assert table.carried_cells(table.rows[1]) == ["18"]


def test_csv_module_and_reader_agree_on_a_plain_file() -> None:
    text = 'nhc,age\n"a, ""b""",70\n'
    expected = list(csv.reader(io.StringIO(text)))[1]
    assert list(read_patient_table(text.encode()).rows[0].cells) == expected
