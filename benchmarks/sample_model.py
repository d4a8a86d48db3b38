"""A model of realistic size that needs no dataset, for benchmarks and tests of the API."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from connections.models.onnx_export import export
from readmission.model.forest import ForestModel
from readmission.model.settings import ForestSettings
from readmission.model.training import average, train_forest
from readmission.records import ModelVersion
from readmission.schema import FIELDS, TARGET, Field

THRESHOLD = 0.14
_TEXTS = {
    "medical_specialty": ("Cardiology", "InternalMedicine"),
    "diag": ("250.83", "428", "V57", "786"),
}


def make_onnx(
    *, forests: int = 1, rows: int = 15_000, trees: int = ForestSettings().trees
) -> bytes:
    """Return the ONNX average of forests, each trained on ``rows`` random patients.

    The more often a patient was admitted before, the likelier is a readmission.
    """
    settings = ForestSettings(trees=trees)
    batches: list[pd.DataFrame] = []
    models: list[ForestModel] = []
    for batch_id in range(1, forests + 1):
        batch = draw_patients(rows, seed=batch_id)
        batches.append(batch)
        forest = train_forest(batch, settings, batch_id=batch_id)
        models.append(forest)
    model = average(models, batches)
    model.threshold = THRESHOLD
    return export(model, {"dataset": "synthetic"})


def draw_patients(rows: int, seed: int = 1) -> pd.DataFrame:
    """Return random patients with a target, each field sampled independently from its domain."""
    random = np.random.default_rng(seed)
    values_of_field = {field.name: _draw_values(field, rows, random) for field in FIELDS}
    patients = pd.DataFrame(values_of_field)
    admissions = patients["number_inpatient"].astype(float)
    capped_admissions = np.minimum(admissions, 10)
    risk = 0.02 + 0.06 * capped_admissions
    is_readmitted = random.random(rows) < risk
    patients[TARGET] = is_readmitted.astype(int)
    return patients


def seed_cache(state_dir: Path, onnx: bytes, version: int = 1) -> ModelVersion:
    """Write a champion to where the API caches the last one that it loaded."""
    folder = state_dir / "champion"
    folder.mkdir(parents=True, exist_ok=True)
    champion = ModelVersion(
        name="mejor_modelo_diabetes",
        version=version,
        run_id=f"run-{version}",
        data_version="sample",
        threshold=THRESHOLD,
        synthetic=True,
        metrics={},
    )
    model_file = folder / f"champion-{version}.onnx"
    model_file.write_bytes(onnx)
    description = json.dumps(asdict(champion))
    (folder / "champion.json").write_text(description)
    return champion


def _draw_values(field: Field, rows: int, random: np.random.Generator) -> NDArray[Any]:
    domain = field.domain
    if domain.kind == "integer":
        excess = random.poisson(2, rows)
        numbers = domain.minimum + excess
        return np.minimum(numbers, domain.maximum)
    texts = domain.categories or _example_texts(field.name)
    values: list[str | None] = list(texts)
    if domain.nullable:
        values.append(None)
    choices = np.array(values, dtype=object)
    return random.choice(choices, rows)


def _example_texts(field_name: str) -> tuple[str, ...]:
    if field_name.startswith("diag"):
        return _TEXTS["diag"]
    return _TEXTS[field_name]
