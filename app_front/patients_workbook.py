"""The Excel template: a sheet of patients, whose cells offer the values of a second sheet."""

import io
from functools import lru_cache

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from app_front import translations as texts
from readmission.schema import FIELDS, Field, Language

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_LAST_ROW = 5_000
"""Down to this row of the first sheet the cells offer their values."""
_WIDTH = 22


@lru_cache(maxsize=2)
def template_workbook(language: Language) -> bytes:
    """Return the template in one language, with one patient of default values."""
    workbook = Workbook()
    patients = workbook.worksheets[0]
    patients.title = texts.PATIENTS_SHEET.in_language(language)
    values = workbook.create_sheet(texts.VALUES_SHEET.in_language(language))
    for column, field in enumerate(FIELDS, start=1):
        default = None
        if field.default is not None:
            default = _shown(field, str(field.default), language)
        _write_column(patients, column, [field.label.in_language(language), default])
        allowed = _allowed(field, language)
        _write_column(values, column, [field.label.in_language(language), *allowed])
        if field.domain.kind == "category":
            _offer_values(patients, values, column, len(allowed))
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def _write_column(sheet: Worksheet, column: int, texts_of_cells: list[str | None]) -> None:
    for row, text in enumerate(texts_of_cells, start=1):
        sheet.cell(row, column, _cell_value(text))
    heading = sheet.cell(1, column)
    heading.font = Font(bold=True)
    letter = get_column_letter(column)
    sheet.column_dimensions[letter].width = _WIDTH
    sheet.freeze_panes = "A2"


def _cell_value(text: str | None) -> int | str | None:
    """Return a number as one: Excel marks numbers that are stored as text."""
    if text is not None and text.isdecimal():
        return int(text)
    return text


def _offer_values(patients: Worksheet, values: Worksheet, column: int, count: int) -> None:
    """Let the cells of a column offer the values that the second sheet has in the same column."""
    letter = get_column_letter(column)
    last_row = count + 1
    source = f"'{values.title}'!${letter}$2:${letter}${last_row}"
    offer = DataValidation(
        type="list",
        formula1=source,
        allow_blank=True,
        showErrorMessage=False,
    )
    offer.add(f"{letter}2:{letter}{_LAST_ROW}")
    patients.add_data_validation(offer)


def _allowed(field: Field, language: Language) -> list[str | None]:
    """Return the allowed values of a field as people read them."""
    domain = field.domain
    if domain.kind == "integer":
        limits = texts.RANGE.in_language(language)
        return [limits.format(low=domain.minimum, high=domain.maximum)]
    if domain.kind == "category":
        return [_shown(field, value, language) for value in domain.categories]
    return [texts.HELP[field.name].in_language(language)]


def _shown(field: Field, value: str, language: Language) -> str:
    """Return a value as the form shows it; the reader of files understands that."""
    if value not in field.choices:
        return value
    meaning = field.choices[value].in_language(language)
    return f"{value} · {meaning}" if value.isdecimal() else meaning
