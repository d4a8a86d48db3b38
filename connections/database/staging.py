"""New tables grow beside the live ones, then take their places all at once."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, insert, inspect, select
from sqlalchemy.schema import DropTable
from sqlalchemy.sql import quoted_name

from connections.database.engine import begin_immediate
from readmission.errors import ReadmissionError

_STAGING, _RETIRED = "_staging", "_retired"


@contextmanager
def staging(engine: Engine, tables: Sequence[Table]) -> Iterator[list[Table]]:
    """Yield empty copies of ``tables``; a failure drops them, to give the room on the disk back."""
    try:
        yield create_staging(engine, tables)
    except BaseException:
        with suppress(ReadmissionError):  # the first error is the one to tell
            drop_stale_tables(engine, tables)
        raise


def create_staging(engine: Engine, tables: Sequence[Table]) -> list[Table]:
    """Return empty copies of ``tables``; what an interrupted run has left is dropped first."""
    copies = [_copy(table) for table in tables]
    with begin_immediate(engine) as connection:
        _drop_stale(connection, tables)
        for copy in copies:
            copy.create(connection)
    return copies


def stage_row(engine: Engine, table: Table, row: Mapping[str, Any]) -> None:
    """Stage ``table`` as it is with one row more."""
    (copy,) = create_staging(engine, [table])
    with engine.begin() as connection:
        connection.execute(insert(copy).from_select([c.name for c in table.columns], select(table)))
        connection.execute(insert(copy).values(**row))


def publish(
    engine: Engine, tables: Sequence[Table], keep: Mapping[Table, Table] | None = None
) -> None:
    """Put all staged tables in the place of ``tables`` in one step; ``keep`` names where old rows stay."""
    kept = keep or {}
    renames = [rename for table in tables for rename in _renames(table, kept.get(table))]
    with begin_immediate(engine) as connection:
        _drop_stale(
            connection, list(kept.values())
        )  # of a run that was killed right after its swap
        _rename(connection, renames)
        _drop_stale(connection, [*tables, *kept.values()])


def drop_stale_tables(engine: Engine, tables: Sequence[Table]) -> None:
    """Drop what stood aside: staged tables and retired ones."""
    with begin_immediate(engine) as connection:
        _drop_stale(connection, tables)


def _drop_stale(connection: Connection, tables: Sequence[Table]) -> None:
    """Drop staged and retired tables; what follows on the same connection knows that they are gone.

    SQLite judges names by what a connection has last seen of the schema, also after another one
    changed it: only a listing makes it look anew.
    """
    for schema in {table.schema for table in tables}:
        present = set(inspect(connection).get_table_names(schema))
        aside = [
            _named(one, suffix)
            for one in tables
            if one.schema == schema
            for suffix in (_STAGING, _RETIRED)
        ]
        for table in aside:
            if table.name in present:
                connection.execute(
                    DropTable(table, if_exists=True)
                )  # MySQL may still end what a killed run began


def _copy(table: Table) -> Table:
    copy = table.to_metadata(MetaData(), name=table.name + _STAGING)
    for index in copy.indexes:  # SQLite has one name space for all indexes of a schema
        index.name = quoted_name(f"{index.name}_{secrets.token_hex(4)}", quote=None)
    return copy


def _named(table: Table, suffix: str) -> Table:
    """Return what stands beside ``table``, without columns: it takes only a name to drop or rename it."""
    return Table(table.name + suffix, MetaData(), schema=table.schema)


def _renames(table: Table, kept: Table | None) -> list[tuple[Table, str]]:
    staged = (_named(table, _STAGING), table.name)
    if kept is None:
        return [(table, table.name + _RETIRED), staged]
    return [(kept, kept.name + _RETIRED), (table, kept.name), staged]


def _rename(connection: Connection, renames: Sequence[tuple[Table, str]]) -> None:
    if connection.dialect.name == "mysql":
        steps = ", ".join(f"{table.fullname} TO {table.schema}.{name}" for table, name in renames)
        connection.exec_driver_sql(f"RENAME TABLE {steps}")
    else:
        for table, name in renames:
            connection.exec_driver_sql(f"ALTER TABLE {table.fullname} RENAME TO {name}")
