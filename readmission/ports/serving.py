"""The ports of serving: a model, the prediction log, jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from readmission.records import (
    Experiment,
    Job,
    JobKind,
    LabelledPrediction,
    ModelVersion,
    OutcomeReport,
    Prediction,
    PredictionFilter,
    Preparation,
    Promotion,
)

if TYPE_CHECKING:
    import pandas as pd


class Jobs(Protocol):
    """The jobs that the API starts."""

    def start(self, kind: JobKind) -> Job:
        """Record a new job; raises AlreadyRunningError while another of its kind runs."""

    def find(self, job_id: str) -> Job:
        """Return a job as it stands now; raises UnknownVersionError."""


class CleanDataReader(Protocol):
    """The tables of ``clean_data`` that the API reads."""

    def latest_preparation(self) -> Preparation | None:
        """Return the latest preparation, None before the first cleaning."""

    def read_experiments(self) -> list[Experiment]:
        """Return every candidate, newest training first."""

    def read_promotions(self) -> list[Promotion]:
        """Return all decisions, newest first."""

    def read_val(self, data_version: str) -> "pd.DataFrame":
        """Return the validation rows; raises UnknownVersionError when that version is gone."""


class PredictionLog(Protocol):
    """The table ``raw_data.predictions``.

    Each call raises UnreachableError if the database does not answer.
    """

    commits_at_once: int
    """How many threads may append at the same time and gain from it."""

    def check(self) -> None:
        """Return if a prediction could be stored now."""

    def close(self) -> None:
        """Close connections and files."""

    def append(self, predictions: Sequence[Prediction]) -> None:
        """Make all rows durable in one commit; a row that is there already is left as it is."""

    def find(self, prediction_id: str) -> Prediction | None:
        """Return one prediction."""

    def read(self, where: PredictionFilter, limit: int) -> list[Prediction]:
        """Return predictions, newest first."""

    def save_outcome(self, report: OutcomeReport) -> bool:
        """Record a report and make it the prediction's outcome, or take the outcome away.

        Returns False, and changes nothing, if there is no such prediction.
        """

    def read_outcomes(self, prediction_id: str) -> list[OutcomeReport]:
        """Return every report of a prediction's outcome, oldest first."""

    def read_labelled(self, model_version: int, limit: int) -> list[LabelledPrediction]:
        """Return the latest predictions of one model version whose outcome is known."""


PatientFields = Mapping[str, int | str | None]
"""The values of the model's fields; ``PATIENT_LABEL`` and ``GIVEN_DIAGNOSES`` may follow."""


class Model(Protocol):
    """Calibrated probabilities of patients, and the threshold that decides."""

    @property
    def threshold(self) -> float:
        """Return the probability from which on a readmission is predicted."""

    def probabilities(self, rows: Sequence[PatientFields]) -> NDArray[np.float64]:
        """Return a probability for each row."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A loaded model and where it came from."""

    model: Model
    version: ModelVersion
    loaded_at: datetime
    source: Literal["registry", "cache"]
    file: Path
