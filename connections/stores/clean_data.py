"""The schema ``clean_data``: the splits of the latest preparation, the former ones, and what was made of them."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, fields, replace

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Table, select

from connections.database.dialect import Dialect
from connections.database.engine import Database
from connections.database.read_chunks import TEXTS, read_chunks
from connections.database.row_chunk import RowChunk, RowWriter
from connections.database.staging import publish, stage_row, staging
from connections.database.tables import PREPARATIONS, PREVIOUS, TEST_DATA, TRAIN_DATA, VAL_DATA
from connections.stores import experiments
from readmission.data.cleaning import CLEAN_COLUMNS
from readmission.data.splitting import TEST, TRAIN, VAL
from readmission.errors import UnknownVersionError
from readmission.prefetch import prefetch
from readmission.records import Experiment, Preparation, Promotion

_PREPARATION = [PREPARATIONS.c[field.name] for field in fields(Preparation)]


class SqlCleanData:
    """``clean_data`` on SQLite or MySQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def replace_splits(
        self, chunks: Iterable[pd.DataFrame], preparation: Preparation
    ) -> Preparation:
        """Write all chunks beside the live tables, then swap the set in; the former set stays readable."""
        with self._database.data_lock("clean"):
            preparation = write_splits(self._database, chunks, preparation)
            stage_row(self._database, PREPARATIONS, asdict(preparation))
            publish(self._database, [*TABLES.values(), PREPARATIONS], PREVIOUS)
        return preparation

    def latest_preparation(self, data_version: str | None = None) -> Preparation | None:
        """Return what filled the tables last, or last with that version."""
        newest = select(*_PREPARATION).order_by(PREPARATIONS.c.prepared_at.desc()).limit(1)
        if data_version is not None:
            newest = newest.filter_by(data_version=data_version)
        with self._database.connect() as connection:
            row = connection.execute(newest).first()
        return None if row is None else Preparation(**row._mapping)

    def read_batch(self, batch_id: int, data_version: str) -> pd.DataFrame:
        """Return one training batch."""
        rows = read_split(self._database, TRAIN_DATA, data_version, batch_id)
        if rows is None:
            raise UnknownVersionError(
                f"clean_data.train_data has no batch {batch_id} of version {data_version}."
            )
        return rows

    def read_val(self, data_version: str) -> pd.DataFrame:
        """Return the validation rows."""
        return self._read(VAL_DATA, data_version)

    def read_test(self, data_version: str) -> pd.DataFrame:
        """Return the test rows."""
        return self._read(TEST_DATA, data_version)

    def save_experiments(self, rows: Sequence[Experiment]) -> None:
        """Insert or replace rows by (``training_id``, ``batch_id``)."""
        experiments.save_experiments(self._database, rows)

    def read_experiments(self, training_id: str | None = None) -> list[Experiment]:
        """Return one training's rows by batch, or all, newest training first."""
        return experiments.read_experiments(self._database, training_id)

    def append_promotion(self, promotion: Promotion) -> None:
        """Record one decision."""
        experiments.append_promotion(self._database, promotion)

    def read_promotions(self) -> list[Promotion]:
        """Return all decisions, newest first."""
        return experiments.read_promotions(self._database)

    def _read(self, table: Table, data_version: str) -> pd.DataFrame:
        rows = read_split(self._database, table, data_version)
        if rows is not None:
            return rows
        latest = self.latest_preparation()
        if latest and latest.data_version == data_version:
            return no_rows()
        raise UnknownVersionError(
            f"{table.fullname} no longer holds version {data_version}: train on the latest."
        )


TABLES = {TRAIN: TRAIN_DATA, VAL: VAL_DATA, TEST: TEST_DATA}


def write_splits(
    database: Database, chunks: Iterable[pd.DataFrame], preparation: Preparation
) -> Preparation:
    """Write all chunks into staging tables; return the preparation with the counts."""
    dialect = database.dialect
    prefetched = prefetch((chunk for chunk in chunks), enabled=dialect.prefetches)
    tables = list(TABLES.values())
    with prefetched as coming, staging(database, tables) as staged, ExitStack() as stack:
        writers = {
            split: stack.enter_context(dialect.bulk_writer(database.engine, table))
            for split, table in zip(TABLES, staged, strict=True)
        }
        for chunk in coming:
            for split, write in writers.items():
                _write(
                    write, TABLES[split], chunk[chunk["split"] == split], preparation.data_version
                )
            preparation = _counted(preparation, chunk)
    return preparation


def read_split(
    database: Database, table: Table, data_version: str, batch_id: int | None = None
) -> pd.DataFrame | None:
    """Return the rows of one version, the present or the former one; None when it has no such rows.

    The present table is asked again at the end: a swap may have come in between.
    """
    with database.connect() as connection:
        for place in (table, PREVIOUS[table], table):
            rows = _read(connection, database.dialect, place, data_version, batch_id)
            connection.rollback()  # the next question sees what was swapped meanwhile
            if len(rows):
                return rows
    return None


def no_rows() -> pd.DataFrame:
    """Return a split without rows."""
    return pd.DataFrame(columns=list(CLEAN_COLUMNS))


def _write(write: RowWriter, table: Table, rows: pd.DataFrame, data_version: str) -> None:
    version = pd.Categorical.from_codes(
        np.zeros(len(rows), dtype=np.int8), pd.Index([data_version])
    )
    write(
        RowChunk(
            rows.assign(data_version=version).loc[:, [column.name for column in table.columns]]
        )
    )


def _counted(preparation: Preparation, chunk: pd.DataFrame) -> Preparation:
    """Move the chunk's rows from the excluded ones, which all are at first, to their splits."""
    written = chunk["split"].value_counts()
    counts = {
        f"{split}_rows": getattr(preparation, f"{split}_rows") + int(written.get(split, 0))
        for split in TABLES
    }
    batches = max(preparation.batches, int(chunk["batch_id"].max()) if len(chunk) else 0)
    return replace(
        preparation, **counts, excluded_rows=preparation.excluded_rows - len(chunk), batches=batches
    )


def _read(
    connection: Connection, dialect: Dialect, table: Table, data_version: str, batch_id: int | None
) -> pd.DataFrame:
    conditions = [table.c.data_version == data_version]
    if batch_id is not None:
        conditions.append(table.c.batch_id == batch_id)
    chunks = list(
        read_chunks(
            connection,
            dialect,
            [table.c[name] for name in CLEAN_COLUMNS],
            *conditions,
            text_type=TEXTS,
        )
    )
    return pd.concat(chunks, ignore_index=True) if chunks else no_rows()
