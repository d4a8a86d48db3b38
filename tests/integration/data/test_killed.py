"""A process killed at any moment leaves the old tables or the new ones; nothing blocks the next."""

import multiprocessing
import random
import signal
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import Table, func, select, text

from connections.database.engine import Database
from connections.database.tables import INITIAL_DATA, TEST_DATA, TRAIN_DATA, VAL_DATA
from connections.dataset.blocks import DatasetFile
from connections.settings import Settings
from connections.stores.clean_data import SqlCleanData
from connections.stores.raw_data import SqlRawData
from tests.fakes.data import load_file, merge_file
from tests.fakes.databases import assert_no_stale_tables
from tests.fakes.rows import make_lines, write_dataset
from tests.integration.data.worker import (
    load_and_clean,
    load_and_clean_until,
    merge_for_ever,
    merge_until,
    work_for_ever,
)

pytestmark = [pytest.mark.slow, pytest.mark.alone]
KILLS, MERGE_KILLS = 30, 4
OLD, NEW = 1, 2
MOMENTS = {
    "sqlite": {
        "INSERT INTO raw_data.initial_data_staging": (OLD, OLD),
        "INSERT INTO raw_data.loads_staging": (OLD, OLD),
        "ALTER TABLE raw_data.loads RENAME": (
            OLD,
            OLD,
        ),  # in the transaction that publishes the load
        "CREATE TABLE clean_data.train_data_staging": (NEW, OLD),
        "INSERT INTO clean_data.val_data_staging": (NEW, OLD),
        "INSERT INTO clean_data.preparations_staging": (NEW, OLD),
        "ALTER TABLE clean_data.val_data RENAME": (
            NEW,
            OLD,
        ),  # in the transaction that publishes the splits
        "DROP TABLE IF EXISTS clean_data.test_data_previous_retired": (NEW, OLD),
    },
    "mysql": {
        "LOAD DATA LOCAL INFILE": (OLD, OLD),
        "INSERT INTO raw_data.loads_staging": (OLD, OLD),
        "RENAME TABLE raw_data": (OLD, OLD),
        "DROP TABLE IF EXISTS raw_data.initial_data_retired": (NEW, OLD),
        "CREATE TABLE clean_data.val_data_staging": (NEW, OLD),
        "INSERT INTO clean_data.preparations_staging": (NEW, OLD),
        "RENAME TABLE clean_data": (NEW, OLD),
        "DROP TABLE IF EXISTS clean_data.preparations_retired": (NEW, NEW),
    },
}
"""The file that fills raw_data, and the one that fills clean_data, after a kill right before the
statement while a new file is loaded and cleaned."""
MERGE_MOMENTS = {
    "INSERT INTO raw_data.initial_data (": 2,
    "INSERT INTO raw_data.loads": 2,
    "DROP TABLE": 1,
}
"""The file that fills raw_data after a kill right before the statement, while file 1 is merged."""
ROWS = {1: 6_000, 2: 4_000}
"""The rows of each file, by the value that all of them have in ``num_procedures``."""


