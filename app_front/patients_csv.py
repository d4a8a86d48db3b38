"""A CSV of patients: parse an upload, send it in chunks, write results."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app_front import translations as texts
from readmission.errors import InputError
from readmission.schema import FIELD_BY_NAME, FIELDS, Label

CHUNK_ROWS = 1000
"""Rows per request: few enough for the progress bar to move, enough to be fast."""


class InvalidFileError(InputError):
    """The file as a whole cannot be used; ``label`` says why in both languages."""

    def __init__(self, label: Label, **values: object) -> None:
        message = label.en.format(**values)
        super().__init__(message)
        self.label = label
        self.values = values


@dataclass(frozen=True, slots=True)
class Row:
    """One row, and the number of the line on which it ends."""

    line: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class PatientsFile:
    """An uploaded CSV; malformed rows have more or fewer cells than the header."""

    header: list[str]
    rows: list[Row]
    malformed_rows: list[Row]

    @property
    def extra_columns(self) -> list[str]:
        """Columns that are not model fields: not sent, but kept in the results."""
        return [name for name in self.header if name not in FIELD_BY_NAME]

    def chunks(self) -> Iterator[list[Row]]:
        """Yield the rows in chunks of one request each."""
        total = len(self.rows)
        for start in range(0, total, CHUNK_ROWS):
            end = start + CHUNK_ROWS
            yield self.rows[start:end]

    def fields_csv(self, rows: Iterable[Row]) -> str:
        """Return a CSV of ``rows`` with the model's fields only."""
        positions = []
        for position, name in enumerate(self.header):
            if name in FIELD_BY_NAME:
                positions.append(position)
        field_names = _select(self.header, positions)
        field_cells = (_select(row.cells, positions) for row in rows)
        return write_csv(field_names, field_cells)


def read_patients(content: bytes) -> PatientsFile:
    """Parse an upload; raises ``InvalidFileError``."""
    all_rows = _parse(content)
    header = all_rows[0].cells if all_rows else []
    _check_header(header)

    rows: list[Row] = []
    malformed_rows: list[Row] = []
    for row in all_rows[1:]:
        if len(row.cells) == len(header):
            rows.append(row)
        else:
            malformed_rows.append(row)
    if not rows and not malformed_rows:
        raise InvalidFileError(texts.FILE_EMPTY)
    return PatientsFile(list(header), rows, malformed_rows)


def write_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a CSV with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def template() -> str:
    """Return a CSV to start from: every field, and one row of default values."""
    names = [field.name for field in FIELDS]
    defaults = [field.default for field in FIELDS]
    return write_csv(names, [defaults])


def _parse(content: bytes) -> list[Row]:
    """Return the rows that are not empty, header included."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidFileError(texts.FILE_NOT_UTF8) from error
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        return [Row(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as error:
        raise InvalidFileError(texts.FILE_NOT_CSV, line=reader.line_num) from error


def _check_header(header: Sequence[str]) -> None:
    if FIELD_BY_NAME.keys().isdisjoint(header):
        raise InvalidFileError(texts.FILE_NO_FIELDS)
    duplicates = {name for name in header if header.count(name) > 1}
    if duplicates:
        columns = ", ".join(sorted(duplicates))
        raise InvalidFileError(texts.FILE_DUPLICATE_COLUMNS, columns=columns)


def _select(cells: Sequence[str], positions: Iterable[int]) -> list[str]:
    return [cells[position] for position in positions]
