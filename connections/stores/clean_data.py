"""The schema ``clean_data``: the latest splits, the previous ones, and what trainings left."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, fields

import pandas as pd
from sqlalchemy import Connection, Table, select
from typing_extensions import override

from connections.database.engine import Database
from connections.database.read_chunks import TEXTS, read_chunks
from connections.database.row_chunk import RowChunk, RowWriter
from connections.database.staging import publish, stage_row, staging
from connections.database.tables import (
    PREPARATIONS,
    PREVIOUS,
    TEST_DATA,
    TRAIN_DATA,
    VAL_DATA,
    column_names,
)
from connections.stores.experiments import (
    append_promotion,
    read_experiments,
    read_promotions,
    save_experiments,
)
from readmission.data.cleaning import CLEAN_COLUMNS
from readmission.data.splitting import TEST, TRAIN, VAL
from readmission.errors import UnknownVersionError
from readmission.ports.data import CleanData, StagedSplits
from readmission.records import Experiment, Preparation, Promotion

_TABLES = {
    TRAIN: TRAIN_DATA,
    VAL: VAL_DATA,
    TEST: TEST_DATA,
}
_PREPARATION_COLUMNS = [PREPARATIONS.c[field.name] for field in fields(Preparation)]


class SqlCleanData(CleanData):
    """``clean_data`` on SQLite or MySQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    def training_lock(self, stage: str) -> AbstractContextManager[None]:
        return self._database.training_lock(stage)

    @override
    @contextmanager
    def staged_splits(self, data_version: str) -> Iterator[StagedSplits]:
        tables = list(_TABLES.values())
        writers: dict[str, RowWriter] = {}
        with staging(self._database, tables) as staging_tables, ExitStack() as writing:
            for split, staging_table in zip(_TABLES, staging_tables, strict=True):
                bulk_writer = self._database.bulk_writer(staging_table)
                writers[split] = writing.enter_context(bulk_writer)
            yield SqlStagedSplits(
                self._database,
                data_version,
                writers,
                finish_writing=writing.close,
            )

    @override
    def latest_preparation(self, data_version: str | None = None) -> Preparation | None:
        query = select(*_PREPARATION_COLUMNS)
        if data_version is not None:
            query = query.filter_by(data_version=data_version)
        newest_first = PREPARATIONS.c.prepared_at.desc()
        latest = query.order_by(newest_first).limit(1)
        row = self._database.read_first(latest)
        if row is None:
            return None
        return Preparation(**row)

    @override
    def read_batch(self, batch_id: int, data_version: str) -> pd.DataFrame:
        rows = self._find_rows(TRAIN_DATA, data_version, batch_id)
        if rows.empty:
            raise UnknownVersionError(
                f"clean_data.train_data has no batch {batch_id} of version {data_version}."
            )
        return rows

    @override
    def read_val(self, data_version: str) -> pd.DataFrame:
        return self._read_split(VAL_DATA, data_version)

    @override
    def read_test(self, data_version: str) -> pd.DataFrame:
        return self._read_split(TEST_DATA, data_version)

    @override
    def save_experiments(self, experiments: Sequence[Experiment]) -> None:
        save_experiments(self._database, experiments)

    @override
    def read_experiments(self, training_id: str | None = None) -> list[Experiment]:
        return read_experiments(self._database, training_id)

    @override
    def append_promotion(self, promotion: Promotion) -> None:
        append_promotion(self._database, promotion)

    @override
    def read_promotions(self) -> list[Promotion]:
        return read_promotions(self._database)

    def _read_split(self, table: Table, data_version: str) -> pd.DataFrame:
        rows = self._find_rows(table, data_version)
        if rows.empty and not self._is_latest(data_version):
            raise UnknownVersionError(
                f"{table.fullname} no longer holds version {data_version}: train on the latest."
            )
        return rows

    def _is_latest(self, data_version: str) -> bool:
        latest = self.latest_preparation()
        if latest is None:
            return False
        return latest.data_version == data_version

    def _find_rows(
        self, table: Table, data_version: str, batch_id: int | None = None
    ) -> pd.DataFrame:
        """Return the rows of one version, latest or previous; none if it has no such rows.

        The live table is read again at the end: new splits may have been published in between,
        which makes the latest rows the previous ones.
        """
        with self._database.connect() as connection:
            for candidate in (table, PREVIOUS[table], table):
                rows = self._read_rows(connection, candidate, data_version, batch_id)
                connection.rollback()  # the next read sees what was published meanwhile
                if not rows.empty:
                    break
        return rows

    def _read_rows(
        self, connection: Connection, table: Table, data_version: str, batch_id: int | None
    ) -> pd.DataFrame:
        conditions = [table.c.data_version == data_version]
        if batch_id is not None:
            conditions.append(table.c.batch_id == batch_id)
        columns = [table.c[name] for name in CLEAN_COLUMNS]
        chunks = read_chunks(
            connection,
            self._database.dialect,
            columns,
            *conditions,
            text_type=TEXTS,
        )
        frames = list(chunks)
        if not frames:
            return pd.DataFrame(columns=list(CLEAN_COLUMNS))
        return pd.concat(frames, ignore_index=True)


class SqlStagedSplits(StagedSplits):
    """Rows in the staging tables of the splits."""

    def __init__(
        self,
        database: Database,
        data_version: str,
        writers: Mapping[str, RowWriter],
        *,
        finish_writing: Callable[[], None],
    ) -> None:
        self._database = database
        self._data_version = data_version
        self._writers = writers
        self._finish_writing = finish_writing

    @override
    def write(self, split: str, rows: pd.DataFrame) -> None:
        version = pd.Categorical([self._data_version])
        repeated_version = version.repeat(len(rows))
        with_version = rows.assign(data_version=repeated_version)
        table = _TABLES[split]
        names = column_names(table)
        chunk = RowChunk(with_version[names])
        write = self._writers[split]
        write(chunk)

    @override
    def publish(self, preparation: Preparation) -> None:
        self._finish_writing()
        row = asdict(preparation)
        stage_row(self._database, PREPARATIONS, row)
        tables = [*_TABLES.values(), PREPARATIONS]
        publish(self._database, tables, previous_of=PREVIOUS)
