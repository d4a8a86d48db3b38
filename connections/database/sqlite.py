"""SQLite: one folder, one file for each schema, attached to every connection."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import URL, Connection, Engine, QueuePool, Table, create_engine, event, insert

from connections.database.row_chunk import RowChunk, RowWriter
from connections.database.tables import CLEAN_SCHEMA, RAW_SCHEMA
from connections.settings import ROOT
from readmission.errors import SettingError

BUSY_TIMEOUT_S = 30
BEGIN_OPTION = "sqlite_begin"
_ROWS_AT_A_TIME = 500
"""Tuples that are soon let go of stay in the processor's cache."""
_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL")


def open_folder(url: URL) -> Engine:
    """Return an engine on the files in the folder that ``url`` names, relative to the repository."""
    folder = ROOT / (url.database or "")
    engine = create_engine(
        "sqlite://", creator=partial(_connect, folder), poolclass=QueuePool, max_overflow=32
    )
    event.listen(engine, "begin", _begin)
    return engine


def folder_of(connection: Connection) -> Path:
    """Return the folder of the attached files."""
    files = connection.exec_driver_sql(
        "SELECT file FROM pragma_database_list WHERE name = ?", (RAW_SCHEMA,)
    )
    return Path(files.scalar_one()).parent


def _connect(folder: Path) -> sqlite3.Connection:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(
            f"DATABASE_URL: the folder {folder} cannot be made: {error.strerror}."
        ) from error
    connection = sqlite3.connect(
        ":memory:", timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    try:
        _attach(connection, folder)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _attach(connection: sqlite3.Connection, folder: Path) -> None:
    for schema in (RAW_SCHEMA, CLEAN_SCHEMA):
        connection.execute(f"ATTACH DATABASE ? AS {schema}", (str(folder / f"{schema}.db"),))
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {schema}.{pragma}")


def _begin(connection: Connection) -> None:
    """Begin for real: the driver would leave reads and DDL outside of the transaction."""
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get(BEGIN_OPTION, '')}")


@contextmanager
def bulk_writer(engine: Engine, table: Table) -> Iterator[RowWriter]:
    """Write chunk by chunk, a transaction each, so that other writers get their turn."""
    statement = str(insert(table).compile(dialect=engine.dialect))
    names = [column.name for column in table.columns]

    def write(rows: RowChunk) -> None:
        if rows.frame.empty:
            return
        columns = [_python_values(rows.frame[name]) for name in names]
        lines = zip(*columns, strict=True)
        with engine.begin() as connection:
            while some := list(islice(lines, _ROWS_AT_A_TIME)):
                connection.exec_driver_sql(statement, some)

    yield write


def _python_values(column: "pd.Series[Any]") -> list[Any]:
    """Return plain Python values, None for missing; a category's text is shared, not copied."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype(object).where(column.notna(), None).tolist()
    categories = np.array([*column.cat.categories, None], dtype=object)
    return list(categories[column.cat.codes.to_numpy()])
