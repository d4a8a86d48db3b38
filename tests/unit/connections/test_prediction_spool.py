"""The spool keeps answering without the database, and drains in order, exactly once."""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from connections.stores import prediction_spool, spool_file
from connections.stores.prediction_spool import REJECTED_FILE, SpooledPredictionLog
from connections.stores.spool_file import SpoolFile, spool_files
from connections.stores.spool_format import format_predictions, split_lines
from readmission.errors import StorageFullError, UnreachableError
from readmission.records import Prediction
from tests.conftest import ROOT
from tests.contract.test_prediction_log import make_prediction
from tests.fakes.serving import InMemoryPredictionLog


class ParticularDatabase(InMemoryPredictionLog):
    """Refuses one model's name for its value, and everything while its table is missing."""

    refused: str | None = None
    has_table = True

    def append(self, predictions: Sequence[Prediction]) -> None:
        if not self.has_table:
            raise OperationalError("INSERT", {}, Exception("no such table"))
        if any(prediction.model_name == self.refused for prediction in predictions):
            raise OperationalError("INSERT", {}, Exception("data too long"))
        super().append(predictions)


@pytest.fixture
def database() -> ParticularDatabase:
    return ParticularDatabase()


@pytest.fixture
def spool(database: ParticularDatabase, tmp_path: Path) -> Iterator[SpooledPredictionLog]:
    log = SpooledPredictionLog(database, tmp_path)
    yield log
    log.close()


def format_prediction_line(prediction: Prediction) -> bytes:
    return format_predictions([prediction])


def count_waiting(folder: Path) -> int:
    """Return how many rows the files hold whose processes have ended."""
    waiting = 0
    for path in spool_files(folder):
        file = SpoolFile.open(path)
        waiting += sum(len(split_lines(content)) for _, content in file.read(2**30))
        file.close()
    return waiting


def read_rejected(folder: Path) -> list[tuple[str, str, bytes]]:
    connection = sqlite3.connect(folder / REJECTED_FILE)
    rows = connection.execute("SELECT * FROM rejected").fetchall()
    connection.close()
    return rows


def leave_behind(folder: Path, content: bytes) -> None:
    """Leave lines behind as a process that has ended."""
    file = SpoolFile.open_free(folder)
    file.append(content)
    file.close()


def test_rows_wait_for_the_database_and_drain_in_order(
    database: ParticularDatabase, spool: SpooledPredictionLog, tmp_path: Path
) -> None:
    database.away = True
    rows = [make_prediction(minute) for minute in range(5)]
    for row in rows:
        spool.append([row])
        with pytest.raises(UnreachableError):
            spool.drain()
    spool.check()
    database.away = False
    spool.drain()
    assert list(database.rows.values()) == rows
    spool.close()
    assert count_waiting(tmp_path) == 0


def test_a_row_leaves_the_spool_only_after_the_database_has_it(
    database: ParticularDatabase, spool: SpooledPredictionLog, tmp_path: Path
) -> None:
    spool.append([make_prediction(0)])
    database.away = True
    with pytest.raises(UnreachableError):
        spool.drain()
    spool.close()
    assert count_waiting(tmp_path) == 1


def test_more_rows_than_a_commit_holds_drain_whole(
    database: ParticularDatabase, spool: SpooledPredictionLog
) -> None:
    rows = [make_prediction(minute) for minute in range(2500)]
    spool.append(rows)
    spool.drain()
    assert list(database.rows.values()) == rows


def test_rows_drained_twice_are_stored_once(
    database: ParticularDatabase, spool: SpooledPredictionLog, tmp_path: Path
) -> None:
    spool.append([make_prediction(0)])
    spool.drain()
    row = make_prediction(0)
    leave_behind(tmp_path, format_prediction_line(row))
    spool.drain()
    assert list(database.rows.values()) == [make_prediction(0)]


