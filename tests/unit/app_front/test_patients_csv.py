import io

import openpyxl
import pytest

from app_front.patients_csv import CHUNK_ROWS, chunks, template, write_csv
from app_front.patients_workbook import template_workbook
from readmission.schema import FIELDS, Language
from readmission.schema.patient_table import PatientRow, read_patient_table
from readmission.schema.table_words import ValueReader

LANGUAGES = pytest.mark.parametrize("language", ["es", "en"])


@LANGUAGES
def test_template_is_read_back_as_the_defaults(language: Language) -> None:
    table = read_patient_table(template(language).encode())
    (row,) = table.rows
    assert row.fields == {
        field.name: field.default for field in FIELDS if field.default is not None
    }
    assert table.carried_columns == []


@LANGUAGES
def test_template_has_the_labels_of_its_language(language: Language) -> None:
    header = template(language).splitlines()[0]
    assert all(field.label.in_language(language) in header for field in FIELDS)


def test_spanish_files_have_semicolons_and_a_byte_order_mark() -> None:
    assert write_csv(["a", "b"], [[1, 2]], language="es") == "\ufeffa;b\r\n1;2\r\n"
    assert write_csv(["a", "b"], [[1, 2]], language="en") == "\ufeffa,b\r\n1,2\r\n"


def test_chunks_cover_every_row_once() -> None:
    rows = [PatientRow(line, ["70"], {"age": 70}) for line in range(2 * CHUNK_ROWS + 1)]
    assert [len(chunk) for chunk in chunks(rows)] == [CHUNK_ROWS, CHUNK_ROWS, 1]
    assert [row for chunk in chunks(rows) for row in chunk] == rows


@LANGUAGES
def test_workbook_template_is_read_back_as_the_defaults(language: Language) -> None:
    table = read_patient_table(template_workbook(language))
    (row,) = table.rows
    assert row.fields == {
        field.name: field.default for field in FIELDS if field.default is not None
    }


@LANGUAGES
def test_second_sheet_has_every_allowed_value_as_the_reader_understands_it(
    language: Language,
) -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(template_workbook(language)))
    values = workbook.worksheets[1]
    for column, field in enumerate(FIELDS, start=1):
        if field.domain.kind != "category":
            continue
        cells = [values.cell(row, column).value for row in range(2, values.max_row + 1)]
        shown = [str(cell) for cell in cells if cell is not None]
        reader = ValueReader(field)
        assert [reader.read(text) for text in shown] == list(field.domain.categories)
