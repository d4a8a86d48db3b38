"""One stage of the data plane, timed in a process of its own: ``python -m benchmarks.data_stage STAGE URL CSV``."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine, Table, insert

from connections import bootstrap
from connections.database.engine import Database, open_database
from connections.database.read_chunks import read_chunks
from connections.database.staging import create_staging, drop_stale_tables
from connections.database.tables import INITIAL_DATA, TEST_DATA, TRAIN_DATA, VAL_DATA
from connections.dataset.blocks import DatasetFile
from connections.dataset.local_copy import file_sha256
from connections.settings import Settings
from connections.stores.raw_data import SqlRawData
from readmission.prefetch import prefetch
from readmission.use_cases.clean import preprocess
from readmission.use_cases.load import load as load_dataset

_EXPORT = "benchmark_clean.csv"


@dataclass(frozen=True)
class _FileSource:
    """A source whose file is at hand."""

    dataset: DatasetFile

    def fetch(self, *, force: bool = False) -> DatasetFile:  # noqa: ARG002
        """Return the file."""
        return self.dataset


def load(settings: Settings, path: Path) -> float:
    """Load and check the file."""
    source = _FileSource(DatasetFile(path, path.as_uri(), file_sha256(path)))
    raw_data = bootstrap.data_stores(settings).raw_data
    raw_data.latest_load()  # the connection and the tables are there, as in a service
    limit = settings.max_rejected_fraction
    return _timed(lambda: load_dataset(source, raw_data, max_rejected_fraction=limit, force=True))


def clean(settings: Settings, _path: Path) -> float:
    """Clean what is loaded."""
    stores = bootstrap.data_stores(settings)
    stores.clean_data.latest_preparation()
    return _timed(lambda: preprocess(stores.raw_data, stores.clean_data, force=True))


def limit_load(settings: Settings, path: Path) -> float:
    """Let the database take the file as it is: its own bulk path, nothing checked."""
    return _fill_copy(_ready_database(settings), INITIAL_DATA, path, skipped=1)


def limit_clean(settings: Settings, path: Path) -> float:
    """Read all raw rows and drop them, then let the database take a file of the clean rows."""
    database = _ready_database(settings)
    export = path.with_name(_EXPORT)
    _export_clean(database, export)
    reading = _timed(lambda: _read_all(SqlRawData(database)))
    try:
        return reading + _fill_copy(database, TRAIN_DATA, export, skipped=0)
    finally:
        export.unlink()


def _read_all(raw_data: SqlRawData) -> None:
    with prefetch(raw_data.read_initial_data(), enabled=raw_data.prefetches) as chunks:
        for _ in chunks:
            pass


def _fill_copy(database: Database, table: Table, path: Path, *, skipped: int) -> float:
    (copy,) = create_staging(database, [table])
    fill = _fill_mysql if database.engine.dialect.name == "mysql" else _fill_sqlite
    try:
        return _timed(lambda: fill(database.engine, copy, path, skipped))
    finally:
        drop_stale_tables(database, [table])


def _fill_mysql(engine: Engine, table: Table, path: Path, skipped: int) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE {table.fullname} CHARACTER SET utf8mb4 "
            rf"FIELDS TERMINATED BY ',' LINES TERMINATED BY '\n' IGNORE {skipped} LINES"
        )


def _fill_sqlite(engine: Engine, table: Table, path: Path, skipped: int) -> None:
    statement = str(insert(table).compile(dialect=engine.dialect))
    with path.open() as file, engine.begin() as connection:
        driver = (
            connection.connection.cursor()
        )  # takes an iterator, so that ten times the rows need no more memory
        driver.executemany(
            statement, (line.rstrip("\n").split(",") for line in islice(file, skipped, None))
        )


def _export_clean(database: Database, target: Path) -> None:
    """Write the clean rows of all splits as one file for the table of the largest."""
    with database.connect() as connection, target.open("w") as file:
        for table in (TRAIN_DATA, VAL_DATA, TEST_DATA):
            columns = [table.c.get(column.name) for column in TRAIN_DATA.columns]
            known = [column for column in columns if column is not None]
            for chunk in read_chunks(connection, database.dialect, known):
                rows = chunk.assign(batch_id=chunk.get("batch_id", 0)).loc[
                    :, [c.name for c in TRAIN_DATA.columns]
                ]
                rows.to_csv(file, header=False, index=False, na_rep=r"\N")


def _ready_database(settings: Settings) -> Database:
    database = open_database(settings)
    database.create_tables_once()
    return database


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _peak_mib() -> float:
    """Return the most memory that this process has held; ``ru_maxrss`` would count the one that started it, too."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


STAGES = {"load": load, "clean": clean, "limit load": limit_load, "limit clean": limit_clean}


def main() -> None:
    """Run one stage and print its seconds and peak memory as JSON."""
    stage, url, path = sys.argv[1:]
    seconds = STAGES[stage](Settings(database_url=url), Path(path))
    print(json.dumps({"seconds": seconds, "peak_mib": _peak_mib()}))


if __name__ == "__main__":
    main()
