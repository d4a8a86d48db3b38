"""Read many rows quickly: the server joins them to one text, which pyarrow parses.

Drivers are slow because they make an object of each cell and row.
"""

from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv
from sqlalchemy import Column, ColumnElement, Connection, Integer, Select, func, select

from connections.database.dialect import Dialect
from connections.database.row_chunk import NULL
from readmission.errors import FatalError

CHUNK_VALUES = 1_000_000
"""Cells in a chunk: 20,000 rows of all columns, more of few."""
CATEGORIES = pa.dictionary(pa.int32(), pa.string())
"""Texts as categories, which are quick to work on by chunks."""
TEXTS = pa.large_string()
"""Texts as they are, which can be concatenated."""
_ID = ""
"""The name of the id that begins each line; the id may be one of the requested columns, too."""
_MAX_ID = 2**31 - 1
_WITHOUT_QUOTES = csv.ParseOptions(quote_char=False)


def read_chunks(
    connection: Connection,
    dialect: Dialect,
    columns: Sequence[Column[Any]],
    *conditions: ColumnElement[bool],
    text_type: pa.DataType = CATEGORIES,
) -> Iterator[pd.DataFrame]:
    """Yield rows by chunks in ``encounter_id`` order.

    One transaction sees one state of the table, even if new rows are published meanwhile.
    """
    table = columns[0].table
    ids = table.c.encounter_id
    all_rows = _select_as_text(dialect, [ids, *columns])
    matching_rows = all_rows.where(*conditions)

    id_ranges = _id_ranges(
        connection,
        ids,
        conditions,
        rows=CHUNK_VALUES // len(columns),
    )
    for low, high in id_ranges:
        chunk = matching_rows.where(ids > low, ids <= high)
        result = connection.execute(chunk)
        count, text = result.one()
        if count == 0:
            continue
        yield _parse(text, columns, count, text_type)


def _select_as_text(dialect: Dialect, columns: Sequence[Column[Any]]) -> Select[int, str]:
    """Return a SELECT of the number of rows and of one text with a line for each row."""
    values = [_null_as_text(column) for column in columns]
    line = dialect.join_columns(values)
    all_lines = func.aggregate_strings(line, "\n")
    return select(func.count(), all_lines)


def _id_ranges(
    connection: Connection, ids: Column[int], conditions: Sequence[ColumnElement[bool]], rows: int
) -> Iterator[tuple[int, int]]:
    """Yield ranges of ids, low excluded and high included, that hold ``rows`` rows each."""
    matching_ids = select(ids).where(*conditions)
    in_order = matching_ids.order_by(ids)
    last_of_range = in_order.offset(rows - 1).limit(1)

    low = 0
    while low < _MAX_ID:
        query = last_of_range.where(ids > low)
        high = connection.scalar(query) or _MAX_ID
        yield low, high
        low = high


def _null_as_text(column: Column[Any]) -> ColumnElement[Any]:
    if not column.nullable:
        return column
    return func.coalesce(column, NULL)


def _parse(
    text: str | None, columns: Sequence[Column[Any]], count: int, text_type: pa.DataType
) -> pd.DataFrame:
    """Return the lines as a frame in ``encounter_id`` order; ``count`` is how many there are.

    The database returns them in any order, and NULL or fewer lines when they do not fit.
    """
    lines = text or "\n"
    table = _read_csv(
        lines.encode(),
        types=_types_of_values(columns, text_type),
        may_be_null=any(column.nullable for column in columns),
    )
    if len(table) != count:
        raise FatalError(
            f"The database sent {len(table):,} of {count:,} rows: "
            "raise its max_allowed_packet to 64M."
        )

    rows = _sort_by_id(table)
    return cast(pd.DataFrame, rows.to_pandas())


def _types_of_values(
    columns: Sequence[Column[Any]], text_type: pa.DataType
) -> dict[str, pa.DataType]:
    """Return the type of each value of a line by its name; the id comes first."""
    integer_type = pa.int64()
    types: dict[str, pa.DataType] = {_ID: integer_type}
    for column in columns:
        if isinstance(column.type, Integer):
            types[column.name] = integer_type
        else:
            types[column.name] = text_type

    return types


def _read_csv(lines: bytes, types: dict[str, pa.DataType], *, may_be_null: bool) -> pa.Table:
    reading = csv.ReadOptions(
        column_names=list(types),
        use_threads=False,
        block_size=len(lines) + 1,
    )
    conversion = csv.ConvertOptions(
        column_types=types,
        null_values=[NULL],
        strings_can_be_null=may_be_null,
    )
    source = pa.BufferReader(lines)
    return csv.read_csv(source, reading, _WITHOUT_QUOTES, conversion)


def _sort_by_id(table: pa.Table) -> pa.Table:
    """Return the rows in the order of their ids, without the ids."""
    ids = table[_ID].to_numpy()
    rows = table.drop_columns(_ID)

    is_larger = ids[1:] > ids[:-1]
    if is_larger.all():
        return rows

    order = np.argsort(ids)
    return rows.take(order)
