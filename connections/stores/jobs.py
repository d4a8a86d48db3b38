"""The table ``raw_data.jobs``: at most one running job of a kind, in whichever process it runs."""

import time
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta

from sqlalchemy import Update, insert, select, update
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
_LAST_CHANCE_S = 3
"""A job reports every half second; this is long enough after the database has come back."""
_IS_RUNNING = JOBS.c.running_kind.is_not(None)
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
        self._interrupt_silent_jobs()
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
            try:
                connection.execute(statement)
            except IntegrityError as error:
                raise AlreadyRunningError(f"A {kind} job is running already.") from error
        return job

    @override
    def find(self, job_id: str) -> Job:
        self._interrupt_silent_jobs()
        query = select(*_COLUMNS).filter_by(job_id=job_id)
        with self._database.begin() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise UnknownVersionError(f"There is no job {job_id!r}.")
        return Job(*row)

    def report(self, job_id: str, step: str | None, done: int, total: int | None) -> bool:
        """Record progress, which is a sign of life too; return whether the job is still running."""
        running_job = update(JOBS).where(JOBS.c.job_id == job_id, _IS_RUNNING)
        progress = running_job.values(
            seen_at=datetime.now(UTC),
            step=step,
            done=done,
            total=total,
        )
        with self._database.begin() as connection:
            result = connection.execute(progress)
        return result.rowcount == 1

    def end(
        self, job_id: str, state: JobState, reason: str | None, exit_code: int | None = None
    ) -> None:
        """Record how a job ended; of a long reason, the end is stored."""
        if reason is not None:
            reason = reason[-REASON_LENGTH:]
        job = update(JOBS).filter_by(job_id=job_id)
        ending = job.values(
            state=state,
            reason=reason,
            exit_code=exit_code,
            ended_at=datetime.now(UTC),
            running_kind=None,
        )
        with self._database.begin() as connection:
            connection.execute(ending)

    def _interrupt_silent_jobs(self) -> None:
        """Mark the jobs as interrupted whose process is gone.

        A job is silent as well while the database is busy or away. So it is given time to report
        once more, and is interrupted only if it did not.
        """
        silent_jobs = self._find_silent_jobs()
        if not silent_jobs:
            return
        time.sleep(_LAST_CHANCE_S)
        now = datetime.now(UTC)
        with self._database.begin() as connection:
            for job_id, seen_at in silent_jobs:
                connection.execute(_interrupt(job_id, seen_at, now))

    def _find_silent_jobs(self) -> list[tuple[str, datetime]]:
        now = datetime.now(UTC)
        earliest_sign_of_life = now - timedelta(seconds=SILENT_S)
        is_silent = JOBS.c.seen_at < earliest_sign_of_life
        running_jobs = select(JOBS.c.job_id, JOBS.c.seen_at).where(_IS_RUNNING)
        silent_jobs = running_jobs.where(is_silent)
        with self._database.connect() as connection:
            rows = connection.execute(silent_jobs)
            return [(row.job_id, row.seen_at) for row in rows]


def _interrupt(job_id: str, seen_at: datetime, now: datetime) -> Update:
    """Return the statement for a job that was last seen at ``seen_at``, and not since."""
    unchanged = update(JOBS).where(JOBS.c.job_id == job_id, JOBS.c.seen_at == seen_at, _IS_RUNNING)
    return unchanged.values(
        state="interrupted",
        reason=_INTERRUPTED,
        ended_at=now,
        running_kind=None,
    )
