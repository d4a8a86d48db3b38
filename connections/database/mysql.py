"""MySQL: one server, its schemas, and its own bulk path, ``LOAD DATA LOCAL INFILE``."""

import fcntl
import os
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from typing import IO

from sqlalchemy import URL, Engine, Table, create_engine

from connections.database.row_chunk import RowChunk, RowWriter
from connections.database.tables import CLEAN_SCHEMA, RAW_SCHEMA
from readmission.errors import FatalError

CONNECT_TIMEOUT_S = 10
MAX_TEXT_BYTES = 2**26
"""How long a text may be that the server makes of many rows."""
_PIPE_BYTES = 2**20
_CHARSET = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"


def open_server(url: URL) -> Engine:
    """Return an engine on the server; the tables name their schemas themselves.

    Connections are encrypted and ask for no certificate, unless the URL says otherwise (``ssl_ca``, ``ssl_disabled``).
    """
    encrypted = {} if any(name.startswith("ssl") for name in url.query) else {"ssl": _tls()}
    return create_engine(
        url.update_query_dict({"charset": "utf8mb4"}),
        connect_args={
            **encrypted,
            "local_infile": True,
            "connect_timeout": CONNECT_TIMEOUT_S,
            "init_command": f"SET SESSION group_concat_max_len = {MAX_TEXT_BYTES}",
            "program_name": f"readmission@{socket.gethostname()}",
        },
        pool_pre_ping=True,
        max_overflow=32,
    )


@cache
def _tls() -> ssl.SSLContext:
    """Return one context for all connections: the driver makes each its own, and reads all certificates for it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def create_schemas(engine: Engine) -> None:
    """Create the schemas that are missing; a user who may not is only asked to where one is."""
    with engine.begin() as connection:
        present = set(connection.exec_driver_sql("SHOW DATABASES").scalars())
        for schema in {RAW_SCHEMA, CLEAN_SCHEMA} - present:
            connection.exec_driver_sql(f"CREATE DATABASE IF NOT EXISTS {schema} {_CHARSET}")


@contextmanager
def bulk_writer(engine: Engine, table: Table) -> Iterator[RowWriter]:
    """Stream all rows into one LOAD DATA through a pipe, which the server reads while we make more."""
    read_end, write_end = _wide_pipe()
    written = 0
    with ThreadPoolExecutor(1) as thread:
        loading = thread.submit(_load, engine, table, read_end)
        try:
            with open(write_end, "wb", buffering=0) as pipe:

                def write(rows: RowChunk) -> None:
                    nonlocal written
                    _write_all(pipe, rows.as_lines())
                    written += len(rows.frame)

                yield write
        except BrokenPipeError:
            loading.result()  # the statement failed: its error is the one to tell
            raise
        _compare(table, written, *loading.result())


def _wide_pipe() -> tuple[int, int]:
    """Return a pipe that holds much, so that the server goes on taking rows while we make more."""
    ends = os.pipe()
    with suppress(
        AttributeError, OSError
    ):  # a narrow one, where the system has no others, serves too
        fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return ends


def _load(engine: Engine, table: Table, read_end: int) -> tuple[int, str]:
    """Run the statement on the pipe; return how many rows were taken, and the first warning."""
    names = ", ".join(f"`{column.name}`" for column in table.columns)
    statement = (
        f"LOAD DATA LOCAL INFILE '/dev/fd/{read_end}' INTO TABLE {table.schema}.{table.name} CHARACTER SET utf8mb4 "
        rf"FIELDS TERMINATED BY ',' ESCAPED BY '\\' LINES TERMINATED BY '\n' ({names})"
    )
    try:
        with engine.begin() as connection:
            taken = connection.exec_driver_sql(statement).rowcount
            warning = connection.exec_driver_sql("SHOW WARNINGS LIMIT 1").first()
            return taken, "" if warning is None else str(warning[2])
    finally:
        os.close(read_end)  # a writer that still waits is told that nobody reads


def _write_all(pipe: IO[bytes], data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[pipe.write(rest) :]


def _compare(table: Table, sent: int, taken: int, warning: str) -> None:
    """LOCAL turns every error into a warning, so the counts have to tell."""
    if taken != sent or warning:
        raise FatalError(f"MySQL took {taken:,} of {sent:,} rows into {table.fullname}: {warning}")
