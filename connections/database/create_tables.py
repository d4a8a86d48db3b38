"""Create the tables that are missing, and add the columns that older tables lack."""

import time
from typing import Any

from sqlalchemy import Column, Engine, Table, inspect
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateColumn

from connections.database.dialect import Dialect
from connections.database.tables import METADATA
from readmission.errors import BusyError

_CONCURRENT_CHANGE_MESSAGES = ("already exists", "concurrent DDL", "uplicate column")
"""Parts of the errors that are raised when another process creates the same tables."""
_ATTEMPTS = 50
_WAIT_S = 0.1


def create_tables(engine: Engine, dialect: Dialect) -> None:
    """Create the schemas and tables that are missing, even while other processes do the same."""
    for _ in range(_ATTEMPTS):
        if _try_to_create(engine, dialect):
            return
        time.sleep(_WAIT_S)
    raise BusyError("Other processes keep changing the tables: try again when they are done.")


def _try_to_create(engine: Engine, dialect: Dialect) -> bool:
    """Create what is missing; return False when another process got in between."""
    try:
        dialect.create_schemas(engine)
        METADATA.create_all(engine)
        _add_missing_columns(engine)
    except BusyError:
        return False
    except OperationalError as error:
        message = str(error)
        is_concurrent = any(part in message for part in _CONCURRENT_CHANGE_MESSAGES)
        if not is_concurrent:
            raise
        return False
    return True


def _add_missing_columns(engine: Engine) -> None:
    """Add the columns that came after the tables were created; all of them may be NULL."""
    inspector = inspect(engine)
    for table in METADATA.tables.values():
        present = inspector.get_columns(table.name, table.schema)
        present_names = {column["name"] for column in present}
        for column in table.columns:
            if column.name in present_names:
                continue
            if column.nullable:
                _add_column(engine, table, column)


def _add_column(engine: Engine, table: Table, column: Column[Any]) -> None:
    create_column = CreateColumn(column)
    definition = create_column.compile(dialect=engine.dialect)
    statement = f"ALTER TABLE {table.fullname} ADD COLUMN {definition}"
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
