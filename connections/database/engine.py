"""The database server behind ``DATABASE_URL``, with the schemas ``raw_data`` and ``clean_data`` on it."""

from contextlib import AbstractContextManager

from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.exc import ArgumentError

from connections.database import mysql, sqlite
from connections.database.errors import translate_driver_error
from connections.settings import Settings
from readmission.errors import SettingError


def open_engine(settings: Settings) -> Engine:
    """Return an engine; it connects when first used and raises this project's errors."""
    try:
        url = make_url(settings.database_url.get_secret_value())
    except ArgumentError as error:
        raise SettingError(f"DATABASE_URL must be {_EXAMPLES}.") from error
    if url.drivername not in _OPENERS:
        raise SettingError(f"DATABASE_URL must be {_EXAMPLES}, not {url.drivername}://...")
    engine = _OPENERS[url.drivername](url)
    engine.hide_parameters = True  # they are patients, and errors end in logs
    event.listen(engine, "handle_error", translate_driver_error)
    return engine


def begin_immediate(engine: Engine) -> AbstractContextManager[Connection]:
    """Begin a transaction that reads before it writes.

    SQLite refuses the write at once if somebody else wrote since the read, so there it begins with the lock.
    """
    return engine.execution_options(**{sqlite.BEGIN_OPTION: "IMMEDIATE"}).begin()


_EXAMPLES = "sqlite:///FOLDER/ or mysql+pymysql://user:password@host:port"
_OPENERS = {"sqlite": sqlite.open_folder, "mysql+pymysql": mysql.open_server}
