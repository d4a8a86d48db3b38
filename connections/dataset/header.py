"""The dataset's header: the columns that a file must have, and how another header differs."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from connections.dataset.address import SUFFIXES
from readmission.errors import DatasetError
from readmission.schema import COLUMNS

HEADER = tuple(column.name for column in COLUMNS)

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_START_BYTES = 1024
_MAX_HEADER_BYTES = 1 << 16
_MAX_LISTED_NAMES = 5
_MAX_NAME_LENGTH = 40


def refuse_other_content(path: Path, source: str) -> None:
    """Raise DatasetError for an empty file or a web page."""
    with path.open("rb") as file:
        start = file.read(_START_BYTES)
    content = start.removeprefix(_BYTE_ORDER_MARK).lstrip()
    if not content:
        suffixes = ", ".join(SUFFIXES)
        raise DatasetError(f"{source} is empty; it must be the diabetes dataset ({suffixes}).")
    if content.startswith(b"<"):
        raise DatasetError(
            f"{source} is a web page, not the dataset; name the address of the file itself."
        )


def read_header(stream: IO[bytes], source: str) -> bytes:
    """Return the first line; raises DatasetError that names the columns that are wrong."""
    line = stream.readline(_MAX_HEADER_BYTES)
    names = _parse_names(line)
    if names != HEADER:
        difference = _explain_difference(names)
        raise DatasetError(f"{source}: wrong header: {difference}.")
    return line


def has_header(stream: IO[bytes]) -> bool:
    """Return whether the first line is the dataset's header."""
    line = stream.readline(_MAX_HEADER_BYTES)
    names = _parse_names(line)
    return names == HEADER


def _parse_names(line: bytes) -> tuple[str, ...]:
    text = line.decode("utf-8-sig", "replace")
    without_newline = text.rstrip("\r\n")
    rows = csv.reader([without_newline])
    names = next(rows, [])
    return tuple(names)


def _explain_difference(names: Sequence[str]) -> str:
    """Say which columns are missing or unexpected, or that their order is wrong."""
    missing = [name for name in HEADER if name not in names]
    unexpected = _unexpected_names(names)
    parts = []
    if missing:
        parts.append(f"missing {_list_first(missing)}")
    if unexpected:
        parts.append(f"unexpected {_list_first(unexpected)}")

    if not parts:
        expected = ",".join(HEADER)
        return f"the order must be {expected}"
    return "; ".join(parts)


def _unexpected_names(names: Sequence[str]) -> list[str]:
    """Return the names that the dataset does not have, and those that are repeated."""
    unexpected = []
    known: set[str] = set()
    for name in names:
        if name not in HEADER or name in known:
            unexpected.append(name)
        known.add(name)
    return unexpected


def _list_first(names: Sequence[str]) -> str:
    quoted = []
    for name in names[:_MAX_LISTED_NAMES]:
        short_name = name[:_MAX_NAME_LENGTH]
        quoted.append(repr(short_name))

    listed = ", ".join(quoted)
    not_listed = len(names) - len(quoted)
    if not_listed == 0:
        return listed
    return f"{listed} and {not_listed} more"
