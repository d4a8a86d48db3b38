"""One stage of load and clean, timed: ``python -m benchmarks.data_stage STAGE URL CSV``."""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

from pydantic import SecretStr
from sqlalchemy import Connection, Engine, Table, insert

from benchmarks.stage_process import measure_seconds
from connections import bootstrap
from connections.database.dialect import Dialect
from connections.database.engine import Database, open_database
from connections.database.read_chunks import read_chunks
from connections.database.staging import create_staging, drop_stale_tables
from connections.database.tables import (
    INITIAL_DATA,
    TEST_DATA,
    TRAIN_DATA,
    VAL_DATA,
    column_names,
)
from connections.dataset.blocks import DatasetFile
from connections.dataset.local_copy import file_sha256
from connections.settings import Settings
from connections.stores.raw_data import SqlRawData
from readmission.prefetch import prefetch
from readmission.use_cases.clean import preprocess
from readmission.use_cases.load import load as load_dataset

_EXPORT = "benchmark_clean.csv"


@dataclass(frozen=True)
class _LocalSource:
    """A source whose file is on local disk already."""

    dataset: DatasetFile

    def fetch(self, *, force: bool = False) -> DatasetFile:  # noqa: ARG002
        """Return the file."""
        return self.dataset


def load(settings: Settings, file: Path) -> float:
    """Load the file with all checks; return the seconds."""
    dataset = DatasetFile(file, file.as_uri(), file_sha256(file))
    source = _LocalSource(dataset)
    raw_data = bootstrap.data_stores(settings).raw_data
    # Connects and creates the tables before the clock starts, as a service does.
    raw_data.latest_load()

    def load_file() -> None:
        load_dataset(
            source,
            raw_data,
            max_rejected_fraction=settings.max_rejected_fraction,
            force=True,
        )

    return measure_seconds(load_file)


def clean(settings: Settings, _file: Path) -> float:
    """Clean the loaded rows; return the seconds."""
    stores = bootstrap.data_stores(settings)
    raw_data = stores.raw_data
    clean_data = stores.clean_data
    # Connects before the clock starts.
    clean_data.latest_preparation()
    return measure_seconds(lambda: preprocess(raw_data, clean_data, force=True))


def limit_load(settings: Settings, file: Path) -> float:
    """Load the file by the database's own bulk path, without checks; return the seconds."""
    database = _open_with_tables(settings)
    return _fill_copy(database, INITIAL_DATA, file, skipped_lines=1)


def limit_clean(settings: Settings, file: Path) -> float:
    """Read all raw rows, then load a file of the clean rows; return the seconds of both."""
    database = _open_with_tables(settings)
    raw_data = SqlRawData(database)
    export = file.with_name(_EXPORT)
    _export_clean_rows(database, export)
    read_seconds = measure_seconds(lambda: _read_all(raw_data))
    try:
        fill_seconds = _fill_copy(database, TRAIN_DATA, export, skipped_lines=0)
    finally:
        export.unlink()
    return read_seconds + fill_seconds


STAGES = {
    "load": load,
    "clean": clean,
    "limit load": limit_load,
    "limit clean": limit_clean,
}


def main() -> None:
    """Run one stage and print its seconds and peak memory as JSON."""
    stage, url, name = sys.argv[1:]
    settings = Settings(database_url=SecretStr(url))
    file = Path(name)
    run = STAGES[stage]
    measured = {
        "seconds": run(settings, file),
        "peak_mib": _peak_mib(),
    }
    print(json.dumps(measured))


def _open_with_tables(settings: Settings) -> Database:
    database = open_database(settings)
    database.create_tables_once()
    return database


def _read_all(raw_data: SqlRawData) -> None:
    chunks = raw_data.read_initial_data()
    with prefetch(chunks, enabled=raw_data.prefetches) as prefetched:
        for _ in prefetched:
            pass


def _fill_copy(database: Database, table: Table, file: Path, *, skipped_lines: int) -> float:
    """Return the seconds in which the database loads a file into an empty copy of a table."""
    engine = database.engine
    is_mysql = engine.dialect.name == "mysql"
    fill = _fill_mysql if is_mysql else _fill_sqlite
    (copy,) = create_staging(database, [table])
    try:
        return measure_seconds(lambda: fill(engine, copy, file, skipped_lines))
    finally:
        drop_stale_tables(database, [table])


def _fill_mysql(engine: Engine, table: Table, file: Path, skipped_lines: int) -> None:
    statement = (
        f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE {table.fullname} CHARACTER SET utf8mb4 "
        rf"FIELDS TERMINATED BY ',' LINES TERMINATED BY '\n' IGNORE {skipped_lines} LINES"
    )
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


def _fill_sqlite(engine: Engine, table: Table, file: Path, skipped_lines: int) -> None:
    """Insert through the driver, which takes an iterator: more rows need no more memory."""
    compiled = insert(table).compile(dialect=engine.dialect)
    statement = str(compiled)
    with file.open() as lines, engine.begin() as connection:
        rows = _split_lines(islice(lines, skipped_lines, None))
        cursor = connection.connection.cursor()
        # SQLAlchemy's type of a cursor asks for a sequence.
        cursor.executemany(statement, cast(Any, rows))


def _split_lines(lines: Iterable[str]) -> Iterator[list[str]]:
    for line in lines:
        text = line.rstrip("\n")
        yield text.split(",")


def _export_clean_rows(database: Database, target: Path) -> None:
    """Write the clean rows of all splits into one file that fits the largest split's table."""
    splits = (TRAIN_DATA, VAL_DATA, TEST_DATA)
    with database.connect() as connection, target.open("w") as file:
        for split in splits:
            _export_split(connection, database.dialect, split, file)


def _export_split(connection: Connection, dialect: Dialect, split: Table, file: IO[str]) -> None:
    """Write the rows of one split; only those of the training split have a batch."""
    names = column_names(TRAIN_DATA)
    stored_names = [name for name in names if name in split.columns]
    stored_columns = [split.columns[name] for name in stored_names]
    for chunk in read_chunks(connection, dialect, stored_columns):
        if "batch_id" not in chunk:
            chunk["batch_id"] = 0
        rows = chunk[names]
        rows.to_csv(
            file,
            header=False,
            index=False,
            na_rep=r"\N",
        )


def _peak_mib() -> float:
    """Return the most memory that this process has held.

    ``ru_maxrss`` would also count the process that started this one.
    """
    status = Path("/proc/self/status").read_text()
    for line in status.splitlines():
        name, _, value = line.partition(":")
        if name == "VmHWM":
            kib, _unit = value.split()
            return int(kib) / 1024
    raise LookupError("/proc/self/status has no VmHWM.")


if __name__ == "__main__":
    main()
