"""A clone that was moved, renamed, or restored elsewhere has its models, whatever its name is."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from connections import bootstrap
from connections.settings import Settings
from connections.sqlite_addresses import sqlite_path, sqlite_url, sqlite_url_for_mlflow
from connections.tracking.moved_artifacts import correct_addresses
from connections.tracking.registry import MlflowRegistry
from connections.tracking.tracker import MlflowTracking
from readmission.errors import BrokenModelError, SettingError
from tests.contract.test_model_ports import PATIENTS, Ports, log
from tests.fakes.patients import make_model

NAMES = ["c#app", "q?x", "100% sure", "50%20x", "a b", "ñandú", "a;b&c='d'", "plain"]


def ports_in(clone: Path, monkeypatch: pytest.MonkeyPatch, depth: int = 0) -> Ports:
    """Return the tracking and the registry of a clone, in which the command was typed.

    It was typed ``depth`` folders deep: MLflow caches connections by address, and here one process
    stands for many.
    """
    current_folder = clone.joinpath(*["deep"] * depth)
    current_folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(current_folder)
    settings = Settings(_env_file=None, state_dir=clone / "var")
    uri = settings.tracking_uri
    return Ports(MlflowTracking(uri), MlflowRegistry(uri))


def addresses(clone: Path) -> set[str]:
    """Return every address of an artifact that MLflow has stored."""
    queries = (
        "SELECT artifact_uri FROM runs",
        "SELECT source FROM model_versions",
        "SELECT storage_location FROM model_versions",
        "SELECT artifact_location FROM experiments WHERE experiment_id > 0",
    )
    with closing(sqlite3.connect(clone / "var" / "mlflow.db")) as connection:
        rows = [row for query in queries for row in connection.execute(query)]
    return {address for (address,) in rows if address is not None}


def test_an_installation_moves_from_folder_to_folder_and_keeps_its_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    model = make_model()
    ports = ports_in(clone, monkeypatch)
    ports.registry.promote(ports.registered("t1", model))
    run_id = ports.registry.version(1).run_id
    for depth, name in enumerate(NAMES):
        moved = tmp_path / name
        clone.rename(moved)
        clone = moved
        caplog.clear()
        ports = ports_in(clone, monkeypatch, depth)
        assert ports.registry.champion() == ports.registry.version(1)
        assert len(caplog.records) == 1, "one line says that it was moved"
        assert str(clone / "var" / "mlartifacts") in caplog.text
        probabilities = ports.registry.probabilities(1, PATIENTS)
        assert abs(probabilities - model.probabilities(PATIENTS)).max() < 1e-9
        assert ports.tracking.load_report(run_id)
        log(ports.tracking, model)
        start = (clone / "var" / "mlartifacts").as_uri()
        assert all(address.startswith(start) for address in addresses(clone))
        assert list(tmp_path.iterdir()) == [clone], "nothing is written outside of the clone"
    caplog.clear()
    ports_in(clone, monkeypatch).registry.champion()
    assert caplog.records == [], "it is not said again"


def test_a_copy_uses_its_own_artifacts_and_leaves_the_original_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    original, copy = tmp_path / "original", tmp_path / "copy"
    original.mkdir()
    model = make_model()
    ports = ports_in(original, monkeypatch)
    ports.registered("t1", model)
    before = addresses(original)
    shutil.copytree(original, copy)
    ports_in(copy, monkeypatch).registered("t2", model)
    assert addresses(original) == before
    assert all(address.startswith((copy / "var").as_uri()) for address in addresses(copy))
    shutil.rmtree(original)
    assert ports_in(copy, monkeypatch).registry.probabilities(1, PATIENTS).size == len(PATIENTS)


def test_lost_artifacts_are_named_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = ports_in(tmp_path, monkeypatch)
    ports.registry.promote(ports.registered("t1", make_model()))
    run_id = ports.registry.version(1).run_id
    shutil.rmtree(tmp_path / "var" / "mlartifacts")
    with pytest.raises(BrokenModelError, match=rf"model\.onnx of run {run_id} is missing: restore"):
        ports.registry.probabilities(1, PATIENTS)
    with pytest.raises(
        BrokenModelError, match=rf"report\.json of run {run_id} is missing: restore"
    ):
        ports.tracking.load_report(run_id)


def test_a_database_that_was_copied_alone_still_finds_its_artifacts(tmp_path: Path) -> None:
    artifacts = tmp_path / "original" / "mlartifacts"
    artifacts.mkdir(parents=True)
    database = tmp_path / "copy" / "mlflow.db"
    database.parent.mkdir()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE experiments (artifact_location TEXT)")
        connection.execute("INSERT INTO experiments VALUES (?)", (artifacts.as_uri(),))
        connection.commit()
    correct_addresses(database)
    with closing(sqlite3.connect(database)) as connection:
        stored = connection.execute("SELECT artifact_location FROM experiments").fetchall()
    assert stored == [(artifacts.as_uri(),)]


@pytest.mark.parametrize("name", NAMES)
def test_the_address_of_a_file_leads_to_it(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    file = folder / "airflow.db"
    assert sqlite_path(sqlite_url(file)) == file
    engine = create_engine(sqlite_url(file))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE made (id INTEGER)")
    engine.dispose()
    assert list(folder.iterdir()) == [file]
    assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_that_mlflow_cannot_use_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    with pytest.raises(SettingError, match=r"STATE_DIR: MLflow cannot use the folder .*q\?x"):
        sqlite_url_for_mlflow(tmp_path / "q?x" / "mlflow.db")
    settings = Settings(_env_file=None, state_dir=tmp_path / "q?x")
    with pytest.raises(SettingError, match="choose another, or start from within it"):
        bootstrap.version_registry(settings)
