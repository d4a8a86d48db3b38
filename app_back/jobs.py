"""Pipeline stages as jobs: started outside the serving process, and polled until they end."""

import asyncio
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from readmission.errors import (
    ReadmissionError,
    StageFailedError,
    StageRefusedError,
    TemporaryError,
)
from readmission.ports.serving import Jobs
from readmission.records import Job, JobKind

_POLL_INTERVAL_S = 0.5


class JobLauncher:
    """Starts a stage in a process of its own, and reports its progress."""

    def __init__(self, jobs: Jobs, spawn: Callable[[JobKind, str], None]) -> None:
        self._jobs = jobs
        self._spawn = spawn

    def start(self, kind: JobKind) -> Job:
        """Start a stage; raises AlreadyRunningError while another job of its kind runs."""
        job = self._jobs.start(kind)
        self._spawn(kind, job.job_id)
        return job

    def find(self, job_id: str) -> Job:
        """Return a job as it stands now; raises UnknownVersionError."""
        return self._jobs.find(job_id)

    async def run(self, kind: JobKind) -> Job:
        """Run a stage to its end; raises the error that a failed job's exit code stands for."""
        job = await run_in_threadpool(self.start, kind)
        while job.state == "running":
            await asyncio.sleep(_POLL_INTERVAL_S)
            job = await run_in_threadpool(self.find, job.job_id)
        if job.state != "succeeded":
            raise _error_of(job)
        return job


def _error_of(job: Job) -> ReadmissionError:
    """Return the error of a job that did not succeed, with the reason that it recorded."""
    message = f"The {job.kind} job {job.job_id} did not finish: {job.reason}"
    if job.state == "interrupted":
        return TemporaryError(message)
    if job.exit_code == TemporaryError.exit_code:
        return TemporaryError(message)
    if job.exit_code == StageRefusedError.exit_code:
        return StageRefusedError(message)
    return StageFailedError(message)
