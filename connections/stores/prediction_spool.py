"""A prediction log that works without the database: local files, which drain into it.

Each process appends to a file of its own. A row leaves the file only after the database has
committed it. Drained twice, after a crash, it changes nothing, because the database inserts each
row once.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from typing_extensions import override

from connections.periodic_task import PeriodicTask
from connections.stores.spool_file import (
    DamagedSpoolError,
    Entry,
    Rejection,
    SpoolFile,
    set_apart,
    spool_files,
)
from connections.stores.spool_format import format_predictions, parse_prediction, split_lines
from connections.stores.spool_segments import read_segment, segments
from readmission.errors import BusyError, FatalError, ReadmissionError
from readmission.ports.serving import PredictionLog
from readmission.records import LabelledPrediction, OutcomeReport, Prediction, PredictionFilter

REJECTED_FILE = "rejected.db"
_DRAIN_EVERY_S = 0.5
_BYTES_AT_A_TIME = 2**20
_ROWS_PER_COMMIT = 1000
_VALUE_ERRORS = (DataError, IntegrityError, ValueError, TypeError, LookupError, OverflowError)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Row:
    """A prediction, the line that it was read from, and where that line is."""

    origin: str
    line: bytes
    prediction: Prediction


class SpooledPredictionLog(PredictionLog):
    """Appends to the spool; reads from the database, where the rows arrive a moment later."""

    def __init__(self, database: PredictionLog, folder: Path) -> None:
        self.commits_at_once = database.commits_at_once
        self._database = database
        self._folder = folder
        self._file_lock = Lock()
        self._file: SpoolFile | None = None
        self._closing = Event()
        self._drainer = PeriodicTask("spool", self.drain, _DRAIN_EVERY_S)

    def start(self) -> None:
        """Start to drain, first of all what a previous process left."""
        self._drainer.start()

    @override
    def close(self) -> None:
        """Stop after the entries that are on their way; the next start drains what is left."""
        self._closing.set()
        self._drainer.close()
        with self._file_lock:
            self._give_up_file()
        self._database.close()

    @override
    def check(self) -> None:
        """Write to the spool and take it away again; the database is not asked."""
        with self._own_file() as file:
            file.check_writable()

    @override
    def append(self, predictions: Sequence[Prediction]) -> None:
        content = format_predictions(predictions)
        with self._own_file() as file:
            file.append(content)

    def drain(self) -> None:
        """Move all rows into the database: of this process, and of those that have ended.

        Raises UnreachableError, and keeps the rows, while the database does not answer.
        """
        self._take_over_segments()
        while self._drain_own() and not self._closing.is_set():
            pass
        for path in spool_files(self._folder):
            self._drain_abandoned(path)

    @override
    def find(self, prediction_id: str) -> Prediction | None:
        return self._database.find(prediction_id)

    @override
    def read(self, where: PredictionFilter, limit: int) -> list[Prediction]:
        return self._database.read(where, limit)

    @override
    def save_outcome(self, report: OutcomeReport) -> bool:
        return self._database.save_outcome(report)

    @override
    def read_outcomes(self, prediction_id: str) -> list[OutcomeReport]:
        return self._database.read_outcomes(prediction_id)

    @override
    def read_labelled(self, model_version: int, limit: int) -> list[LabelledPrediction]:
        return self._database.read_labelled(model_version, limit)

    @contextmanager
    def _own_file(self) -> Iterator[SpoolFile]:
        """Lend this process's file to one thread.

        After an error it is opened again; a full disk is no reason to, and would prevent it.
        """
        with self._file_lock:
            if self._file is None:
                self._file = SpoolFile.open_free(self._folder)
            try:
                yield self._file
            except FatalError:
                self._give_up_file()
                raise

    def _give_up_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _drain_own(self) -> bool:
        """Move the oldest rows of this process; return whether there may be more.

        Appending goes on while the database works: an id is never used again, so the entries that
        are deleted afterwards are those that were stored.
        """
        with self._own_file() as file:
            entries = file.read(_BYTES_AT_A_TIME)
        if not entries:
            return False
        self._store(file.path, entries)
        with self._own_file() as file:
            file.delete(entries)
        return True

    def _drain_abandoned(self, path: Path) -> None:
        """Move all rows of a process that has ended; leave a file that a living one owns."""
        try:
            file = SpoolFile.open(path)
        except (BusyError, DamagedSpoolError):
            return
        try:
            while not self._closing.is_set() and (entries := file.read(_BYTES_AT_A_TIME)):
                self._store(path, entries)
                file.delete(entries)
        finally:
            file.close()

    def _take_over_segments(self) -> None:
        """Move into this process's file what an earlier version left."""
        for path in segments(self._folder):
            content = read_segment(path)
            if content is None:
                continue
            with self._own_file() as file:
                file.append(content)
            path.unlink(missing_ok=True)

    def _store(self, path: Path, entries: Sequence[Entry]) -> None:
        """Make all rows of a file's entries durable in the database, or set them apart."""
        readable = []
        rejected = []
        for origin, line in _lines_of(path, entries):
            try:
                readable.append(_Row(origin, line, parse_prediction(line)))
            except (ValueError, TypeError) as error:
                rejected.append(_reject(origin, line, error))
        for start in range(0, len(readable), _ROWS_PER_COMMIT):
            rows = readable[start : start + _ROWS_PER_COMMIT]
            rejected += self._append_to_database(rows)
        if rejected:
            file = self._folder / REJECTED_FILE
            set_apart(file, rejected)
            _log.error("%d spooled predictions cannot be stored: see %s.", len(rejected), file)

    def _append_to_database(self, rows: Sequence[_Row]) -> list[Rejection]:
        """Append rows; return those that the database refuses.

        An error that is not about values is raised if no row at all can be stored.
        """
        failures = self._append_by_halves(rows)
        if len(failures) == len(rows):
            for _, error in failures:
                if not isinstance(error, _VALUE_ERRORS):
                    raise error
        return [_reject(row.origin, row.line, error) for row, error in failures]

    def _append_by_halves(self, rows: Sequence[_Row]) -> list[tuple[_Row, Exception]]:
        """Append rows, and after an error each half by itself, down to the rows that fail."""
        try:
            self._database.append([row.prediction for row in rows])
        except ReadmissionError:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, other rows may be stored
            if len(rows) == 1:
                return [(rows[0], error)]
            middle = len(rows) // 2
            first_half = self._append_by_halves(rows[:middle])
            return first_half + self._append_by_halves(rows[middle:])
        return []


def _lines_of(path: Path, entries: Sequence[Entry]) -> Iterator[tuple[str, bytes]]:
    """Yield each line with its origin."""
    for entry_id, content in entries:
        lines = split_lines(content)
        for number, line in enumerate(lines, start=1):
            origin = f"{path.name}, entry {entry_id}, line {number}"
            yield origin, line


def _reject(origin: str, line: bytes, error: Exception) -> Rejection:
    cause = error.orig if isinstance(error, DBAPIError) else error
    kind = type(cause).__name__
    reason = f"{kind}: {cause}"
    return origin, reason, line
