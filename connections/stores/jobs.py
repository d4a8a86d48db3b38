"""The table ``raw_data.jobs``: at most one running job of a kind, in whichever process it runs."""

from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from connections.database.engine import Database
from connections.database.tables import JOBS, REASON_LENGTH
from readmission.errors import AlreadyRunningError, UnknownVersionError
from readmission.ids import new_id
from readmission.ports.serving import Jobs
from readmission.records import Job, JobKind, JobState

SILENT_S = 30
"""A job that gave no sign of life for so long is interrupted."""
_COLUMNS = [JOBS.c[field.name] for field in fields(Job)]
_INTERRUPTED = (
    f"Its process gave no sign of life for {SILENT_S} s: it was killed, or its machine stopped."
)


class SqlJobs(Jobs):
    """Jobs in the database, where every worker and replica sees them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    def start(self, kind: JobKind) -> Job:
        now = datetime.now(UTC)
        job = Job(
            job_id=new_id(),
            kind=kind,
            state="running",
            started_at=now,
            seen_at=now,
        )
        row = asdict(job)
        statement = insert(JOBS).values(**row, running_kind=kind)
        with self._database.begin() as connection:
            _interrupt_silent_jobs(connection, now)
            try:
                connection.execute(statement)
            except IntegrityError as error:
                raise AlreadyRunningError(f"A {kind} job is running already.") from error
        return job

    @override
    def find(self, job_id: str) -> Job:
        now = datetime.now(UTC)
        query = select(*_COLUMNS).filter_by(job_id=job_id)
        with self._database.begin() as connection:
            _interrupt_silent_jobs(connection, now)
            row = connection.execute(query).first()
        if row is None:
            raise UnknownVersionError(f"There is no job {job_id!r}.")
        return Job(*row)

    def report(self, job_id: str, step: str | None, done: int, total: int | None) -> None:
        """Record progress, which is a sign of life too."""
        self._update(
            job_id,
            seen_at=datetime.now(UTC),
            step=step,
            done=done,
            total=total,
        )

    def end(
        self, job_id: str, state: JobState, reason: str | None, exit_code: int | None = None
    ) -> None:
        """Record how a job ended; of a long reason, the end is stored."""
        if reason is not None:
            reason = reason[-REASON_LENGTH:]
        self._update(
            job_id,
            state=state,
            reason=reason,
            exit_code=exit_code,
            ended_at=datetime.now(UTC),
            running_kind=None,
        )

    def _update(self, job_id: str, **values: Any) -> None:
        job = update(JOBS).filter_by(job_id=job_id)
        statement = job.values(values)
        with self._database.begin() as connection:
            connection.execute(statement)


def _interrupt_silent_jobs(connection: Connection, now: datetime) -> None:
    """Mark the jobs as interrupted whose process is gone."""
    earliest_sign_of_life = now - timedelta(seconds=SILENT_S)
    is_running = JOBS.c.running_kind.is_not(None)
    is_silent = JOBS.c.seen_at < earliest_sign_of_life
    silent_jobs = update(JOBS).where(is_running, is_silent)
    interrupt = silent_jobs.values(
        state="interrupted",
        reason=_INTERRUPTED,
        ended_at=now,
        running_kind=None,
    )
    connection.execute(interrupt)