def test_the_rows_of_a_killed_process_are_drained_by_another(
    database: ParticularDatabase, spool: SpooledPredictionLog, tmp_path: Path
) -> None:
    spool.append([make_prediction(9)])
    code = (
        "import os, sys; from pathlib import Path;"
        "from tests.contract.test_prediction_log import make_prediction;"
        "from tests.fakes.serving import InMemoryPredictionLog;"
        "from connections.stores.prediction_spool import SpooledPredictionLog;"
        "log = SpooledPredictionLog(InMemoryPredictionLog(), Path(sys.argv[1]));"
        "log.append([make_prediction(0), make_prediction(1)]); os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=False)
    assert killed.returncode == -9
    spool.drain()
    assert set(database.rows) == {make_prediction(minute).prediction_id for minute in (0, 1, 9)}


def test_the_file_that_a_living_process_owns_is_left_alone(
    database: ParticularDatabase, spool: SpooledPredictionLog, tmp_path: Path
) -> None:
    owner = SpooledPredictionLog(database, tmp_path)
    owner.append([make_prediction(0)])
    spool.append([make_prediction(1)])
    spool.drain()
    assert list(database.rows.values()) == [make_prediction(1)]
    assert len(spool_files(tmp_path)) == 2
    owner.close()


def test_files_are_used_again_and_never_deleted(
    database: ParticularDatabase, tmp_path: Path
) -> None:
    for minute in range(3):
        log = SpooledPredictionLog(database, tmp_path)
        log.append([make_prediction(minute)])
        log.drain()
        log.close()
    assert len(spool_files(tmp_path)) == 1


@pytest.mark.parametrize("content", [b"garbage", b"[]", b'{"fields": {}}', b'"text"', b"\xff"])
def test_a_row_that_cannot_be_read_is_set_apart_and_blocks_nothing(
    database: ParticularDatabase, spool: SpooledPredictionLog, tmp_path: Path, content: bytes
) -> None:
    leave_behind(tmp_path, content + b"\n" + format_prediction_line(make_prediction(0)))
    spool.append([make_prediction(1)])
    spool.drain()
    assert list(database.rows.values()) == [make_prediction(0), make_prediction(1)]
    ((origin, reason, rejected),) = read_rejected(tmp_path)
    assert (origin, rejected) == ("spool-0.db, entry 1, line 1", content)
    assert "Error: " in reason


def test_a_row_that_the_database_refuses_is_set_apart_with_its_reason(
    database: ParticularDatabase, spool: SpooledPredictionLog, tmp_path: Path
) -> None:
    database.refused = "x" * 100
    rows = [make_prediction(minute) for minute in range(20)]
    rows[7] = replace(rows[7], model_name=database.refused)
    spool.append(rows)
    spool.drain()
    assert list(database.rows.values()) == rows[:7] + rows[8:]
    ((_, reason, content),) = read_rejected(tmp_path)
    assert content + b"\n" == format_prediction_line(rows[7])
    assert reason == "Exception: data too long"
    spool.close()
    assert count_waiting(tmp_path) == 0


def test_what_is_wrong_with_the_table_sets_no_row_apart(
    database: ParticularDatabase, spool: SpooledPredictionLog, tmp_path: Path
) -> None:
    spool.append([make_prediction(0), make_prediction(1)])
    database.has_table = False
    with pytest.raises(OperationalError):
        spool.drain()
    assert not (tmp_path / REJECTED_FILE).exists()
    database.has_table = True
    spool.drain()
    assert len(database.rows) == 2


def test_a_row_of_an_earlier_version_has_the_defaults_of_new_fields(
    database: ParticularDatabase, spool: SpooledPredictionLog, tmp_path: Path
) -> None:
    row = make_prediction(0, age=80)
    values = json.loads(format_prediction_line(row))
    del values["fields"]["gender"], values["outcome_at"]
    values["fields"]["a_field_that_is_gone"] = 1
    values["a_column_that_is_gone"] = 1
    leave_behind(tmp_path, json.dumps(values).encode() + b"\n")
    spool.drain()
    assert list(database.rows.values()) == [row]


def write_segment(folder: Path, predictions: Sequence[Prediction], end: bytes = b"") -> Path:
    """Write rows as the first version did."""
    lines = []
    for prediction in predictions:
        values = list(json.loads(format_prediction_line(prediction)).values())
        del values[11:]  # patient_label came later
        lines.append(json.dumps(values).encode() + b"\n")
    path = folder / f"{time.time_ns():020d}-1.jsonl"
    path.write_bytes(b"".join(lines) + end)
    return path


def test_segments_of_the_first_version_are_taken_over(
    database: ParticularDatabase, spool: SpooledPredictionLog, tmp_path: Path
) -> None:
    rows = [make_prediction(minute) for minute in range(3)]
    write_segment(tmp_path, rows[:2])
    write_segment(tmp_path, rows[2:], end=b'garbage\n["a cut li')
    spool.drain()
    assert list(database.rows.values()) == rows
    assert [content for *_, content in read_rejected(tmp_path)] == [b"garbage"]
    assert not list(tmp_path.glob("*.jsonl"))


def test_a_segment_that_the_first_version_is_about_to_write_is_left_alone(
    spool: SpooledPredictionLog, tmp_path: Path
) -> None:
    segment = write_segment(tmp_path, [])
    spool.drain()
    assert segment.exists()


def test_a_full_disk_takes_nothing_half_and_is_not_ready(
    database: ParticularDatabase,
    spool: SpooledPredictionLog,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spool.append([make_prediction(0)])
    full = ("PRAGMA max_page_count = 1", *spool_file._PRAGMAS)
    with monkeypatch.context() as patched:
        patched.setattr(spool_file, "_PRAGMAS", [text.removeprefix("PRAGMA ") for text in full])
        spool.close()
        many = [make_prediction(minute) for minute in range(1, 50)]
        with pytest.raises(StorageFullError):
            spool.append(many)
    spool.append([make_prediction(60)])
    spool.drain()
    assert list(database.rows.values()) == [make_prediction(0), make_prediction(60)]
    assert tmp_path.exists()


def test_a_long_wait_gives_its_disk_space_back(spool: SpooledPredictionLog, tmp_path: Path) -> None:
    spool.append([make_prediction(minute) for minute in range(8000)])
    spool.drain()
    spool.close()
    (path,) = spool_files(tmp_path)
    assert path.stat().st_size < 2**20


def test_a_check_leaves_no_row(
    database: ParticularDatabase, spool: SpooledPredictionLog, tmp_path: Path
) -> None:
    spool.check()
    spool.close()
    assert count_waiting(tmp_path) == 0


def test_a_damaged_file_is_left_for_a_person_and_blocks_nothing(
    database: ParticularDatabase,
    spool: SpooledPredictionLog,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    damaged = tmp_path / "spool-0.db"
    damaged.write_bytes(b"no database, but long enough to be taken for one" * 100)
    spool.append([make_prediction(0)])
    spool.drain()
    assert list(database.rows.values()) == [make_prediction(0)]
    assert damaged.read_bytes().startswith(b"no database")
    assert "spool-0.db is damaged" in caplog.text


def test_the_files_are_private(spool: SpooledPredictionLog, tmp_path: Path) -> None:
    spool.append([make_prediction(0)])
    modes = {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {0o600}


def test_it_drains_by_itself(database: ParticularDatabase, tmp_path: Path) -> None:
    spool = SpooledPredictionLog(database, tmp_path)
    spool.append([make_prediction(0)])
    spool.start()
    spool.close()
    assert list(database.rows.values()) == [make_prediction(0)]


class SlowDatabase(InMemoryPredictionLog):
    """Takes a moment for each commit."""

    def append(self, predictions: Sequence[Prediction]) -> None:
        time.sleep(0.05)
        super().append(predictions)


def test_closing_leaves_the_rest_of_a_long_queue_to_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prediction_spool, "_BYTES_AT_A_TIME", 1)
    database = SlowDatabase()
    log = SpooledPredictionLog(database, tmp_path)
    rows = 100
    for number in range(rows):
        log.append([replace(make_prediction(), prediction_id=str(number))])
    log.start()
    while not database.rows:
        time.sleep(0.01)
    log.close()
    waiting = count_waiting(tmp_path)
    assert len(database.rows) + waiting == rows
    assert waiting > 0
