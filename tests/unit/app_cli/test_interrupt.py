"""Ctrl-C ends a command with one line, whenever it is pressed."""

import signal
import subprocess
import sys
import time

import pytest

from app_cli import __main__ as command_line
from app_cli import pipeline
from tests.conftest import ROOT

STOPPED = "Stopped. Finished stages are kept, and nothing is half-written; "


def test_a_stage_that_is_interrupted_says_what_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "run_clean", interrupt)
    monkeypatch.setattr(sys, "argv", ["run", "clean"])
    with pytest.raises(SystemExit) as end:
        command_line.main()
    assert end.value.code == 130
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith(STOPPED)


def test_an_interrupt_during_the_imports_is_no_traceback() -> None:
    slow_import = (
        "import sys, time, types\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'app_cli.commands':\n"
        "            print('importing', flush=True); time.sleep(30)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from app_cli.__main__ import main\n"
        "main()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", slow_import, "status"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        started_at = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors.startswith(STOPPED)
    assert time.monotonic() - started_at < 2
