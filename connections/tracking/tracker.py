"""The experiment's runs in MLflow: one for each candidate, with everything that is known about it."""

import io
import json
import pickle
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

import mlflow.artifacts
import numpy as np
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param
from mlflow.exceptions import MlflowException

from connections.tracking.client import (
    DRIFT_EXPERIMENT,
    EXPERIMENT,
    MODEL_FOLDER,
    open_client,
    reachable,
    sqlite_path,
)
from connections.tracking.model_format import MODEL_FILE, save_mlflow_model
from connections.tracking.plots import draw
from readmission.evaluation.report import Report
from readmission.model.candidate import Candidate, ValidationScores
from readmission.model.forest import ForestModel
from readmission.monitoring.drift import DriftReport
from readmission.records import Experiment

REPORT_FILE = "report.json"
TOLD_FILE = "validation.npz"


class MlflowTracking:
    """The Tracking port on an MLflow server, or on a SQLite file with the artifacts beside it."""

    def __init__(self, tracking_uri: str) -> None:
        self._uri = tracking_uri

    def log(self, candidate: Candidate) -> str:
        """Record a candidate and return its run; a former run of the same training and batch goes away."""
        with reachable():
            client, one = self.client, candidate.experiment
            former = f"tags.training_id = '{one.training_id}' and tags.batch_id = '{one.batch_id}'"
            delete_runs(client, self.experiment, former)
            run_id: str = client.create_run(
                self.experiment, run_name=_run_name(one), tags=_tags(candidate)
            ).info.run_id
            _log_numbers(client, run_id, candidate)
            with tempfile.TemporaryDirectory() as folder:
                _write_artifacts(Path(folder), candidate)
                client.log_artifacts(run_id, folder)
            client.set_terminated(run_id)
        return run_id

    def load_model(self, run_id: str) -> ForestModel:
        """Return a run's model."""
        with reachable():
            content = read_artifact(self._uri, run_id, f"{MODEL_FOLDER}/{MODEL_FILE}")
        model: ForestModel = pickle.loads(content)  # noqa: S301 - our own run's artifact
        return model

    def load_report(self, run_id: str) -> Report:
        """Return the report that was recorded with a run's candidate."""
        with reachable():
            report: Report = json.loads(read_artifact(self._uri, run_id, REPORT_FILE))
        return report

    def load_validation_scores(self, run_id: str) -> ValidationScores | None:
        """Return what a run's candidate said of its validation rows; None where nothing was kept."""
        with reachable():
            if TOLD_FILE not in [one.path for one in self.client.list_artifacts(run_id)]:
                return None
            content = read_artifact(self._uri, run_id, TOLD_FILE)
        with np.load(io.BytesIO(content)) as told:
            return ValidationScores(**told)

    def log_drift(self, report_id: str, version: int, reports: Sequence[DriftReport]) -> None:
        """Keep what a drift watch found; the same ``report_id`` replaces its former findings."""
        with reachable():
            client = self.client
            experiment = experiment_id(client, self._uri, DRIFT_EXPERIMENT)
            delete_runs(client, experiment, f"tags.report_id = '{report_id}'")
            tags = {"report_id": report_id, "model_version": str(version)}
            run_id = client.create_run(experiment, run_name=report_id, tags=tags).info.run_id
            for one in reports:
                name = one.source.replace(" ", "_")
                client.log_batch(
                    run_id,
                    metrics({f"{name}.psi.{field.field}": field.psi for field in one.fields}),
                )
                client.log_dict(run_id, {**asdict(one), "retrain": one.retrain}, f"{name}.json")
            client.set_tag(run_id, "retrain", str(any(one.retrain for one in reports)).lower())
            client.set_terminated(run_id)

    def log_metrics(self, run_id: str, values: Mapping[str, float]) -> None:
        """Add metrics to a run."""
        with reachable():
            self.client.log_batch(run_id, metrics=metrics(values))

    def log_documents(self, run_id: str, documents: Mapping[str, str]) -> None:
        """Add text files, by their name, to a run."""
        with reachable():
            for name, text in documents.items():
                self.client.log_text(run_id, text, name)

    @cached_property
    def client(self) -> MlflowClient:
        """Return MLflow's client, opened when first used."""
        return open_client(self._uri)

    @cached_property
    def experiment(self) -> str:
        """Return the experiment's id."""
        return experiment_id(self.client, self._uri, EXPERIMENT)


def _run_name(one: Experiment) -> str:
    return f"batch_{one.batch_id}" if one.batch_id else "average"


def _tags(candidate: Candidate) -> dict[str, str]:
    one = candidate.experiment
    return {
        "training_id": one.training_id,
        "batch_id": str(one.batch_id),
        "data_version": one.data_version,
        "dataset": "synthetic" if candidate.synthetic else "real",
    }


def _log_numbers(client: MlflowClient, run_id: str, candidate: Candidate) -> None:
    one, told = candidate.experiment, candidate.report["metrics"]
    parameters = {
        **candidate.parameters,
        "rows": one.rows,
        "data_version": one.data_version,
        "batch_id": one.batch_id,
    }
    values = {f"val_{name}": value for name, value in told.items()}
    values |= {"threshold": one.threshold, "seconds": one.seconds}
    client.log_batch(
        run_id, metrics(values), [Param(name, str(value)) for name, value in parameters.items()], []
    )
    client.log_inputs(run_id, [_dataset(one, synthetic=candidate.synthetic)])


def _dataset(one: Experiment, *, synthetic: bool) -> DatasetInput:
    """Describe the training rows; a name for each batch, because MLflow adds a dataset only once at a time."""
    part = f"batch {one.batch_id}" if one.batch_id else "all batches"
    name = f"clean_data.train_data, {part}" + (" (synthetic)" if synthetic else "")
    source = json.dumps(
        {"table": "clean_data.train_data", "part": part, "data_version": one.data_version}
    )
    dataset = Dataset(
        name, one.data_version, "sql", source, profile=json.dumps({"num_rows": one.rows})
    )
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])


def _write_artifacts(folder: Path, candidate: Candidate) -> None:
    save_mlflow_model(folder / MODEL_FOLDER, candidate.model, candidate.example)
    (folder / REPORT_FILE).write_text(json.dumps(candidate.report))
    np.savez(folder / TOLD_FILE, **asdict(candidate.validation))
    (folder / "plots").mkdir()
    for name, picture in draw(candidate.report).items():
        (folder / "plots" / name).write_text(picture)


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
        return Path(
            mlflow.artifacts.download_artifacts(uri, dst_path=folder, tracking_uri=tracking_uri)
        ).read_bytes()
