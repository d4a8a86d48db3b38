"""A file of patients as hospitals save it: its rows as payloads, and the columns it carries along.

Form and API read files with this, so that both understand the same ones. Values are converted, not
validated: a cell that means no value of its field stays text, which the API's payload refuses. The
columns of the dataset are understood as the cleaning understands them: the decade of age is its
midpoint, and a code decides the group. A column with the hospital's own number is both carried and
sent as the patient's label.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from readmission.schema.code_groups import CODE_GROUP_BY_FIELD
from readmission.schema.fields import FIELD_BY_NAME, PATIENT_LABEL
from readmission.schema.labels import Label
from readmission.schema.table_file import InvalidTableError, Record, read_records
from readmission.schema.table_words import (
    Value,
    ValueReader,
    code_field_for,
    field_of_heading,
    is_dataset_column,
    is_patient_label,
)

__all__ = ["InvalidTableError", "PatientRow", "PatientTable", "WrongColumn", "read_patient_table"]

_MIN_WRONG_VALUES = 10
"""From this many values on, none of which is valid, the column is wrong, not its rows."""
_MAX_EXAMPLES = 3

_NO_FIELDS = Label(
    "Ninguna columna es un campo del modelo. Use la plantilla: su primera línea lleva los nombres.",
    "No column is a field of the model. Use the template: its first line holds the names.",
)
_DUPLICATES = Label("Columnas repetidas: {columns}.", "Duplicate columns: {columns}.")


@dataclass(frozen=True, slots=True)
class PatientRow:
    """One patient: the line of the file, its cells, and the payload that they mean.

    ``fields`` is None for a row that has more or fewer cells than the header, and for one that has
    no value of any field.
    """

    line: int
    cells: Sequence[str]
    fields: dict[str, Value] | None


@dataclass(frozen=True, slots=True)
class WrongColumn:
    """A column in which no value is one of its field."""

    heading: str
    field: str
    rows: int
    examples: Sequence[str]


@dataclass(frozen=True)
class PatientTable:
    """A file of patients; ``field_by_position`` has None for columns that are no fields."""

    header: Sequence[str]
    field_by_position: Sequence[str | None]
    rows: Sequence[PatientRow]
    empty_cells: int = field(default=0)
    """Cells of fields without a value: the payload leaves the field out, so it has its default."""

    @cached_property
    def position_of_field(self) -> dict[str, int]:
        """Return the position of each field's column."""
        positions = {}
        for position, name in enumerate(self.field_by_position):
            if name is not None:
                positions[name] = position
        return positions

    @property
    def carried_columns(self) -> list[str]:
        """The columns that are no fields: not sent, but kept with the results."""
        return [heading for _position, heading in self._carried()]

    @property
    def unknown_columns(self) -> list[str]:
        """The carried columns that neither the dataset has nor the patient's label."""
        unknown = []
        for heading in self.carried_columns:
            if not is_dataset_column(heading) and not is_patient_label(heading):
                unknown.append(heading)
        return unknown

    def carried_cells(self, row: PatientRow) -> list[str]:
        """Return the cells of a row in the carried columns."""
        width = len(row.cells)
        carried = []
        for position, _heading in self._carried():
            carried.append(row.cells[position] if position < width else "")
        return carried

    def cell_of(self, row: PatientRow, field_name: str) -> str | None:
        """Return what the file has in a field's column, or in that of the code's group."""
        position = self.position_of_field.get(field_name)
        if position is None and field_name in CODE_GROUP_BY_FIELD:
            group_field = CODE_GROUP_BY_FIELD[field_name].group_field
            position = self.position_of_field.get(group_field)
        if position is None or position >= len(row.cells):
            return None
        return row.cells[position]

    def wrong_columns(self) -> list[WrongColumn]:
        """Return the columns in which no value is valid."""
        wrong = []
        for name, position in self.position_of_field.items():
            column = self._find_wrong_column(name, position)
            if column is not None:
                wrong.append(column)
        return wrong

    def _carried(self) -> Iterator[tuple[int, str]]:
        for position, name in enumerate(self.field_by_position):
            heading = self.header[position]
            if name is None and heading:
                yield position, heading

    def _find_wrong_column(self, name: str, position: int) -> WrongColumn | None:
        domain = FIELD_BY_NAME[name].domain
        if domain.kind == "text":
            return None
        examples: list[str] = []
        rows = 0
        for row in self.rows:
            if row.fields is None or name not in row.fields:
                continue
            value = row.fields[name]
            if value is None or domain.allows(str(value)):
                return None
            rows += 1
            text = row.cells[position].strip()
            if len(examples) < _MAX_EXAMPLES and text not in examples:
                examples.append(text)
        if rows < _MIN_WRONG_VALUES:
            return None
        return WrongColumn(self.header[position], name, rows, examples)


