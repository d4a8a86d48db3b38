"""The command line: what a newcomer sees, and one clear line for each thing that can go wrong."""

import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT

RunCli = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run_cli(tmp_path: Path) -> RunCli:
    """Return a function that runs ./run's command line on empty folders of its own."""

    def run(
        *arguments: str, preexec: Callable[[], None] | None = None, **env: str
    ) -> "subprocess.CompletedProcess[str]":
        places = {
            "STATE_DIR": f"{tmp_path}/var",
            "DATABASE_URL": f"sqlite:///{tmp_path}/var/",
            "DATA_DIR": f"{tmp_path}/data",
            "MODELS_DIR": f"{tmp_path}/models",
        }
        return subprocess.run(
            [sys.executable, "-m", "app_cli", *arguments],
            cwd=ROOT,
            env={**os.environ, **places, **env},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            preexec_fn=preexec,
        )

    return run


def assert_one_clear_line(done: "subprocess.CompletedProcess[str]", *parts: str) -> None:
    """Hold that the command failed with one line that names all parts."""
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert done.returncode not in (0, 1), done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert len(errors) == 1, done.stderr
    for part in parts:
        assert part in errors[0]


def test_help_names_every_command(run_cli: RunCli) -> None:
    done = run_cli("--help")
    assert done.returncode == 0
    stages = ("pipeline", "load", "clean", "train", "serve", "status", "airflow", "stack")
    for command in (
        *stages,
        "promote",
        "rollback",
        "drift",
        "secrets",
        "backup",
        "restore",
        "bench",
    ):
        assert command in done.stdout


def test_clean_before_load_says_which_command_to_run(run_cli: RunCli) -> None:
    assert_one_clear_line(run_cli("clean"), "./run load")


def test_a_wrong_setting_is_named(run_cli: RunCli) -> None:
    assert_one_clear_line(run_cli("status", BATCH_SIZE="many"), "BATCH_SIZE", "integer")


def test_a_missing_file_is_named(run_cli: RunCli, tmp_path: Path) -> None:
    assert_one_clear_line(run_cli("load", DATASET_URL=f"file://{tmp_path}/no.csv"), "no.csv")


def test_a_database_that_does_not_answer_is_one_line_without_the_password(run_cli: RunCli) -> None:
    done = run_cli("status", DATABASE_URL="mysql+pymysql://user:topsecret@127.0.0.1:1")
    assert_one_clear_line(done, "database does not answer", "127.0.0.1")
    assert "topsecret" not in done.stderr


def test_a_folder_that_cannot_be_written_is_named(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where the folder should be")
    assert_one_clear_line(run_cli("load"), str(tmp_path / "var"))


def test_a_taken_port_is_named_before_the_pipeline_starts(run_cli: RunCli, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert_one_clear_line(run_cli(API_PORT=str(port)), str(port), "API_PORT")
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_leaves_no_rows(run_cli: RunCli, real_dataset: Path) -> None:
    def allow_only_a_megabyte_a_file() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))

    url = real_dataset.resolve().as_uri()
    assert_one_clear_line(
        run_cli("load", DATASET_URL=url, preexec=allow_only_a_megabyte_a_file), "large"
    )
    assert "empty: ./run load" in run_cli("status").stdout
