"""MLflow's client, and the translation of its failures."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlflow.artifacts
import requests
from filelock import FileLock
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from connections.sqlite_addresses import sqlite_path
from connections.tracking.moved_artifacts import correct_addresses
from readmission.errors import BrokenModelError, UnreachableError

EXPERIMENT = "experiment_diabetes_batches"
DRIFT_EXPERIMENT = "deriva_diabetes"
MODEL_FOLDER = "model"
"""The folder of the model among a run's artifacts."""

# MLflow retries seven times by default, for minutes. Here its callers retry: Airflow, the API.
_DEFAULTS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
_NOISY_LOGGERS = ("mlflow.sklearn", "mlflow.store.db.utils", "alembic")
_MISSING = "RESOURCE_DOES_NOT_EXIST"
_UNREACHABLE = ("INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE")


def open_client(tracking_uri: str) -> MlflowClient:
    """Return a client; a SQLite file is created with its folder if it does not exist."""
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    for name in _NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    database = sqlite_path(tracking_uri)
    if database is not None:
        _create_database(database, tracking_uri)
    return MlflowClient(tracking_uri, tracking_uri)


@contextmanager
def reachable() -> Iterator[None]:
    """Raise UnreachableError for each of the errors by which MLflow says that it cannot answer."""
    try:
        yield
    except (requests.RequestException, SQLAlchemyError) as error:
        raise UnreachableError(f"MLflow does not answer: {error}") from error
    except MlflowException as error:
        if error.error_code in _UNREACHABLE:
            raise UnreachableError(f"MLflow does not answer: {error.message}") from error
        raise


def download_artifact(tracking_uri: str, run_id: str, artifact: str, folder: Path) -> Path:
    """Download a run's file or folder into ``folder`` and return its path.

    MLflow reports every failure as a missing artifact. It is missing, BrokenModelError, where the
    artifacts are local files; where a server has them, UnreachableError lets the caller try again.
    """
    uri = f"runs:/{run_id}/{artifact}"
    with reachable():
        try:
            path = mlflow.artifacts.download_artifacts(
                uri, dst_path=str(folder), tracking_uri=tracking_uri
            )
        except MlflowException as error:
            if error.error_code != _MISSING:
                raise
            if sqlite_path(tracking_uri) is None:
                raise UnreachableError(f"MLflow does not hand out {artifact}.") from error
            raise BrokenModelError(
                f"MLflow's file {artifact} of run {run_id} is missing: "
                "restore mlartifacts from a backup, or train again."
            ) from error
    return Path(path)


def _create_database(database: Path, tracking_uri: str) -> None:
    """Let MLflow create its tables, and follow a folder that was moved.

    Two processes that create the tables at the same time both fail.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{database}.lock"):
        client = MlflowClient(tracking_uri, tracking_uri)
        client.search_experiments(max_results=1)
        correct_addresses(database)
