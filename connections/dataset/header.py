"""The dataset's header: the columns that a file must have, and what it has instead."""

import csv
from pathlib import Path
from typing import IO

from connections.dataset.address import SUFFIXES
from readmission.errors import DatasetError
from readmission.schema import COLUMNS

HEADER = tuple(column.name for column in COLUMNS)

_MAX_HEADER_BYTES = 1 << 16


def refuse_other_content(path: Path, source: str) -> None:
    """Raise DatasetError for an empty file or a web page."""
    with path.open("rb") as file:
        start = file.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise DatasetError(
            f"{source} is empty; it must be the diabetes dataset ({', '.join(SUFFIXES)})."
        )
    if start.startswith(b"<"):
        raise DatasetError(
            f"{source} is a web page, not the dataset; name the address of the file itself."
        )


def read_header(stream: IO[bytes], source: str) -> bytes:
    """Return the first line; raises DatasetError that names the columns that are wrong."""
    line = stream.readline(_MAX_HEADER_BYTES)
    names = _names(line)
    if names != HEADER:
        raise DatasetError(f"{source}: wrong header: {_difference(names)}.")
    return line


def _names(line: bytes) -> tuple[str, ...]:
    return tuple(next(csv.reader([line.decode("utf-8-sig", "replace").rstrip("\r\n")]), []))


def _difference(names: tuple[str, ...]) -> str:
    """Say what is missing, what is too much, or that the order is another one."""
    missing = [name for name in HEADER if name not in names]
    foreign = [
        name
        for position, name in enumerate(names)
        if name not in HEADER or name in names[:position]
    ]
    parts = [f"missing {_some(missing)}"] * bool(missing) + [f"unexpected {_some(foreign)}"] * bool(
        foreign
    )
    return "; ".join(parts) or f"the order must be {','.join(HEADER)}"


def _some(names: list[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:5])
    return shown + (f" and {len(names) - 5} more" if len(names) > 5 else "")