def test_a_kill_before_a_statement_leaves_the_old_tables_or_the_new(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    files, raw_data, clean_data = (
        write_files(tmp_path),
        SqlRawData(database),
        SqlCleanData(database),
    )
    found = {}
    for statement in MOMENTS[database.engine.dialect.name]:
        load_and_clean(raw_data, clean_data, files[OLD])
        worker = started(load_and_clean_until, settings, files[NEW].path, statement)
        worker.join()
        assert worker.exitcode == -signal.SIGKILL, f"never came to {statement}"
        wait_for_its_last_statement(database)
        found[statement] = (
            whole_raw_data(database, raw_data),
            whole_clean_data(database, clean_data),
        )
    assert found == MOMENTS[database.engine.dialect.name]
    load_and_clean(raw_data, clean_data, files[NEW])
    assert_no_stale_tables(database.engine)


@pytest.mark.soak
def test_a_process_killed_30_times_leaves_whole_tables(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    files, raw_data, clean_data = (
        write_files(tmp_path),
        SqlRawData(database),
        SqlCleanData(database),
    )
    load_and_clean(raw_data, clean_data, files[2])
    started_at = time.monotonic()
    load_and_clean(raw_data, clean_data, files[1])
    round_s = time.monotonic() - started_at  # at the speed of this machine
    found = [(1, 1)]
    for seed in range(KILLS):
        other_first = [files[3 - found[-1][0]].path, files[found[-1][0]].path]
        seconds = random.Random(seed).uniform(0.05, 1.3 * round_s)  # noqa: S311
        kill_a_worker_after(seconds, work_for_ever, settings, other_first)
        wait_for_its_last_statement(database)
        found.append((whole_raw_data(database, raw_data), whole_clean_data(database, clean_data)))
    assert len(set(found)) > 1, "every kill came before anything was published"
    load_and_clean(raw_data, clean_data, files[1])
    assert_no_stale_tables(database.engine)


@pytest.mark.soak
def test_a_merge_killed_at_any_moment_has_happened_or_not(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    files = write_files(tmp_path)
    raw_data = SqlRawData(database)
    chance = random.Random(1)  # noqa: S311
    seconds = 0.5
    found = 1
    for _ in range(MERGE_KILLS):
        if found == 1:
            load_file(raw_data, files[2], force=True)
        kill_a_worker_after(seconds, merge_for_ever, settings, [files[1].path])
        wait_for_its_last_statement(database)
        found = whole_raw_data(database, raw_data)
        seconds *= (
            chance.uniform(0.5, 1) if found == 1 else chance.uniform(1, 2)
        )  # towards the decisive moment
    merge_file(raw_data, files[1])
    assert whole_raw_data(database, raw_data) == 1
    assert_no_stale_tables(database.engine)


def test_a_merge_killed_before_a_statement_has_happened_or_not(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    files = write_files(tmp_path)
    raw_data = SqlRawData(database)
    for statement, left in MERGE_MOMENTS.items():
        load_file(raw_data, files[2], force=True)
        worker = started(merge_until, settings, files[1].path, statement)
        worker.join()
        assert worker.exitcode == -signal.SIGKILL
        wait_for_its_last_statement(database)
        assert whole_raw_data(database, raw_data) == left


def write_files(folder: Path) -> dict[int, DatasetFile]:
    """Write both files; file 1 has all encounters of file 2, with another value, and more."""
    return {
        value: write_dataset(
            folder / f"{value}.csv", make_lines(range(1, rows + 1), num_procedures=value)
        )
        for value, rows in ROWS.items()
    }


def whole_raw_data(database: Database, raw_data: SqlRawData) -> int:
    """Return which file fills ``raw_data``; fail when it is not wholly that file."""
    load = raw_data.latest_load()
    assert load is not None
    ((value, rows),) = values_in(database, INITIAL_DATA).items()
    assert load.rows == rows == ROWS[value]
    return value


def whole_clean_data(database: Database, clean_data: SqlCleanData) -> int:
    """Return which file fills ``clean_data``; fail when other rows are in it."""
    prepared = clean_data.latest_preparation()
    assert prepared is not None
    counts = {
        TRAIN_DATA: prepared.train_rows,
        VAL_DATA: prepared.val_rows,
        TEST_DATA: prepared.test_rows,
    }
    (value,) = {value for table in counts for value in values_in(database, table)}
    assert sum(counts.values()) == ROWS[value]
    assert [values_in(database, table) for table in counts] == [
        {value: rows} for rows in counts.values()
    ]
    return value


def kill_a_worker_after(
    seconds: float, work: Callable[..., None], settings: Settings, paths: list[Path]
) -> None:
    ready, signals_ready = multiprocessing.Pipe(duplex=False)
    worker = started(work, settings, paths, signals_ready)
    signals_ready.close()
    ready.recv()  # its imports may take longer than its work
    time.sleep(seconds)
    assert worker.is_alive(), "the run after a kill failed"
    worker.kill()
    worker.join()


def started(work: Callable[..., None], settings: Settings, *arguments: object) -> BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.integration.data.worker"])
    worker = context.Process(
        target=work, args=(settings.database_url.get_secret_value(), *arguments)
    )
    worker.start()
    return worker


def wait_for_its_last_statement(database: Database) -> None:
    """Wait until the server has finished the statements of the killed process."""
    busy = text(
        "SELECT 1 FROM performance_schema.processlist"
        " WHERE command = 'Query' AND id <> CONNECTION_ID()"
    )
    while database.engine.dialect.name == "mysql":
        with database.connect() as connection:
            if connection.execute(busy).first() is None:
                return
        time.sleep(0.01)


def values_in(database: Database, table: Table) -> dict[int, int]:
    counted = select(table.c.num_procedures, func.count()).group_by(table.c.num_procedures)
    with database.connect() as connection:
        return dict(iter(connection.execute(counted)))
