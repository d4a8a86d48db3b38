"""``python -m app_back.job_runner KIND ID``: run one stage outside the serving process and record how it goes."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

from connections import bootstrap
from connections.settings import ROOT, load_settings
from connections.stores.jobs import SqlJobs
from readmission.errors import FatalError, InputError, TemporaryError, UnreachableError
from readmission.records import JobKind, JobState

COMMAND_OF: dict[JobKind, str] = {"download": "load", "clean": "clean", "train": "train"}
End = tuple[JobState, str | None, int | None]
_ERROR = "error: "
_FORESEEN = {kind.exit_code for kind in (InputError, TemporaryError, FatalError)}
_LOOK_EVERY_S = 0.5
_STOPPED = "The job was stopped."


def spawn(kind: JobKind, job_id: str) -> None:
    """Start the runner in a session of its own: it goes on when the API ends."""
    subprocess.Popen(
        [sys.executable, "-m", "app_back.job_runner", kind, job_id],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def main(kind: JobKind, job_id: str) -> None:
    """Run the stage to its end."""
    signal.signal(signal.SIGTERM, _stop)
    jobs = bootstrap.jobs(load_settings())
    with tempfile.TemporaryDirectory() as folder:
        end = _run(kind, job_id, jobs, Path(folder))
    _record_end(jobs, job_id, *end)


def _run(kind: JobKind, job_id: str, jobs: SqlJobs, folder: Path) -> End:
    command = [
        sys.executable,
        "-m",
        "app_cli",
        COMMAND_OF[kind],
        "--progress-file",
        str(folder / "progress.json"),
    ]
    with (folder / "stderr").open("wb") as stderr:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr
        )
    try:
        while process.poll() is None:
            _report(jobs, job_id, folder / "progress.json")
            time.sleep(_LOOK_EVERY_S)
    except InterruptedError:
        process.terminate()
        process.wait(timeout=30)
        return "interrupted", _STOPPED, None
    if process.returncode == 0:
        return "succeeded", None, 0
    return (
        "failed",
        _reason(process.returncode, (folder / "stderr").read_text(errors="replace")),
        process.returncode,
    )


def _report(jobs: SqlJobs, job_id: str, progress_file: Path) -> None:
    """Pass progress on; a database that is away for a while is not the stage's end."""
    try:
        progress = json.loads(progress_file.read_text())
    except FileNotFoundError:
        progress = {"step": None, "done": 0, "total": None}
    try:
        jobs.report(job_id, **progress)
    except UnreachableError:
        return


def _reason(exit_code: int, said: str) -> str:
    """Return the command's own error; what it did not foresee is for the log."""
    *_, last = ["", *said.strip().splitlines()]
    if exit_code in _FORESEEN and last.startswith(_ERROR):
        return last.removeprefix(_ERROR)
    print(said, file=sys.stderr, flush=True)  # noqa: T201 - where the API's log goes
    return f"It ended unexpectedly, with exit code {exit_code}; the API's log has its last words."


def _record_end(
    jobs: SqlJobs, job_id: str, state: JobState, reason: str | None, exit_code: int | None
) -> None:
    while True:
        try:
            return jobs.end(job_id, state, reason, exit_code)
        except UnreachableError:
            time.sleep(_LOOK_EVERY_S)


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise InterruptedError(_STOPPED)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])  # type: ignore[arg-type]
