"""A job waits for its database, and its command never outlives it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from app_back import job_runner
from readmission.errors import BusyError, StorageFullError, UnreachableError
from tests.conftest import ROOT


class HardJobs:
    """Raises the errors that it was given, one at each call, then answers."""

    def __init__(self, errors: list[Exception], *, is_running: bool = True) -> None:
        self._errors = errors
        self._is_running = is_running
        self.reports = 0
        self.ends: list[Any] = []

    def report(self, *_: Any, **__: Any) -> bool:
        self.reports += 1
        if self._errors:
            raise self._errors.pop(0)
        return self._is_running

    def end(self, job_id: str, state: str, reason: str | None, exit_code: int | None) -> None:
        if self._errors:
            raise self._errors.pop(0)
        self.ends.append((job_id, state, reason, exit_code))


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list["subprocess.Popen[bytes]"]:
    """Run a short sleep instead of the stage; return the processes that were started."""
    started = []

    def start(*_: Any) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.6)"])
        started.append(process)
        return process

    monkeypatch.setattr(job_runner, "_start_command", start)
    monkeypatch.setattr(job_runner, "_POLL_INTERVAL_S", 0.05)
    return started


def temporary_errors() -> list[Exception]:
    return [UnreachableError("away"), BusyError("locked"), StorageFullError("full")]


@pytest.mark.usefixtures("commands")
def test_a_busy_full_or_unreachable_database_makes_a_job_wait(tmp_path: Path) -> None:
    jobs = HardJobs(temporary_errors())
    ending = job_runner._run_stage("train", "1", jobs, tmp_path)
    assert (ending.state, ending.exit_code) == ("succeeded", 0)
    assert jobs.reports > 3


@pytest.mark.usefixtures("commands")
def test_the_folder_of_a_killed_job_is_removed_a_day_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, recent = tmp_path / "readmission-job-old", tmp_path / "readmission-job-recent"
    for folder in (old, recent):
        folder.mkdir()
    os.utime(old, (0, 0))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(job_runner.bootstrap, "jobs", lambda _settings: HardJobs([]))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    job_runner.main("train", "1")
    assert list(tmp_path.iterdir()) == [recent]


@pytest.mark.usefixtures("commands")
def test_the_end_is_recorded_as_soon_as_the_database_takes_it() -> None:
    jobs = HardJobs(temporary_errors())
    job_runner._record_ending(jobs, "1", job_runner._Ending("succeeded", exit_code=0))
    assert jobs.ends == [("1", "succeeded", None, 0)]


def test_a_job_that_was_declared_interrupted_has_no_process_left(
    commands: list["subprocess.Popen[bytes]"], tmp_path: Path
) -> None:
    ending = job_runner._run_stage("train", "1", HardJobs([], is_running=False), tmp_path)
    assert ending.state == "interrupted"
    assert commands[0].returncode == -signal.SIGTERM


def test_an_unexpected_error_leaves_no_process(
    commands: list["subprocess.Popen[bytes]"], tmp_path: Path
) -> None:
    with pytest.raises(ZeroDivisionError):
        job_runner._run_stage("train", "1", HardJobs([ZeroDivisionError()]), tmp_path)
    assert commands[0].returncode == -signal.SIGTERM


def test_a_command_ends_when_its_runner_is_killed(tmp_path: Path) -> None:
    command = (
        "import os, time; from app_back.job_command import end_with_input; end_with_input();"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    )
    runner = (
        "import subprocess, sys;"
        f"subprocess.Popen([sys.executable, '-c', {command!r}], stdin=subprocess.PIPE).wait()"
    )
    process = subprocess.Popen([sys.executable, "-c", runner], cwd=ROOT)
    pid_file = tmp_path / "pid"
    wait_until(lambda: pid_file.exists() and pid_file.read_text() != "")
    process.kill()
    process.wait()
    pid = int(pid_file.read_text())
    wait_until(lambda: not is_alive(pid))


def test_the_runner_starts_the_command_with_such_a_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(job_runner.COMMAND_OF, "train", "unheard-of")
    stderr_file = tmp_path / "stderr"
    process = job_runner._start_command("train", tmp_path / "progress", stderr_file)
    assert process.stdin is not None
    with process:
        assert process.wait(timeout=60) == 2
    assert "unheard-of" in stderr_file.read_text()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not is_zombie(pid)


def is_zombie(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False)
    return state.stdout.strip().startswith(b"Z") or state.stdout.strip() == b""


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
