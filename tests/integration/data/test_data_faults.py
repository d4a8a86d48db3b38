"""After a failed load the tables hold their previous rows, and the next run succeeds."""

import os
import tracemalloc
from contextlib import ExitStack
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import MetaData, Table, event, select

from app_cli.local_stack.supervisor import free_port
from connections.database.engine import Database, open_database
from connections.database.row_chunk import RowChunk
from connections.database.staging import staging
from connections.database.tables import (
    INITIAL_DATA,
    LOADS,
    PREPARATIONS,
    PREVIOUS,
    REJECTED_ROWS,
    TRAIN_DATA,
)
from connections.dataset.blocks import DatasetFile
from connections.dataset.local_copy import file_sha256
from connections.stores.clean_data import SqlCleanData
from connections.stores.loads import append_rejected
from connections.stores.raw_data import SqlRawData
from readmission.errors import (
    BusyError,
    DatasetError,
    FatalError,
    NotReadyError,
    ReadmissionError,
    SettingError,
    StorageFullError,
    UnreachableError,
)
from readmission.records import RejectedRow
from readmission.use_cases.clean import preprocess
from tests.fakes.data import load_file
from tests.fakes.databases import assert_no_stale_tables, settings_for
from tests.fakes.rows import make_lines, make_raw, write_dataset
from tests.integration.data.worker import load_and_clean
from tests.servers.mysql import MySqlServer


def ids_in(raw_data: SqlRawData) -> list[int]:
    return [
        number
        for chunk in raw_data.read_initial_data(["encounter_id"])
        for number in chunk["encounter_id"]
    ]


@pytest.fixture
def loaded(database: Database, tmp_path: Path) -> SqlRawData:
    raw_data = SqlRawData(database)
    load_file(raw_data, write_dataset(tmp_path / "first.csv", make_lines([1, 2])))
    return raw_data


def test_a_failed_load_is_noted_with_its_reason(
    database: Database, loaded: SqlRawData, tmp_path: Path
) -> None:
    wrong = write_dataset(tmp_path / "wrong.csv", make_lines([3]), header=b"a,b,c")
    with pytest.raises(DatasetError, match="header"):
        load_file(loaded, wrong)
    with database.connect() as connection:
        failed = connection.execute(select(LOADS).filter_by(status="failed")).one()
    assert "wrong header" in failed.reason
    assert ids_in(loaded) == [1, 2]
    assert_no_stale_tables(database.engine)


def test_a_second_load_at_once_is_refused_by_name(
    database: Database, loaded: SqlRawData, tmp_path: Path
) -> None:
    other = write_dataset(tmp_path / "other.csv", make_lines([9]))
    with database.data_lock("load"), pytest.raises(BusyError, match=rf"process {os.getpid()} "):
        load_file(loaded, other)
    assert load_file(loaded, other).status == "loaded"


def test_a_cleaning_during_a_load_is_refused(database: Database, loaded: SqlRawData) -> None:
    with database.data_lock("load"), pytest.raises(BusyError, match="Cannot clean now"):
        preprocess(loaded, SqlCleanData(database))


def test_cleaning_nothing_says_what_to_run_first(database: Database) -> None:
    with pytest.raises(NotReadyError, match="cargar_datos"):
        preprocess(SqlRawData(database), SqlCleanData(database))


def test_readers_see_the_old_rows_while_new_ones_are_written(
    database: Database, loaded: SqlRawData, tmp_path: Path
) -> None:
    visible_ids: list[list[int]] = []
    load_file(
        loaded,
        write_dataset(tmp_path / "other.csv", make_lines([9])),
        progress=lambda step, done, total=None: visible_ids.append(ids_in(loaded)),
    )
    assert visible_ids == [[1, 2]]
    assert ids_in(loaded) == [9]


def _leave(database: Database, table: Table, suffix: str) -> Table:
    """Make a table as a killed run would have left it."""
    copy = table.to_metadata(MetaData(), name=table.name + suffix)
    copy.indexes.clear()
    copy.create(database.engine)
    return copy


def test_what_a_killed_run_left_blocks_no_connection(
    database: Database, loaded: SqlRawData, tmp_path: Path
) -> None:
    clean_data = SqlCleanData(database)
    preprocess(loaded, clean_data)
    left = [
        _leave(database, table, suffix)
        for table in (INITIAL_DATA, LOADS, TRAIN_DATA, PREPARATIONS, PREVIOUS[TRAIN_DATA])
        for suffix in ("_staging", "_retired")
    ]
    append_rejected(database, "killed", [RejectedRow(2, "wrong", "")])
    with ExitStack() as stack:
        pool = [stack.enter_context(database.connect()) for _ in range(4)]
        for connection, table in product(pool, left):
            assert connection.execute(select(table)).all() == []  # now all of them know the tables
    preprocess(loaded, clean_data, force=True)
    load_file(loaded, write_dataset(tmp_path / "b.csv", make_lines([3])))
    assert_no_stale_tables(database.engine)
    with database.connect() as connection:
        assert connection.execute(select(REJECTED_ROWS)).all() == []


