"""What a database's own error means to a caller: mend the input, retry later, or give up."""

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

_MYSQL = {
    UnreachableError: (
        0,
        1040,
        1053,
        1077,
        1079,
        1152,
        1158,
        1159,
        1160,
        1161,
        2002,
        2003,
        2006,
        2013,
        2055,
        4031,
    ),
    SettingError: (1044, 1045, 1142, 1227, 1698, 3118, 3948),
    StorageFullError: (1021, 1114, 3675),
    BusyError: (1205, 1213),
}
_MYSQL_WITH_ERRNO = (3, 1026, 1030)
"""Failed writes: the operating system's number, in the text, says why."""

_SQLITE = {
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
_SENTENCES = {
    UnreachableError: "The database does not answer",
    SettingError: "DATABASE_URL: the database refuses",
    StorageFullError: "The database has no room left on its disk",
    BusyError: "The database is busy with somebody else's work",
    FatalError: "The database is damaged",
}


def translate_driver_error(context: ExceptionContext) -> ReadmissionError | None:
    """Return the error to raise instead of the driver's, None to leave it."""
    if context.is_pre_ping:  # the pool itself replaces a connection that went stale
        return None
    original = context.original_exception
    kind = (
        _kind_of_sqlite(original)
        if isinstance(original, sqlite3.Error)
        else _kind_of_mysql(original)
    )
    if kind is None:
        return None
    # The first line alone: drivers add the statement, and no driver message holds the password.
    return kind(f"{_SENTENCES[kind]}: {_message(original)}")


def _kind_of_sqlite(error: sqlite3.Error) -> type[ReadmissionError] | None:
    primary_code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    return next((kind for kind, codes in _SQLITE.items() if primary_code in codes), None)


def _kind_of_mysql(error: BaseException) -> type[ReadmissionError] | None:
    code = error.args[0] if error.args else None
    if code in _MYSQL_WITH_ERRNO and f"errno: {errno.ENOSPC}" in str(error):
        return StorageFullError
    return next((kind for kind, codes in _MYSQL.items() if code in codes), None)


def _message(error: BaseException) -> str:
    return (
        str(error.args[-1] if error.args else error).strip().partition("\n")[0]
        or "the connection was lost"
    )
