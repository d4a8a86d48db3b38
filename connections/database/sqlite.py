"""SQLite: one folder with a file for each schema, all of them attached to every connection."""

import errno
import os
import socket
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout
from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    Insert,
    QueuePool,
    Table,
    create_engine,
    event,
    func,
)
from sqlalchemy import insert as standard_insert
from sqlalchemy.dialects.sqlite import insert, pysqlite
from typing_extensions import override

from connections.database.dialect import Dialect, values_to_update
from connections.database.errors import lock_is_held
from connections.database.row_chunk import RowChunk, RowWriter
from connections.database.tables import CLEAN_SCHEMA, RAW_SCHEMA, column_names
from connections.settings import ROOT
from connections.sqlite_addresses import sqlite_url
from readmission.errors import SettingError, StorageFullError

BUSY_TIMEOUT_S = 30
_MAX_CONNECTIONS_OVER_POOL = 32
_BEGIN_MODE = "sqlite_begin_mode"
_ROWS_AT_A_TIME = 500
"""Tuples that are soon dropped stay in the processor's cache."""
_RESERVED_BYTES = 4 * 2**20
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    # Debian's SQLite writes zeros over all that is deleted: to drop a table takes its size again.
    "secure_delete = FAST",
)


class SqliteDialect(Dialect):
    """SQLite through Python's own driver."""

    prefetches = False  # it works in our process, where another thread takes as long and costs more
    commits_at_once = 1  # a file has one writer at a time

    @override
    def open_engine(self, url: URL, *, answer_timeout_s: int | None = None) -> Engine:
        """Return an engine on the folder that ``url`` names, relative to the repository.

        A file answers always, so there is no timeout to set.
        """
        folder = ROOT / (url.database or "")
        engine = create_engine(
            "sqlite://",
            creator=partial(_connect, folder),
            poolclass=QueuePool,
            max_overflow=_MAX_CONNECTIONS_OVER_POOL,
        )
        event.listen(engine, "begin", _begin)
        return engine

    @override
    def open_append_engine(self, url: URL, *, answer_timeout_s: int | None = None) -> Engine:
        return self.open_engine(url, answer_timeout_s=answer_timeout_s)

    @override
    def begin_immediate(self, engine: Engine) -> AbstractContextManager[Connection]:
        """Begin with the lock for writing.

        SQLite refuses a later write at once if another connection wrote since the first read.
        """
        return engine.execution_options(**{_BEGIN_MODE: "IMMEDIATE"}).begin()

    @override
    def create_schemas(self, engine: Engine) -> None:
        """Do nothing: attaching a file creates it."""

    @override
    def create_service_database(self, engine: Engine, name: str, folder: Path) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        return sqlite_url(folder.resolve() / f"{name}.db")

    @override
    @contextmanager
    def lock(self, engine: Engine, name: str, stage: str) -> Iterator[None]:
        with engine.connect() as connection:
            folder = _folder_of(connection)
        holder_note = folder / f"{name}.holder"
        try:
            # The operating system releases the lock with the process.
            with FileLock(folder / f"{name}.lock", timeout=0):
                holder_note.write_text(_describe_process(stage))
                try:
                    yield
                finally:
                    holder_note.unlink(missing_ok=True)
        except Timeout as error:
            holder = holder_note.read_text() if holder_note.exists() else None
            raise lock_is_held(name, stage, holder) from error

    @override
    @contextmanager
    def reserved_room(self, engine: Engine) -> Iterator[Callable[[], None]]:
        with engine.connect() as connection:
            reserve = _folder_of(connection) / "reserve"
        give_up = partial(reserve.unlink, missing_ok=True)
        try:
            _write_reserve(reserve)
            yield give_up
        finally:
            give_up()

    @override
    @contextmanager
    def bulk_writer(self, engine: Engine, table: Table) -> Iterator[RowWriter]:
        """Write a transaction for each chunk, so that other writers get their turn."""
        insert_row = standard_insert(table)
        compiled = insert_row.compile(dialect=engine.dialect)
        statement = str(compiled)
        names = column_names(table)

        def write(chunk: RowChunk) -> None:
            if chunk.frame.empty:
                return

            columns = []
            for name in names:
                column = chunk.frame[name]
                columns.append(_to_python_values(column))

            rows = zip(*columns, strict=True)
            with engine.begin() as connection:
                while batch := list(islice(rows, _ROWS_AT_A_TIME)):
                    connection.exec_driver_sql(statement, batch)

        yield write

    @override
    def join_columns(self, columns: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
        placeholders = ["%s"] * len(columns)
        row_format = ",".join(placeholders)
        return func.printf(row_format, *columns)

    @override
    def rename_tables(self, connection: Connection, new_names: Sequence[tuple[Table, str]]) -> None:
        for table, name in new_names:
            statement = f"ALTER TABLE {table.fullname} RENAME TO {name}"
            connection.exec_driver_sql(statement)

    @override
    def upsert(self, table: Table) -> Insert:
        statement = insert(table)
        return statement.on_conflict_do_update(
            index_elements=list(table.primary_key),
            set_=values_to_update(table, statement.excluded),
        )

    @override
    def insert_once(self, table: Table) -> str:
        statement = insert(table).on_conflict_do_nothing()
        driver = pysqlite.dialect()
        compiled = statement.compile(dialect=driver)
        return str(compiled)

    @override
    def append(self, engine: Engine, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement, list(rows))


def _connect(folder: Path) -> sqlite3.Connection:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(
            f"DATABASE_URL: the folder {folder} cannot be created: {error.strerror}."
        ) from error
    connection = sqlite3.connect(
        ":memory:", timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    try:
        _attach_schemas(connection, folder)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _attach_schemas(connection: sqlite3.Connection, folder: Path) -> None:
    for schema in (RAW_SCHEMA, CLEAN_SCHEMA):
        path = folder / f"{schema}.db"
        attach = f"ATTACH DATABASE ? AS {schema}"
        connection.execute(attach, (str(path),))
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {schema}.{pragma}")


def _write_reserve(path: Path) -> None:
    try:
        path.write_bytes(b"x" * _RESERVED_BYTES)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StorageFullError("The database has no room left on its disk.") from error


def _begin(connection: Connection) -> None:
    """Begin a transaction in the database: the driver would leave reads and DDL outside of it."""
    options = connection.get_execution_options()
    mode = options.get(_BEGIN_MODE, "")
    connection.exec_driver_sql(f"BEGIN {mode}")


def _folder_of(connection: Connection) -> Path:
    files = connection.exec_driver_sql(
        "SELECT file FROM pragma_database_list WHERE name = ?", (RAW_SCHEMA,)
    )
    file = Path(files.scalar_one())
    return file.parent


def _describe_process(stage: str) -> str:
    process_id = os.getpid()
    host = socket.gethostname()
    now = datetime.now(UTC)
    since = now.strftime("%H:%M:%S UTC")
    return f"process {process_id} ({stage} on {host}, since {since})"


def _to_python_values(column: "pd.Series[Any]") -> list[Any]:
    """Return plain Python values, None for missing; a category's text is shared, not copied."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _category_values(column)
    objects = column.astype(object)
    with_none = objects.where(column.notna(), None)
    return with_none.tolist()


def _category_values(column: "pd.Series[Any]") -> list[Any]:
    categories = column.cat.categories
    codes = column.cat.codes.to_numpy()
    # A missing value has the code -1, which picks the last entry.
    values_by_code = np.array([*categories, None], dtype=object)
    return list(values_by_code[codes])
