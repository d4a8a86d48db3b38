"""Rows on their way into a table."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import pandas as pd
import pyarrow as pa
from pyarrow import csv

NULL = r"\N"
"""What stands for NULL where rows travel as text."""
_WITHOUT_QUOTES = csv.WriteOptions(include_header=False, quoting_style="none")


@dataclass(frozen=True, slots=True)
class RowChunk:
    """Rows in a table's column order, and the same rows as text if that is at hand."""

    frame: pd.DataFrame
    csv_lines: bytes | None = None

    def as_csv(self) -> bytes:
        """Return the rows as comma-separated lines; no value of this project needs quotes."""
        if self.csv_lines is not None:
            return self.csv_lines
        return _write_csv(self.frame)


RowWriter = Callable[[RowChunk], None]


def _write_csv(frame: pd.DataFrame) -> bytes:
    columns = {}
    for name, values in frame.items():
        column = pa.array(values)
        columns[name] = _with_null_text(column)

    buffer = BytesIO()
    csv.write_csv(
        pa.table(columns),
        buffer,
        write_options=_WITHOUT_QUOTES,
    )
    return buffer.getvalue()


def _with_null_text(column: pa.Array) -> pa.Array:
    is_categorical = pa.types.is_dictionary(column.type)
    if not is_categorical and column.null_count == 0:
        return column
    texts = column.cast(pa.string())
    return texts.fill_null(NULL)
