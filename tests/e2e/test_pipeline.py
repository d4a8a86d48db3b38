"""The main job on the real dataset, as a user runs it.

It runs the pipeline and the servers, then predicts by curl and in the form.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import mlflow
import pandas as pd
import pytest
import requests
import sqlalchemy
from streamlit.testing.v1 import AppTest

from app_cli.local_stack.supervisor import free_port
from connections.database.engine import open_database
from connections.settings import Settings
from readmission.model.candidate import TIE
from tests.conftest import ROOT
from tests.servers import mysql

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
ROWS = 101_766
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Place:
    """A state of its own for one run of the stack."""

    folder: Path
    env: dict[str, str]
    stdout: str = ""

    def read(self, query: str) -> pd.DataFrame:
        """Return what a query finds in the run's database."""
        database = open_database(Settings(database_url=self.env["DATABASE_URL"]))
        with database.engine.connect() as connection:
            return pd.read_sql(sqlalchemy.text(query), connection)

    def registry(self) -> mlflow.MlflowClient:
        """Return a client of the run's MLflow."""
        return mlflow.MlflowClient(f"sqlite:///{self.folder}/var/mlflow.db")


def make_place(folder: Path, database_url: str, **more: str) -> Place:
    """Return the environment of a run that shares nothing with others."""
    env = {
        "STATE_DIR": f"{folder}/var",
        "DATA_DIR": f"{folder}/data",
        "MODELS_DIR": f"{folder}/models",
        "DATABASE_URL": database_url,
        **more,
    }
    return Place(folder, env)


def run_pipeline(place: Place) -> Place:
    """Run ``./run pipeline``'s command line and hold that it succeeds."""
    done = subprocess.run(
        [sys.executable, "-m", "app_cli", "pipeline"],
        cwd=ROOT,
        env={**os.environ, **place.env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Place(place.folder, place.env, done.stdout)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("mysql", marks=pytest.mark.mysql),
        pytest.param("sqlite", marks=pytest.mark.soak),
    ],
)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, real_dataset: Path
) -> Iterator[Place]:
    """Run the pipeline once on each database, changing nothing but DATABASE_URL."""
    folder, dataset = tmp_path_factory.mktemp(request.param), real_dataset.resolve().as_uri()
    if request.param == "sqlite":
        yield run_pipeline(make_place(folder, f"sqlite:///{folder}/var/", DATASET_URL=dataset))
    else:
        request.getfixturevalue("mysql_url")  # says why, where there is no server
        with mysql.running_mysql() as server:
            yield run_pipeline(make_place(folder, server.url, DATASET_URL=dataset))


def test_every_row_is_loaded_and_the_cohort_is_split_into_six_batches(place: Place) -> None:
    assert place.read("SELECT COUNT(*) AS n FROM raw_data.initial_data")["n"].item() == ROWS
    counts = place.read(
        "SELECT batch_id, COUNT(*) AS n FROM clean_data.train_data"
        " GROUP BY batch_id ORDER BY batch_id"
    )
    assert counts["batch_id"].tolist() == [1, 2, 3, 4, 5, 6]
    assert counts["n"].tolist()[:5] == [15_000] * 5


def test_no_patient_stands_in_two_splits(place: Place) -> None:
    of_each = (f"SELECT DISTINCT patient_nbr FROM clean_data.{split}_data" for split in SPLITS)  # noqa: S608
    patients = place.read(" UNION ALL ".join(of_each))
    assert len(patients) > 60_000
    assert patients["patient_nbr"].is_unique


def test_every_batch_has_a_file_a_run_and_an_experiments_row(place: Place) -> None:
    files = {path.name for path in (place.folder / "models").glob("*.pkl")}
    assert files == {
        *(f"modelo_entrenado_batch{batch}.pkl" for batch in range(1, 7)),
        "modelo_entrenado_final.pkl",
    }
    client = place.registry()
    experiment = client.get_experiment_by_name("experiment_diabetes_batches")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    assert {run.data.tags["batch_id"] for run in runs} >= {str(batch) for batch in range(1, 7)}
    rows = place.read("SELECT batch_id, val_f1, test_f1 FROM clean_data.experiments")
    assert set(rows["batch_id"]) == set(range(7))
    assert rows["test_f1"].notna().all()


def test_the_best_candidate_is_the_registered_champion_and_finds_readmissions(place: Place) -> None:
    champion = place.registry().get_model_version_by_alias("mejor_modelo_diabetes", "champion")
    rows = place.read(
        "SELECT run_id, val_f1, val_auc FROM clean_data.experiments ORDER BY val_f1 DESC"
    )
    assert rows["val_f1"].iloc[0] >= 0.27
    chosen = rows.set_index("run_id")["val_f1"][champion.run_id]
    assert rows["val_auc"].max() < 0.72, "so good a model has seen what it predicts"
    assert rows["val_f1"].iloc[0] - chosen < TIE


def test_curl_and_form_get_the_same_durable_prediction(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(place) as api_url:
        answer = requests.post(f"{api_url}/predict", json={}, timeout=10).json()
        monkeypatch.setenv("API_URL", api_url)
        form = AppTest.from_file(str(ROOT / "app_front" / "app.py"), default_timeout=120).run()
        form.button(key="calculate").click().run()
    assert answer["status"] == 200
    assert answer["prediction"] == int(answer["probability"] >= answer["threshold"])
    rows = place.read("SELECT prediction_id, prediction_proba, age FROM raw_data.predictions")
    assert rows["prediction_proba"].tolist() == pytest.approx([answer["probability"]] * 2)
    assert answer["prediction_id"] in rows["prediction_id"].tolist()
    assert not form.exception


def test_without_any_address_the_run_is_synthetic_and_says_so(tmp_path: Path) -> None:
    unreachable = {
        "https_proxy": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "DATASET_URL": "",
    }
    done = run_pipeline(make_place(tmp_path, f"sqlite:///{tmp_path}/var/", **unreachable))
    assert "SYNTHETIC" in done.stdout
    assert done.read("SELECT COUNT(*) AS n FROM raw_data.initial_data")["n"].item() == ROWS
    champion = done.registry().get_model_version_by_alias("mejor_modelo_diabetes", "champion")
    assert champion.tags["dataset"] == "synthetic"
    best = done.read(
        "SELECT MAX(val_f1) AS f1, MAX(val_auc) AS auc FROM clean_data.experiments"
    ).iloc[0]
    assert 0.22 <= best["f1"] <= 0.35
    assert 0.62 <= best["auc"] <= 0.72


@contextmanager
def serving(place: Place) -> Iterator[str]:
    """Run ``./run serve`` on free ports and yield the API's address; Ctrl-C must end it cleanly."""
    port = free_port()
    ports = {"API_PORT": str(port), "FORM_PORT": str(free_port()), "MLFLOW_PORT": str(free_port())}
    process = subprocess.Popen(
        [sys.executable, "-m", "app_cli", "serve"],
        cwd=ROOT,
        env={**os.environ, **place.env, **ports},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout
            assert any(line.startswith("All is up") for line in process.stdout)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
