"""The database server behind ``DATABASE_URL``, with the schemas ``raw_data`` and ``clean_data`` on it."""

import time
from contextlib import AbstractContextManager

from sqlalchemy import Connection, Engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.schema import CreateColumn

from connections import mysql, sqlite
from connections.database_errors import in_our_words
from connections.settings import Settings
from connections.tables import METADATA
from readmission.errors import BusyError, SettingError

_SIGNS_OF_OTHERS = ("already exists", "concurrent DDL", "uplicate column")
_ATTEMPTS, _WAIT_S = 50, 0.1


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
    event.listen(engine, "handle_error", in_our_words)
    return engine


def begin_to_write(engine: Engine) -> AbstractContextManager[Connection]:
    """Begin a transaction that reads before it writes.

    SQLite refuses the write at once if somebody else wrote since the read, so there it begins with the lock.
    """
    return engine.execution_options(**{sqlite.BEGIN_OPTION: "IMMEDIATE"}).begin()


def create_tables(engine: Engine) -> None:
    """Create the schemas and tables that are missing, also while others create them."""
    for _ in range(_ATTEMPTS):
        if _created(engine):
            return
        time.sleep(_WAIT_S)
    raise BusyError("Others keep changing the tables.")


def _created(engine: Engine) -> bool:
    """Create what is missing; False when somebody else was at it."""
    try:
        if engine.dialect.name == "mysql":
            mysql.create_schemas(engine)
        METADATA.create_all(engine)
        _add_columns(engine)
    except BusyError:
        return False
    except OperationalError as error:
        if not any(sign in str(error) for sign in _SIGNS_OF_OTHERS):
            raise
        return False
    return True


def _add_columns(engine: Engine) -> None:
    """Give tables that an earlier version made the columns that came later, all of which may be NULL."""
    inspector = inspect(engine)
    for table in METADATA.tables.values():
        present = {column["name"] for column in inspector.get_columns(table.name, table.schema)}
        for column in table.columns:
            if column.nullable and column.name not in present:
                added = CreateColumn(column).compile(dialect=engine.dialect)
                with engine.begin() as connection:
                    connection.exec_driver_sql(f"ALTER TABLE {table.fullname} ADD COLUMN {added}")


_EXAMPLES = "sqlite:///FOLDER/ or mysql+pymysql://user:password@host:port"
_OPENERS = {"sqlite": sqlite.open_folder, "mysql+pymysql": mysql.open_server}
