"""A model of realistic size that needs no dataset, for benchmarks and tests of the API."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from connections.models.onnx_export import export
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
    batches = [draw_patients(rows, seed) for seed in range(1, forests + 1)]
    models = [
        train_forest(batch, settings, batch_id=batch_id)
        for batch_id, batch in enumerate(batches, 1)
    ]
    model = average(models, batches)
    model.threshold = THRESHOLD
    return export(model, {"dataset": "synthetic"})


def draw_patients(rows: int, seed: int = 1) -> pd.DataFrame:
    """Return random patients with a target, each field drawn on its own from its domain."""
    random = np.random.default_rng(seed)
    patients = pd.DataFrame({field.name: _draw_values(field, rows, random) for field in FIELDS})
    admissions = np.minimum(patients["number_inpatient"].astype(float), 10)
    risk = 0.02 + 0.06 * admissions
    patients[TARGET] = (random.random(rows) < risk).astype(int)
    return patients


def seed_cache(state_dir: Path, onnx: bytes, version: int = 1) -> ModelVersion:
    """Put a champion where the API caches its last good one."""
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
    (folder / f"champion-{version}.onnx").write_bytes(onnx)
    (folder / "champion.json").write_text(json.dumps(asdict(champion)))
    return champion


def _draw_values(field: Field, rows: int, random: np.random.Generator) -> "pd.Series[object]":
    domain = field.domain
    if domain.kind == "integer":
        numbers = domain.minimum + random.poisson(2, rows)
        return pd.Series(np.minimum(numbers, domain.maximum))
    values = [*(domain.categories or _example_texts(field.name))]
    if domain.nullable:
        values.append(None)
    return pd.Series(random.choice(np.array(values, dtype=object), rows))


def _example_texts(field_name: str) -> tuple[str, ...]:
    is_diagnosis = field_name.startswith("diag")
    return _TEXTS["diag" if is_diagnosis else field_name]
