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
_MAX_DIGITS = 19


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One row: a patient, or what is wrong with it."""

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
    return [_validate_row(number, sent) for number, sent in enumerate(payload.patients, 1)]


def parse_csv_rows(body: bytes) -> list[BatchRow]:
    """Parse a CSV whose header names fields; an empty cell leaves its field out.

    Raises RequestValidationError if it is no CSV, or its header names no fields.
    """
    header, *rows = _read_csv(body)
    _check_header(header)
    _check_row_count(len(rows))
    return [_parse_csv_row(number, header, cells) for number, cells in enumerate(rows, 1)]


def _read_csv(body: bytes) -> list[list[str]]:
    """Return all lines that are not empty; there is at least one."""
    try:
        text = body.decode("utf-8-sig")
        first_line, _, _rest = text.partition("\n")
        # Spreadsheets in Spanish separate cells by semicolons.
        delimiter = ";" if ";" in first_line else ","
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        lines = [line for line in reader if line]
    except (UnicodeDecodeError, csv.Error) as error:
        raise _invalid_batch(f"The body is not a CSV in UTF-8: {error}") from error
    if not lines:
        raise _invalid_batch("The body is empty; the first line must name the fields.")
    return lines


def _check_header(header: list[str]) -> None:
    unknown = [name for name in header if name not in FIELD_BY_NAME]
    if unknown:
        named = ", ".join(repr(name) for name in unknown[:5])
        raise _invalid_batch(f"The header names unknown fields: {named}.")
    if len(set(header)) != len(header):
        raise _invalid_batch("The header names a field twice.")


def _check_row_count(rows: int) -> None:
    if not 1 <= rows <= MAX_ROWS:
        raise _invalid_batch(f"A batch must have 1 to {MAX_ROWS:,} rows; this one has {rows:,}.")


def _parse_csv_row(number: int, header: list[str], cells: list[str]) -> BatchRow:
    if len(cells) != len(header):
        message = f"The row has {len(cells)} cells, the header {len(header)}."
        return BatchRow(number, None, [Detail(field=None, message=message)])
    fields = {
        name: _parse_cell(name, cell)
        for name, cell in zip(header, cells, strict=True)
        if cell != ""
    }
    return _validate_row(number, fields)


def _parse_cell(name: str, cell: str) -> int | str:
    """Return an integer field's number; text that is no number stays, for validation to name."""
    is_integer_field = FIELD_BY_NAME[name].domain.kind == "integer"
    is_number = cell.isascii() and cell.removeprefix("-").isdigit()
    if is_integer_field and is_number and len(cell) <= _MAX_DIGITS:
        return int(cell)
    return cell


def _validate_row(number: int, sent: Any) -> BatchRow:
    try:
        patient = PatientPayload.model_validate(sent)
    except ValidationError as error:
        return BatchRow(number, None, details_of(error.errors(include_url=False)))
    return BatchRow(number, patient.__dict__)


def _invalid_batch(message: str) -> RequestValidationError:
    return RequestValidationError([{"type": "batch", "loc": (), "msg": message}])
