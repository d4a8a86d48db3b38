"""The ports of training, in a module of their own because it imports scikit-learn."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import pandas as pd

from readmission.arrays import Scores
from readmission.evaluation.report import Report
from readmission.model.candidate import Candidate
from readmission.model.exported_model import Exported
from readmission.model.forest import ForestModel
from readmission.monitoring.drift import DriftReport
from readmission.ports.data import ModelRegistry
from readmission.records import Experiment, ModelVersion


class ModelStore(ModelRegistry, Protocol):
    """The registry as training uses it."""

    def find(self, training_id: str, data_version: str) -> ModelVersion | None:
        """Return the version that a training on that data registered last, None before it did."""

    def export(
        self, winner: Experiment, model: ForestModel, rows: pd.DataFrame, *, synthetic: bool
    ) -> Exported:
        """Return the ONNX form of the winner, with its probabilities on the rows.

        The winner needs no run yet.
        """

    def register(self, winner: Experiment, exported: Exported, *, synthetic: bool) -> ModelVersion:
        """Add the winner as the next version: the model of its run, and its ONNX form."""

    def probabilities(self, version: int, rows: pd.DataFrame) -> Scores:
        """Return the probabilities of a version's ONNX form on the rows."""


class Tracking(Protocol):
    """The experiment ``experiment_diabetes_batches``: a run for each candidate of each training."""

    def log_candidate(
        self,
        candidate: Candidate,
        report: Report,
        *,
        parameters: Mapping[str, str | int | float | None],
        example: pd.DataFrame,
        synthetic: bool,
    ) -> str:
        """Log a candidate with its report and return its run.

        A previous run of the same training and batch is deleted. ``example`` is a few patients as
        the model takes them.
        """

    def load_model(self, run_id: str) -> ForestModel:
        """Return a run's model."""

    def load_report(self, run_id: str) -> Report:
        """Return the report that was logged with a run's candidate."""

    def load_validation_scores(self, run_id: str) -> Scores | None:
        """Return the scores of a run's candidate on validation; None if the run has none."""

    def load_validation_probabilities(self, run_id: str) -> Scores | None:
        """Return the probabilities of a run's candidate on validation; None if the run has none."""

    def log_drift(self, report_id: str, version: int, reports: Sequence[DriftReport]) -> None:
        """Log a drift report; the same ``report_id`` replaces the previous one."""

    def log_metrics(self, run_id: str, values: Mapping[str, float]) -> None:
        """Add metrics to a run."""

    def log_documents(self, run_id: str, documents: Mapping[str, str]) -> None:
        """Add text files to a run; the keys are their names."""


class ModelFiles(Protocol):
    """The folder ``models``, with the pickle files that the legacy project wrote there."""

    def replace_all(self, batches: Sequence[ForestModel], final: ForestModel) -> None:
        """Replace all files by those of one training; readers never see a mixture of two.

        They are ``modelo_entrenado_batch{n}.pkl`` and ``modelo_entrenado_final.pkl``. The caller
        holds the lock on training.
        """
