"""The database behind ``DATABASE_URL``, with the schemas ``raw_data`` and ``clean_data``."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import URL, Connection, Engine, RowMapping, Select, Table, event, make_url

from connections.database.create_tables import create_tables
from connections.database.dialect import Dialect
from connections.database.errors import translate_driver_error
from connections.database.mysql import MySqlDialect
from connections.database.row_chunk import RowWriter
from connections.database.sqlite import SqliteDialect
from connections.settings import Settings

_DIALECTS: dict[str, Dialect] = {"sqlite": SqliteDialect(), "mysql+pymysql": MySqlDialect()}


class Database:
    """An engine and its dialect. The first transaction creates the tables that are missing."""

    def __init__(self, engine: Engine, dialect: Dialect) -> None:
        self.engine = engine
        self.dialect = dialect
        self._tables_exist = False

    def connect(self) -> Connection:
        """Open a connection, for reading."""
        self.create_tables_once()
        return self.engine.connect()

    def begin(self) -> AbstractContextManager[Connection]:
        """Begin a transaction."""
        self.create_tables_once()
        return self.engine.begin()

    def begin_immediate(self) -> AbstractContextManager[Connection]:
        """Begin a transaction that reads first and writes later."""
        self.create_tables_once()
        return self.dialect.begin_immediate(self.engine)

    def read_all(self, query: Select[Any]) -> Sequence[RowMapping]:
        """Return all rows of a query."""
        with self.connect() as connection:
            result = connection.execute(query)
            return result.mappings().all()

    def read_first(self, query: Select[Any]) -> RowMapping | None:
        """Return the first row of a query, None if it has none."""
        with self.connect() as connection:
            result = connection.execute(query)
            return result.mappings().first()

    def bulk_writer(self, table: Table) -> AbstractContextManager[RowWriter]:
        """Return a function that writes chunks of rows into ``table`` the fastest way."""
        return self.dialect.bulk_writer(self.engine, table)

    def data_lock(self, stage: str) -> AbstractContextManager[None]:
        """Hold the lock on both schemas; raises BusyError that names the process which holds it."""
        self.create_tables_once()
        return self.dialect.lock(self.engine, "data", stage)

    def training_lock(self, stage: str) -> AbstractContextManager[None]:
        """Hold the lock on training; raises BusyError that names the process which holds it."""
        self.create_tables_once()
        return self.dialect.lock(self.engine, "models", stage)

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def create_tables_once(self) -> None:
        """Create the tables that are missing, unless this object has done so before."""
        if not self._tables_exist:
            create_tables(self.engine, self.dialect)
            self._tables_exist = True


def open_database(settings: Settings, *, answer_timeout_s: int | None = None) -> Database:
    """Return the database of ``DATABASE_URL``; it connects when it is first used.

    A server that is silent for ``answer_timeout_s`` is given up; None waits.
    """
    url = _database_url(settings)
    dialect = _DIALECTS[url.drivername]
    engine = dialect.open_engine(url, answer_timeout_s=answer_timeout_s)
    _translate_errors(engine)
    return Database(engine, dialect)


def open_append_engine(settings: Settings, *, answer_timeout_s: int | None = None) -> Engine:
    """Return an engine for ``Dialect.append`` alone."""
    url = _database_url(settings)
    dialect = _DIALECTS[url.drivername]
    engine = dialect.open_append_engine(url, answer_timeout_s=answer_timeout_s)
    _translate_errors(engine)
    return engine


def _database_url(settings: Settings) -> URL:
    return make_url(settings.database_url.get_secret_value())


def _translate_errors(engine: Engine) -> None:
    """Let the engine raise this project's errors, without the values of patients."""
    engine.hide_parameters = True
    event.listen(engine, "handle_error", translate_driver_error)
