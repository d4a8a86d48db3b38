"""The locust file runs against a real API and its limits decide."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.sample_model import make_onnx, seed_cache
from tests.conftest import ROOT
from tests.servers.api import ApiServer

LOCUST = [
    sys.executable,
    "-m",
    "locust",
    "-f",
    "tests/load/locustfile.py",
    "--headless",
    "--only-summary",
]


def run_locust(url: str) -> "subprocess.CompletedProcess[str]":
    command = [*LOCUST, "-u", "8", "-r", "8", "-t", "5s", "--host", url]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.alone
def test_the_api_holds_the_limits(tmp_path: Path) -> None:
    seed_cache(tmp_path, make_onnx(rows=2000, trees=20))
    with ApiServer(tmp_path, f"sqlite:///{tmp_path}/db/") as api:
        api.start()
        ran = run_locust(api.url)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.slow
def test_an_api_that_is_not_there_breaks_the_limits() -> None:
    assert run_locust("http://127.0.0.1:9").returncode == 1
