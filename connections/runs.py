"""Small steps on MLflow runs that tracking is made of."""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import mlflow.artifacts
from mlflow import MlflowClient
from mlflow.entities import Metric
from mlflow.exceptions import MlflowException

from connections.mlflow_client import sqlite_path


def experiment_id(client: MlflowClient, tracking_uri: str, name: str) -> str:
    """Return the experiment's id, made when it is not there; several tasks may try at the same time."""
    if found := client.get_experiment_by_name(name):
        return str(found.experiment_id)
    database = sqlite_path(tracking_uri)
    artifacts = None if database is None else (database.parent / "mlartifacts").resolve().as_uri()
    try:
        return str(client.create_experiment(name, artifact_location=artifacts))
    except MlflowException:
        if found := client.get_experiment_by_name(name):
            return str(found.experiment_id)
        raise


def delete_runs(client: MlflowClient, experiment: str, wanted: str) -> None:
    """Delete the runs that a filter finds."""
    for run in client.search_runs([experiment], wanted):
        client.delete_run(run.info.run_id)


def metrics(values: Mapping[str, float]) -> list[Metric]:
    """Return values as MLflow's metrics, measured now."""
    now = int(time.time() * 1000)
    return [Metric(name, value, now, 0) for name, value in values.items()]


def read_artifact(tracking_uri: str, run_id: str, name: str) -> bytes:
    """Return the content of one of a run's files."""
    with tempfile.TemporaryDirectory() as folder:
        uri = f"runs:/{run_id}/{name}"
        return Path(mlflow.artifacts.download_artifacts(uri, dst_path=folder, tracking_uri=tracking_uri)).read_bytes()
