"""One way to train all batches, timed in a process of its own: ``python -m benchmarks.train_stage STAGE FOLDER``."""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from threadpoolctl import threadpool_limits

from connections import bootstrap
from connections.settings import Settings
from readmission.arrays import target_of
from readmission.model.forest import SEED, build_pipeline
from readmission.model.settings import ForestSettings
from readmission.use_cases.train_all import train_all
from readmission.use_cases.training_data import open_training_data

CORES = len(os.sched_getaffinity(0))


def settings_in(folder: Path) -> Settings:
    """Return the settings of a database, an MLflow and models that all lie in a folder."""
    places = {"state_dir": folder, "models_dir": folder / "models", "mlflow_tracking_uri": None}
    return Settings(database_url=f"sqlite:///{folder}/database/", **places)  # type: ignore[arg-type]


def trees(settings: Settings) -> float:
    """Fit the forests alone, on encoded rows, in the quicker of two arrangements."""
    encoded = [
        (
            RandomForestClassifier(**pipeline["forest"].get_params()),
            pipeline["encoder"].fit_transform(rows, target),
            target,
        )
        for pipeline, rows, target in _pipelines(settings)
    ]
    return min(
        _timed(lambda: [_fit(*one, n_jobs=CORES) for one in encoded]),
        _timed(lambda: _side_by_side(lambda one: _fit(*one, n_jobs=1), encoded)),
    )


def pipelines(settings: Settings) -> float:
    """Fit the pipelines, a batch on each core, as training does."""
    unfitted = _pipelines(settings)
    return _timed(lambda: _side_by_side(lambda one: one[0].fit(*one[1:]), unfitted))


def training(settings: Settings) -> float:
    """Train, evaluate, log, select, and challenge the champion of the run before."""
    context = bootstrap.training_context(settings)
    context.registry.champion()  # MLflow creates its tables when first asked
    return _timed(lambda: train_all(context))


def _pipelines(settings: Settings) -> list[tuple[Any, pd.DataFrame, Any]]:
    clean_data = bootstrap.data_stores(settings).clean_data
    data = open_training_data(clean_data)
    rows = {batch_id: data.batch(batch_id) for batch_id in data.batch_ids}
    return [
        (build_pipeline(ForestSettings(), seed=SEED + n), part, target_of(part))
        for n, part in rows.items()
    ]


def _fit(forest: Any, encoded: Any, target: Any, *, n_jobs: int) -> object:
    return clone(forest).set_params(n_jobs=n_jobs).fit(encoded, target)


def _side_by_side(work: Callable[[Any], object], parts: Sequence[Any]) -> None:
    with threadpool_limits(1), ThreadPoolExecutor(CORES) as pool:
        list(pool.map(work, parts))


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


STAGES = {"trees": trees, "pipelines": pipelines, "training": training}


def main() -> None:
    """Run one stage and print its seconds."""
    stage, folder = sys.argv[1:]
    print(json.dumps(STAGES[stage](settings_in(Path(folder)))))


if __name__ == "__main__":
    main()
