"""One load or cleaning at a time: a named lock that a crash releases."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, text

from connections.database import sqlite
from readmission.errors import BusyError

_LOCK = "readmission.data"
_HOLDER = text(
    "SELECT COALESCE(CONCAT('process ', MAX(IF(attr_name = '_pid', attr_value, NULL)),"
    " ' (', MAX(IF(attr_name = 'program_name', attr_value, NULL)), ')'),"
    " CONCAT('database connection ', IS_USED_LOCK(:name)))"
    " FROM performance_schema.session_account_connect_attrs WHERE processlist_id = IS_USED_LOCK(:name)"
)


@contextmanager
def exclusive(engine: Engine, stage: str) -> Iterator[None]:
    """Hold the lock of the data plane; raises BusyError that says who holds it."""
    with engine.connect() as connection:
        if engine.dialect.name == "mysql":
            with _server_lock(connection, stage):
                yield
        else:
            folder = sqlite.folder_of(connection)
            connection.close()
            with _file_lock(folder / "data.lock", stage):
                yield


@contextmanager
def _server_lock(connection: Connection, stage: str) -> Iterator[None]:
    """Hold a lock of the server: it ends with the connection."""
    if not connection.execute(text("SELECT GET_LOCK(:name, 0)"), {"name": _LOCK}).scalar():
        raise _busy(stage, connection.execute(_HOLDER, {"name": _LOCK}).scalar())
    try:
        yield
    finally:
        if not connection.invalidated:
            connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": _LOCK})


@contextmanager
def _file_lock(path: Path, stage: str) -> Iterator[None]:
    """Hold a lock on a file: the operating system ends it with the process."""
    note = path.with_suffix(".holder")
    try:
        with FileLock(path, timeout=0):
            note.write_text(
                f"process {os.getpid()} ({stage} on {socket.gethostname()}, since {_now()})"
            )
            try:
                yield
            finally:
                note.unlink(missing_ok=True)
    except Timeout as error:
        raise _busy(stage, note.read_text() if note.exists() else None) from error


def _busy(stage: str, holder: str | None) -> BusyError:
    return BusyError(
        f"Cannot {stage} now: {holder or 'another process'} is at work on the data. Try again when it is done."
    )


def _now() -> str:
    return f"{datetime.now(UTC):%H:%M:%S} UTC"
