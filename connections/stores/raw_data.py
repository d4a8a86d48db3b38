"""The schema ``raw_data``: the rows that were loaded, from where, and what was rejected."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import asdict, replace

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Insert,
    Table,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
)
from typing_extensions import override

from connections.database.engine import Database
from connections.database.read_chunks import read_chunks
from connections.database.row_chunk import RowChunk, RowWriter
from connections.database.staging import drop_stale_tables, publish, stage_row, staging
from connections.database.tables import INITIAL_DATA, LOADS, column_names
from connections.stores import loads
from readmission.data.row_checker import CheckedBlock
from readmission.errors import ReadmissionError
from readmission.ports.data import RawData, StagedLoad
from readmission.records import Load, RejectedRow

_COLUMN_NAMES = column_names(INITIAL_DATA)


class SqlRawData(RawData):
    """``raw_data`` on SQLite or MySQL."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.prefetches = database.dialect.prefetches

    @override
    def data_lock(self, stage: str) -> AbstractContextManager[None]:
        return self._database.data_lock(stage)

    @override
    def latest_load(self) -> Load | None:
        return loads.latest_load(self._database)

    @override
    @contextmanager
    def staged_load(self, load: Load) -> Iterator[StagedLoad]:
        database = self._database
        loads.drop_orphans(database)
        recording = self._failure_recorded(load)
        staging_tables = staging(database, [INITIAL_DATA])
        with recording, staging_tables as (table,), ExitStack() as writing:
            bulk_writer = database.bulk_writer(table)
            write = writing.enter_context(bulk_writer)
            yield SqlStagedLoad(
                database,
                load,
                table,
                write,
                finish_writing=writing.close,
            )

    @override
    def read_initial_data(
        self, columns: Sequence[str] | None = None
    ) -> Generator[pd.DataFrame, None, None]:
        names = columns or _COLUMN_NAMES
        selected = [INITIAL_DATA.c[name] for name in names]
        dialect = self._database.dialect
        with self._database.connect() as connection:
            try:
                yield from read_chunks(connection, dialect, selected)
            except GeneratorExit:
                # The reader may have stopped because the server is gone: say nothing more to it.
                connection.invalidate()
                raise

    @contextmanager
    def _failure_recorded(self, load: Load) -> Iterator[None]:
        try:
            yield
        except ReadmissionError as error:
            with suppress(ReadmissionError):  # the first error is the one to raise
                failed = loads.with_duration(load)
                loads.append_failure(self._database, failed, str(error))
            raise


class SqlStagedLoad(StagedLoad):
    """Rows in the staging table of ``initial_data``."""

    def __init__(
        self,
        database: Database,
        load: Load,
        table: Table,
        write: RowWriter,
        *,
        finish_writing: Callable[[], None],
    ) -> None:
        self._database = database
        self._load_id = load.load_id
        self._table = table
        self._write = write
        self._finish_writing = finish_writing

    @override
    def write(self, block: CheckedBlock) -> None:
        chunk = RowChunk(block.frame, csv_lines=block.lines)
        self._write(chunk)

    @override
    def reject(self, rows: Sequence[RejectedRow]) -> None:
        loads.append_rejected(self._database, self._load_id, rows)

    @override
    def publish(self, load: Load) -> Load:
        self._finish_writing()
        finished = loads.with_duration(load)
        if load.mode == "merge":
            merged = _merge_rows(self._database, self._table, finished)
            drop_stale_tables(self._database, [INITIAL_DATA])
            return merged
        row = asdict(finished)
        stage_row(self._database, LOADS, row)
        publish(self._database, [INITIAL_DATA, LOADS])
        return finished


def _merge_rows(database: Database, staged: Table, load: Load) -> Load:
    """Add new rows, replace changed ones, leave identical ones; return the load with the counts."""
    with database.begin() as connection:
        changed = connection.execute(_delete_changed(staged)).rowcount
        written = connection.execute(_insert_missing(staged)).rowcount
        rows_in_file = _count(connection, staged)
        merged = replace(
            load,
            status="loaded" if written else "unchanged",
            rows=_count(connection, INITIAL_DATA),
            added=written - changed,
            changed=changed,
            identical=rows_in_file - written,
        )
        if written:
            row = asdict(merged)
            connection.execute(insert(LOADS).values(**row))
    return merged


def _delete_changed(staged: Table) -> Delete:
    """Return a DELETE of the rows that the file has with other values."""
    differences: list[ColumnElement[bool]] = []
    for name in _COLUMN_NAMES:
        is_different = staged.c[name] != INITIAL_DATA.c[name]
        differences.append(is_different)
    same_id = _has_same_id(staged)
    is_different_row = or_(*differences)
    has_new_values = exists().where(same_id, is_different_row)
    return delete(INITIAL_DATA).where(has_new_values)


def _insert_missing(staged: Table) -> Insert:
    """Return an INSERT of the file's rows whose id the table lacks."""
    same_id = _has_same_id(staged)
    live_row = exists().where(same_id)
    is_present = live_row.correlate(staged)
    missing_rows = select(staged).where(~is_present)
    return insert(INITIAL_DATA).from_select(_COLUMN_NAMES, missing_rows)


def _has_same_id(staged: Table) -> ColumnElement[bool]:
    staged_id = staged.c.encounter_id
    live_id = INITIAL_DATA.c.encounter_id
    return staged_id == live_id


def _count(connection: Connection, table: Table) -> int:
    count = func.count()
    query = select(count).select_from(table)
    return connection.scalar(query) or 0
