"""The rows of a batch, as JSON, CSV or Excel workbook, each validated on its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError

from app_back.web.error_responses import Detail, details_of
from app_back.web.near_names import near_field
from app_back.web.patient_payload import PatientPayload
from readmission.ports.serving import PatientFields
from readmission.schema.patient_table import (
    InvalidTableError,
    PatientRow,
    PatientTable,
    read_patient_table,
)

MAX_ROWS = 10_000
_MAX_UNKNOWN_FIELDS = 5
"""How many unknown fields of a header the error message names."""


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One row, numbered from 1: a patient, or the errors that make it invalid."""

    number: int
    patient: PatientFields | None
    errors: Sequence[Detail] = ()


class BatchPayload(BaseModel):
    """The JSON body of a batch; its patients are validated one by one later."""

    model_config = ConfigDict(extra="forbid", strict=True)

    patients: list[Any]


def parse_json_rows(body: bytes) -> list[BatchRow]:
    """Parse ``{"patients": [...]}``; raises RequestValidationError if it has another shape."""
    try:
        payload = BatchPayload.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error
    _check_row_count(len(payload.patients))
    numbered_patients = enumerate(payload.patients, start=1)
    return [_validate_row(number, patient) for number, patient in numbered_patients]


def parse_table_rows(body: bytes, charset: str | None = None) -> list[BatchRow]:
    """Parse a CSV or an Excel workbook of patients; an empty cell leaves its field out.

    Raises RequestValidationError if it is no table, has unknown columns, or if a column is wrong in
    every row. Blank rows are not counted.
    """
    try:
        table = read_patient_table(body, charset=charset)
    except InvalidTableError as error:
        raise _invalid_batch(str(error)) from error
    _check_columns(table)
    _check_row_count(len(table.rows))
    numbered_rows = enumerate(table.rows, start=1)
    return [_validate_table_row(number, row, table) for number, row in numbered_rows]


def _check_columns(table: PatientTable) -> None:
    """Refuse unknown columns, which may be misspelt fields, and those without a valid value."""
    unknown = table.unknown_columns
    if unknown:
        described = [_describe_unknown(name) for name in unknown[:_MAX_UNKNOWN_FIELDS]]
        examples = ", ".join(described)
        raise _invalid_batch(f"The header names unknown fields: {examples}.")
    for column in table.wrong_columns():
        if column.rows == len(table.rows):
            examples = ", ".join(repr(text) for text in column.examples)
            message = f"No value of the column {column.heading!r} is valid: {examples} ..."
            raise _invalid_batch(message, column.field)


def _describe_unknown(name: str) -> str:
    nearest = near_field(name)
    if nearest is None:
        return repr(name)
    return f"{name!r} (did you mean {nearest}?)"


def _check_row_count(rows: int) -> None:
    """Raise RequestValidationError for an empty batch and for one that is too large."""
    if 1 <= rows <= MAX_ROWS:
        return
    message = f"A batch must have 1 to {MAX_ROWS:,} rows; this one has {rows:,}."
    raise _invalid_batch(message)


def _validate_table_row(number: int, row: PatientRow, table: PatientTable) -> BatchRow:
    if row.fields is not None:
        return _validate_row(number, row.fields)
    width, expected_width = len(row.cells), len(table.header)
    message = "The row has no value of any field."
    if width != expected_width:
        message = f"The row has {width} cells, the header {expected_width}."
    return BatchRow(number, None, [Detail(field=None, message=message)])


def _validate_row(number: int, fields: Any) -> BatchRow:
    try:
        patient = PatientPayload.model_validate(fields)
    except ValidationError as error:
        validation_errors = error.errors(include_url=False)
        details = details_of(validation_errors)
        return BatchRow(number, None, details)
    return BatchRow(number, patient.__dict__)


def _invalid_batch(message: str, field: str | None = None) -> RequestValidationError:
    """Return an error of the batch as a whole, or of one column, in the shape of pydantic's."""
    error = {
        "type": "batch",
        "loc": () if field is None else (field,),
        "msg": message,
    }
    return RequestValidationError([error])
