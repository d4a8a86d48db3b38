"""What the API needs from outside; tests bring fakes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from app_back.explainer import Explanation
from connections.champion import ChampionStore
from readmission.ports import PredictionLog
from readmission.records import Experiment, Job, JobKind, Preparation, Promotion
from readmission.use_cases.predict import Patient

if TYPE_CHECKING:
    import pandas as pd


class Jobs(Protocol):
    """The jobs that the API starts."""

    def start(self, kind: JobKind) -> Job:
        """Record a new job; raises AlreadyRunningError while another of its kind runs."""

    def find(self, job_id: str) -> Job:
        """Return a job as it stands now; raises UnknownVersionError."""


class CleanBooks(Protocol):
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
    clean_data: CleanBooks
    jobs: Jobs
    spawn_job: Callable[[JobKind, str], None]
    read_report: Callable[[str], dict[str, Any]]
    explain: Callable[[Path, Patient, Sequence[Patient]], Explanation]
    close: Callable[[], None] = lambda: None
