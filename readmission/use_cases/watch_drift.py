"""Compare recent predictions, and newly loaded rows, with what the champion was trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from readmission.errors import NoChampionError
from readmission.monitoring.drift import DriftReport, measure_drift, without_defaults
from readmission.ports.data import CleanData, ModelRegistry
from readmission.ports.models import Tracking
from readmission.ports.serving import PredictionLog
from readmission.records import ModelVersion, PredictionFilter
from readmission.schema import FIELDS

PREDICTIONS = "predictions"
NEW_LOAD = "new load"
RECENT_PREDICTIONS = 5_000


@dataclass(frozen=True, slots=True)
class DriftVerdict:
    """The drift report of each source of rows, and what follows from them."""

    version: ModelVersion
    reports: Sequence[DriftReport]

    @property
    def retrain(self) -> bool:
        """Whether the rows of any source call for a new training."""
        return any(report.retrain for report in self.reports)


@dataclass(frozen=True, slots=True)
class DriftWatch:
    """The use case, with the ports that it works with."""

    registry: ModelRegistry
    tracking: Tracking
    log: PredictionLog
    clean_data: CleanData

    def report(self, report_id: str) -> DriftVerdict:
        """Measure drift and log the report; a repetition with the same ``report_id`` replaces it.

        Raises NoChampionError before the first promotion.
        """
        champion = self.registry.champion()
        if champion is None:
            raise NoChampionError(
                "No model has been promoted yet: there is nothing to compare with."
            )

        report = self.tracking.load_report(champion.run_id)
        training = report["training"]
        reports = [measure_drift(PREDICTIONS, training, self._read_predictions())]
        new_rows = self._read_new_rows(champion)
        if new_rows is not None:
            reports.append(measure_drift(NEW_LOAD, training, new_rows))

        self.tracking.log_drift(report_id, champion.version, reports)
        return DriftVerdict(champion, reports)

    def _read_predictions(self) -> pd.DataFrame:
        """Return the patients of the latest predictions, of all model versions."""
        predictions = self.log.read(PredictionFilter(), RECENT_PREDICTIONS)
        rows = pd.DataFrame(
            [prediction.fields for prediction in predictions],
            columns=[field.name for field in FIELDS],
        )
        return without_defaults(rows)

    def _read_new_rows(self, champion: ModelVersion) -> pd.DataFrame | None:
        """Return the first batch of the latest data, None if the champion was trained on that."""
        preparation = self.clean_data.latest_preparation()
        if preparation is None:
            return None
        data_version = preparation.data_version
        if data_version == champion.data_version:
            return None
        return self.clean_data.read_batch(1, data_version)
