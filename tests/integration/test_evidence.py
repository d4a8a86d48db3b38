"""``./run evaluate`` and ``./run tune`` on a few thousand real rows."""

import lzma
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow
ROWS = 3000

Run = Callable[..., str]


@pytest.fixture(scope="module")
def run(real_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a function that runs a command of ./run where rows are loaded and clean."""
    folder = tmp_path_factory.mktemp("evidence")
    with lzma.open(real_dataset, "rb") as whole:
        (folder / "Diabetes.csv").write_bytes(b"".join(islice(whole, ROWS + 1)))
    env = {
        **os.environ,
        "STATE_DIR": f"{folder}/var",
        "DATABASE_URL": f"sqlite:///{folder}/var/",
        "DATA_DIR": f"{folder}/data",
        "DATASET_URL": (folder / "Diabetes.csv").as_uri(),
        "BATCH_SIZE": "1500",
    }

    def run_command(*arguments: str) -> str:
        argv = [sys.executable, "-m", "app_cli", *arguments]
        return subprocess.run(
            argv, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True
        ).stdout

    run_command("load")
    run_command("clean")
    return run_command


def test_evaluate_prints_each_split_and_the_means(run: Run) -> None:
    lines = [line for line in run("evaluate", "--seeds", "2").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert {len(row) for row in cells} == {10}
    assert [row[0] for row in cells].count("42") == [row[0] for row in cells].count("43") == 4
    assert {row[4] for row in cells[2:]} == {"held_out", "test", "original_fields", "reference"}
    assert all(
        0.5 < float(row[5]) < 0.72 for row in cells[2:] if row[4] in ("held_out", "reference")
    )


def test_tune_prints_what_it_tried(run: Run) -> None:
    tried = [
        line for line in run("tune", "--trials", "2").splitlines() if "ForestSettings(" in line
    ]
    qualities = [float(line.split()[0]) for line in tried]
    assert len(tried) == 2
    assert qualities == sorted(qualities, reverse=True)
    assert all(0.05 < quality < 0.5 for quality in qualities)