def test_a_line_of_a_gigabyte_is_rejected_in_little_memory(tmp_path: Path) -> None:
    path = write_dataset(tmp_path / "a.csv", make_lines([1, 2])).path
    with path.open("r+b") as file:
        file.seek(2**30)  # a hole: zero bytes without a newline
        file.write("\n".join(["", *make_lines([3]), ""]).encode())
    database = open_database(settings_for(f"sqlite:///{tmp_path}/database/"))
    raw_data = SqlRawData(database)
    raw_data.latest_load()
    tracemalloc.start()
    load = load_file(
        raw_data,
        DatasetFile(path, path.as_uri(), file_sha256(path)),
        max_rejected_fraction=0.5,
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (load.rejected, ids_in(raw_data)) == (1, [1, 2, 3])
    with database.connect() as connection:
        rejected = connection.execute(select(REJECTED_ROWS)).one()
    assert (rejected.line, rejected.reason) == (4, "the line is longer than 65,536 bytes")
    assert peak < 64 * 2**20
    database.dispose()


def test_a_full_disk_is_named_and_changes_nothing(tmp_path: Path) -> None:
    database = open_database(settings_for(f"sqlite:///{tmp_path}/database/"))
    raw_data = SqlRawData(database)
    load_file(raw_data, write_dataset(tmp_path / "a.csv", make_lines([1, 2])))
    big = write_dataset(tmp_path / "b.csv", make_lines(range(10, 3_000)))
    database.dispose()
    limit = "PRAGMA raw_data.max_page_count = 60"
    event.listen(database.engine, "connect", lambda connection, _: connection.execute(limit))
    with pytest.raises(StorageFullError, match="no room"):
        load_file(raw_data, big)
    assert ids_in(raw_data) == [1, 2]
    assert_no_stale_tables(database.engine)
    database.dispose()


@pytest.mark.mysql
@pytest.mark.alone
def test_a_full_disk_of_the_server_is_named_and_changes_nothing(
    own_server: MySqlServer, real_csv: DatasetFile, tmp_path: Path
) -> None:
    database = open_database(settings_for(own_server.url))
    raw_data = SqlRawData(database)
    load_file(raw_data, write_dataset(tmp_path / "a.csv", make_lines([1, 2])))
    for left_bytes in (0, 10 * 2**20):
        with own_server.full_disk(left_bytes):
            with pytest.raises(StorageFullError, match="no room"):
                load_file(raw_data, real_csv)
            assert ids_in(raw_data) == [1, 2]
    assert load_file(raw_data, real_csv).rows == 101_766
    assert_no_stale_tables(database.engine)
    database.dispose()


SPOILED = {
    "a text too long": make_raw(1, race="x" * 100),
    "an id twice": pd.concat([make_raw(1), make_raw(1)]),
}


@pytest.mark.mysql
@pytest.mark.parametrize("fault", SPOILED)
def test_rows_that_the_server_would_change_or_drop_are_refused(mysql_url: str, fault: str) -> None:
    database = open_database(settings_for(mysql_url))
    database.create_tables_once()
    refused = pytest.raises(FatalError, match=r"MySQL took \d of \d rows")
    with (
        refused,
        staging(database, [INITIAL_DATA]) as (staged,),
        database.dialect.bulk_writer(database.engine, staged) as write,
    ):
        write(RowChunk(SPOILED[fault]))
    database.dispose()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match=r"DATABASE_URL: the folder .*file"):
        SqlRawData(open_database(settings_for(f"sqlite:///{tmp_path}/file/"))).latest_load()


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "raw_data.db").write_bytes(b"not a database at all" * 500)
    with pytest.raises(ReadmissionError, match="damaged"):
        SqlRawData(open_database(settings_for(f"sqlite:///{tmp_path}/"))).latest_load()


def test_a_server_that_does_not_answer_is_named_in_one_line_without_the_password() -> None:
    database = open_database(settings_for(f"mysql+pymysql://root:s3cret@127.0.0.1:{free_port()}"))
    with pytest.raises(UnreachableError, match="does not answer") as unreachable:
        SqlRawData(database).latest_load()
    assert "\n" not in str(unreachable.value)
    assert "s3cret" not in str(unreachable.value)


@pytest.mark.mysql
def test_a_wrong_password_names_the_setting(mysql_server: MySqlServer) -> None:
    database = open_database(
        settings_for(f"mysql+pymysql://root:wrong@127.0.0.1:{mysql_server.port}")
    )
    with pytest.raises(SettingError, match=r"DATABASE_URL: .*denied"):
        SqlRawData(database).latest_load()


def test_load_and_cleaning_are_each_published_in_one_step(
    database: Database, tmp_path: Path
) -> None:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    event.listen(database.engine, "commit", lambda _: statements.append("COMMIT"))
    dataset = write_dataset(tmp_path / "a.csv", make_lines(range(1, 200)))
    load_and_clean(SqlRawData(database), SqlCleanData(database), dataset)
    if database.engine.dialect.name == "mysql":
        renames = [statement for statement in statements if statement.startswith("RENAME TABLE")]
        assert len(renames) == 2
    else:
        transactions = "\n".join(statements).split("COMMIT")
        publishing = [transaction for transaction in transactions if "RENAME TO" in transaction]
        assert len(publishing) == 2


def test_a_full_disk_has_room_to_clean_up_and_to_record_the_failure(tmp_path: Path) -> None:
    database = open_database(settings_for(f"sqlite:///{tmp_path}/db/"))
    raw_data = SqlRawData(database)
    reserve = tmp_path / "db" / "reserve"
    sizes: list[int | None] = []

    def note_size(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().startswith(("CREATE TABLE raw_data.initial", "DROP", "INSERT")):
            sizes.append(reserve.stat().st_size if reserve.exists() else None)

    wrong = write_dataset(tmp_path / "wrong.csv", make_lines([3]), header=b"a,b,c")
    with database.connect():
        event.listen(database.engine, "before_cursor_execute", note_size)
    with pytest.raises(DatasetError):
        load_file(raw_data, wrong)
    assert sizes == [2**22, None, None], "staged; dropped and recorded with the room given back"
    assert not reserve.exists()
    database.dispose()