def read_patient_table(content: bytes, *, charset: str | None = None) -> PatientTable:
    """Read a CSV or an Excel workbook; ``charset`` is the encoding if it is declared.

    Raises:
        InvalidTableError: The file is no table of patients; its label says why.

    """
    header, records = read_records(content, _count_fields, charset=charset)
    field_by_position = [field_of_heading(heading) for heading in header]
    _check_header(header, field_by_position)
    converter = _RowConverter(header, field_by_position)
    rows = [converter.convert(record) for record in records]
    return PatientTable(header, field_by_position, rows, converter.empty_cells)


def _count_fields(headings: Sequence[str]) -> int:
    return sum(field_of_heading(heading) is not None for heading in headings)


def _check_header(header: Sequence[str], field_by_position: Sequence[str | None]) -> None:
    named = [name for name in field_by_position if name is not None]
    if not named:
        raise InvalidTableError(_NO_FIELDS)
    duplicates = []
    for heading, name in zip(header, field_by_position, strict=True):
        is_repeated_field = name is not None and named.count(name) > 1
        if is_repeated_field or (heading and header.count(heading) > 1):
            duplicates.append(heading)
    if duplicates:
        distinct = dict.fromkeys(duplicates)
        raise InvalidTableError(_DUPLICATES, columns=", ".join(distinct))


class _RowConverter:
    """Turns the cells of rows into payloads, and counts the empty ones."""

    def __init__(self, header: Sequence[str], field_by_position: Sequence[str | None]) -> None:
        self.empty_cells = 0
        self._width = len(header)
        self._columns: list[tuple[int, str]] = []
        for position, name in enumerate(field_by_position):
            if name is not None:
                self._columns.append((position, name))
        self._label_position = _find_label(header)
        self._readers = {name: ValueReader(known) for name, known in FIELD_BY_NAME.items()}

    def convert(self, record: Record) -> PatientRow:
        cells = self._without_empty_end(record.cells)
        if len(cells) != self._width:
            return PatientRow(record.line, cells, None)
        fields: dict[str, Value] = {}
        empty_cells = 0
        for position, name in self._columns:
            text = cells[position]
            if text.strip():
                self._add(fields, name, text)
            else:
                empty_cells += 1
        if not fields:
            return PatientRow(record.line, cells, None)
        self.empty_cells += empty_cells
        self._add_label(fields, cells)
        return PatientRow(record.line, cells, fields)

    def _add_label(self, fields: dict[str, Value], cells: Sequence[str]) -> None:
        if self._label_position is None:
            return
        label = cells[self._label_position].strip()
        if label:
            fields[PATIENT_LABEL] = label

    def _without_empty_end(self, cells: Sequence[str]) -> Sequence[str]:
        """Return the cells without those after the last column, if they are all empty."""
        if len(cells) > self._width and not any(cells[self._width :]):
            return cells[: self._width]
        return cells

    def _add(self, fields: dict[str, Value], name: str, text: str) -> None:
        """Add the value of a cell; a code in its group's column belongs to the code's field."""
        code_field = code_field_for(name, text)
        target = code_field or name
        value = self._readers[target].read(text)
        if code_field is None or code_field not in fields:
            fields[target] = value


def _find_label(header: Sequence[str]) -> int | None:
    """Return the position of the first column that holds the hospital's own number."""
    for position, heading in enumerate(header):
        if is_patient_label(heading):
            return position
    return None
