"""Lines that are read one by one, because their block has quotes, other encodings or invalid rows."""

import csv

import numpy as np
from numpy.typing import NDArray

from readmission.data.row_rules import why_invalid
from readmission.records import RejectedRow
from readmission.schema import COLUMNS

MAX_LINE_BYTES = 65_536
_TEXT_BYTES = 500
_UNSAFE_SIGNS = ',"\r\n'


def separate(
    data: bytes, numbers: NDArray[np.int64]
) -> tuple[bytes, NDArray[np.int64], list[RejectedRow]]:
    """Separate well-formed lines, without their quotes, from malformed ones."""
    well_formed: list[bytes] = []
    well_formed_numbers: list[int] = []
    rejected: list[RejectedRow] = []
    for number, line in zip(numbers.tolist(), data.split(b"\n"), strict=False):
        values = _values(line)
        if isinstance(values, str):
            rejected.append(as_rejected(number, values, line))
        else:
            well_formed.append(",".join(values).encode() + b"\n")
            well_formed_numbers.append(number)
    return b"".join(well_formed), np.array(well_formed_numbers, dtype=np.int64), rejected


def _values(line: bytes) -> list[str] | str:
    """Return the line's values, or why it is malformed."""
    if not line:
        return "the line is empty"
    if len(line) > MAX_LINE_BYTES:
        return f"the line is longer than {MAX_LINE_BYTES:,} bytes"
    try:
        values = next(csv.reader([line.decode()], strict=True))
    except UnicodeDecodeError as error:
        byte = f"byte {line[error.start]:#04x} at position {error.start + 1}"
        return f"{byte} is not UTF-8: is the file Latin-1?"
    except csv.Error as error:
        return f"the quotes do not match: {error}"
    if len(values) != len(COLUMNS):
        return f"{len(values)} values where {len(COLUMNS)} are expected"
    if any(sign in value for value in values for sign in _UNSAFE_SIGNS):
        return why_invalid(values) or ""
    return values


def reason(line: bytes) -> str:
    """Say why a line is malformed, or which of its values are invalid."""
    values = _values(line)
    if isinstance(values, str):
        return values
    return why_invalid(values) or ""


def as_rejected(number: int, why: str, line: bytes) -> RejectedRow:
    """Return what is stored of a rejected line: of a long one only the start."""
    start = line[:_TEXT_BYTES].decode(errors="backslashreplace")
    return RejectedRow(number, why, start[:_TEXT_BYTES])
