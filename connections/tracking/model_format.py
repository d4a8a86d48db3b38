"""A model in MLflow's format: the pickle, its signature, an example, and later its ONNX form."""

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
    """Write the model to a new folder.

    The environment is given explicitly, because MLflow would take minutes to infer it.
    """
    names = example.columns.astype(object)
    mlflow.sklearn.save_model(
        model,
        folder,
        serialization_format="pickle",
        signature=signature(),
        input_example=example.set_axis(names, axis="columns"),
        conda_env=_environment(),
    )


def add_onnx(folder: Path, onnx: bytes) -> None:
    """Add the ONNX form to a saved model's folder, as a second flavor."""
    path = folder / ONNX_FILE
    path.write_bytes(onnx)
    model = Model.load(str(folder))
    model.add_flavor(
        "onnx",
        onnx_version=version("onnx"),
        data=ONNX_FILE,
        providers=["CPUExecutionProvider"],
    )
    model.save(str(folder / "MLmodel"))


def signature() -> ModelSignature:
    """Return the fields that the model takes and the type of its prediction."""
    inputs = Schema([_column(field) for field in FIELDS])
    outputs = Schema([ColSpec(DataType.long)])
    return ModelSignature(inputs, outputs)


def _environment() -> dict[str, Any]:
    """Return a conda environment with the installed versions."""
    pinned = [f"{name}=={version(name)}" for name in _REQUIREMENTS]
    python = f"python={platform.python_version()}"
    return {"name": "readmission", "dependencies": [python, "pip", {"pip": pinned}]}


def _column(field: Field) -> ColSpec:
    domain = field.domain
    kind = DataType.long if domain.kind == "integer" else DataType.string
    return ColSpec(kind, field.name, required=not domain.nullable)
