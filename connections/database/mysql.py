"""MySQL: one server with a schema each, and its own bulk path, ``LOAD DATA LOCAL INFILE``."""

import fcntl
import os
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import IO, Any

from pymysql.cursors import Cursor
from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    Insert,
    Table,
    create_engine,
    event,
    func,
    text,
)
from sqlalchemy.dialects.mysql import insert, pymysql
from typing_extensions import override

from connections.database.dialect import Dialect, values_to_update
from connections.database.errors import lock_is_held
from connections.database.row_chunk import RowChunk, RowWriter
from connections.database.tables import CLEAN_SCHEMA, RAW_SCHEMA
from readmission.errors import FatalError, UnreachableError

CONNECT_TIMEOUT_S = 10
MAX_TEXT_BYTES = 2**26
"""The longest text to which the server joins many rows."""
_MAX_CONNECTIONS_OVER_POOL = 32
_MAX_STATEMENT_BYTES = 2**25
_CACHED_ESCAPES = 4096
_PIPE_BYTES = 2**20
_CHARSET = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
_GET_LOCK = text("SELECT GET_LOCK(:name, 0)")
_RELEASE_LOCK = text("SELECT RELEASE_LOCK(:name)")
_LOCK_HOLDER = text(
    "SELECT COALESCE(CONCAT('process ', MAX(IF(attr_name = '_pid', attr_value, NULL)),"
    " ' (', MAX(IF(attr_name = 'program_name', attr_value, NULL)), ')'),"
    " CONCAT('database connection ', IS_USED_LOCK(:name)))"
    " FROM performance_schema.session_account_connect_attrs"
    " WHERE processlist_id = IS_USED_LOCK(:name)"
)


