"""A killed server, or a cut connection, leaves the old tables or the new ones.

The next run succeeds.
"""

import threading
import time
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text

from connections.database.engine import Database, open_database
from connections.dataset.blocks import DatasetFile
from connections.stores.clean_data import SqlCleanData
from connections.stores.raw_data import SqlRawData
from readmission.errors import ReadmissionError, UnreachableError
from tests.fakes.data import load_file
from tests.fakes.databases import assert_no_stale_tables, settings_for
from tests.fakes.rows import make_lines, write_dataset
from tests.integration.data.worker import load_and_clean
from tests.servers.mysql import MySqlServer

pytestmark = [pytest.mark.mysql, pytest.mark.alone]


def rows_in(raw_data: SqlRawData) -> int:
    return sum(map(len, raw_data.read_initial_data(["encounter_id"])))


def _cut_when_loading(url: str, done: threading.Event) -> None:
    """Kill the first connection that runs LOAD DATA."""
    database = create_engine(url, isolation_level="AUTOCOMMIT")
    loading = text("SELECT id FROM information_schema.processlist WHERE info LIKE 'LOAD DATA%'")
    with database.connect() as connection:
        while not done.is_set():
            for victim in connection.scalars(loading).all():
                connection.exec_driver_sql(f"KILL {victim}")
                done.set()
            time.sleep(0.01)
    database.dispose()


def test_a_cut_connection_changes_nothing(
    mysql_url: str, real_csv: DatasetFile, tmp_path: Path
) -> None:
    database = open_database(settings_for(mysql_url))
    raw_data = SqlRawData(database)
    small = write_dataset(tmp_path / "a.csv", make_lines([1, 2]))
    first = load_file(raw_data, small, force=True)
    done = threading.Event()
    killer = threading.Thread(target=_cut_when_loading, args=(mysql_url, done))
    killer.start()
    try:
        with pytest.raises(UnreachableError):
            load_file(raw_data, real_csv)
    finally:
        done.set()
        killer.join()
    assert (raw_data.latest_load(), rows_in(raw_data)) == (first, 2)
    assert load_file(raw_data, real_csv).rows == 101_766
    database.dispose()


MOMENTS = {
    "before a load writes": ("LOAD DATA", 1, 0.0),
    "in a load": ("LOAD DATA", 1, 0.4),
    "as a load is published": ("RENAME TABLE", 1, 0.0),
    "as a load has been published": ("RENAME TABLE", 1, 0.02),
    "in a cleaning": ("LOAD DATA", 2, 0.8),
    "as a cleaning is published": ("RENAME TABLE", 2, 0.0),
    "as a cleaning has been published": ("RENAME TABLE", 2, 0.05),
}
"""The nth of which statement, and how many seconds after it was sent."""


def _kill_at(
    database: Database, server: MySqlServer, statement: str, nth: int, delay_s: float
) -> None:
    """Kill the server when a load and cleaning come to a statement."""
    times = count(1)

    def look(_connection: object, _cursor: object, sql: str, *_: object) -> None:
        if sql.startswith(statement) and next(times) == nth:
            threading.Timer(delay_s, server.kill).start()

    event.listen(database.engine, "before_cursor_execute", look)


def _work_until_it_fails(
    raw_data: SqlRawData, clean_data: SqlCleanData, dataset: DatasetFile
) -> None:
    while True:  # a kill that comes late meets the next round
        load_and_clean(raw_data, clean_data, dataset)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_server_killed_leaves_the_old_rows_or_the_new(
    own_server: MySqlServer, real_csv: DatasetFile, tmp_path: Path, moment: str
) -> None:
    database = open_database(settings_for(own_server.url))
    raw_data, clean_data = SqlRawData(database), SqlCleanData(database)
    small = write_dataset(tmp_path / "a.csv", make_lines(range(1, 200)))
    load_and_clean(raw_data, clean_data, small)
    _kill_at(database, own_server, *MOMENTS[moment])
    with pytest.raises(ReadmissionError):
        _work_until_it_fails(raw_data, clean_data, real_csv)
    own_server.start()
    load, prepared = raw_data.latest_load(), clean_data.latest_preparation()
    assert load is not None
    assert prepared is not None
    assert load.rows == rows_in(raw_data) in (199, 101_766)
    assert prepared.train_rows + prepared.val_rows + prepared.test_rows in (199, 99_340)
    assert len(clean_data.read_val(prepared.data_version)) == prepared.val_rows
    load_and_clean(raw_data, clean_data, small)
    assert_no_stale_tables(database.engine)
    database.dispose()
