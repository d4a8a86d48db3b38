"""The experiment's runs in MLflow: one for each candidate, with its numbers and its files."""

import io
import json
import pickle
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param
from mlflow.exceptions import MlflowException
from typing_extensions import override

from connections.sqlite_addresses import sqlite_path
from connections.tracking.client import (
    DRIFT_EXPERIMENT,
    EXPERIMENT,
    MODEL_FOLDER,
    download_artifact,
    open_client,
    reachable,
)
from connections.tracking.model_format import MODEL_FILE, save_mlflow_model
from connections.tracking.moved_artifacts import artifact_folder
from connections.tracking.plots import draw
from readmission.arrays import Scores
from readmission.evaluation.report import Report
from readmission.model.candidate import Candidate
from readmission.model.forest import ForestModel
from readmission.monitoring.drift import DriftReport
from readmission.ports.models import Tracking
from readmission.records import Experiment

REPORT_FILE = "report.json"
VALIDATION_FILE = "validation.npz"
PLOTS_FOLDER = "plots"


class MlflowTracking(Tracking):
    """Tracking on an MLflow server, or on a SQLite file with the artifacts next to it."""

    def __init__(self, tracking_uri: str) -> None:
        self._uri = tracking_uri

    @override
    def log_candidate(
        self,
        candidate: Candidate,
        report: Report,
        *,
        parameters: Mapping[str, str | int | float | None],
        example: pd.DataFrame,
        synthetic: bool,
    ) -> str:
        experiment = candidate.experiment
        with reachable(), tempfile.TemporaryDirectory() as folder:
            self._delete_previous(experiment)
            run_id = self._start_run(experiment, synthetic=synthetic)
            self._log_numbers(run_id, experiment, report, parameters)
            dataset = _training_dataset(experiment, synthetic=synthetic)
            self.client.log_inputs(run_id, [dataset])
            _write_artifacts(Path(folder), candidate, report, example)
            self.client.log_artifacts(run_id, folder)
            self.client.set_terminated(run_id)
        return run_id

    @override
    def load_model(self, run_id: str) -> ForestModel:
        content = self._read_artifact(run_id, f"{MODEL_FOLDER}/{MODEL_FILE}")
        model: ForestModel = pickle.loads(content)  # noqa: S301 - our own run's artifact
        return model

    @override
    def load_report(self, run_id: str) -> Report:
        content = self._read_artifact(run_id, REPORT_FILE)
        report: Report = json.loads(content)
        return report

    @override
    def load_validation_scores(self, run_id: str) -> Scores | None:
        return self._load_validation_array(run_id, "scores")

    @override
    def load_validation_probabilities(self, run_id: str) -> Scores | None:
        return self._load_validation_array(run_id, "probabilities")

    @override
    def log_drift(self, report_id: str, version: int, reports: Sequence[DriftReport]) -> None:
        with reachable():
            client = self.client
            experiment_id = find_or_create_experiment(client, self._uri, DRIFT_EXPERIMENT)
            delete_runs(client, experiment_id, f"tags.report_id = '{report_id}'")
            run = client.create_run(
                experiment_id,
                run_name=report_id,
                tags={
                    "report_id": report_id,
                    "model_version": str(version),
                },
            )
            run_id = run.info.run_id
            for report in reports:
                self._log_drift_of_source(run_id, report)
            retrain = any(report.retrain for report in reports)
            client.set_tag(run_id, "retrain", "true" if retrain else "false")
            client.set_terminated(run_id)

    @override
    def log_metrics(self, run_id: str, values: Mapping[str, float]) -> None:
        with reachable():
            self.client.log_batch(run_id, metrics=measured_now(values))

    @override
    def log_documents(self, run_id: str, documents: Mapping[str, str]) -> None:
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
        return find_or_create_experiment(self.client, self._uri, EXPERIMENT)

    def _delete_previous(self, experiment: Experiment) -> None:
        training_id = experiment.training_id
        batch_id = experiment.batch_id
        condition = f"tags.training_id = '{training_id}' and tags.batch_id = '{batch_id}'"
        delete_runs(self.client, self.experiment, condition)

    def _start_run(self, experiment: Experiment, *, synthetic: bool) -> str:
        batch_id = experiment.batch_id
        run = self.client.create_run(
            self.experiment,
            run_name=f"batch_{batch_id}" if batch_id else "average",
            tags={
                "training_id": experiment.training_id,
                "batch_id": str(batch_id),
                "data_version": experiment.data_version,
                "dataset": "synthetic" if synthetic else "real",
            },
        )
        return str(run.info.run_id)

    def _log_numbers(
        self,
        run_id: str,
        experiment: Experiment,
        report: Report,
        parameters: Mapping[str, str | int | float | None],
    ) -> None:
        """Log a candidate's parameters and its metrics on validation, in one request."""
        parameters_of_run = {
            **parameters,
            "rows": experiment.rows,
            "data_version": experiment.data_version,
            "batch_id": experiment.batch_id,
        }
        values = {f"val_{name}": value for name, value in report["metrics"].items()}
        values["threshold"] = experiment.threshold
        values["seconds"] = experiment.seconds
        self.client.log_batch(
            run_id,
            metrics=measured_now(values),
            params=[Param(name, str(value)) for name, value in parameters_of_run.items()],
        )

    def _log_drift_of_source(self, run_id: str, report: DriftReport) -> None:
        """Log one source's PSI of each field as metrics, and its whole report as a file."""
        name = report.source.replace(" ", "_")
        psi = {}
        for drift in report.fields:
            psi[f"{name}.psi.{drift.field}"] = drift.psi
        self.client.log_batch(run_id, metrics=measured_now(psi))

        content = asdict(report)
        content["retrain"] = report.retrain
        self.client.log_dict(run_id, content, f"{name}.json")

    def _load_validation_array(self, run_id: str, name: str) -> Scores | None:
        with reachable():
            artifacts = self.client.list_artifacts(run_id)
        if VALIDATION_FILE not in [artifact.path for artifact in artifacts]:
            return None
        content = self._read_artifact(run_id, VALIDATION_FILE)
        with np.load(io.BytesIO(content)) as arrays:
            scores: Scores = arrays[name]
        return scores

    def _read_artifact(self, run_id: str, name: str) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = download_artifact(self._uri, run_id, name, Path(folder))
            return path.read_bytes()