class MySqlDialect(Dialect):
    """MySQL through PyMySQL."""

    prefetches = True  # the server works in a process of its own
    commits_at_once = 2  # while one commit waits for the disk, the other one's rows travel

    @override
    def open_engine(self, url: URL, *, answer_timeout_s: int | None = None) -> Engine:
        return create_engine(
            url,
            connect_args=_connect_args(url, answer_timeout_s),
            pool_pre_ping=True,
            max_overflow=_MAX_CONNECTIONS_OVER_POOL,
        )

    @override
    def open_append_engine(self, url: URL, *, answer_timeout_s: int | None = None) -> Engine:
        engine = create_engine(
            url,
            connect_args=_connect_args(url, answer_timeout_s),
            isolation_level="AUTOCOMMIT",
            skip_autocommit_rollback=True,
            max_overflow=_MAX_CONNECTIONS_OVER_POOL,
        )
        event.listen(engine, "connect", _use_long_statements)
        event.listen(engine, "connect", cache_escaping)
        return engine

    @override
    def begin_immediate(self, engine: Engine) -> AbstractContextManager[Connection]:
        return engine.begin()

    @override
    def create_schemas(self, engine: Engine) -> None:
        with engine.begin() as connection:
            databases = connection.exec_driver_sql("SHOW DATABASES")
            # A user without the right to create schemas is refused IF NOT EXISTS, too.
            present = set(databases.scalars())
            missing = {RAW_SCHEMA, CLEAN_SCHEMA} - present
            for schema in missing:
                statement = f"CREATE DATABASE IF NOT EXISTS {schema} {_CHARSET}"
                connection.exec_driver_sql(statement)

    @override
    def create_service_database(self, engine: Engine, name: str, folder: Path) -> str:
        statement = f"CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb4"
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)

        url = engine.url.set(database=name)
        return url.render_as_string(hide_password=False)

    @override
    @contextmanager
    def lock(self, engine: Engine, name: str, stage: str) -> Iterator[None]:
        parameters = {"name": f"readmission.{name}"}
        with engine.connect() as connection:  # the server ends the lock with the connection
            is_locked = connection.scalar(_GET_LOCK, parameters)
            if not is_locked:
                holder = connection.scalar(_LOCK_HOLDER, parameters)
                raise lock_is_held(name, stage, holder)
            try:
                yield
            finally:
                if not connection.invalidated:
                    with suppress(UnreachableError):  # then the server has released it
                        connection.execute(_RELEASE_LOCK, parameters)

    @override
    @contextmanager
    def reserved_room(self, engine: Engine) -> Iterator[Callable[[], None]]:
        """Reserve nothing: the server's disk is its own."""
        yield lambda: None

    @override
    @contextmanager
    def bulk_writer(self, engine: Engine, table: Table) -> Iterator[RowWriter]:
        """Stream all rows through a pipe into one LOAD DATA, which reads while we write."""
        read_end, write_end = _open_wide_pipe()
        sent_rows = 0
        with ThreadPoolExecutor(1) as thread:
            loading = thread.submit(_load_from_pipe, engine, table, read_end)
            try:
                with open(write_end, "wb", buffering=0) as pipe:

                    def write(chunk: RowChunk) -> None:
                        nonlocal sent_rows
                        _write_all(pipe, chunk.as_csv())
                        sent_rows += len(chunk.frame)

                    yield write
            except BrokenPipeError:
                loading.result()  # the statement failed: its error is the one to raise
                raise
            loaded_rows, warning = loading.result()
        if loaded_rows != sent_rows or warning:  # LOCAL turns every error into a warning
            raise FatalError(
                f"MySQL took {loaded_rows:,} of {sent_rows:,} rows into {table.fullname}: {warning}"
            )

    @override
    def join_columns(self, columns: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
        return func.concat_ws(",", *columns)

    @override
    def rename_tables(self, connection: Connection, new_names: Sequence[tuple[Table, str]]) -> None:
        renames = []
        for table, name in new_names:
            rename = f"{table.fullname} TO {table.schema}.{name}"
            renames.append(rename)
        statement = "RENAME TABLE " + ", ".join(renames)
        connection.exec_driver_sql(statement)

    @override
    def upsert(self, table: Table) -> Insert:
        statement = insert(table)
        new_values = values_to_update(table, statement.inserted)
        return statement.on_duplicate_key_update(new_values)

    @override
    def insert_once(self, table: Table) -> str:
        (key,) = table.primary_key
        unchanged = {key.name: key}
        statement = insert(table).on_duplicate_key_update(unchanged)
        driver = pymysql.dialect(paramstyle="format")
        compiled = statement.compile(dialect=driver)
        return str(compiled)

    @override
    def append(self, engine: Engine, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        with engine.connect() as connection:
            connection.exec_driver_sql(statement, list(rows))


def cache_escaping(connection: Any, _record: object) -> None:
    """Escape each distinct value once: fields have few values, and escaping is half of a write."""
    connection.escape = lru_cache(_CACHED_ESCAPES, typed=True)(connection.escape)


class _LongStatementCursor(Cursor):
    max_stmt_length = _MAX_STATEMENT_BYTES


def _use_long_statements(connection: Any, _record: object) -> None:
    """Send many rows as one statement: each is a transaction and a round trip."""
    connection.cursorclass = _LongStatementCursor


def _connect_args(url: URL, answer_timeout_s: int | None) -> dict[str, Any]:
    """Return the driver's arguments.

    Connections are encrypted and ask for no certificate, unless the URL says otherwise
    (``ssl_ca``, ``ssl_disabled``).
    """
    arguments: dict[str, Any] = {
        "charset": "utf8mb4",
        "local_infile": True,
        "connect_timeout": CONNECT_TIMEOUT_S,
        "init_command": f"SET SESSION group_concat_max_len = {MAX_TEXT_BYTES}",
        "program_name": f"readmission@{socket.gethostname()}",
    }
    has_tls_options = any(name.startswith("ssl") for name in url.query)
    if not has_tls_options:
        arguments["ssl"] = _tls_context()
    if answer_timeout_s is not None:
        arguments["read_timeout"] = answer_timeout_s
        arguments["write_timeout"] = answer_timeout_s
    return arguments


@cache
def _tls_context() -> ssl.SSLContext:
    """Return one context for all connections.

    The driver would create one for each, and read all certificates for it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _open_wide_pipe() -> tuple[int, int]:
    """Return the ends of a pipe with a large buffer, so that both sides seldom wait."""
    read_end, write_end = os.pipe()
    with suppress(AttributeError, OSError):  # where the system has no others, a narrow one serves
        fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return read_end, write_end


def _load_from_pipe(engine: Engine, table: Table, read_end: int) -> tuple[int, str]:
    """Run LOAD DATA on the pipe; return how many rows were loaded, and the first warning."""
    names = ", ".join(f"`{column.name}`" for column in table.columns)
    statement = (
        f"LOAD DATA LOCAL INFILE '/dev/fd/{read_end}'"
        f" INTO TABLE {table.schema}.{table.name} CHARACTER SET utf8mb4 "
        rf"FIELDS TERMINATED BY ',' ESCAPED BY '\\' LINES TERMINATED BY '\n' ({names})"
    )
    try:
        with engine.begin() as connection:
            loaded_rows = connection.exec_driver_sql(statement).rowcount
            warning = connection.exec_driver_sql("SHOW WARNINGS LIMIT 1").first()
    finally:
        os.close(read_end)  # a writer that still waits gets BrokenPipeError

    if warning is None:
        return loaded_rows, ""
    _level, _code, message = warning
    return loaded_rows, str(message)


def _write_all(pipe: IO[bytes], data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        written = pipe.write(rest)
        rest = rest[written:]
