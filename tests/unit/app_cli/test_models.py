"""./run models, promote, rollback, drift and status: what they say, and what they load."""

import json
import re
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

import readmission
from app_cli import champion, pipeline
from app_cli.console_report import print_status
from connections import bootstrap
from connections.settings import Settings
from connections.tracking.versions import REGISTERED_MODEL, SqliteRegistry
from readmission.errors import (
    BrokenModelError,
    FatalError,
    InputError,
    NotReadyError,
    UnknownVersionError,
)
from tests.conftest import ROOT

TABLES = """
CREATE TABLE experiments (artifact_location TEXT);
CREATE TABLE runs (artifact_uri TEXT);
CREATE TABLE logged_models (artifact_location TEXT);
CREATE TABLE model_versions (
    name TEXT, version INTEGER, run_id TEXT, source TEXT, storage_location TEXT
);
CREATE TABLE model_version_tags (name TEXT, version INTEGER, key TEXT, value TEXT);
CREATE TABLE registered_model_aliases (name TEXT, alias TEXT, version INTEGER);
"""
Say = Callable[[], str]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None, state_dir=tmp_path / "var", database_url=f"sqlite:///{tmp_path}/var/"
    )


@pytest.fixture
def three_versions(settings: Settings) -> Settings:
    """Return settings of an installation with three versions, the last of them champion."""
    settings.state_dir.mkdir()
    with closing(sqlite3.connect(settings.state_dir / "mlflow.db")) as connection:
        connection.executescript(TABLES)
        for version in (1, 2, 3):
            register(connection, version, settings.state_dir / "mlartifacts")
        connection.commit()
    registry = bootstrap.version_registry(settings)
    for version in (1, 2, 3):
        registry.promote(version)
    return settings


