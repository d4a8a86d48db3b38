"""One way to train all batches, timed: ``python -m benchmarks.train_stage STAGE FOLDER``."""

import json
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from benchmarks.stage_process import measure_seconds
from connections import bootstrap
from connections.settings import Settings
from readmission.arrays import Target, target_of
from readmission.cores import usable_cores
from readmission.model.forest import SEED, build_pipeline
from readmission.model.settings import ForestSettings
from readmission.use_cases.train_all import train_all
from readmission.use_cases.training_data import open_training_data

CORES = usable_cores()


@dataclass(frozen=True, slots=True)
class _Fit:
    """An unfitted estimator and the rows of one batch, encoded or not, to fit it on."""

    estimator: Any
    rows: Any
    target: Target

    def fit(self) -> None:
        """Fit the estimator itself."""
        self.estimator.fit(self.rows, self.target)

    def fit_copy(self, *, n_jobs: int) -> None:
        """Fit a copy of a forest on that many cores."""
        forest: RandomForestClassifier = clone(self.estimator)
        forest.set_params(n_jobs=n_jobs)
        forest.fit(self.rows, self.target)


def settings_in(folder: Path) -> Settings:
    """Return the settings of a database, an MLflow and models that are all in one folder."""
    return Settings(
        database_url=SecretStr(f"sqlite:///{folder}/database/"),
        state_dir=folder,
        models_dir=folder / "models",
        mlflow_tracking_uri=None,
    )


def trees(settings: Settings) -> float:
    """Fit the forests alone on encoded rows; return the seconds of the faster arrangement."""
    fits = [_encode(fit) for fit in _unfitted_pipelines(settings)]

    def batch_by_batch() -> None:
        for fit in fits:
            fit.fit_copy(n_jobs=CORES)

    def one_batch_per_core() -> None:
        _run_on_all_cores(lambda fit: fit.fit_copy(n_jobs=1), fits)

    return min(
        measure_seconds(batch_by_batch),
        measure_seconds(one_batch_per_core),
    )


def pipelines(settings: Settings) -> float:
    """Fit the pipelines, one batch per core as training does; return the seconds."""
    fits = _unfitted_pipelines(settings)
    return measure_seconds(lambda: _run_on_all_cores(_Fit.fit, fits))


def training(settings: Settings) -> float:
    """Train, evaluate, log, select, challenge the previous champion; return the seconds."""
    context = bootstrap.training_context(settings)
    # MLflow creates its tables at the first query: before the clock starts.
    context.registry.champion()
    return measure_seconds(lambda: train_all(context))


STAGES = {
    "trees": trees,
    "pipelines": pipelines,
    "training": training,
}


def main() -> None:
    """Run one stage and print its seconds."""
    stage, name = sys.argv[1:]
    settings = settings_in(Path(name))
    run = STAGES[stage]
    seconds = run(settings)
    print(json.dumps(seconds))


def _unfitted_pipelines(settings: Settings) -> list[_Fit]:
    """Return a pipeline for each batch of the latest preparation, with the batch's rows."""
    clean_data = bootstrap.data_stores(settings).clean_data
    data = open_training_data(clean_data)
    fits: list[_Fit] = []
    for batch_id in data.batch_ids:
        rows = data.batch(batch_id)
        pipeline = build_pipeline(ForestSettings(), seed=SEED + batch_id)
        fit = _Fit(pipeline, rows, target_of(rows))
        fits.append(fit)
    return fits


def _encode(fit: _Fit) -> _Fit:
    """Return a bare forest with the pipeline's parameters, and the batch's encoded rows."""
    pipeline: Pipeline = fit.estimator
    encoder = pipeline["encoder"]
    encoded_rows = encoder.fit_transform(fit.rows, fit.target)
    forest_parameters = pipeline["forest"].get_params()
    forest = RandomForestClassifier(**forest_parameters)
    return _Fit(forest, encoded_rows, fit.target)


def _run_on_all_cores(run: Callable[[_Fit], None], fits: Iterable[_Fit]) -> None:
    """Run one fit per core at a time; numerical libraries must not start more threads."""
    one_thread_each = threadpool_limits(1)
    with one_thread_each, ThreadPoolExecutor(CORES) as pool:
        results = pool.map(run, fits)
        # Raises the error of a failed fit.
        list(results)


if __name__ == "__main__":
    main()
