"""What the API needs from outside; tests bring fakes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from app_back.serving.explainer import Explanation
from connections.models.champion_store import ChampionStore
from readmission.ports.serving import Jobs, PatientFields, PredictionLog
from readmission.records import Experiment, JobKind, Preparation, Promotion

if TYPE_CHECKING:
    import pandas as pd

from contextlib import ExitStack, closing

from app_back.job_runner import spawn
from app_back.serving.explainer import Explainer
from connections import bootstrap
from connections.settings import Settings


class CleanDataReader(Protocol):
    """What the API reads of ``clean_data``."""

    def latest_preparation(self) -> Preparation | None:
        """Return what filled the tables, None before the first."""

    def read_experiments(self) -> list[Experiment]:
        """Return every candidate, newest training first."""

    def read_promotions(self) -> list[Promotion]:
        """Return all decisions, newest first."""

    def read_val(self, data_version: str) -> "pd.DataFrame":
        """Return the validation rows; raises UnknownVersionError."""


@dataclass(frozen=True)
class Adapters:
    """All of it, opened."""

    champions: ChampionStore
    log: PredictionLog
    clean_data: CleanDataReader
    jobs: Jobs
    spawn_job: Callable[[JobKind, str], None]
    read_report: Callable[[str], dict[str, Any]]
    explain: Callable[[Path, PatientFields, Sequence[PatientFields]], Explanation]
    close: Callable[[], None] = lambda: None


def open_adapters(settings: Settings) -> Adapters:
    """Open what the API needs; servers that are away are met again at the first use."""
    opened = ExitStack()
    explainer = opened.enter_context(closing(Explainer()))
    return Adapters(
        champions=bootstrap.champions(settings),
        log=_prediction_log(settings, opened),
        clean_data=bootstrap.data_stores(settings).clean_data,
        jobs=bootstrap.jobs(settings),
        spawn_job=spawn,
        read_report=bootstrap.reports(settings),
        explain=explainer.explain,
        close=opened.close,
    )


def _prediction_log(settings: Settings, opened: ExitStack) -> PredictionLog:
    if settings.prediction_log == "database":
        return opened.enter_context(closing(bootstrap.prediction_log(settings)))
    log = opened.enter_context(closing(bootstrap.spooled_prediction_log(settings)))
    log.start()
    return log
