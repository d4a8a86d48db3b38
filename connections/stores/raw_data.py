"""The schema ``raw_data``: the rows that were loaded, from where, and what was rejected."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import asdict, replace

import pandas as pd
from sqlalchemy import Connection, Table, delete, exists, func, insert, or_, select
from typing_extensions import override

from connections.database.engine import Database
from connections.database.read_chunks import read_chunks
from connections.database.row_chunk import RowChunk, RowWriter
from connections.database.staging import drop_stale_tables, publish, stage_row, staging
from connections.database.tables import INITIAL_DATA, LOADS
from connections.stores import loads
from readmission.data.row_checker import CheckedBlock
from readmission.errors import ReadmissionError
from readmission.ports.data import RawData, StagedLoad
from readmission.records import Load, RejectedRow

_COLUMN_NAMES = [column.name for column in INITIAL_DATA.columns]


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
        loads.drop_orphans(self._database)
        tables = staging(self._database, [INITIAL_DATA])
        with self._failure_recorded(load), tables as (table,), ExitStack() as writing:
            bulk_writer = self._database.dialect.bulk_writer(self._database.engine, table)
            write = writing.enter_context(bulk_writer)
            yield SqlStagedLoad(self._database, load, table, write, finish=writing.close)

    @override
    def read_initial_data(
        self, columns: Sequence[str] | None = None
    ) -> Generator[pd.DataFrame, None, None]:
        names = columns or _COLUMN_NAMES
        selected = [INITIAL_DATA.c[name] for name in names]
        with self._database.connect() as connection:
            try:
                yield from read_chunks(connection, self._database.dialect, selected)
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
        finish: Callable[[], None],
    ) -> None:
        self._database = database
        self._load_id = load.load_id
        self._table = table
        self._write = write
        self._finish_writing = finish

    @override
    def write(self, block: CheckedBlock) -> None:
        self._write(RowChunk(block.frame, csv_lines=block.lines))

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
        stage_row(self._database, LOADS, asdict(finished))
        publish(self._database, [INITIAL_DATA, LOADS])
        return finished


def _merge_rows(database: Database, staged: Table, load: Load) -> Load:
    """Add new rows, replace changed ones, leave identical ones; return the load with the counts."""
    same_id = staged.c.encounter_id == INITIAL_DATA.c.encounter_id
    differs = or_(*(staged.c[name] != INITIAL_DATA.c[name] for name in _COLUMN_NAMES))
    delete_changed = delete(INITIAL_DATA).where(exists().where(same_id, differs))
    missing = select(staged).where(~exists().where(same_id).correlate(staged))
    insert_missing = insert(INITIAL_DATA).from_select(_COLUMN_NAMES, missing)
    with database.begin() as connection:
        changed = connection.execute(delete_changed).rowcount
        written = connection.execute(insert_missing).rowcount
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
            connection.execute(insert(LOADS).values(**asdict(merged)))
    return merged


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0
