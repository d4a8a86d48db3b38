"""The spool keeps answering without the database, and drains in order, exactly once."""

import errno
from pathlib import Path

import orjson
import pytest

from connections.stores.prediction_spool import SpooledPredictionLog
from readmission.errors import StorageFullError, UnreachableError
from tests.contract.test_prediction_log import make_prediction
from tests.fakes.serving import InMemoryPredictionLog


@pytest.fixture
def database() -> InMemoryPredictionLog:
    return InMemoryPredictionLog()


def test_rows_wait_for_the_database_and_drain_in_order(
    database: InMemoryPredictionLog, tmp_path: Path
) -> None:
    spool, database.away = SpooledPredictionLog(database, tmp_path), True
    rows = [make_prediction(minute) for minute in range(5)]
    for row in rows:
        spool.append([row])
        with pytest.raises(UnreachableError):
            spool.drain()
    spool.check()
    database.away = False
    spool.drain()
    assert list(database.rows.values()) == rows
    assert not list(tmp_path.iterdir())


def test_the_rows_of_a_previous_process_are_drained_even_if_its_last_line_was_cut(
    database: InMemoryPredictionLog, tmp_path: Path
) -> None:
    previous = SpooledPredictionLog(database, tmp_path)
    previous.append([make_prediction(0), make_prediction(1)])
    previous.close()
    (segment,) = tmp_path.iterdir()
    segment.write_bytes(segment.read_bytes()[:-5])
    SpooledPredictionLog(database, tmp_path).drain()
    assert list(database.rows.values()) == [make_prediction(0)]


def test_a_line_of_an_earlier_version_gets_the_new_fields_as_missing(
    database: InMemoryPredictionLog, tmp_path: Path
) -> None:
    previous = SpooledPredictionLog(database, tmp_path)
    previous.append([make_prediction(0)])
    previous.close()
    (segment,) = tmp_path.iterdir()
    values = orjson.loads(segment.read_bytes())
    segment.write_bytes(orjson.dumps(values[:-1]) + b"\n")
    SpooledPredictionLog(database, tmp_path).drain()
    assert list(database.rows.values()) == [make_prediction(0)]


def test_a_segment_drained_twice_is_stored_once(
    database: InMemoryPredictionLog, tmp_path: Path
) -> None:
    spool = SpooledPredictionLog(database, tmp_path)
    spool.append([make_prediction(0)])
    (segment,) = tmp_path.iterdir()
    content = segment.read_bytes()
    spool.drain()
    segment.write_bytes(content)
    spool.drain()
    assert list(database.rows.values()) == [make_prediction(0)]


def test_the_segment_that_another_process_writes_is_left_alone(
    database: InMemoryPredictionLog, tmp_path: Path
) -> None:
    writer = SpooledPredictionLog(database, tmp_path)
    writer.append([make_prediction(0)])
    SpooledPredictionLog(database, tmp_path).drain()
    assert not database.rows
    assert len(list(tmp_path.iterdir())) == 1
    writer.close()


def test_a_full_disk_takes_nothing_half(
    database: InMemoryPredictionLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = SpooledPredictionLog(database, tmp_path)
    spool.append([make_prediction(0)])

    def full(_segment: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("connections.stores.prediction_spool.sync_data", full)
        with pytest.raises(StorageFullError):
            spool.append([make_prediction(1)])
    spool.append([make_prediction(2)])
    spool.drain()
    assert list(database.rows.values()) == [make_prediction(0), make_prediction(2)]


def test_it_drains_by_itself(database: InMemoryPredictionLog, tmp_path: Path) -> None:
    spool = SpooledPredictionLog(database, tmp_path)
    spool.append([make_prediction(0)])
    spool.start()
    spool.close()
    assert list(database.rows.values()) == [make_prediction(0)]
