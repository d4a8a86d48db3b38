"""The records of a table as spreadsheets save it: CSV in its dialects and encodings, or .xlsx.

English Excel separates by comma and writes UTF-8 with a byte order mark; Spanish Excel separates by
semicolon, and its plain "CSV" is cp1252. The header decides between the delimiters.
"""

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from readmission.errors import InputError
from readmission.schema.labels import Label

CountKnown = Callable[[Sequence[str]], int]
"""Returns how many of the headings name a column that the reader knows."""

_DELIMITERS = (";", ",", "\t")
_DELIMITER_LINE = re.compile(r"sep=([;,\t])\r?\n", re.IGNORECASE)
"""A first line that only tells Excel the delimiter."""
_ZIP_START = b"PK\x03\x04"
_SHEET_ENTRY = "xl/workbook.xml"
_MAX_UNPACKED_BYTES = 400_000_000
"""A workbook that unpacks to more than this is refused before it is read."""
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_DECLARABLE_CHARSETS = frozenset(
    {"ascii", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "iso8859-1", "iso8859-15"}
)
"""Python's names of the encodings that a request may declare; others of its codecs are not text."""

_EMPTY = Label("El archivo está vacío.", "The file is empty.")
_NO_ROWS = Label("El archivo no tiene ninguna fila de datos.", "The file has no data rows.")
_NOT_TEXT = Label(
    "El archivo no es una tabla de texto ni un libro de Excel (.xlsx).",
    "The file is neither a text table nor an Excel workbook (.xlsx).",
)
_WRONG_CHARSET = Label("El archivo no es texto {charset}.", "The file is not {charset} text.")
_UNKNOWN_CHARSET = Label(
    "No se conoce la codificación «{charset}»; use utf-8.",
    "The charset {charset!r} is not supported; use utf-8.",
)
_BROKEN_QUOTE = Label(
    "El archivo no es un CSV: hay un entrecomillado roto en la línea {line}.",
    "The file is not a valid CSV: a quoted value is broken at line {line}.",
)
_BROKEN_WORKBOOK = Label(
    "El libro de Excel no se puede abrir. Guárdelo como CSV.",
    "The Excel workbook cannot be opened. Save it as CSV.",
)
_NO_WORKBOOKS = Label(
    "Aquí no se pueden leer libros de Excel (.xlsx). Guárdelo como CSV.",
    "Excel workbooks (.xlsx) cannot be read here. Save it as CSV.",
)


class InvalidTableError(InputError):
    """The table as a whole cannot be used; ``label`` says why in both languages."""

    def __init__(self, label: Label, **values: object) -> None:
        super().__init__(label.en.format(**values))
        self.label = label
        self.values = values


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of one row, and the number of the line on which it ends."""

    line: int
    cells: Sequence[str]


def read_records(
    content: bytes, count_known: CountKnown, *, charset: str | None = None
) -> tuple[list[str], list[Record]]:
    """Return the header and the rows of a file, without the rows that are all empty.

    Raises:
        InvalidTableError: The file is empty, has no rows, or is no table.

    """
    if not content.strip():
        raise InvalidTableError(_EMPTY)
    if content.startswith(_ZIP_START):
        all_records = _read_workbook(content)
    else:
        text = _decode(content, charset)
        all_records = _parse(text, count_known)
    records = [record for record in all_records if any(cell.strip() for cell in record.cells)]
    if not records:
        raise InvalidTableError(_EMPTY)
    header, *rows = records
    if not rows and count_known(header.cells):
        raise InvalidTableError(_NO_ROWS)
    return [heading.strip() for heading in header.cells], rows


def _decode(content: bytes, charset: str | None) -> str:
    """Decode by the declared charset, the byte order mark, or else UTF-8 and then cp1252."""
    if charset is not None:
        return _decode_declared(content, charset)
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return _decode_as(content, encoding)
    if b"\x00" in content:
        raise InvalidTableError(_NOT_TEXT)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_as(content, "cp1252")


def _decode_as(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidTableError(_NOT_TEXT) from error


def _decode_declared(content: bytes, charset: str) -> str:
    try:
        encoding = codecs.lookup(charset).name
    except (LookupError, ValueError) as error:
        raise InvalidTableError(_UNKNOWN_CHARSET, charset=charset) from error
    if encoding not in _DECLARABLE_CHARSETS:
        raise InvalidTableError(_UNKNOWN_CHARSET, charset=charset)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidTableError(_WRONG_CHARSET, charset=charset) from error
    return text.removeprefix("\ufeff")


def _parse(text: str, count_known: CountKnown) -> list[Record]:
    declared = _DELIMITER_LINE.match(text)
    if declared is not None:
        skipped_lines = 1
        return _parse_with(declared[1], text[declared.end() :], skipped_lines)
    delimiter = _choose_delimiter(text, count_known)
    return _parse_with(delimiter, text, skipped_lines=0)


def _choose_delimiter(text: str, count_known: CountKnown) -> str:
    """Return the delimiter that shows the most known columns, then the most columns."""
    best_delimiter = ","
    best_score = (0, 0)
    for delimiter in _DELIMITERS:
        header = _first_cells(text, delimiter)
        score = (count_known(header), len(header))
        if score > best_score:
            best_delimiter, best_score = delimiter, score
    return best_delimiter


def _first_cells(text: str, delimiter: str) -> list[str]:
    """Return the cells of the first record that has any text."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                return cells
    except csv.Error:
        return []
    return []


def _parse_with(delimiter: str, text: str, skipped_lines: int) -> list[Record]:
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        return [Record(reader.line_num + skipped_lines, cells) for cells in reader]
    except csv.Error as error:
        line = reader.line_num + skipped_lines
        raise InvalidTableError(_BROKEN_QUOTE, line=line) from error


def _read_workbook(content: bytes) -> list[Record]:
    """Return the rows of the first sheet, as text."""
    try:
        # Here, because only this needs it: an installation without it still reads CSV.
        import openpyxl
    except ImportError as error:
        raise InvalidTableError(_NO_WORKBOOKS) from error
    _check_workbook(content)
    try:
        workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()
        return list(_sheet_records(sheet.iter_rows(values_only=True)))
    except Exception as error:
        raise InvalidTableError(_BROKEN_WORKBOOK) from error


def _check_workbook(content: bytes) -> None:
    """Refuse other archives, and those that would unpack to more than memory holds."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile as error:
        raise InvalidTableError(_BROKEN_WORKBOOK) from error
    names = {entry.filename for entry in entries}
    if _SHEET_ENTRY not in names:
        raise InvalidTableError(_NOT_TEXT)
    unpacked_bytes = sum(entry.file_size for entry in entries)
    if unpacked_bytes > _MAX_UNPACKED_BYTES:
        raise InvalidTableError(_BROKEN_WORKBOOK)


def _sheet_records(rows: Iterator[Sequence[Any]]) -> Iterator[Record]:
    """Yield the rows with as many cells as the header; sheets leave out empty cells at the end."""
    width = 0
    for line, values in enumerate(rows, start=1):
        cells = [_cell_text(value) for value in values]
        while len(cells) > width and not cells[-1]:
            cells.pop()
        if width == 0:
            width = len(cells)
        padding = [""] * (width - len(cells))
        yield Record(line, cells + padding)


def _cell_text(value: object) -> str:
    """Return a cell as a person would have typed it: 70 for 70.0."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
