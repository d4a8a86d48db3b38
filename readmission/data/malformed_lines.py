"""Lines that are taken apart one by one, because a block of them was not plain or broke the contract."""

import csv

import numpy as np
from numpy.typing import NDArray

from readmission.data.row_rules import why_wrong
from readmission.records import RejectedRow
from readmission.schema import COLUMNS

MAX_LINE_BYTES = 65_536
_TEXT_BYTES = 500


def separate(
    data: bytes, numbers: NDArray[np.int64]
) -> tuple[bytes, NDArray[np.int64], list[RejectedRow]]:
    """Part the lines of the right shape, without their quotes, from the others."""
    kept: list[bytes] = []
    kept_numbers: list[int] = []
    rejected: list[RejectedRow] = []
    for number, line in zip(numbers.tolist(), data.split(b"\n"), strict=False):
        values = _values(line)
        if isinstance(values, str):
            rejected.append(as_rejected(number, values, line))
        else:
            kept.append(",".join(values).encode() + b"\n")
            kept_numbers.append(number)
    return b"".join(kept), np.array(kept_numbers, dtype=np.int64), rejected


def _values(line: bytes) -> list[str] | str:
    """Return the line's values, or what is wrong with its shape."""
    if not line:
        return "the line is empty"
    if len(line) > MAX_LINE_BYTES:
        return f"the line is longer than {MAX_LINE_BYTES:,} bytes"
    try:
        values = next(csv.reader([line.decode()], strict=True))
    except UnicodeDecodeError as error:
        return f"byte {line[error.start]:#04x} at position {error.start + 1} is not UTF-8: is the file Latin-1?"
    except csv.Error as error:
        return f"the quotes do not match: {error}"
    if len(values) != len(COLUMNS):
        return f"{len(values)} values where {len(COLUMNS)} are expected"
    unsafe = any(sign in value for value in values for sign in ',"\r\n')
    return (why_wrong(values) or "") if unsafe else values


def reason(line: bytes) -> str:
    """Say what is wrong with a line's shape or with its values."""
    values = _values(line)
    return values if isinstance(values, str) else why_wrong(values) or ""


def as_rejected(number: int, why: str, line: bytes) -> RejectedRow:
    """Return what is kept of a wrong line: of a long one only the start."""
    return RejectedRow(
        number, why, line[:_TEXT_BYTES].decode(errors="backslashreplace")[:_TEXT_BYTES]
    )
