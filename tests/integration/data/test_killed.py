"""A process that is killed at any moment leaves the old tables or the new ones, and nothing in the way."""

import multiprocessing
import random
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, Table, func, select

from connections.clean_data import SqlCleanData
from connections.raw_data import SqlRawData
from connections.settings import Settings
from connections.tables import INITIAL_DATA, TEST_DATA, TRAIN_DATA, VAL_DATA
from readmission.ports import silent
from readmission.use_cases.preprocess import preprocess
from tests.fakes.databases import assert_no_leftovers
from tests.fakes.rows import as_dataset, make_lines, write_dataset
from tests.integration.data.worker import load_and_clean_for_ever

KILLS = 30
FIRST, SECOND = 30_000, 20_000


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_process_killed_30_times_leaves_whole_tables(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    paths = [tmp_path / "first.csv", tmp_path / "second.csv"]
    write_dataset(paths[0], make_lines(range(1, FIRST + 1), num_procedures=1))
    write_dataset(paths[1], make_lines(range(1, SECOND + 1), num_procedures=2))
    raw_data, clean_data = SqlRawData(engine), SqlCleanData(engine)
    begun = time.monotonic()
    raw_data.replace_initial_data(as_dataset(paths[0]), force=True, progress=silent)
    preprocess(raw_data, clean_data)
    round_s = 2 * (time.monotonic() - begun)  # both files, loaded and cleaned, at the speed of this machine
    for seed in range(KILLS):
        kill_a_worker_after(random.Random(seed).uniform(0.05, round_s), settings, paths)  # noqa: S311
        assert values_in(engine, INITIAL_DATA) in ({1: FIRST}, {2: SECOND})
        load, prepared = raw_data.latest_load(), clean_data.latest_preparation()
        assert load is not None
        assert prepared is not None
        assert load.rows == sum(values_in(engine, INITIAL_DATA).values())
        for table, rows in (
            (TRAIN_DATA, prepared.train_rows), (VAL_DATA, prepared.val_rows), (TEST_DATA, prepared.test_rows),
        ):  # fmt: skip
            expected = 1 if prepared.train_rows + prepared.val_rows + prepared.test_rows == FIRST else 2
            assert values_in(engine, table) == {expected: rows}
    raw_data.replace_initial_data(as_dataset(paths[0]), force=True, progress=silent)
    preprocess(raw_data, clean_data, force=True)
    assert_no_leftovers(engine)


def kill_a_worker_after(seconds: float, settings: Settings, paths: list[Path]) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.integration.data.worker"])
    worker = context.Process(target=load_and_clean_for_ever, args=(settings.database_url.get_secret_value(), paths))
    worker.start()
    time.sleep(seconds)
    assert worker.is_alive(), "the run after a kill failed"
    worker.kill()
    worker.join()


def values_in(engine: Engine, table: Table) -> dict[int, int]:
    counted = select(table.c.num_procedures, func.count()).group_by(table.c.num_procedures)
    with engine.connect() as connection:
        return dict(iter(connection.execute(counted)))
