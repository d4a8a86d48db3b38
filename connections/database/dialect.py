"""What differs between databases: the protocol that ``mysql.py`` and ``sqlite.py`` implement."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import URL, ColumnElement, Connection, Engine, Insert, Table

from connections.database.row_chunk import RowWriter


class Dialect(Protocol):
    """One kind of database: how it is opened, and the statements and locks of its own.

    SQLAlchemy covers the rest. Stores ask the dialect and never test which database they have.
    """

    prefetches: bool
    """Whether it pays to prepare a chunk in a thread while the database works on another."""

    commits_at_once: int
    """How many threads may commit predictions at the same time."""

    def open_engine(self, url: URL, *, answer_timeout_s: int | None = None) -> Engine:
        """Return an engine, which connects when it is first used.

        A server that is silent for ``answer_timeout_s`` is given up; None waits.
        """

    def open_append_engine(self, url: URL, *, answer_timeout_s: int | None = None) -> Engine:
        """Return an engine for ``append``, with the fewest round trips a commit."""

    def begin_immediate(self, engine: Engine) -> AbstractContextManager[Connection]:
        """Begin a transaction that reads first and writes later."""

    def create_schemas(self, engine: Engine) -> None:
        """Create the schemas ``raw_data`` and ``clean_data`` where they are missing."""

    def create_service_database(self, engine: Engine, name: str, folder: Path) -> str:
        """Return the URL of a database for Airflow or MLflow, created where it is missing.

        ``folder`` is where databases that are files go.
        """

    def lock(self, engine: Engine, name: str, stage: str) -> AbstractContextManager[None]:
        """Hold a lock for ``stage``: one process at a time. A crash releases it.

        ``name`` says what is worked on. Raises BusyError that names the process which holds it.
        """

    def reserved_room(self, engine: Engine) -> AbstractContextManager[Callable[[], None]]:
        """Keep some of the disk free; yield a function that gives it to what needs it now.

        Dropping tables and recording a failure take room, even on a disk that a load has filled.
        """

    def bulk_writer(self, engine: Engine, table: Table) -> AbstractContextManager[RowWriter]:
        """Return a function that writes chunks of rows into ``table`` the fastest way."""

    def join_columns(self, columns: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
        """Return an expression for the values of a row as one text, separated by commas."""

    def rename_tables(self, connection: Connection, new_names: Sequence[tuple[Table, str]]) -> None:
        """Rename tables within their schemas, all of them or none."""

    def upsert(self, table: Table) -> Insert:
        """Return an INSERT that updates rows whose key exists."""

    def insert_once(self, table: Table) -> str:
        """Return an INSERT that skips rows whose key exists, with positional parameters."""

    def append(self, engine: Engine, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run an INSERT for all rows in one transaction, durable on return."""


def values_to_update(table: Table, new_values: Any) -> Mapping[str, Any]:
    """Return the assignments of an upsert: every column but the key takes its new value."""
    values = {}
    for column in table.columns:
        if not column.primary_key:
            values[column.name] = new_values[column.name]
    return values
