"""Read many rows quickly: the server joins them to one text, which pyarrow parses.

Drivers are slow because they make an object of each cell and row.
"""

from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv
from sqlalchemy import Column, ColumnElement, Connection, Integer, func, select

from connections.database.dialect import Dialect
from connections.database.row_chunk import NULL
from readmission.errors import FatalError

CHUNK_VALUES = 1_000_000
"""Cells in a chunk: 20,000 rows of all columns, more of few."""
CATEGORIES = pa.dictionary(pa.int32(), pa.string())
"""Texts as categories, which are quick to work on by chunks."""
TEXTS = pa.large_string()
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
    ids = columns[0].table.c.encounter_id
    values = [_null_as_text(column) for column in [ids, *columns]]
    line = dialect.join_columns(values)
    all_lines = func.aggregate_strings(line, "\n")
    query = select(func.count(), all_lines).where(*conditions)
    chunk_rows = CHUNK_VALUES // len(columns)
    for low, high in _id_ranges(connection, ids, conditions, chunk_rows):
        chunk = query.where(ids > low, ids <= high)
        count, text = connection.execute(chunk).one()
        if count:
            yield _parse(text, columns, count, text_type)


def _id_ranges(
    connection: Connection, ids: Column[int], conditions: Sequence[ColumnElement[bool]], rows: int
) -> Iterator[tuple[int, int]]:
    """Yield ranges of ids, low excluded and high included, that hold ``rows`` rows each."""
    low = 0
    while low < _MAX_ID:
        following = select(ids).where(*conditions, ids > low).order_by(ids)
        last = connection.scalar(following.offset(rows - 1).limit(1))
        high = last or _MAX_ID
        yield low, high
        low = high


def _null_as_text(column: Column[Any]) -> ColumnElement[Any]:
    return func.coalesce(column, NULL) if column.nullable else column


def _parse(
    text: str | None, columns: Sequence[Column[Any]], count: int, text_type: pa.DataType
) -> pd.DataFrame:
    """Return the lines as a frame, in the order of their first value, which is the id."""
    lines = (text or "\n").encode()
    types: dict[str, pa.DataType] = {"": pa.int64()}
    for column in columns:
        types[column.name] = pa.int64() if isinstance(column.type, Integer) else text_type
    reading = csv.ReadOptions(
        column_names=list(types), use_threads=False, block_size=len(lines) + 1
    )
    conversion = csv.ConvertOptions(
        column_types=types,
        null_values=[NULL],
        strings_can_be_null=any(column.nullable for column in columns),
    )
    table = csv.read_csv(pa.BufferReader(lines), reading, _WITHOUT_QUOTES, conversion)
    if len(table) != count:
        raise FatalError(
            f"The database sent {len(table):,} of {count:,} rows: "
            "raise its max_allowed_packet to 64M."
        )
    ids = table[""].to_numpy()
    rows = table.drop_columns("")
    is_sorted = (ids[1:] > ids[:-1]).all()
    in_order = rows if is_sorted else rows.take(np.argsort(ids))
    return cast(pd.DataFrame, in_order.to_pandas())
