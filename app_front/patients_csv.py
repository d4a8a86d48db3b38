"""A CSV of patients: read it, cut it into pieces to send, and write it with the answers beside each row."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app_front import translations as texts
from readmission.errors import InputError
from readmission.schema import FIELD_BY_NAME, FIELDS, Label

PIECE_ROWS = 1000
"""Rows in one call: few enough to see progress, enough to be fast."""


class WrongFileError(InputError):
    """The file as a whole cannot be read; ``label`` says why in both languages."""

    def __init__(self, label: Label, **values: object) -> None:
        super().__init__(label.en.format(**values))
        self.label, self.values = label, values


@dataclass(frozen=True, slots=True)
class Row:
    """One row and the line that it ends on."""

    line: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class PatientsFile:
    """An uploaded CSV; ``torn`` rows have more or fewer cells than the header."""

    header: list[str]
    rows: list[Row]
    torn: list[Row]

    @property
    def carried(self) -> list[str]:
        """The columns that are no field: they are not sent, and stand in the result as they came."""
        return [name for name in self.header if name not in FIELD_BY_NAME]

    def pieces(self) -> Iterator[list[Row]]:
        """Yield the rows in calls."""
        yield from (
            self.rows[start : start + PIECE_ROWS] for start in range(0, len(self.rows), PIECE_ROWS)
        )

    def to_send(self, rows: Iterable[Row]) -> str:
        """Return the rows' fields as a CSV."""
        places = [place for place, name in enumerate(self.header) if name in FIELD_BY_NAME]
        return write_csv(
            [self.header[place] for place in places],
            ([row.cells[place] for place in places] for row in rows),
        )


def read_patients(content: bytes) -> PatientsFile:
    """Read an upload; raises WrongFileError."""
    header, *rows = _rows(content) or [Row(0, [])]
    _check_header(header.cells)
    if not rows:
        raise WrongFileError(texts.FILE_EMPTY)
    whole = [row for row in rows if len(row.cells) == len(header.cells)]
    return PatientsFile(
        list(header.cells), whole, [row for row in rows if len(row.cells) != len(header.cells)]
    )


def write_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a CSV with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def template() -> str:
    """Return a file to start from: every field, and one row of usual values."""
    return write_csv(
        [field.name for field in FIELDS],
        [["" if field.default is None else field.default for field in FIELDS]],
    )


def _rows(content: bytes) -> list[Row]:
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig")), strict=True)
    except UnicodeDecodeError as error:
        raise WrongFileError(texts.FILE_NOT_UTF8) from error
    try:
        return [Row(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as error:
        raise WrongFileError(texts.FILE_NOT_CSV, line=reader.line_num) from error


def _check_header(header: Sequence[str]) -> None:
    if not any(name in FIELD_BY_NAME for name in header):
        raise WrongFileError(texts.FILE_NO_FIELDS)
    if twice := {name for name in header if header.count(name) > 1}:
        raise WrongFileError(texts.FILE_COLUMN_TWICE, columns=", ".join(sorted(twice)))
