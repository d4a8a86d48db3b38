"""The experiment's runs in MLflow: one for each candidate, with everything that is known about it."""

import json
import pickle
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import mlflow.artifacts
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param
from mlflow.exceptions import MlflowException

from connections.mlflow_client import EXPERIMENT, MODEL_FOLDER, open_client, reachable, sqlite_path
from connections.mlflow_model import MODEL_FILE, save_mlflow_model
from connections.plots import draw
from mlflow import MlflowClient
from readmission.candidates import Candidate
from readmission.forests import ForestModel
from readmission.records import Experiment

REPORT_FILE = "report.json"


class MlflowTracking:
    """The Tracking port on an MLflow server, or on a SQLite file with the artifacts beside it."""

    def __init__(self, tracking_uri: str) -> None:
        self._uri = tracking_uri
        self._opened: MlflowClient | None = None
        self._experiment = ""

    def log(self, candidate: Candidate) -> str:
        """Record a candidate and return its run; a former run of the same training and batch goes away."""
        with reachable():
            client, one = self._client(), candidate.experiment
            self._delete_former(client, one)
            run_id: str = client.create_run(
                self._experiment, run_name=_run_name(one), tags=_tags(candidate)
            ).info.run_id
            _log_numbers(client, run_id, candidate)
            with tempfile.TemporaryDirectory() as folder:
                _write_artifacts(Path(folder), candidate)
                client.log_artifacts(run_id, folder)
            client.set_terminated(run_id)
        return run_id

    def load_model(self, run_id: str) -> ForestModel:
        """Return a run's model."""
        with reachable(), tempfile.TemporaryDirectory() as folder:
            uri = f"runs:/{run_id}/{MODEL_FOLDER}/{MODEL_FILE}"
            path = mlflow.artifacts.download_artifacts(uri, dst_path=folder, tracking_uri=self._uri)
            model: ForestModel = pickle.loads(Path(path).read_bytes())  # noqa: S301 - our own run's artifact
        return model

    def log_metrics(self, run_id: str, metrics: Mapping[str, float]) -> None:
        """Add metrics to a run."""
        with reachable():
            self._client().log_batch(run_id, metrics=_metrics(metrics))

    def log_documents(self, run_id: str, documents: Mapping[str, str]) -> None:
        """Add text files, by their name, to a run."""
        with reachable():
            for name, text in documents.items():
                self._client().log_text(run_id, text, name)

    def _client(self) -> MlflowClient:
        if self._opened is None:
            client = open_client(self._uri)
            self._experiment = _experiment_id(client, self._uri)
            self._opened = client
        return self._opened

    def _delete_former(self, client: MlflowClient, one: Experiment) -> None:
        wanted = f"tags.training_id = '{one.training_id}' and tags.batch_id = '{one.batch_id}'"
        for run in client.search_runs([self._experiment], wanted):
            client.delete_run(run.info.run_id)


def _experiment_id(client: MlflowClient, tracking_uri: str) -> str:
    """Return the experiment's id; several tasks may try to make it at the same time."""
    if found := client.get_experiment_by_name(EXPERIMENT):
        return str(found.experiment_id)
    database = sqlite_path(tracking_uri)
    artifacts = None if database is None else (database.parent / "mlartifacts").resolve().as_uri()
    try:
        return str(client.create_experiment(EXPERIMENT, artifact_location=artifacts))
    except MlflowException:
        if found := client.get_experiment_by_name(EXPERIMENT):
            return str(found.experiment_id)
        raise


def _run_name(one: Experiment) -> str:
    return f"batch_{one.batch_id}" if one.batch_id else "average"


def _tags(candidate: Candidate) -> dict[str, str]:
    one = candidate.experiment
    return {
        "training_id": one.training_id, "batch_id": str(one.batch_id), "data_version": one.data_version,
        "dataset": "synthetic" if candidate.synthetic else "real",
    }  # fmt: skip


def _log_numbers(client: MlflowClient, run_id: str, candidate: Candidate) -> None:
    one, told = candidate.experiment, candidate.report["metrics"]
    parameters = {**candidate.parameters, "rows": one.rows, "data_version": one.data_version, "batch_id": one.batch_id}
    metrics = {f"val_{name}": value for name, value in told.items()}
    metrics |= {"threshold": one.threshold, "seconds": one.seconds}
    client.log_batch(run_id, _metrics(metrics), [Param(name, str(value)) for name, value in parameters.items()], [])
    client.log_inputs(run_id, [_dataset(one, candidate.synthetic)])


def _metrics(metrics: Mapping[str, float]) -> list[Metric]:
    now = int(time.time() * 1000)
    return [Metric(name, value, now, 0) for name, value in metrics.items()]


def _dataset(one: Experiment, synthetic: bool) -> DatasetInput:
    table = "clean_data.train_data"
    source = json.dumps({"table": table, "batch_id": one.batch_id or "all", "data_version": one.data_version})
    name = f"{table} (synthetic)" if synthetic else table
    dataset = Dataset(name, one.data_version, "sql", source, profile=json.dumps({"num_rows": one.rows}))
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])


def _write_artifacts(folder: Path, candidate: Candidate) -> None:
    save_mlflow_model(folder / MODEL_FOLDER, candidate.model, candidate.example)
    (folder / REPORT_FILE).write_text(json.dumps(candidate.report))
    (folder / "plots").mkdir()
    for name, image in draw(candidate.report).items():
        (folder / "plots" / f"{name}.png").write_bytes(image)
