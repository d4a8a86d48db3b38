"""The adapters that the tasks use, built from the settings when a task first asks for them.

Each function imports what it builds when it is called: Airflow parses the DAG files again and
again, and a parse must not load pandas, scikit-learn or MLflow. A task runs in a process of its
own, so what is cached here lives as long as the task.
"""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connections.bootstrap import DataStores
    from connections.settings import Settings
    from readmission.ports.data import DatasetSource
    from readmission.use_cases.training_context import TrainingContext
    from readmission.use_cases.watch_drift import DriftWatch


@cache
def settings() -> "Settings":
    """Return the settings of this process."""
    from connections.settings import load_settings

    return load_settings()


@cache
def stores() -> "DataStores":
    """Return ``raw_data`` and ``clean_data``."""
    from connections import bootstrap

    return bootstrap.data_stores(settings())


@cache
def training_context() -> "TrainingContext":
    """Return the ports and settings of training."""
    from connections import bootstrap

    return bootstrap.training_context(settings())


@cache
def drift_watch() -> "DriftWatch":
    """Return the drift watch over the prediction log and new loads."""
    from connections import bootstrap

    return bootstrap.drift(settings())


def dataset_source(url: str | None) -> "DatasetSource":
    """Return the source of the dataset: ``url``, or DATASET_URL where a run names none.

    It never falls back to the synthetic sample.
    """
    from connections import bootstrap

    chosen_url = url or settings().dataset_url
    settings_of_run = settings().model_copy(update={"dataset_url": chosen_url})
    return bootstrap.dataset_source(settings_of_run, allow_synthetic=False)
