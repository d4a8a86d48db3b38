"""A prediction log that goes on without the database: rows are durable in local files, which drain into it.

Each process writes segments of its own and holds a lock on the one that it writes. A segment that nobody holds is
drained in order and deleted; drained twice, after a crash, it changes nothing, because rows are inserted once.
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

from connections.periodic_task import Repeater
from readmission.errors import StorageFullError
from readmission.ports.serving import PredictionLog
from readmission.records import LabelledPrediction, Prediction, PredictionFilter

_DRAIN_EVERY_S = 0.5
_ROWS_A_COMMIT = 1000
_SUFFIX = ".jsonl"
_FIELDS = [field.name for field in fields(Prediction)]


class SpooledPredictionLog:
    """Appends to the spool; reads from the database, where the rows are a moment later."""

    def __init__(self, database: PredictionLog, folder: Path) -> None:
        self.commits_at_once = database.commits_at_once
        self._database = database
        self._folder = folder
        self._writing = Lock()
        self._segment: int | None = None
        self._drainer = Repeater("spool", self.drain, _DRAIN_EVERY_S)

    def start(self) -> None:
        """Begin to drain, what a former process left first."""
        self._drainer.start()

    def close(self) -> None:
        """Stop, and leave what could not be drained to the next start."""
        self._drainer.close()
        self._seal()
        self._database.close()

    def check(self) -> None:
        """Return if a prediction could be stored now: the database is not asked."""
        self.append([])

    def append(self, predictions: Sequence[Prediction]) -> None:
        """Make all rows durable in the spool."""
        lines = b"".join(
            orjson.dumps([getattr(made, name) for name in _FIELDS]) + b"\n" for made in predictions
        )
        with self._writing:
            _write_whole(self._open_segment(), lines)

    def drain(self) -> None:
        """Move all finished segments into the database; raises UnreachableError and keeps them while it is away."""
        self._seal()
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            self._drain(path)

    def find(self, prediction_id: str) -> Prediction | None:
        """Return one prediction."""
        return self._database.find(prediction_id)

    def read(self, where: PredictionFilter, limit: int) -> list[Prediction]:
        """Return predictions, newest first."""
        return self._database.read(where, limit)

    def save_outcome(self, prediction_id: str, outcome: int, known_at: datetime) -> bool:
        """Record what became of the patient; False when there is no such prediction."""
        return self._database.save_outcome(prediction_id, outcome, known_at)

    def read_labelled(self, model_version: int, limit: int) -> list[LabelledPrediction]:
        """Return the latest judged predictions of one model version."""
        return self._database.read_labelled(model_version, limit)

    def _open_segment(self) -> int:
        if self._segment is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"{time.time_ns():020d}-{os.getpid()}{_SUFFIX}"
            segment = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            fcntl.flock(segment, fcntl.LOCK_EX)
            _sync_folder(self._folder)
            self._segment = segment
        return self._segment

    def _seal(self) -> None:
        """Let go of the segment; the next row opens another."""
        with self._writing:
            if self._segment is not None:
                os.close(self._segment)
                self._segment = None

    def _drain(self, path: Path) -> None:
        with path.open("rb") as segment:
            try:
                fcntl.flock(segment, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            # A last line without its end was cut by a crash, before anybody got an answer.
            made = [_prediction(line) for line in segment if line.endswith(b"\n")]
            for start in range(0, len(made), _ROWS_A_COMMIT):
                self._database.append(made[start : start + _ROWS_A_COMMIT])
            path.unlink(missing_ok=True)


def _write_whole(segment: int, lines: bytes) -> None:
    """Write and sync; what could not be written whole is taken back."""
    before = os.fstat(segment).st_size
    try:
        rest = memoryview(lines)
        while rest:
            rest = rest[os.write(segment, rest) :]
        os.fdatasync(segment)
    except OSError as error:
        os.ftruncate(segment, before)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFullError("The spool's disk is full.") from error
        raise


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    os.fsync(opened)
    os.close(opened)


def _prediction(line: bytes) -> Prediction:
    told = dict(zip(_FIELDS, orjson.loads(line), strict=True))
    told["made_at"] = datetime.fromisoformat(told["made_at"])
    return Prediction(**told)
