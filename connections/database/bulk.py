"""The bulk paths of both databases: many rows in, many rows out."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any
from typing import cast as typed

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv
from sqlalchemy import Column, ColumnElement, Connection, Engine, Integer, Table, func, select

from connections.database import mysql, sqlite
from connections.database.row_chunk import NULL, RowWriter
from readmission.errors import FatalError

CHUNK_VALUES = 1_000_000
"""In one chunk: 20,000 rows of all columns, more of few."""
_MAX_ID = 2**31 - 1
_PLAIN = csv.ParseOptions(quote_char=False)
CATEGORIES, TEXTS = pa.dictionary(pa.int32(), pa.string()), pa.large_string()
"""How texts are read: as categories, which are quick to work on by chunks, or as what they are."""


def bulk_writer(engine: Engine, table: Table) -> AbstractContextManager[RowWriter]:
    """Return what writes chunks of rows into ``table`` the fastest way."""
    return (
        mysql.bulk_writer(engine, table)
        if engine.dialect.name == "mysql"
        else sqlite.bulk_writer(engine, table)
    )


def read_chunks(
    connection: Connection,
    columns: Sequence[Column[Any]],
    *conditions: ColumnElement[bool],
    texts: pa.DataType = CATEGORIES,
) -> Iterator[pd.DataFrame]:
    """Yield rows by chunks in ``encounter_id`` order.

    The server joins each chunk to one text: drivers are slow where they make an object of each
    cell or row. One transaction sees one state of the table, whatever is swapped in meanwhile.
    """
    ids = columns[0].table.c.encounter_id
    lines = func.aggregate_strings(_joined(connection, [ids, *columns]), "\n")
    for low, high in _ranges(connection, ids, conditions, CHUNK_VALUES // len(columns)):
        chunk = select(func.count(), lines).where(*conditions, ids > low, ids <= high)
        count, text = connection.execute(chunk).one()
        if count:
            yield _parsed(text, columns, count, texts)


def _ranges(
    connection: Connection, ids: Column[int], conditions: Sequence[ColumnElement[bool]], rows: int
) -> Iterator[tuple[int, int]]:
    """Yield the bounds of chunks of so many rows, low excluded, high included."""
    low = 0
    while low < _MAX_ID:
        last = select(ids).where(*conditions, ids > low).order_by(ids).offset(rows - 1).limit(1)
        high = connection.scalar(last) or _MAX_ID
        yield low, high
        low = high


def _joined(connection: Connection, columns: Sequence[Column[Any]]) -> ColumnElement[str]:
    texts = [func.coalesce(column, NULL) if column.nullable else column for column in columns]
    if connection.dialect.name == "mysql":
        return func.concat_ws(",", *texts)
    return func.printf(",".join(["%s"] * len(texts)), *texts)


def _parsed(
    text: str | None, columns: Sequence[Column[Any]], count: int, texts: pa.DataType
) -> pd.DataFrame:
    """Return the lines as a frame, in the order of their first value, the id."""
    lines = (text or "\n").encode()
    types = {c.name: pa.int64() if isinstance(c.type, Integer) else texts for c in columns}
    table = csv.read_csv(
        pa.BufferReader(lines),
        csv.ReadOptions(column_names=["", *types], use_threads=False, block_size=len(lines) + 1),
        _PLAIN,
        csv.ConvertOptions(
            column_types={"": pa.int64()} | types,
            null_values=[NULL],
            strings_can_be_null=any(column.nullable for column in columns),
        ),
    )
    if len(table) != count:
        raise FatalError(
            f"The database gave {len(table):,} of {count:,} rows: raise its max_allowed_packet to 64M."
        )
    ids, rows = table[""].to_numpy(), table.drop_columns("")
    in_order = rows if (ids[1:] > ids[:-1]).all() else rows.take(np.argsort(ids))
    return typed(pd.DataFrame, in_order.to_pandas())
