"""The one composition root: settings become adapters.

Each function imports what it builds when it is called, so that a process loads only what it uses.
"""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connections.settings import UCI_URL, Settings

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
    from readmission.ports.data import DatasetSource, Progress
    from readmission.use_cases.training_context import TrainingContext
    from readmission.use_cases.watch_drift import DriftWatch


def dataset_source(
    settings: Settings, *, allow_synthetic: bool, progress: "Progress | None" = None
) -> "DatasetSource":
    """Return where the dataset comes from: DATASET_URL, else the UCI archive.

    Only the embedded mode falls back to the synthetic sample, only where the caller allows it and
    no address was set.
    """
    from connections.dataset.address import Address
    from connections.dataset.source import UrlDatasetSource
    from connections.dataset.synthetic_source import FallbackDatasetSource, SyntheticDatasetSource
    from readmission.ports.data import silent

    url, folder, progress = settings.dataset_url, settings.data_dir, progress or silent
    real = UrlDatasetSource(
        Address(url or UCI_URL), folder, keep_any=url is None, progress=progress
    )
    if url or not (allow_synthetic and settings.embedded):
        return real
    return FallbackDatasetSource(real, SyntheticDatasetSource(folder, progress))


def prediction_log(settings: Settings) -> "SqlPredictionLog":
    """Return the prediction log, which gives up a silent server sooner than a stage does."""
    from connections.stores.prediction_log import open_prediction_log

    return open_prediction_log(settings)


def spooled_prediction_log(settings: Settings) -> "SpooledPredictionLog":
    """Return the prediction log that goes on while the database is away."""
    from connections.stores.prediction_spool import SpooledPredictionLog

    return SpooledPredictionLog(prediction_log(settings), settings.state_dir / "spool")


def jobs(settings: Settings) -> "SqlJobs":
    """Return the jobs that the API starts."""
    from connections.database.engine import open_database
    from connections.stores.jobs import SqlJobs

    return SqlJobs(open_database(settings))


def champions(settings: Settings) -> "ChampionStore":
    """Return where the API's model comes from."""
    from connections.models.champion_store import ChampionStore
    from connections.models.onnx_model import OnnxModel
    from connections.tracking.registry import MlflowRegistry

    return ChampionStore(
        MlflowRegistry(settings.tracking_uri), OnnxModel.load, settings.state_dir / "champion"
    )


@dataclass(frozen=True, slots=True)
class DataStores:
    """The two schemas of one database server."""

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
        workers=len(os.sched_getaffinity(0)),
        progress=progress or silent,
    )


def registry(settings: Settings) -> "MlflowRegistry":
    """Return the registered model's versions and aliases."""
    from connections.tracking.registry import MlflowRegistry

    return MlflowRegistry(settings.tracking_uri)


def reports(settings: Settings) -> "Callable[[str], Report]":
    """Return what reads the report that was recorded with a run."""
    from connections.tracking.tracker import MlflowTracking

    return MlflowTracking(settings.tracking_uri).load_report


def drift(settings: Settings) -> "DriftWatch":
    """Return the drift watch over the prediction log and new loads."""
    from connections.tracking.tracker import MlflowTracking
    from readmission.use_cases.watch_drift import DriftWatch

    tracking = MlflowTracking(settings.tracking_uri)
    return DriftWatch(
        registry(settings), tracking, prediction_log(settings), data_stores(settings).clean_data
    )
