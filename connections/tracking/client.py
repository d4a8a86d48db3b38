"""MLflow's client, and its failures in our words."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import requests
from filelock import FileLock
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from readmission.errors import UnreachableError

EXPERIMENT = "experiment_diabetes_batches"
DRIFT_EXPERIMENT = "deriva_diabetes"
REGISTERED_MODEL = "mejor_modelo_diabetes"
MODEL_FOLDER = "model"
"""Where a run keeps its model among its artifacts."""

# MLflow's own seven retries keep a caller waiting for minutes; ours retry a level above.
_DEFAULTS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
_SQLITE = "sqlite"


def open_client(tracking_uri: str) -> MlflowClient:
    """Return a client; a SQLite file and its folder are made when they are not there."""
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    for quiet in ("mlflow.sklearn", "mlflow.store.db.utils", "alembic"):
        logging.getLogger(quiet).setLevel(logging.ERROR)
    if (path := sqlite_path(tracking_uri)) is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):  # two processes that make the same tables fail each other
            MlflowClient(tracking_uri, tracking_uri).search_experiments(max_results=1)
    return MlflowClient(tracking_uri, tracking_uri)


def sqlite_path(tracking_uri: str) -> Path | None:
    """Return the file behind a SQLite tracking URI."""
    parts = urlsplit(tracking_uri)
    return Path(parts.path[1:]) if parts.scheme == _SQLITE else None


@contextmanager
def reachable() -> Iterator[None]:
    """Raise UnreachableError in place of MLflow's many ways to say that nobody answers."""
    try:
        yield
    except (requests.RequestException, SQLAlchemyError) as error:
        raise UnreachableError(f"MLflow does not answer: {error}") from error
    except MlflowException as error:
        if error.error_code in ("INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE"):
            raise UnreachableError(f"MLflow does not answer: {error.message}") from error
        raise
