"""The composition root: the only module that builds adapters from the settings.

Each function imports the classes that it builds when it is called, so that a process loads only
those it uses: ``./run --help`` starts without MLflow, the API without scikit-learn. The price is
that each class is named twice, in the function and under TYPE_CHECKING for its annotation.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connections.settings import UCI_URL, Settings
from readmission.cores import usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable

    from connections.models.champion_store import ChampionStore
    from connections.stores.clean_data import SqlCleanData
    from connections.stores.jobs import SqlJobs
    from connections.stores.prediction_log import SqlPredictionLog
    from connections.stores.prediction_spool import SpooledPredictionLog
    from connections.stores.raw_data import SqlRawData
    from connections.tracking.registry import MlflowRegistry
    from readmission.evaluation.report import Report
    from readmission.ports.data import DatasetSource, ModelRegistry, Progress
    from readmission.use_cases.training_context import TrainingContext
    from readmission.use_cases.watch_drift import DriftWatch


def dataset_source(
    settings: Settings, *, allow_synthetic: bool, progress: "Progress | None" = None
) -> "DatasetSource":
    """Return the source of the dataset: DATASET_URL, else the UCI archive.

    It falls back to the synthetic sample only in the embedded mode, only where the caller allows
    it, and only if no address was set.
    """
    from connections.dataset.address import Address
    from connections.dataset.source import UrlDatasetSource
    from connections.dataset.synthetic_source import FallbackDatasetSource, SyntheticDatasetSource
    from readmission.ports.data import silent

    url = settings.dataset_url
    folder = settings.data_dir
    progress = progress or silent
    real = UrlDatasetSource(
        address=Address(url or UCI_URL),
        target_folder=folder,
        keep_any=url is None,
        progress=progress,
    )
    falls_back = allow_synthetic and settings.embedded and not url
    if not falls_back:
        return real
    return FallbackDatasetSource(real, SyntheticDatasetSource(folder, progress))


def prediction_log(settings: Settings) -> "SqlPredictionLog":
    """Return the prediction log; it waits for a silent server less long than a stage does."""
    from connections.stores.prediction_log import open_prediction_log

    return open_prediction_log(settings)


def spooled_prediction_log(settings: Settings) -> "SpooledPredictionLog":
    """Return the prediction log that still works while the database is unavailable."""
    from connections.stores.prediction_spool import SpooledPredictionLog

    return SpooledPredictionLog(prediction_log(settings), settings.state_dir / "spool")


def jobs(settings: Settings) -> "SqlJobs":
    """Return the jobs that the API starts."""
    from connections.database.engine import open_database
    from connections.stores.jobs import SqlJobs

    return SqlJobs(open_database(settings))


def champions(settings: Settings) -> "ChampionStore":
    """Return the store of champions, from which the API takes its model."""
    from connections.models.champion_store import ChampionStore
    from connections.models.onnx_model import OnnxModel
    from connections.tracking.registry import MlflowRegistry

    return ChampionStore(
        registry=MlflowRegistry(settings.tracking_uri),
        load=OnnxModel.load,
        folder=settings.state_dir / "champion",
    )


@dataclass(frozen=True, slots=True)
class DataStores:
    """The stores of the two schemas on one database server."""

    raw_data: "SqlRawData"
    clean_data: "SqlCleanData"


def data_stores(settings: Settings) -> DataStores:
    """Return ``raw_data`` and ``clean_data``; the first use connects and creates the tables."""
    from connections.database.engine import open_database
    from connections.stores.clean_data import SqlCleanData
    from connections.stores.raw_data import SqlRawData

    database = open_database(settings)
    return DataStores(SqlRawData(database), SqlCleanData(database))


def training_context(settings: Settings, progress: "Progress | None" = None) -> "TrainingContext":
    """Return the ports and settings of a training; a forest uses every core of this process."""
    from connections.models.pickled_models import PickledModelFiles
    from connections.tracking.tracker import MlflowTracking
    from readmission.model.settings import ForestSettings
    from readmission.ports.data import silent
    from readmission.use_cases.training_context import TrainingContext

    return TrainingContext(
        clean_data=data_stores(settings).clean_data,
        tracking=MlflowTracking(settings.tracking_uri),
        registry=registry(settings),
        files=PickledModelFiles(settings.models_dir),
        settings=ForestSettings(trees=settings.forest_trees),
        workers=usable_cores(),
        progress=progress or silent,
    )


def check_tracking_server(settings: Settings) -> None:
    """Raise UnreachableError or SettingError if MLFLOW_TRACKING_URI leads to no MLflow server."""
    from connections.tracking.health import check_tracking_server

    check_tracking_server(settings.tracking_uri)


def version_registry(settings: Settings) -> "ModelRegistry":
    """Return the registered model's versions and aliases, without MLflow where it is not needed."""
    from connections.sqlite_addresses import sqlite_path

    database = sqlite_path(settings.tracking_uri)
    if database is None:
        return registry(settings)
    from connections.tracking.versions import SqliteRegistry

    return SqliteRegistry(database)


def registry(settings: Settings) -> "MlflowRegistry":
    """Return the registered model's versions and aliases."""
    from connections.tracking.registry import MlflowRegistry

    return MlflowRegistry(settings.tracking_uri)


def reports(settings: Settings) -> "Callable[[str], Report]":
    """Return the function that reads the report of a run, by the run's id."""
    from connections.tracking.tracker import MlflowTracking

    return MlflowTracking(settings.tracking_uri).load_report


def drift(settings: Settings) -> "DriftWatch":
    """Return the drift watch over the prediction log and new loads."""
    from connections.tracking.tracker import MlflowTracking
    from readmission.use_cases.watch_drift import DriftWatch

    return DriftWatch(
        registry(settings),
        MlflowTracking(settings.tracking_uri),
        prediction_log(settings),
        data_stores(settings).clean_data,
    )
