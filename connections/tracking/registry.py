"""The registered model in MLflow: versions, the aliases ``champion`` and ``previous``, the ONNX files."""

import json
import tempfile
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

import mlflow.artifacts
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion as MlflowVersion
from mlflow.exceptions import MlflowException
from numpy.typing import NDArray

from connections.models.onnx_export import export
from connections.models.onnx_model import OnnxModel
from connections.tracking.client import MODEL_FOLDER, REGISTERED_MODEL, open_client, reachable
from connections.tracking.model_format import ONNX_FILE, add_onnx
from readmission.errors import UnknownVersionError
from readmission.model.exported_model import Exported
from readmission.model.forest import ForestModel
from readmission.records import Experiment, ModelVersion

CHAMPION, PREVIOUS = "champion", "previous"
_MISSING = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


class MlflowRegistry:
    """The ModelStore port on MLflow's registry."""

    def __init__(self, tracking_uri: str) -> None:
        self._uri = tracking_uri

    def champion(self) -> ModelVersion | None:
        """Return the version behind ``champion``, None before the first promotion."""
        return self._behind(CHAMPION)

    def previous(self) -> ModelVersion | None:
        """Return the version behind ``previous``."""
        return self._behind(PREVIOUS)

    def version(self, version: int) -> ModelVersion:
        """Return one version; raises UnknownVersionError."""
        with reachable():
            try:
                return _told(self.client.get_model_version(REGISTERED_MODEL, str(version)))
            except MlflowException as error:
                if error.error_code in _MISSING:
                    raise UnknownVersionError(
                        f"{REGISTERED_MODEL} has no version {version}."
                    ) from error
                raise

    def promote(self, version: int) -> None:
        """Let ``champion`` point to ``version`` and ``previous`` to the former champion."""
        former = self.champion()
        with reachable():
            if former is not None and former.version != version:
                self.client.set_registered_model_alias(
                    REGISTERED_MODEL, PREVIOUS, str(former.version)
                )
            self.client.set_registered_model_alias(REGISTERED_MODEL, CHAMPION, str(version))

    def find(self, training_id: str, data_version: str) -> ModelVersion | None:
        """Return the version that a training on that data registered, None before it did."""
        tags = f"tag.training_id = '{training_id}' and tag.data_version = '{data_version}'"
        with reachable():
            found = self.client.search_model_versions(
                f"name = '{REGISTERED_MODEL}' and {tags}", max_results=1
            )
        return _told(found[0]) if found else None

    def export(
        self, winner: Experiment, model: ForestModel, rows: pd.DataFrame, *, synthetic: bool
    ) -> Exported:
        """Return the winner's ONNX form, and what it says of rows."""
        content = export(model, _metadata(winner, synthetic=synthetic))
        onnx = OnnxModel(content)
        return Exported(content, onnx.threshold, onnx.frame_probabilities(rows))

    def register(self, winner: Experiment, exported: Exported, *, synthetic: bool) -> ModelVersion:
        """Add the winner as the next version: the scikit-learn model of its run, and its ONNX form."""
        with reachable():
            self._add_onnx(winner.run_id, exported.content)
            return self._add_version(winner, synthetic=synthetic)

    def probabilities(self, version: int, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Return what a version says of rows, from its ONNX form."""
        with tempfile.TemporaryDirectory() as folder:
            return OnnxModel.load(self.download_onnx(version, Path(folder))).frame_probabilities(
                rows
            )

    def download_onnx(self, version: int, folder: Path) -> Path:
        """Write a version's ONNX file into a folder and return its path."""
        uri = f"runs:/{self.version(version).run_id}/{MODEL_FOLDER}/{ONNX_FILE}"
        with reachable():
            return Path(
                mlflow.artifacts.download_artifacts(
                    uri, dst_path=str(folder), tracking_uri=self._uri
                )
            )

    @cached_property
    def client(self) -> MlflowClient:
        """Return MLflow's client, opened when first used."""
        return open_client(self._uri)

    def _behind(self, alias: str) -> ModelVersion | None:
        with reachable():
            try:
                return _told(self.client.get_model_version_by_alias(REGISTERED_MODEL, alias))
            except MlflowException as error:
                if error.error_code in _MISSING:
                    return None
                raise

    def _add_onnx(self, run_id: str, onnx: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            mlflow.artifacts.download_artifacts(
                f"runs:/{run_id}/{MODEL_FOLDER}/MLmodel", dst_path=folder, tracking_uri=self._uri
            )
            add_onnx(Path(folder), onnx)
            self.client.log_artifacts(run_id, folder, MODEL_FOLDER)

    def _add_version(self, winner: Experiment, *, synthetic: bool) -> ModelVersion:
        client = self.client
        try:
            client.create_registered_model(REGISTERED_MODEL)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        source = f"{client.get_run(winner.run_id).info.artifact_uri}/{MODEL_FOLDER}"
        tags = {**_metadata(winner, synthetic=synthetic), "metrics": json.dumps(metrics_of(winner))}
        return _told(client.create_model_version(REGISTERED_MODEL, source, winner.run_id, tags))


def _metadata(winner: Experiment, *, synthetic: bool) -> dict[str, str]:
    return {
        "training_id": winner.training_id,
        "batch_id": str(winner.batch_id),
        "data_version": winner.data_version,
        "threshold": repr(winner.threshold),
        "dataset": "synthetic" if synthetic else "real",
    }


def metrics_of(winner: Experiment) -> dict[str, float]:
    """Return the metrics that a version carries: those of validation and test."""
    told = asdict(winner).items()
    return {
        name: value
        for name, value in told
        if name.startswith(("val_", "test_")) and value is not None
    }


def _told(version: MlflowVersion) -> ModelVersion:
    tags = version.tags
    return ModelVersion(
        name=version.name,
        version=int(version.version),
        run_id=str(version.run_id),
        data_version=tags["data_version"],
        threshold=float(tags["threshold"]),
        synthetic=tags["dataset"] == "synthetic",
        metrics=json.loads(tags["metrics"]),
    )