def register(connection: sqlite3.Connection, version: int, artifacts: Path) -> None:
    folder = artifacts / f"run{version}" / "model"
    folder.mkdir(parents=True)
    (folder / "model.onnx").touch()
    tags = {
        "data_version": f"data{version}",
        "threshold": "0.1234",
        "dataset": "real" if version > 1 else "synthetic",
        "metrics": json.dumps({"val_f1": 0.25 + version / 100}),
    }
    insert = "INSERT INTO model_versions VALUES (?, ?, ?, ?, NULL)"
    row = (REGISTERED_MODEL, version, f"run{version}", folder.as_uri())
    connection.execute(insert, row)
    rows = [(REGISTERED_MODEL, version, name, value) for name, value in tags.items()]
    connection.executemany("INSERT INTO model_version_tags VALUES (?, ?, ?, ?)", rows)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Return a function that gives what was printed since, with single blanks."""
    return lambda: re.sub(r" +", " ", capsys.readouterr().out)


def test_rollback_says_which_version_is_champion_again(three_versions: Settings, say: Say) -> None:
    champion.rollback(three_versions)
    assert say() == (
        "Version 2 is champion again; version 3 stepped down. The API follows within 10 s.\n"
    )
    with pytest.raises(NotReadyError, match=r"\./run promote 3"):
        champion.rollback(three_versions)


def test_promote_says_which_version_is_champion(three_versions: Settings, say: Say) -> None:
    champion.promote(three_versions, 1)
    assert say() == "Version 1 is champion; version 3 stepped down. The API follows within 10 s.\n"
    with pytest.raises(NotReadyError, match="Version 1 is the champion already"):
        champion.promote(three_versions, 1)
    with pytest.raises(UnknownVersionError, match=r"has no version 9: see \./run models"):
        champion.promote(three_versions, 9)


def test_a_version_whose_files_are_lost_is_not_promoted(three_versions: Settings) -> None:
    lost = three_versions.state_dir / "mlartifacts" / "run2" / "model" / "model.onnx"
    lost.unlink()
    for change in (partial(champion.promote, version=2), champion.rollback):
        with pytest.raises(BrokenModelError, match=f"Version 2 cannot be served: {lost} is miss"):
            change(three_versions)
    registry = bootstrap.version_registry(three_versions)
    assert registry.champion() == registry.version(3)


def test_models_lists_the_versions_newest_first(three_versions: Settings, say: Say) -> None:
    champion.rollback(three_versions)
    say()
    champion.print_models(three_versions)
    heading, *rows = [line.strip() for line in say().splitlines()]
    assert heading == "version alias since (UTC) threshold val F1 dataset"
    assert re.match(r"3 previous 0\.1234 0\.2800 real", rows[0])
    assert re.match(r"2 champion 20\d\d-\d\d-\d\d \d\d:\d\d 0\.1234 0\.2700 real", rows[1])
    assert re.match(r"1 0\.1234 0\.2600 synthetic", rows[2])


def test_models_without_a_training_says_what_to_run(settings: Settings, say: Say) -> None:
    champion.print_models(settings)
    assert say() == "There are no models yet: ./run pipeline\n"


def test_status_does_not_promise_a_previous_champion(settings: Settings, say: Say) -> None:
    print_status(settings)
    said = say()
    assert "champion none yet: ./run pipeline trains one" in said
    assert "previous none yet: there is one after the champion has been replaced" in said


@pytest.mark.parametrize(
    ("retrain", "code", "advice"), [(True, 3, "retrain"), (False, 0, "nothing to do")]
)
def test_drift_ends_with_its_verdict(
    retrain: bool,
    code: int,
    advice: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    say: Say,
) -> None:
    few = SimpleNamespace(
        source="predictions", rows=1, state="too few rows", reason="At least 300 are needed."
    )
    verdict = SimpleNamespace(reports=[few], retrain=retrain)
    watch = SimpleNamespace(report=lambda _: verdict)
    monkeypatch.setattr(bootstrap, "drift", lambda _: watch)
    assert champion.report_drift(settings) == code
    assert say().splitlines() == [
        "predictions: 1 row, too few rows. At least 300 are needed.",
        f"Verdict: {advice}.",
    ]


def test_a_damaged_registry_is_one_line(settings: Settings) -> None:
    settings.state_dir.mkdir()
    (settings.state_dir / "mlflow.db").write_bytes(b"not a database at all" * 500)
    with pytest.raises(FatalError, match=r"mlflow\.db is damaged"):
        champion.print_models(settings)


def test_a_version_that_was_registered_by_hand_is_named(three_versions: Settings) -> None:
    file = three_versions.state_dir / "mlflow.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DELETE FROM model_version_tags WHERE version = 2")
        connection.commit()
    with pytest.raises(UnknownVersionError, match=r"Version 2 of .* was not registered"):
        SqliteRegistry(file).versions()


@pytest.mark.parametrize(
    ("name", "reason"), [("nope.csv", "there is no file"), ("rows.txt", "must end in one of")]
)
def test_merge_names_its_own_argument(
    name: str, reason: str, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "rows.txt").write_text("a,b")
    with pytest.raises(InputError, match=f"--merge: .*{reason}") as refused:
        pipeline.run_load(settings, merge=tmp_path / name)
    assert "DATASET_URL" not in str(refused.value)


def test_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert readmission.__version__ == project["version"]
    done = run("--version")
    assert done.stdout.startswith(f"{project['name']} {project['version']} (Python 3.")


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], {"pandas", "numpy", "sqlalchemy", "pydantic", "mlflow", "sklearn"}),
        (["--version"], {"pandas", "numpy", "sqlalchemy", "pydantic", "mlflow", "sklearn"}),
        (["status"], {"mlflow", "sklearn", "onnx", "onnxruntime"}),
        (["models"], {"mlflow", "sklearn", "onnx", "onnxruntime"}),
        (["rollback"], {"mlflow", "sklearn", "onnx", "onnxruntime"}),
        (["promote", "2"], {"mlflow", "sklearn", "onnx", "onnxruntime"}),
    ],
    ids=["help", "version", "status", "models", "rollback", "promote"],
)
def test_a_quick_command_imports_nothing_slow(
    arguments: list[str], heavy: set[str], three_versions: Settings
) -> None:
    done = run(*arguments, settings=three_versions)
    assert done.returncode == 0, done.stderr
    imported = set(json.loads(done.stderr.splitlines()[-1]))
    assert not heavy & imported


def run(*arguments: str, settings: Settings | None = None) -> "subprocess.CompletedProcess[str]":
    """Run a command, whose last line on stderr lists the modules that it has imported."""
    code = (
        "import atexit, json, sys; from app_cli.__main__ import main; "
        "atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr)); main()"
    )
    places = {}
    if settings is not None:
        places["STATE_DIR"] = str(settings.state_dir)
        places["DATABASE_URL"] = settings.database_url.get_secret_value()
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={"PATH": "", "HOME": "/nonexistent", **places},
        capture_output=True,
        text=True,
        check=False,
    )
