"""A model in MLflow's format: the pickle, its signature, an example, and later its ONNX form beside it."""

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow.sklearn
import pandas as pd
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from readmission.model.forest import ForestModel
from readmission.schema import FIELDS, Field

MODEL_FILE = "model.pkl"
ONNX_FILE = "model.onnx"
_REQUIREMENTS = ("mlflow", "scikit-learn", "pandas", "numpy", "onnxruntime")


def save_mlflow_model(folder: Path, model: ForestModel, example: pd.DataFrame) -> None:
    """Write the model to a new folder; its environment is told, because guessing it takes minutes."""
    mlflow.sklearn.save_model(
        model,
        folder,
        serialization_format="pickle",
        signature=signature(),
        input_example=example.set_axis(example.columns.astype(object), axis="columns"),
        conda_env=_environment(),
    )


def add_onnx(folder: Path, onnx: bytes) -> None:
    """Put the ONNX form into a saved model's folder, as a second flavour."""
    (folder / ONNX_FILE).write_bytes(onnx)
    described = Model.load(str(folder))
    described.add_flavor(
        "onnx", onnx_version=version("onnx"), data=ONNX_FILE, providers=["CPUExecutionProvider"]
    )
    described.save(str(folder / "MLmodel"))


def signature() -> ModelSignature:
    """Return the fields that the model takes and the decision that it gives."""
    return ModelSignature(
        Schema([_column(field) for field in FIELDS]), Schema([ColSpec(DataType.long)])
    )


def _environment() -> dict[str, Any]:
    pinned = [f"{name}=={version(name)}" for name in _REQUIREMENTS]
    return {
        "name": "readmission",
        "dependencies": [f"python={platform.python_version()}", "pip", {"pip": pinned}],
    }


def _column(field: Field) -> ColSpec:
    kind = DataType.long if field.domain.kind == "integer" else DataType.string
    return ColSpec(kind, field.name, required=not field.domain.nullable)
