import csv

import pytest

from app_front.patients_csv import CHUNK_ROWS, InvalidFileError, read_patients, template
from readmission.schema import FIELDS


def test_template_holds_every_field_and_its_default() -> None:
    header, row = csv.reader(template().splitlines())
    assert header == [field.name for field in FIELDS]
    assert row == ["" if field.default is None else str(field.default) for field in FIELDS]


def test_template_can_be_uploaded_as_it_is() -> None:
    file = read_patients(template().encode())
    assert (len(file.rows), file.malformed_rows, file.extra_columns) == (1, [], [])


def test_other_columns_travel_along_and_are_not_sent() -> None:
    file = read_patients(b"record,age\nA-1,70\n")
    assert file.extra_columns == ["record"]
    assert file.fields_csv(file.rows) == "age\n70\n"


def test_row_with_another_number_of_cells_is_rejected_with_its_line() -> None:
    file = read_patients(b"age,gender\n70,Female\n71\n72,Male\n")
    assert [row.line for row in file.malformed_rows] == [3]
    assert [row.line for row in file.rows] == [2, 4]


def test_lines_are_those_of_the_file_where_a_cell_holds_a_line_break() -> None:
    file = read_patients(b'record,age\n"A\n1",70\n\nB,71\n')
    assert [row.line for row in file.rows] == [3, 5]


def test_excel_mark_at_the_beginning_is_no_part_of_the_header() -> None:
    assert read_patients("\ufeffage\n70\n".encode()).header == ["age"]


def test_chunks_cover_every_row_once() -> None:
    file = read_patients(("age\n" + "70\n" * (2 * CHUNK_ROWS + 1)).encode())
    assert [len(rows) for rows in file.chunks()] == [CHUNK_ROWS, CHUNK_ROWS, 1]
    assert [row for rows in file.chunks() for row in rows] == file.rows


@pytest.mark.parametrize(
    ("content", "expected_message"),
    [
        (b"", "No column is a field"),
        (b"age\n", "no data rows"),
        (b"name;age\nAna;70\n", "No column is a field"),
        (b"age,age\n1,2\n", "Duplicate columns: age"),
        (b'age\n"70\n', "broken at line"),
        ("age,nota\n70,año\n".encode("latin-1"), "not UTF-8"),
        (b"<html><body>no</body></html>", "No column is a field"),
    ],
)
def test_file_that_cannot_be_read_is_refused_with_the_reason(
    content: bytes, expected_message: str
) -> None:
    with pytest.raises(InvalidFileError, match=expected_message):
        read_patients(content)
