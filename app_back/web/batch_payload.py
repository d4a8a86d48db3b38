"""The rows of a batch, each validated by itself."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.exceptions import HTTPException, RequestValidationError
from pydantic import ValidationError
from pydantic_core import PydanticCustomError, from_json

from app_back.web.error_responses import Detail, details_of
from app_back.web.patient_payload import PatientPayload
from readmission.schema import FIELD_BY_NAME

MAX_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its patient, or what is wrong with it."""

    number: int
    patient: Mapping[str, int | str | None] | None
    wrong: Sequence[Detail] = ()


def parse_json_rows(body: bytes) -> list[Row]:
    """Return the rows of ``{"patients": [...]}``."""
    try:
        sent = from_json(body)
    except ValueError as error:
        raise _refused(f"This is not JSON: {error}") from error
    if (
        not isinstance(sent, dict)
        or set(sent) != {"patients"}
        or not isinstance(sent["patients"], list)
    ):
        raise _refused('The body is {"patients": [...]} and nothing else.')
    return _validated(sent["patients"])


def parse_csv_rows(body: bytes) -> list[Row]:
    """Return the rows of a CSV whose header names fields; an empty cell leaves its field out."""
    try:
        text = body.decode("utf-8-sig")
        lines = [
            line
            for line in csv.reader(io.StringIO(text, newline=""), _delimiter(text), strict=True)
            if line
        ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise _refused(f"This is not a CSV in UTF-8: {error}") from error
    if not lines:
        raise _refused("The first line has to name the fields.")
    header, *rows = lines
    _check_header(header)
    return _validated([_cells(header, row) for row in rows])


def _delimiter(text: str) -> "type[csv.Dialect]":
    """Return the dialect; spreadsheets in Spanish write semicolons."""

    class Comma(csv.excel):
        delimiter = ";" if ";" in text.partition("\n")[0] else ","

    return Comma


def _check_header(header: list[str]) -> None:
    unknown = [name for name in header if name not in FIELD_BY_NAME]
    if unknown:
        raise _refused(
            f"The header names {', '.join(map(repr, unknown[:5]))}; there is no such field."
        )
    if len(set(header)) != len(header):
        raise _refused("The header names a field twice.")


def _cells(header: list[str], row: list[str]) -> Any:
    """Return the row's fields; a number stays text where it is none, so that validation names it."""
    if len(row) != len(header):
        return PydanticCustomError(
            "cells", f"The row has {len(row)} cells, the header {len(header)}."
        )
    return {name: _value(name, cell) for name, cell in zip(header, row, strict=True) if cell != ""}


def _value(name: str, cell: str) -> int | str:
    whole = (
        FIELD_BY_NAME[name].domain.kind == "integer"
        and cell.isascii()
        and cell.removeprefix("-").isdigit()
    )
    return int(cell) if whole and len(cell) < 20 else cell


def _validated(sent: list[Any]) -> list[Row]:
    if not 1 <= len(sent) <= MAX_ROWS:
        raise _refused(f"A batch has 1 to {MAX_ROWS:,} rows, not {len(sent):,}.")
    return [_row(number, one) for number, one in enumerate(sent, 1)]


def _row(number: int, sent: Any) -> Row:
    if isinstance(sent, PydanticCustomError):
        return Row(number, None, [Detail(field=None, message=sent.message())])
    try:
        return Row(number, PatientPayload.__pydantic_validator__.validate_python(sent).__dict__)
    except ValidationError as error:
        return Row(number, None, details_of(error.errors(include_url=False)))


def _refused(message: str) -> RequestValidationError:
    return RequestValidationError([{"type": "batch", "loc": (), "msg": message}])


def media_type_of(request: Request) -> str:
    """Return the body's declared type without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def unsupported_media_type(*wanted: str) -> HTTPException:
    """Return the refusal of any other type."""
    return HTTPException(415, f"Send {' or '.join(wanted)}.", {"Accept": ", ".join(wanted)})
