"""The bulk paths of both databases: many rows in, many rows out."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import reduce
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import csv
from sqlalchemy import Column, ColumnElement, Connection, Engine, Integer, String, Table, cast, func, select

from connections import mysql, sqlite
from connections.rows import NULL, RowWriter

CHUNK_ROWS = 25_000
_PLAIN = csv.ParseOptions(quote_char=False)
_TEXT = pa.dictionary(pa.int32(), pa.string())


def bulk_writer(engine: Engine, table: Table) -> AbstractContextManager[RowWriter]:
    """Return what writes chunks of rows into ``table`` the fastest way."""
    return (mysql if engine.dialect.name == "mysql" else sqlite).bulk_writer(engine, table)


def read_chunks(
    connection: Connection, columns: Sequence[Column[Any]], *conditions: ColumnElement[bool]
) -> Iterator[pd.DataFrame]:
    """Yield rows by chunks in ``encounter_id`` order; texts are categories.

    The server joins each row to one line: drivers are slow where they make an object of each cell.
    """
    line = _joined(connection, [_as_text(column) for column in columns])
    rows = select(line).where(*conditions).order_by(columns[0].table.c.encounter_id)
    with connection.execute(rows, execution_options={"yield_per": CHUNK_ROWS}) as result:
        for lines in result.scalars().partitions():
            yield _parsed("\n".join(lines).encode(), columns)


def _as_text(column: Column[Any]) -> ColumnElement[str]:
    return func.coalesce(column, NULL) if column.nullable else cast(column, String)


def _joined(connection: Connection, texts: Sequence[ColumnElement[str]]) -> ColumnElement[str]:
    if connection.dialect.name == "mysql":
        return func.concat_ws(",", *texts)
    return reduce(lambda line, text: line.concat(",").concat(text), texts)


def _parsed(lines: bytes, columns: Sequence[Column[Any]]) -> pd.DataFrame:
    types = {c.name: pa.int64() if isinstance(c.type, Integer) else _TEXT for c in columns}
    return csv.read_csv(
        pa.BufferReader(lines),
        csv.ReadOptions(column_names=list(types), use_threads=False, block_size=len(lines) + 1),
        _PLAIN,
        csv.ConvertOptions(column_types=types, null_values=[NULL], strings_can_be_null=True),
    ).to_pandas()
