"""``python -m app_back.job_runner KIND ID``: run one stage outside the serving process.

The runner starts the stage's command, passes its progress on to the job, and records how it ended.
"""

import json
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from connections import bootstrap
from connections.atomic_files import remove_old
from connections.settings import ROOT, load_settings
from connections.stores.jobs import SqlJobs
from readmission.errors import FatalError, InputError, TemporaryError
from readmission.records import JobKind, JobState

COMMAND_OF: dict[JobKind, str] = {"download": "load", "clean": "clean", "train": "train"}
_ERROR_PREFIX = "error: "
_EXPECTED_EXIT_CODES = {error.exit_code for error in (InputError, TemporaryError, FatalError)}
_POLL_INTERVAL_S = 0.5
_STOP_TIMEOUT_S = 30
_DAY_S = 24 * 3600
_FOLDER_PREFIX = "readmission-job-"
_STOPPED = "The job was stopped."


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a job ended; ``exit_code`` is None if it was interrupted."""

    state: JobState
    reason: str | None = None
    exit_code: int | None = None


def spawn(kind: JobKind, job_id: str) -> None:
    """Start the runner in a session of its own, so that it survives the end of the API."""
    subprocess.Popen(
        [sys.executable, "-m", "app_back.job_runner", kind, job_id],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def main(kind: JobKind, job_id: str) -> None:
    """Run the stage to its end, and record how it ended."""
    signal.signal(signal.SIGTERM, _interrupt)
    settings = load_settings()
    jobs = bootstrap.jobs(settings)
    remove_old(Path(tempfile.gettempdir()), f"{_FOLDER_PREFIX}*", age_s=_DAY_S)
    with tempfile.TemporaryDirectory(prefix=_FOLDER_PREFIX) as name:
        folder = Path(name)
        ending = _run_stage(kind, job_id, jobs, folder)
    _record_ending(jobs, job_id, ending)


def _run_stage(kind: JobKind, job_id: str, jobs: SqlJobs, folder: Path) -> _Ending:
    progress_file = folder / "progress.json"
    stderr_file = folder / "stderr"
    process = _start_command(kind, progress_file, stderr_file)
    try:
        while process.poll() is None:
            _report_progress(jobs, job_id, progress_file)
            time.sleep(_POLL_INTERVAL_S)
    except InterruptedError:
        return _Ending("interrupted", _STOPPED)
    finally:
        _stop(process)
    return _ending_of(process.returncode, stderr_file)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End a command that still runs: none outlives its job."""
    with process:
        if process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(timeout=_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _ending_of(exit_code: int, stderr_file: Path) -> _Ending:
    """Return how a command ended by itself."""
    if exit_code == 0:
        return _Ending("succeeded", exit_code=0)
    stderr = stderr_file.read_text(errors="replace")
    reason = _reason_for_failure(exit_code, stderr)
    return _Ending("failed", reason, exit_code)


def _start_command(
    kind: JobKind, progress_file: Path, stderr_file: Path
) -> "subprocess.Popen[bytes]":
    """Start the command; it ends when the pipe to its input closes, however this process ends."""
    command = [sys.executable, "-m", "app_back.job_command", COMMAND_OF[kind]]
    options = ["--progress-file", str(progress_file)]
    with stderr_file.open("wb") as stderr:
        return subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )


def _report_progress(jobs: SqlJobs, job_id: str, progress_file: Path) -> None:
    """Pass the progress on; the stage continues while the database is busy or unavailable.

    Raises InterruptedError if the job was declared interrupted meanwhile.
    """
    try:
        progress = json.loads(progress_file.read_text())
    except FileNotFoundError:
        progress = {"step": None, "done": 0, "total": None}
    try:
        is_running = jobs.report(job_id, **progress)
    except TemporaryError:
        return
    if not is_running:
        raise InterruptedError(_STOPPED)


def _reason_for_failure(exit_code: int, stderr: str) -> str:
    """Return the command's own error message; an unexpected failure is for the log only."""
    lines = stderr.strip().splitlines() or [""]
    last_line = lines[-1]
    is_expected = exit_code in _EXPECTED_EXIT_CODES
    if is_expected and last_line.startswith(_ERROR_PREFIX):
        return last_line.removeprefix(_ERROR_PREFIX)
    print(stderr, file=sys.stderr, flush=True)  # noqa: T201 - the API's log
    return f"It ended unexpectedly with exit code {exit_code}; its output is in the API's log."


def _record_ending(jobs: SqlJobs, job_id: str, ending: _Ending) -> None:
    """Record how the job ended, as soon as the database is available."""
    while True:
        try:
            jobs.end(job_id, ending.state, ending.reason, ending.exit_code)
        except TemporaryError:
            time.sleep(_POLL_INTERVAL_S)
        else:
            return


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise InterruptedError(_STOPPED)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])  # type: ignore[arg-type]
