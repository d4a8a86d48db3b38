"""Background work is repeated, survives errors, and is never cut off."""

import logging
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from connections.periodic_task import PeriodicTask
from tests.conftest import ROOT

EXIT_WITHOUT_CLOSE = """
import sys, time
from pathlib import Path
from connections.periodic_task import PeriodicTask

started, finished = map(Path, sys.argv[1:])

def work():
    started.touch()
    time.sleep(0.5)
    finished.touch()

task = PeriodicTask("slow", work, 60)
task.start()
while not started.exists():
    time.sleep(0.01)
"""


def test_the_first_call_is_made_at_once_and_others_follow() -> None:
    calls = threading.Semaphore(0)
    task = PeriodicTask("count", calls.release, 0.01)
    task.start()
    for _ in range(3):
        assert calls.acquire(timeout=10)
    task.close()


def test_a_task_closed_right_after_its_start_has_worked_once() -> None:
    calls: list[None] = []
    task = PeriodicTask("count", lambda: calls.append(None), 60)
    task.start()
    task.close()
    assert len(calls) == 1


def test_close_without_start_returns() -> None:
    PeriodicTask("idle", lambda: None, 60).close()


def test_close_waits_for_the_current_call() -> None:
    working = threading.Event()
    finished = threading.Event()

    def work() -> None:
        working.set()
        time.sleep(0.2)
        finished.set()

    task = PeriodicTask("slow", work, 60)
    task.start()
    assert working.wait(10)
    task.close()
    assert finished.is_set()


def test_an_error_is_logged_once_and_does_not_end_the_task(
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls = threading.Semaphore(0)

    def fail() -> None:
        calls.release()
        raise ValueError("no such table")

    with caplog.at_level(logging.ERROR):
        task = PeriodicTask("broken", fail, 0.01)
        task.start()
        for _ in range(3):
            assert calls.acquire(timeout=10)
        task.close()
    (record,) = caplog.records
    assert record.getMessage() == "broken failed and will be tried again."
    assert record.exc_info is not None


def test_an_error_that_returns_after_a_success_is_logged_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls = threading.Semaphore(0)
    outcomes = iter([ValueError("down"), None, ValueError("down"), None])

    def work() -> None:
        outcome = next(outcomes, None)
        calls.release()
        if outcome is not None:
            raise outcome

    with caplog.at_level(logging.ERROR):
        task = PeriodicTask("unsteady", work, 0.01)
        task.start()
        for _ in range(4):
            assert calls.acquire(timeout=10)
        task.close()
    assert len(caplog.records) == 2


def test_the_interpreter_does_not_exit_in_the_middle_of_a_call(tmp_path: Path) -> None:
    started, finished = tmp_path / "started", tmp_path / "finished"
    argv = [sys.executable, "-c", EXIT_WITHOUT_CLOSE, str(started), str(finished)]
    subprocess.run(argv, cwd=ROOT, check=True, timeout=60)
    assert finished.exists()
