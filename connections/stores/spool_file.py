"""A queue on local disk: one SQLite file, which one process at a time owns.

SQLite itself holds the ownership: it locks the file for as long as the owner has it open, and the
operating system ends the lock with the process. No file is ever deleted, so none can be locked
under a name that is gone. The file of a process that ended is free for any other one.
"""

import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Self

from connections.atomic_files import sync_folder
from connections.database.errors import classify_sqlite_error
from readmission.errors import BusyError, FatalError, StorageFullError

_NAME = "spool-{}.db"
_OWNER_ONLY = 0o600
_PRAGMAS = (
    "locking_mode = EXCLUSIVE",
    "auto_vacuum = INCREMENTAL",
    "journal_mode = WAL",
    "synchronous = FULL",
    "wal_autocheckpoint = 4096",  # pages: a checkpoint holds an append up
    "journal_size_limit = 16777216",
)
# AUTOINCREMENT: an id is never used again, not even after its entry is deleted.
_CREATE_ENTRIES = (
    "CREATE TABLE IF NOT EXISTS entries"
    " (entry_id INTEGER PRIMARY KEY AUTOINCREMENT, content BLOB NOT NULL)"
)
_CREATE_REJECTED = (
    "CREATE TABLE IF NOT EXISTS rejected"
    " (origin TEXT PRIMARY KEY, reason TEXT NOT NULL, content BLOB NOT NULL)"
)
_INSERT = "INSERT INTO entries (content) VALUES (?)"
_SELECT_OLDEST = "SELECT entry_id, content FROM entries ORDER BY entry_id"
_DELETE = "DELETE FROM entries WHERE entry_id = ?"
_MAX_FREE_PAGES = 1024
_log = logging.getLogger(__name__)
_PROBE = b"x" * 1000
"""As long as a prediction."""

Entry = tuple[int, bytes]
"""What was appended at once, and its id. Ids rise."""
Rejection = tuple[str, str, bytes]
"""Where a row was, why nobody can use it, and its content."""


class SpoolFile:
    """Entries that wait, oldest first. Not for several threads at the same time."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """Own the file, created where it is missing; raises BusyError while a process owns it."""
        with _translated_errors(path):
            return cls(path, _connect(path))

    @classmethod
    def open_free(cls, folder: Path) -> Self:
        """Own the first file of the folder that no living process owns."""
        folder.mkdir(parents=True, exist_ok=True)
        for number in count():
            path = folder / _NAME.format(number)
            try:
                return cls.open(path)
            except BusyError:
                continue  # a living process owns it
            except DamagedSpoolError as error:
                _log.error("%s It is left as it is.", error)
        raise AssertionError("count() ended")

    def close(self) -> None:
        """Give the file up."""
        self._connection.close()

    def append(self, content: bytes) -> None:
        """Make an entry durable, or leave the file as it was."""
        with self._transaction() as connection:
            connection.execute(_INSERT, (content,))

    def read(self, max_bytes: int) -> list[Entry]:
        """Return the oldest entries: at least one, if there is any, and then up to a size."""
        entries = []
        size = 0
        with _translated_errors(self.path):
            for entry in self._connection.execute(_SELECT_OLDEST):
                entries.append(entry)
                size += len(entry[1])
                if size >= max_bytes:
                    break
        return entries

    def delete(self, entries: Iterable[Entry]) -> None:
        """Delete entries; what a long wait took of the disk is given back after the last one."""
        keys = [(entry_id,) for entry_id, _ in entries]
        with self._transaction() as connection:
            connection.executemany(_DELETE, keys)
        with _translated_errors(self.path):
            (free_pages,) = self._connection.execute("PRAGMA freelist_count").fetchone()
            if free_pages > _MAX_FREE_PAGES and not self.read(1):
                self._connection.executescript("PRAGMA incremental_vacuum")

    def check_writable(self) -> None:
        """Commit an entry that is gone again in the same transaction.

        It is written to the disk all the same. Raises StorageFullError on a full one.
        """
        with self._transaction() as connection:
            inserted = connection.execute(_INSERT, (_PROBE,))
            connection.execute(_DELETE, (inserted.lastrowid,))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection
        with _translated_errors(self.path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # some errors end it by themselves
                    connection.execute("ROLLBACK")
                raise


class DamagedSpoolError(FatalError):
    """A spool's file is no longer a database; it is left for a person to look at."""


def spool_files(folder: Path) -> list[Path]:
    """Return the files of all processes, past and present."""
    paths = folder.glob(_NAME.format("*"))
    return sorted(paths)


def set_apart(file: Path, rows: Sequence[Rejection]) -> None:
    """Store rows that nobody can use.

    ``file`` is a database that people may read at any time, unlike a queue.
    """
    with _translated_errors(file):
        _create_private(file)
        connection = sqlite3.connect(file)
        try:
            with connection:
                connection.execute(_CREATE_REJECTED)
                connection.executemany("INSERT OR IGNORE INTO rejected VALUES (?, ?, ?)", rows)
        finally:
            connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    _create_private(path)
    connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        # The first transaction takes the lock, which an exclusive connection then keeps.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_CREATE_ENTRIES)
        connection.execute("COMMIT")
        problems = connection.execute("PRAGMA quick_check(1)").fetchone()
    except BaseException:
        connection.close()
        raise
    if problems != ("ok",):
        connection.close()
        raise DamagedSpoolError(f"The spool's file {path} is damaged: {problems[0]}.")
    return connection


def _create_private(path: Path) -> None:
    """Create an empty file that its owner alone may read, unless there is one."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    except FileExistsError:
        return
    os.close(descriptor)
    sync_folder(path.parent)


@contextmanager
def _translated_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        kind = classify_sqlite_error(error)
        if kind is StorageFullError:
            raise StorageFullError("The spool's disk is full.") from error
        if kind is BusyError:
            raise BusyError(f"Another process owns {path}.") from error
        if error.sqlite_errorcode in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise DamagedSpoolError(f"The spool's file {path} is damaged: {error}.") from error
        raise FatalError(f"The spool's file {path} cannot be used: {error}.") from error
