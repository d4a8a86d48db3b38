"""A model of the real size without the dataset: for benchmarks and tests of the API."""

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
    """Return the ONNX average of forests trained on drawn patients who come back the more often they came before."""
    batches = [draw_patients(rows, seed) for seed in range(1, forests + 1)]
    settings = ForestSettings(trees=trees)
    model = average(
        [train_forest(drawn, settings, batch_id=n) for n, drawn in enumerate(batches, 1)], batches
    )
    model.threshold = THRESHOLD
    return export(model, {"dataset": "synthetic"})


def draw_patients(rows: int, seed: int = 1) -> pd.DataFrame:
    """Draw patients from the vocabulary, field by field, with a target."""
    random = np.random.default_rng(seed)
    drawn = pd.DataFrame({field.name: _draw(field, rows, random) for field in FIELDS})
    risk = 0.02 + 0.06 * np.minimum(drawn["number_inpatient"].astype(float), 10)
    drawn[TARGET] = (random.random(rows) < risk).astype(int)
    return drawn


def seed_cache(state_dir: Path, onnx: bytes, version: int = 1) -> ModelVersion:
    """Put a champion where the API keeps its last good one."""
    folder = state_dir / "champion"
    folder.mkdir(parents=True, exist_ok=True)
    made = ModelVersion(
        "mejor_modelo_diabetes", version, f"run-{version}", "sample", THRESHOLD, True, {}
    )
    (folder / f"champion-{version}.onnx").write_bytes(onnx)
    (folder / "champion.json").write_text(json.dumps(asdict(made)))
    return made


def _draw(field: Field, rows: int, random: np.random.Generator) -> "pd.Series[object]":
    domain = field.domain
    if domain.kind == "integer":
        drawn = domain.minimum + random.poisson(2, rows)
        return pd.Series(np.minimum(drawn, domain.maximum))
    values = (
        domain.categories
        or _TEXTS[field.name.partition("_")[0] if field.name.startswith("diag") else field.name]
    )
    return pd.Series(
        random.choice(np.array([*values, *([None] if domain.nullable else [])], dtype=object), rows)
    )
