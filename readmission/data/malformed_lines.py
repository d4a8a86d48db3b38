"""Lines read one by one, because their block has quotes, another encoding or invalid rows."""

import csv

import numpy as np
from numpy.typing import NDArray

from readmission.data.row_rules import explain_invalid
from readmission.records import RejectedRow
from readmission.schema import COLUMNS

MAX_LINE_BYTES = 65_536
_STORED_TEXT_BYTES = 500
_UNSAFE_CHARACTERS = frozenset(',"\r\n')
_DIAGNOSES = [
    position for position, column in enumerate(COLUMNS) if column.domain.kind == "diagnosis"
]
"""The columns whose values may have a decimal comma; the others have no use for one."""


class _MalformedLineError(Exception):
    """A line that cannot be read as one row; the message is the reason."""


def separate(
    data: bytes, line_numbers: NDArray[np.int64]
) -> tuple[bytes, NDArray[np.int64], list[RejectedRow]]:
    """Return the well-formed lines without their quotes, their numbers, and the malformed lines."""
    well_formed: list[bytes] = []
    well_formed_numbers: list[int] = []
    malformed: list[RejectedRow] = []

    # After the last newline, split returns an empty piece that has no number.
    numbered_lines = zip(line_numbers.tolist(), data.split(b"\n"), strict=False)
    for number, line in numbered_lines:
        try:
            values = _parse_line(line)
        except _MalformedLineError as error:
            malformed.append(as_rejected(number, str(error), line))
            continue
        well_formed.append(",".join(values).encode() + b"\n")
        well_formed_numbers.append(number)

    numbers = np.array(well_formed_numbers, dtype=np.int64)
    return b"".join(well_formed), numbers, malformed


def explain_line(line: bytes) -> str:
    """Return why a line is malformed, or else which of its values are invalid."""
    try:
        values = _parse_line(line)
    except _MalformedLineError as error:
        return str(error)
    return explain_invalid(values) or ""


def as_rejected(line_number: int, reason: str, line: bytes) -> RejectedRow:
    """Return the record of a rejected line; it holds only the start of a long one."""
    start = line[:_STORED_TEXT_BYTES]
    text = start.decode(errors="backslashreplace")
    return RejectedRow(
        line=line_number,
        reason=reason,
        text=text[:_STORED_TEXT_BYTES],
    )


def _parse_line(line: bytes) -> list[str]:
    """Return the line's values; raises _MalformedLineError."""
    if not line:
        raise _MalformedLineError("the line is empty")
    if len(line) > MAX_LINE_BYTES:
        raise _MalformedLineError(f"the line is longer than {MAX_LINE_BYTES:,} bytes")

    text = _decode(line)
    try:
        values = next(csv.reader([text], strict=True))
    except csv.Error as error:
        raise _MalformedLineError(f"the quotes do not match: {error}") from error

    if len(values) != len(COLUMNS):
        counts = f"{len(values)} values where {len(COLUMNS)} are expected"
        raise _MalformedLineError(counts)
    for position in _DIAGNOSES:
        values[position] = values[position].replace(",", ".")
    if any(_UNSAFE_CHARACTERS.intersection(value) for value in values):
        # No domain allows these characters, and without quotes they would split the line.
        raise _MalformedLineError(explain_invalid(values) or "")
    return values


def _decode(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        value = line[error.start]
        position = error.start + 1
        raise _MalformedLineError(
            f"byte {value:#04x} at position {position} is not UTF-8: is the file Latin-1?"
        ) from error
