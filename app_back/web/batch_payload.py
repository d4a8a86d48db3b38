"""The rows of a batch, as JSON or CSV, each validated on its own."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError

from app_back.web.error_responses import Detail, details_of
from app_back.web.patient_payload import PatientPayload
from readmission.ports.serving import PatientFields
from readmission.schema import FIELD_BY_NAME

MAX_ROWS = 10_000
_MAX_UNKNOWN_FIELDS = 5
"""How many unknown fields of a header the error message names."""
_MAX_DIGITS = 19
"""Longer than any valid number; Python refuses to convert texts of thousands of digits."""


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


def parse_csv_rows(body: bytes) -> list[BatchRow]:
    """Parse a CSV whose header names fields; an empty cell leaves its field out.

    Raises RequestValidationError if it is not a CSV, or its header names unknown fields.
    """
    header, *rows = _read_csv(body)
    _check_header(header)
    _check_row_count(len(rows))
    numbered_rows = enumerate(rows, start=1)
    return [_parse_csv_row(number, header, cells) for number, cells in numbered_rows]


def _read_csv(body: bytes) -> list[list[str]]:
    """Return the cells of all lines that are not empty; there is at least one."""
    try:
        text = body.decode("utf-8-sig")
        lines = io.StringIO(text, newline="")
        reader = csv.reader(lines, delimiter=_delimiter_of(text), strict=True)
        rows = [cells for cells in reader if cells]
    except (UnicodeDecodeError, csv.Error) as error:
        raise _invalid_batch(f"The body is not a CSV in UTF-8: {error}") from error
    if not rows:
        raise _invalid_batch("The body is empty; the first line must name the fields.")
    return rows


def _delimiter_of(text: str) -> str:
    """Return the delimiter of the header; spreadsheets in Spanish use semicolons."""
    header, _, _rows = text.partition("\n")
    if ";" in header:
        return ";"
    return ","


def _check_header(header: list[str]) -> None:
    """Raise RequestValidationError unless the header names known fields, each once."""
    unknown = [repr(name) for name in header if name not in FIELD_BY_NAME]
    if unknown:
        examples = ", ".join(unknown[:_MAX_UNKNOWN_FIELDS])
        raise _invalid_batch(f"The header names unknown fields: {examples}.")
    distinct = set(header)
    if len(distinct) != len(header):
        raise _invalid_batch("The header names a field twice.")


def _check_row_count(rows: int) -> None:
    """Raise RequestValidationError for an empty batch and for one that is too large."""
    if 1 <= rows <= MAX_ROWS:
        return
    message = f"A batch must have 1 to {MAX_ROWS:,} rows; this one has {rows:,}."
    raise _invalid_batch(message)


def _parse_csv_row(number: int, header: list[str], cells: list[str]) -> BatchRow:
    width, expected_width = len(cells), len(header)
    if width != expected_width:
        message = f"The row has {width} cells, the header {expected_width}."
        error = Detail(field=None, message=message)
        return BatchRow(number, None, [error])
    fields: dict[str, int | str] = {}
    named_cells = zip(header, cells, strict=True)
    for name, cell in named_cells:
        if cell != "":
            fields[name] = _parse_cell(name, cell)
    return _validate_row(number, fields)


def _parse_cell(name: str, cell: str) -> int | str:
    """Convert an integer field's cell; one that is not a number stays text and fails validation."""
    domain = FIELD_BY_NAME[name].domain
    if domain.kind != "integer":
        return cell
    if len(cell) > _MAX_DIGITS:
        return cell
    digits = cell.removeprefix("-")
    if digits.isascii() and digits.isdigit():
        return int(cell)
    return cell


def _validate_row(number: int, fields: Any) -> BatchRow:
    try:
        patient = PatientPayload.model_validate(fields)
    except ValidationError as error:
        validation_errors = error.errors(include_url=False)
        details = details_of(validation_errors)
        return BatchRow(number, None, details)
    return BatchRow(number, patient.__dict__)


def _invalid_batch(message: str) -> RequestValidationError:
    """Return an error of the batch as a whole, in the shape of pydantic's errors."""
    error = {
        "type": "batch",
        "loc": (),
        "msg": message,
    }
    return RequestValidationError([error])
