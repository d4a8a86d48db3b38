"""Repeated trainings on the real dataset give the same figures, on one core or on two."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from connections import bootstrap
from connections.settings import Settings
from readmission.ports.data import silent
from readmission.records import Experiment
from readmission.use_cases.clean import preprocess
from readmission.use_cases.load import load
from readmission.use_cases.train_all import train_all
from readmission.use_cases.training_context import TrainingContext
from tests.conftest import TREES

pytestmark = pytest.mark.slow


@pytest.fixture
def context(tmp_path: Path, real_dataset: Path) -> TrainingContext:
    settings = Settings(
        _env_file=None,
        state_dir=tmp_path,
        models_dir=tmp_path / "models",
        data_dir=tmp_path / "data",
        database_url=SecretStr(f"sqlite:///{tmp_path}/db/"),
        dataset_url=real_dataset.as_uri(),
        forest_trees=TREES,
    )
    stores = bootstrap.data_stores(settings)
    dataset = bootstrap.dataset_source(settings, allow_synthetic=False)
    load(dataset, stores.raw_data, max_rejected_fraction=settings.max_rejected_fraction)
    preprocess(stores.raw_data, stores.clean_data, progress=silent)
    return bootstrap.training_context(settings)


@pytest.mark.timeout(600)
def test_the_real_data_trains_to_the_same_figures_again_on_one_core_or_two(
    context: TrainingContext,
) -> None:
    on_two_cores, on_one_core = (figures(context, cores) for cores in (2, 1))
    assert on_two_cores == on_one_core
    assert len(on_two_cores) == 7
    assert all(value > 0 for value in on_two_cores[0].values())


def figures(context: TrainingContext, cores: int) -> Sequence[dict[str, float]]:
    """Return the metrics of every candidate of one training."""
    selection = train_all(replace(context, workers=cores))
    experiments = sorted(selection.experiments, key=lambda experiment: experiment.batch_id)
    return [rounded(experiment) for experiment in experiments]


def rounded(experiment: Experiment) -> dict[str, float]:
    """Return the metrics and the threshold to six digits."""
    return {
        name: round(value, 6)
        for name, value in asdict(experiment).items()
        if name.startswith(("val_", "test_", "threshold"))
    }
