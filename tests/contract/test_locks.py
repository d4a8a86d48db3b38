"""One process trains at a time, and the others learn who does; on SQLite and on MySQL."""

import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from connections.database.engine import Database, open_database
from connections.stores.clean_data import SqlCleanData
from readmission.errors import BusyError
from readmission.use_cases.train_all import train_all
from tests.fakes.databases import DATABASES, empty_database
from tests.fakes.patients import make_clean_data
from tests.fakes.training import TrainingBench


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    opened = open_database(empty_database(request.param, request, tmp_path / "database"))
    yield opened
    opened.dispose()


def test_the_second_trainer_is_told_who_trains(database: Database) -> None:
    clean_data = SqlCleanData(database)
    holder = rf"Cannot train now: process {os.getpid()} \(.*\) is at work on the models"
    with (
        clean_data.training_lock("train"),
        pytest.raises(BusyError, match=holder) as refused,
        clean_data.training_lock("train"),
    ):
        pytest.fail("two hold it")
    assert refused.value.exit_code == 75
    with clean_data.training_lock("train"):
        pass


def test_training_and_loading_do_not_wait_for_one_another(database: Database) -> None:
    with database.training_lock("train"), database.data_lock("load"):
        pass


def test_a_training_holds_the_lock_until_it_has_decided(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean_data = make_clean_data()
    monkeypatch.setattr(clean_data, "training_lock", database.training_lock)
    bench = TrainingBench(clean_data)
    with database.training_lock("train"), pytest.raises(BusyError):
        train_all(bench.context)
    assert not bench.steps
    assert bench.registry.champion() is None


def test_a_killed_trainer_leaves_no_lock(tmp_path: Path) -> None:
    settings = empty_database("sqlite", None, tmp_path)
    process = multiprocessing.get_context("fork").Process(target=_die_with_lock, args=(settings,))
    process.start()
    process.join()
    assert process.exitcode == -9
    database = open_database(settings)
    with database.training_lock("train"):
        pass
    database.dispose()


def _die_with_lock(settings: object) -> None:
    database = open_database(settings)
    with database.training_lock("train"):
        os.kill(os.getpid(), 9)
