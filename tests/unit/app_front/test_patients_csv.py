import pytest

from app_front.patients_csv import CHUNK_ROWS, chunks, template, write_csv
from readmission.schema import FIELDS, Language
from readmission.schema.patient_table import PatientRow, read_patient_table

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
