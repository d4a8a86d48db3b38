"""The registered model in MLflow: versions, their ONNX files, and two aliases."""

import json
import tempfile
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

import pandas as pd
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion as MlflowVersion
from mlflow.exceptions import MlflowException
from typing_extensions import override

from connections.models.onnx_export import export
from connections.models.onnx_model import OnnxModel
from connections.tracking.client import (
    MODEL_FOLDER,
    download_artifact,
    open_client,
    reachable,
)
from connections.tracking.model_format import add_onnx
from connections.tracking.versions import (
    CHAMPION,
    ONNX_FILE,
    PREVIOUS,
    REGISTERED_MODEL,
    to_record,
    unknown_version,
)
from readmission.arrays import Scores
from readmission.model.exported_model import Exported
from readmission.model.forest import ForestModel
from readmission.ports.models import ModelStore
from readmission.records import Experiment, ModelVersion

_MISSING = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


class MlflowRegistry(ModelStore):
    """The model store on MLflow's registry."""

    def __init__(self, tracking_uri: str) -> None:
        self._uri = tracking_uri

    @override
    def champion(self) -> ModelVersion | None:
        return self._version_of_alias(CHAMPION)

    @override
    def previous(self) -> ModelVersion | None:
        return self._version_of_alias(PREVIOUS)

    @override
    def version(self, version: int) -> ModelVersion:
        with reachable():
            try:
                found = self.client.get_model_version(REGISTERED_MODEL, str(version))
            except MlflowException as error:
                if error.error_code not in _MISSING:
                    raise
                raise unknown_version(version) from error
        return _to_record(found)

    @override
    def versions(self) -> list[ModelVersion]:
        name = f"name = '{REGISTERED_MODEL}'"
        found: list[MlflowVersion] = []
        token: str | None = None
        with reachable():
            while True:
                page = self.client.search_model_versions(name, page_token=token)
                found += page
                token = page.token
                if not token:
                    break
        records = [_to_record(version) for version in found]
        return sorted(records, key=lambda record: record.version, reverse=True)

    @override
    def promote(self, version: int) -> None:
        replaced = self.champion()
        with reachable():
            if replaced is not None and replaced.version != version:
                self._set_alias(PREVIOUS, replaced.version)
            self._set_alias(CHAMPION, version)

    @override
    def find(self, training_id: str, data_version: str) -> ModelVersion | None:
        name = f"name = '{REGISTERED_MODEL}'"
        training = f"tag.training_id = '{training_id}'"
        data = f"tag.data_version = '{data_version}'"
        with reachable():
            found = self.client.search_model_versions(
                f"{name} and {training} and {data}", max_results=1
            )
        return _to_record(found[0]) if found else None

    @override
    def export(
        self, winner: Experiment, model: ForestModel, rows: pd.DataFrame, *, synthetic: bool
    ) -> Exported:
        metadata = _metadata(winner, synthetic=synthetic)
        content = export(model, metadata)
        onnx = OnnxModel(content)
        probabilities = onnx.frame_probabilities(rows)
        return Exported(content, onnx.threshold, probabilities)

    @override
    def register(self, winner: Experiment, exported: Exported, *, synthetic: bool) -> ModelVersion:
        tags = _metadata(winner, synthetic=synthetic)
        tags["metrics"] = json.dumps(metrics_of(winner))
        with reachable():
            self._add_onnx(winner.run_id, exported.content)
            self._create_model_if_missing()
            run = self.client.get_run(winner.run_id)
            version = self.client.create_model_version(
                name=REGISTERED_MODEL,
                source=f"{run.info.artifact_uri}/{MODEL_FOLDER}",
                run_id=winner.run_id,
                tags=tags,
            )
        return _to_record(version)

    @override
    def probabilities(self, version: int, rows: pd.DataFrame) -> Scores:
        with tempfile.TemporaryDirectory() as folder:
            path = self.download_onnx(version, Path(folder))
            model = OnnxModel.load(path)
            return model.frame_probabilities(rows)

    def download_onnx(self, version: int, folder: Path) -> Path:
        """Write a version's ONNX file into a folder and return its path."""
        registered = self.version(version)
        return self._download(registered.run_id, ONNX_FILE, folder)

    @cached_property
    def client(self) -> MlflowClient:
        """Return MLflow's client, opened when first used."""
        return open_client(self._uri)

    def _version_of_alias(self, alias: str) -> ModelVersion | None:
        with reachable():
            try:
                found = self.client.get_model_version_by_alias(REGISTERED_MODEL, alias)
            except MlflowException as error:
                if error.error_code in _MISSING:
                    return None
                raise
        return _to_record(found)

    def _set_alias(self, alias: str, version: int) -> None:
        self.client.set_registered_model_alias(REGISTERED_MODEL, alias, str(version))

    def _create_model_if_missing(self) -> None:
        try:
            self.client.create_registered_model(REGISTERED_MODEL)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _add_onnx(self, run_id: str, onnx: bytes) -> None:
        """Add the ONNX file to the model of a run, and describe it in the file ``MLmodel``."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self._download(run_id, "MLmodel", folder)
            add_onnx(folder, onnx)
            self.client.log_artifacts(run_id, name, MODEL_FOLDER)

    def _download(self, run_id: str, file: str, folder: Path) -> Path:
        """Download a file of a run's model into a folder and return its path."""
        return download_artifact(self._uri, run_id, f"{MODEL_FOLDER}/{file}", folder)


def metrics_of(winner: Experiment) -> dict[str, float]:
    """Return the metrics that a version carries: those of validation and test."""
    metrics = {}
    for name, value in asdict(winner).items():
        is_metric = name.startswith(("val_", "test_"))
        if is_metric and value is not None:
            metrics[name] = value
    return metrics


def _metadata(winner: Experiment, *, synthetic: bool) -> dict[str, str]:
    """Return the tags of a version, which are also the metadata of its ONNX file."""
    return {
        "training_id": winner.training_id,
        "batch_id": str(winner.batch_id),
        "data_version": winner.data_version,
        "threshold": repr(winner.threshold),
        "dataset": "synthetic" if synthetic else "real",
    }


def _to_record(version: MlflowVersion) -> ModelVersion:
    return to_record(int(version.version), str(version.run_id), version.tags)
