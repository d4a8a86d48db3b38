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
        job = Job(new_id(), kind, "running", started_at=now, seen_at=now)
        with self._database.begin() as connection:
            _interrupt_silent_jobs(connection, now)
            try:
                connection.execute(insert(JOBS).values(**asdict(job), running_kind=kind))
            except IntegrityError as error:
                raise AlreadyRunningError(f"A {kind} job is running already.") from error
        return job

    @override
    def find(self, job_id: str) -> Job:
        with self._database.begin() as connection:
            _interrupt_silent_jobs(connection, datetime.now(UTC))
            row = connection.execute(select(*_COLUMNS).filter_by(job_id=job_id)).first()
        if row is None:
            raise UnknownVersionError(f"There is no job {job_id!r}.")
        return Job(*row)

    def report(self, job_id: str, step: str | None, done: int, total: int | None) -> None:
        """Record progress, which is a sign of life too."""
        self._update(job_id, seen_at=datetime.now(UTC), step=step, done=done, total=total)

    def end(
        self, job_id: str, state: JobState, reason: str | None, exit_code: int | None = None
    ) -> None:
        """Record how a job ended; of a long reason, the end is kept."""
        self._update(
            job_id,
            state=state,
            reason=reason and reason[-REASON_LENGTH:],
            exit_code=exit_code,
            ended_at=datetime.now(UTC),
            running_kind=None,
        )

    def _update(self, job_id: str, **values: Any) -> None:
        with self._database.begin() as connection:
            connection.execute(update(JOBS).filter_by(job_id=job_id).values(values))


def _interrupt_silent_jobs(connection: Connection, now: datetime) -> None:
    """End the jobs whose process is gone."""
    last_seen = now - timedelta(seconds=SILENT_S)
    silent = update(JOBS).where(JOBS.c.running_kind.is_not(None), JOBS.c.seen_at < last_seen)
    connection.execute(
        silent.values(state="interrupted", reason=_INTERRUPTED, ended_at=now, running_kind=None)
    )
