"""The three tables of ``clean_data`` that hold the splits, and their predecessors."""

from collections.abc import Iterable
from contextlib import ExitStack, closing
from dataclasses import replace

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, Table

from connections.ahead import ahead_on_server
from connections.bulk import TEXTS, bulk_writer, read_chunks
from connections.rows import Rows, RowWriter
from connections.staging import staging
from connections.tables import PREVIOUS, TEST_DATA, TRAIN_DATA, VAL_DATA
from readmission.cleaning import CLEAN_COLUMNS
from readmission.records import Preparation
from readmission.splitting import TEST, TRAIN, VAL

TABLES = {TRAIN: TRAIN_DATA, VAL: VAL_DATA, TEST: TEST_DATA}


def write_splits(engine: Engine, chunks: Iterable[pd.DataFrame], preparation: Preparation) -> Preparation:
    """Write all chunks into staging tables; return the preparation with the counts."""
    coming = ahead_on_server(engine, (chunk for chunk in chunks))
    with closing(coming), staging(engine, list(TABLES.values())) as staged, ExitStack() as stack:
        writers = {
            split: stack.enter_context(bulk_writer(engine, table)) for split, table in zip(TABLES, staged, strict=True)
        }
        for chunk in coming:
            for split, write in writers.items():
                _write(write, TABLES[split], chunk[chunk["split"] == split], preparation.data_version)
            preparation = _counted(preparation, chunk)
    return preparation


def read_split(engine: Engine, table: Table, data_version: str, batch_id: int | None = None) -> pd.DataFrame | None:
    """Return the rows of one version, the present or the former one; None when it has no such rows.

    The present table is asked again at the end: a swap may have come in between.
    """
    with engine.connect() as connection:
        for place in (table, PREVIOUS[table], table):
            rows = _read(connection, place, data_version, batch_id)
            connection.rollback()  # the next question sees what was swapped meanwhile
            if len(rows):
                return rows
    return None


def no_rows() -> pd.DataFrame:
    """Return a split without rows."""
    return pd.DataFrame(columns=list(CLEAN_COLUMNS))


def _write(write: RowWriter, table: Table, rows: pd.DataFrame, data_version: str) -> None:
    version = pd.Categorical.from_codes(np.zeros(len(rows), dtype=np.int8), pd.Index([data_version]))
    write(Rows(rows.assign(data_version=version).loc[:, [column.name for column in table.columns]]))


def _counted(preparation: Preparation, chunk: pd.DataFrame) -> Preparation:
    """Move the chunk's rows from the excluded ones, which all are at first, to their splits."""
    written = chunk["split"].value_counts()
    counts = {f"{split}_rows": getattr(preparation, f"{split}_rows") + int(written.get(split, 0)) for split in TABLES}
    batches = max(preparation.batches, int(chunk["batch_id"].max()) if len(chunk) else 0)
    return replace(preparation, **counts, excluded_rows=preparation.excluded_rows - len(chunk), batches=batches)


def _read(connection: Connection, table: Table, data_version: str, batch_id: int | None) -> pd.DataFrame:
    conditions = [table.c.data_version == data_version]
    if batch_id is not None:
        conditions.append(table.c.batch_id == batch_id)
    chunks = list(read_chunks(connection, [table.c[name] for name in CLEAN_COLUMNS], *conditions, texts=TEXTS))
    return pd.concat(chunks, ignore_index=True) if chunks else no_rows()
