"""Create the tables that are missing, and add the columns that older tables lack."""

import time

from sqlalchemy import Engine, inspect
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateColumn

from connections.database import mysql
from connections.database.tables import METADATA
from readmission.errors import BusyError

_SIGNS_OF_OTHERS = ("already exists", "concurrent DDL", "uplicate column")

_ATTEMPTS, _WAIT_S = 50, 0.1


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