def find_or_create_experiment(client: MlflowClient, tracking_uri: str, name: str) -> str:
    """Return an experiment's id; several tasks may try to create it at the same time."""
    existing = client.get_experiment_by_name(name)
    if existing is not None:
        return str(existing.experiment_id)
    database = sqlite_path(tracking_uri)
    location = None
    if database is not None:
        location = artifact_folder(database).as_uri()
    try:
        return str(client.create_experiment(name, artifact_location=location))
    except MlflowException:
        created_by_another = client.get_experiment_by_name(name)
        if created_by_another is None:
            raise
        return str(created_by_another.experiment_id)


def delete_runs(client: MlflowClient, experiment_id: str, condition: str) -> None:
    """Delete the runs that match an MLflow filter."""
    runs = client.search_runs([experiment_id], condition)
    for run in runs:
        client.delete_run(run.info.run_id)


def measured_now(values: Mapping[str, float]) -> list[Metric]:
    """Return values as MLflow's metrics with the present time."""
    now_ms = int(time.time() * 1000)
    metrics = []
    for name, value in values.items():
        metric = Metric(name, value, timestamp=now_ms, step=0)
        metrics.append(metric)
    return metrics


def _training_dataset(experiment: Experiment, *, synthetic: bool) -> DatasetInput:
    """Describe the training rows.

    Each batch is a dataset with a name of its own: MLflow fails if two processes add the same
    dataset at the same time.
    """
    batch_id = experiment.batch_id
    part = f"batch {batch_id}" if batch_id else "all batches"
    source = {
        "table": "clean_data.train_data",
        "part": part,
        "data_version": experiment.data_version,
    }
    suffix = " (synthetic)" if synthetic else ""
    dataset = Dataset(
        name=f"clean_data.train_data, {part}{suffix}",
        digest=experiment.data_version,
        source_type="sql",
        source=json.dumps(source),
        profile=json.dumps({"num_rows": experiment.rows}),
    )
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])


def _write_artifacts(
    folder: Path, candidate: Candidate, report: Report, example: pd.DataFrame
) -> None:
    """Write the files of a run: the model, the report, its plots, and the validation scores."""
    save_mlflow_model(folder / MODEL_FOLDER, candidate.model, example)
    (folder / REPORT_FILE).write_text(json.dumps(report))
    np.savez(
        folder / VALIDATION_FILE,
        scores=candidate.scores,
        probabilities=candidate.probabilities,
    )
    plots = folder / PLOTS_FOLDER
    plots.mkdir()
    for name, svg in draw(report).items():
        (plots / name).write_text(svg)
