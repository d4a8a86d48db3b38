"""The work of a process that a test kills."""

import os
import signal
from itertools import cycle
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import event

from connections.database import read_chunks
from connections.database.engine import Database, open_database
from connections.dataset.blocks import DatasetFile
from connections.stores.clean_data import SqlCleanData
from connections.stores.raw_data import SqlRawData
from readmission.use_cases.clean import preprocess
from tests.fakes.data import load_file, merge_file
from tests.fakes.databases import settings_for
from tests.fakes.rows import as_dataset


def work_for_ever(url: str, paths: list[Path], ready: Connection) -> None:
    """Load and clean the files, over and over."""
    read_chunks.CHUNK_VALUES = 50_000  # small files are cleaned in several chunks, too
    database = open_database(settings_for(url))
    ready.send(None)
    for path in cycle(paths):
        load_and_clean(SqlRawData(database), SqlCleanData(database), as_dataset(path))


def load_and_clean(raw_data: SqlRawData, clean_data: SqlCleanData, dataset: DatasetFile) -> None:
    """Do both stages, whether or not there is something new."""
    load_file(raw_data, dataset, force=True)
    preprocess(raw_data, clean_data, force=True)


def merge_for_ever(url: str, paths: list[Path], ready: Connection) -> None:
    """Merge the files, over and over."""
    database = open_database(settings_for(url))
    ready.send(None)
    for path in cycle(paths):
        merge_file(SqlRawData(database), as_dataset(path))


def merge_until(url: str, path: Path, statement: str) -> None:
    """Merge a file and die right before a statement that starts with ``statement``."""
    merge_file(SqlRawData(database_that_dies_before(statement, url)), as_dataset(path))


def load_and_clean_until(url: str, path: Path, statement: str) -> None:
    """Load and clean a file and die right before a statement that starts with ``statement``."""
    database = database_that_dies_before(statement, url)
    load_and_clean(SqlRawData(database), SqlCleanData(database), as_dataset(path))


def database_that_dies_before(statement: str, url: str) -> Database:
    """Open a database whose process kills itself before a statement that starts so."""

    def die_before(_connection: object, _cursor: object, text: str, *_: object) -> None:
        if " ".join(text.split()).startswith(statement):
            os.kill(os.getpid(), signal.SIGKILL)

    database = open_database(settings_for(url))
    event.listen(database.engine, "before_cursor_execute", die_before)
    return database
