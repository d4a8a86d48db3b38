"""Fill staging tables while the live ones are read, then publish all of them in one step.

Three names stand for one table: ``NAME`` is live, ``NAME_staging`` will be, ``NAME_retired`` was.
What a killed run leaves of the last two is stale; the next run drops it.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, MetaData, Table, insert, inspect, select
from sqlalchemy.schema import DropTable
from sqlalchemy.sql import quoted_name

from connections.database.engine import Database
from connections.database.tables import column_names
from readmission.errors import ReadmissionError

_STAGING = "_staging"
_RETIRED = "_retired"


@contextmanager
def staging(database: Database, tables: Sequence[Table]) -> Iterator[list[Table]]:
    """Yield empty staging tables for ``tables``; after a failure, drop them to free their space."""
    with database.dialect.reserved_room(database.engine) as use_reserved_room:
        try:
            yield create_staging(database, tables)
        except BaseException:
            use_reserved_room()
            with suppress(ReadmissionError):  # the first error is the one to raise
                drop_stale_tables(database, tables)
            raise


def create_staging(database: Database, tables: Sequence[Table]) -> list[Table]:
    """Create empty staging tables in place of stale ones."""
    copies = [_staging_copy(table) for table in tables]
    with database.begin_immediate() as connection:
        _drop_stale(connection, tables)
        for copy in copies:
            copy.create(connection)
    return copies


def stage_row(database: Database, table: Table, row: Mapping[str, Any]) -> None:
    """Stage a copy of ``table`` with one more row."""
    (copy,) = create_staging(database, [table])
    present_rows = select(table)
    names = column_names(table)
    insert_present = insert(copy).from_select(names, present_rows)
    insert_new = insert(copy).values(**row)

    with database.begin() as connection:
        connection.execute(insert_present)
        connection.execute(insert_new)


def publish(
    database: Database,
    tables: Sequence[Table],
    previous_of: Mapping[Table, Table] | None = None,
) -> None:
    """Replace all ``tables`` by their staging tables in one step.

    The replaced rows are dropped, unless ``previous_of`` names the table that becomes theirs.
    """
    previous_of = previous_of or {}
    previous = list(previous_of.values())

    new_names: list[tuple[Table, str]] = []
    for table in tables:
        previous_table = previous_of.get(table)
        new_names += _renames_to_publish(table, previous_table)

    with database.begin_immediate() as connection:
        # A run that was killed right after it published has left retired tables.
        _drop_stale(connection, previous)
        database.dialect.rename_tables(connection, new_names)
        _drop_stale(connection, [*tables, *previous])


def drop_stale_tables(database: Database, tables: Sequence[Table]) -> None:
    """Drop the staging and retired tables of ``tables``."""
    with database.begin_immediate() as connection:
        _drop_stale(connection, tables)


def _drop_stale(connection: Connection, tables: Sequence[Table]) -> None:
    """Drop staging and retired tables; later statements on this connection know that they are gone.

    A SQLite connection resolves names by the schema that it read last, even after another
    connection changed it. Only listing the tables makes it read the schema again.
    """
    schemas = {table.schema for table in tables}
    for schema in schemas:
        inspector = inspect(connection)
        present = set(inspector.get_table_names(schema))
        for table in tables:
            if table.schema == schema:
                _drop_stale_names(connection, table, present)


def _drop_stale_names(connection: Connection, table: Table, present: set[str]) -> None:
    for suffix in (_STAGING, _RETIRED):
        stale = _with_suffix(table, suffix)
        if stale.name in present:
            # IF EXISTS, because MySQL may still be finishing what a killed run began.
            connection.execute(DropTable(stale, if_exists=True))


def _staging_copy(table: Table) -> Table:
    staging_name = table.name + _STAGING
    copy = table.to_metadata(MetaData(), name=staging_name)
    for index in copy.indexes:  # in SQLite, all indexes of a schema share one name space
        suffix = secrets.token_hex(4)
        unique_name = f"{index.name}_{suffix}"
        index.name = quoted_name(unique_name, quote=None)

    return copy


def _with_suffix(table: Table, suffix: str) -> Table:
    """Return the table of that name without columns, which is enough to drop or rename it."""
    return Table(table.name + suffix, MetaData(), schema=table.schema)


def _renames_to_publish(table: Table, previous: Table | None) -> list[tuple[Table, str]]:
    """Return tables with their new names, in the order in which the names become free."""
    staged = _with_suffix(table, _STAGING)
    publish_staged = (staged, table.name)

    if previous is None:
        retire_live = (table, table.name + _RETIRED)
        return [retire_live, publish_staged]

    retire_previous = (previous, previous.name + _RETIRED)
    live_becomes_previous = (table, previous.name)
    return [retire_previous, live_becomes_previous, publish_staged]
