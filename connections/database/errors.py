"""What a database's own error means to the caller: fix the input, retry later, or give up."""

import errno
import sqlite3

from sqlalchemy.engine import ExceptionContext

from readmission.errors import (
    BusyError,
    FatalError,
    ReadmissionError,
    SettingError,
    StorageFullError,
    UnreachableError,
)

_CANNOT_CONNECT = (1040, 2002, 2003)
_SERVER_STOPS = (1053, 1077, 1079)
_CONNECTION_LOST = (0, 1152, 1158, 1159, 1160, 1161, 2006, 2013, 2055, 4031)
_MYSQL_CODES = {
    UnreachableError: _CANNOT_CONNECT + _SERVER_STOPS + _CONNECTION_LOST,
    SettingError: (1044, 1045, 1142, 1227, 1698, 3118, 3948),
    StorageFullError: (1021, 1114, 3675),
    BusyError: (1205, 1213),
}
_MYSQL_CODES_WITH_ERRNO = (3, 1026, 1030)
"""Failed writes, whose text holds the operating system's reason."""

_SQLITE_CODES = {
    StorageFullError: (sqlite3.SQLITE_FULL,),
    BusyError: (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED),
    SettingError: (
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_AUTH,
    ),
    FatalError: (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR),
}
_EXPLANATIONS = {
    UnreachableError: "The database does not answer",
    SettingError: "DATABASE_URL: the database refuses",
    StorageFullError: "The database has no room left on its disk",
    BusyError: "The database is busy with another process's work",
    FatalError: "The database is damaged",
}


def translate_driver_error(context: ExceptionContext) -> ReadmissionError | None:
    """Return the error to raise instead of the driver's, None to keep it."""
    if context.is_pre_ping:  # the pool itself replaces a connection that went stale
        return None
    error = context.original_exception
    if isinstance(error, sqlite3.Error):
        kind = classify_sqlite_error(error)
    else:
        kind = _classify_mysql_error(error)
    if kind is None:
        return None
    if kind is UnreachableError:
        context.is_disconnect = True  # the pool opens new connections instead of lending these
    return kind(f"{_EXPLANATIONS[kind]}: {_first_line(error)}")


def lock_is_held(name: str, stage: str, holder: str | None) -> BusyError:
    """Return the error for a stage that finds the lock ``name`` held by another process."""
    holder = holder or "another process"
    return BusyError(
        f"Cannot {stage} now: {holder} is at work on the {name}. Try again when it is done."
    )


def classify_sqlite_error(error: sqlite3.Error) -> type[ReadmissionError] | None:
    """Return the error of this project that a code of SQLite stands for."""
    extended_code = getattr(error, "sqlite_errorcode", None) or 0
    primary_code = extended_code & 0xFF
    for kind, codes in _SQLITE_CODES.items():
        if primary_code in codes:
            return kind
    return None


def _classify_mysql_error(error: BaseException) -> type[ReadmissionError] | None:
    code = error.args[0] if error.args else None
    disk_is_full = f"errno: {errno.ENOSPC}" in str(error)
    if code in _MYSQL_CODES_WITH_ERRNO and disk_is_full:
        return StorageFullError

    for kind, codes in _MYSQL_CODES.items():
        if code in codes:
            return kind
    return None


def _first_line(error: BaseException) -> str:
    """Return the driver's message, which never holds the password, without the statement."""
    message = error.args[-1] if error.args else error
    text = str(message).strip()
    first_line, _, _ = text.partition("\n")
    if first_line == "":
        return "the connection was lost"
    return first_line
