"""A log is ready if a row can be written, and checking it leaves none."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from connections.stores import prediction_log
from connections.stores.prediction_log import SqlPredictionLog, open_prediction_log
from readmission.errors import StorageFullError
from readmission.records import PredictionFilter
from tests.contract.test_prediction_log import make_prediction
from tests.fakes.databases import settings_for


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqlPredictionLog]:
    opened = open_prediction_log(settings_for(f"sqlite:///{tmp_path}/"))
    opened.append([make_prediction(0)])
    yield opened
    opened.close()


def test_a_full_disk_is_not_ready_and_one_with_room_is(log: SqlPredictionLog) -> None:
    stored = fill_up(log)
    with pytest.raises(StorageFullError):
        log.check()
    event.remove(log._database.engine, "begin", forbid_growth)
    event.listen(log._database.engine, "begin", allow_growth)
    log.check()
    assert len(log.read(PredictionFilter(), 10_000)) == stored


def test_a_row_that_was_stored_just_now_is_the_proof(
    log: SqlPredictionLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prediction_log, "_probe", lambda: pytest.fail("no need to write"))
    log.check()


def fill_up(log: SqlPredictionLog) -> int:
    """Store rows until there is no room for another one; return how many there are."""
    for engine in (log._database.engine, log._append_engine):
        event.listen(engine, "begin", forbid_growth)
    for minute in itertools.count(1):
        try:
            log.append([make_prediction(minute)])
        except StorageFullError:
            return minute
    raise AssertionError


def forbid_growth(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA raw_data.max_page_count = 1")


def allow_growth(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA raw_data.max_page_count = 100000")
