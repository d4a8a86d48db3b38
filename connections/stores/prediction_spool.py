"""A prediction log that works without the database: local files, which drain into it.

Each process writes segments of its own and holds a lock on the one that it writes. A segment that
no process holds is drained in order and deleted. Drained twice, after a crash, it changes nothing,
because the database inserts each row once.
"""

import errno
import fcntl
import os
import time
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from threading import Lock

import orjson
from typing_extensions import override

from connections.atomic_files import sync_data, sync_folder
from connections.periodic_task import PeriodicTask
from readmission.errors import StorageFullError
from readmission.ports.serving import PredictionLog
from readmission.records import LabelledPrediction, OutcomeReport, Prediction, PredictionFilter

_DRAIN_EVERY_S = 0.5
_ROWS_PER_COMMIT = 1000
_SUFFIX = ".jsonl"
_CREATE_AND_APPEND = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
_OWNER_ONLY = 0o600
_FIELD_NAMES = [field.name for field in fields(Prediction)]


class SpooledPredictionLog(PredictionLog):
    """Appends to the spool; reads from the database, where the rows arrive a moment later."""

    def __init__(self, database: PredictionLog, folder: Path) -> None:
        self.commits_at_once = database.commits_at_once
        self._database = database
        self._folder = folder
        self._segment_lock = Lock()
        self._segment: int | None = None
        self._drainer = PeriodicTask("spool", self.drain, _DRAIN_EVERY_S)

    def start(self) -> None:
        """Start to drain, first of all what a previous process left."""
        self._drainer.start()

    @override
    def close(self) -> None:
        """Stop; the next start drains what is left."""
        self._drainer.close()
        self._seal_segment()
        self._database.close()

    @override
    def check(self) -> None:
        """Append nothing to the spool; the database is not asked."""
        self.append([])

    @override
    def append(self, predictions: Sequence[Prediction]) -> None:
        lines = [_line_of(prediction) for prediction in predictions]
        content = b"".join(lines)
        with self._segment_lock:
            segment = self._open_segment()
            _append_durably(segment, content)

    def drain(self) -> None:
        """Move all finished segments into the database.

        Raises UnreachableError, and keeps the segments, while the database does not answer.
        """
        self._seal_segment()
        segments = self._folder.glob(f"*{_SUFFIX}")
        for path in sorted(segments):
            self._drain_segment(path)

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

    def _open_segment(self) -> int:
        """Return the file descriptor of the segment that this process writes."""
        if self._segment is None:
            self._segment = _create_segment(self._folder)
        return self._segment

    def _seal_segment(self) -> None:
        """Close the segment, which releases its lock; the next row opens another."""
        with self._segment_lock:
            if self._segment is not None:
                os.close(self._segment)
                self._segment = None

    def _drain_segment(self, path: Path) -> None:
        with path.open("rb") as segment:
            try:
                fcntl.flock(segment, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # another process writes it
            # A crash cut a last line without its end, before its request was answered.
            whole_lines = (line for line in segment if line.endswith(b"\n"))
            predictions = [_parse_line(line) for line in whole_lines]
            for start in range(0, len(predictions), _ROWS_PER_COMMIT):
                end = start + _ROWS_PER_COMMIT
                self._database.append(predictions[start:end])
            path.unlink(missing_ok=True)


def _create_segment(folder: Path) -> int:
    """Create and lock a file whose name sorts after the earlier ones; return its descriptor."""
    folder.mkdir(parents=True, exist_ok=True)
    time_ns = time.time_ns()
    process_id = os.getpid()
    path = folder / f"{time_ns:020d}-{process_id}{_SUFFIX}"
    segment = os.open(path, _CREATE_AND_APPEND, _OWNER_ONLY)
    fcntl.flock(segment, fcntl.LOCK_EX)
    sync_folder(folder)
    return segment


def _append_durably(segment: int, content: bytes) -> None:
    """Write and sync all of ``content``, or remove the part that was written."""
    size_before = os.fstat(segment).st_size
    try:
        rest = memoryview(content)
        while rest:
            written = os.write(segment, rest)
            rest = rest[written:]
        sync_data(segment)
    except OSError as error:
        os.ftruncate(segment, size_before)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFullError("The spool's disk is full.") from error
        raise


def _line_of(prediction: Prediction) -> bytes:
    values = [getattr(prediction, name) for name in _FIELD_NAMES]
    line = orjson.dumps(values)
    return line + b"\n"


def _parse_line(line: bytes) -> Prediction:
    values = orjson.loads(line)
    # A line that an earlier version wrote lacks the fields that were added since.
    by_field = dict(zip(_FIELD_NAMES, values, strict=False))
    made_at = by_field["made_at"]
    by_field["made_at"] = datetime.fromisoformat(made_at)
    return Prediction(**by_field)
