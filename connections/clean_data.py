"""The schema ``clean_data``: the splits of the latest preparation, the former ones, and what was made of them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from functools import cached_property

import pandas as pd
from sqlalchemy import Engine, Table, select

from connections import experiments, splits
from connections.database import create_tables
from connections.exclusive import exclusive
from connections.staging import stage_row, swap
from connections.tables import PREPARATIONS, PREVIOUS, TEST_DATA, TRAIN_DATA, VAL_DATA
from readmission.errors import UnknownVersionError
from readmission.records import Experiment, Preparation, Promotion

_PREPARATION = [PREPARATIONS.c[field.name] for field in fields(Preparation)]


class SqlCleanData:
    """``clean_data`` on SQLite or MySQL."""

    def __init__(self, engine: Engine) -> None:
        self._unprepared = engine

    def replace_splits(self, chunks: Iterable[pd.DataFrame], preparation: Preparation) -> Preparation:
        """Write all chunks beside the live tables, then swap the set in; the former set stays readable."""
        with exclusive(self._engine, "clean"):
            preparation = splits.write_splits(self._engine, chunks, preparation)
            stage_row(self._engine, PREPARATIONS, asdict(preparation))
            swap(self._engine, [*splits.TABLES.values(), PREPARATIONS], PREVIOUS)
        return preparation

    def latest_preparation(self, data_version: str | None = None) -> Preparation | None:
        """Return what filled the tables last, or last with that version."""
        newest = select(*_PREPARATION).order_by(PREPARATIONS.c.prepared_at.desc()).limit(1)
        if data_version is not None:
            newest = newest.filter_by(data_version=data_version)
        with self._engine.connect() as connection:
            row = connection.execute(newest).first()
        return None if row is None else Preparation(**row._mapping)

    def read_batch(self, batch_id: int, data_version: str) -> pd.DataFrame:
        """Return one training batch."""
        rows = splits.read_split(self._engine, TRAIN_DATA, data_version, batch_id)
        if rows is None:
            raise UnknownVersionError(f"clean_data.train_data has no batch {batch_id} of version {data_version}.")
        return rows

    def read_val(self, data_version: str) -> pd.DataFrame:
        """Return the validation rows."""
        return self._read(VAL_DATA, data_version)

    def read_test(self, data_version: str) -> pd.DataFrame:
        """Return the test rows."""
        return self._read(TEST_DATA, data_version)

    def save_experiments(self, rows: Sequence[Experiment]) -> None:
        """Insert or replace rows by (``training_id``, ``batch_id``)."""
        experiments.save_experiments(self._engine, rows)

    def read_experiments(self, training_id: str | None = None) -> list[Experiment]:
        """Return one training's rows by batch, or all, newest training first."""
        return experiments.read_experiments(self._engine, training_id)

    def append_promotion(self, promotion: Promotion) -> None:
        """Record one decision."""
        experiments.append_promotion(self._engine, promotion)

    def read_promotions(self) -> list[Promotion]:
        """Return all decisions, newest first."""
        return experiments.read_promotions(self._engine)

    @cached_property
    def _engine(self) -> Engine:
        create_tables(self._unprepared)
        return self._unprepared

    def _read(self, table: Table, data_version: str) -> pd.DataFrame:
        rows = splits.read_split(self._engine, table, data_version)
        if rows is not None:
            return rows
        latest = self.latest_preparation()
        if latest and latest.data_version == data_version:
            return splits.no_rows()
        raise UnknownVersionError(f"{table.fullname} no longer holds version {data_version}: train on the latest.")
