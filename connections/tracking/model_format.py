"""A model in MLflow's format: the pickle, its signature, an example, and later its ONNX form."""

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow.sklearn
import pandas as pd
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from connections.tracking.versions import ONNX_FILE
from readmission.model.forest import ForestModel
from readmission.schema import FIELDS, Field

MODEL_FILE = "model.pkl"
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
    columns = [_column(field) for field in FIELDS]
    prediction = ColSpec(DataType.long)
    return ModelSignature(
        inputs=Schema([*columns]),
        outputs=Schema([prediction]),
    )


def _environment() -> dict[str, Any]:
    """Return a conda environment with the installed versions."""
    python = platform.python_version()
    pinned = [f"{name}=={version(name)}" for name in _REQUIREMENTS]
    dependencies = [f"python={python}", "pip", {"pip": pinned}]
    return {
        "name": "readmission",
        "dependencies": dependencies,
    }


def _column(field: Field) -> ColSpec:
    domain = field.domain
    is_integer = domain.kind == "integer"
    return ColSpec(
        DataType.long if is_integer else DataType.string,
        field.name,
        required=not domain.nullable,
    )
