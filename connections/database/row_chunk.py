"""Rows on their way into a table."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import pandas as pd
import pyarrow as pa
from pyarrow import csv

NULL = r"\N"
"""What stands for NULL where rows travel as text."""
_PLAIN = csv.WriteOptions(include_header=False, quoting_style="none")


@dataclass(frozen=True, slots=True)
class RowChunk:
    """Rows in a table's column order; ``lines`` are the same rows as text, where they are at hand."""

    frame: pd.DataFrame
    lines: bytes | None = None

    def as_lines(self) -> bytes:
        """Return the rows as comma-separated lines without quotes: no value of ours needs them."""
        return self.lines if self.lines is not None else _written(self.frame)


RowWriter = Callable[[RowChunk], None]


def _written(frame: pd.DataFrame) -> bytes:
    buffer = BytesIO()
    csv.write_csv(
        pa.table({name: _printable(pa.array(c)) for name, c in frame.items()}), buffer, _PLAIN
    )
    return buffer.getvalue()


def _printable(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type) or column.null_count:
        return column.cast(pa.string()).fill_null(NULL)
    return column
