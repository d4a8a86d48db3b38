"""The table ``raw_data.jobs``: one running job of a kind, whoever started it and wherever it runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from connections.database.create_tables import create_tables
from connections.database.tables import _REASON_LENGTH, JOBS
from readmission.errors import AlreadyRunningError, UnknownVersionError
from readmission.ids import new_id
from readmission.records import Job, JobKind, JobState

SILENT_S = 30
"""A job that gave no sign of life for so long is interrupted."""


class SqlJobs:
    """Jobs in the database, so that every worker and replica sees them and none outlives its silence."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._made = False

    def start(self, kind: JobKind) -> Job:
        """Record a new job; raises AlreadyRunningError while another of its kind runs."""
        now = _now()
        job = Job(new_id(), kind, "running", now, now)
        with self._transaction() as connection:
            _end_silent(connection, now)
            try:
                connection.execute(insert(JOBS).values(**asdict(job), running_kind=kind))
            except IntegrityError as error:
                raise AlreadyRunningError(f"A {kind} job is running already.") from error
        return job

    def find(self, job_id: str) -> Job:
        """Return a job as it stands now; raises UnknownVersionError."""
        with self._transaction() as connection:
            _end_silent(connection, _now())
            row = connection.execute(
                select(*(JOBS.c[field.name] for field in fields(Job))).filter_by(job_id=job_id)
            ).first()
        if row is None:
            raise UnknownVersionError(f"There is no job {job_id!r}.")
        return Job(*row)

    def report(self, job_id: str, step: str | None, done: int, total: int | None) -> None:
        """Record progress, which is a sign of life too."""
        self._change(job_id, seen_at=_now(), step=step, done=done, total=total)

    def end(
        self, job_id: str, state: JobState, reason: str | None, exit_code: int | None = None
    ) -> None:
        """Record how a job ended."""
        told = reason and reason[-_REASON_LENGTH:]
        self._change(
            job_id,
            state=state,
            reason=told,
            exit_code=exit_code,
            ended_at=_now(),
            running_kind=None,
        )

    def _change(self, job_id: str, **values: Any) -> None:
        with self._transaction() as connection:
            connection.execute(update(JOBS).filter_by(job_id=job_id).values(values))

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        if not self._made:
            create_tables(self._engine)
            self._made = True
        with self._engine.begin() as connection:
            yield connection


def _now() -> datetime:
    return datetime.now(UTC)


def _end_silent(connection: Connection, now: datetime) -> None:
    """Say of jobs whose process is gone that they were interrupted."""
    silent = update(JOBS).where(
        JOBS.c.running_kind.is_not(None), JOBS.c.seen_at < now - timedelta(seconds=SILENT_S)
    )
    reason = (
        f"Its process gave no sign of life for {SILENT_S} s: it was killed, or its machine stopped."
    )
    connection.execute(
        silent.values(state="interrupted", reason=reason, ended_at=now, running_kind=None)
    )
