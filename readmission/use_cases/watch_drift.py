"""Compare what was predicted lately, and what was loaded since, with what the champion learnt from."""

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
    """What was found in each source of rows."""

    version: ModelVersion
    reports: Sequence[DriftReport]

    @property
    def retrain(self) -> bool:
        """Whether any source says that the model should be trained anew."""
        return any(report.retrain for report in self.reports)


@dataclass(frozen=True, slots=True)
class DriftWatch:
    """The use case with what it works with."""

    registry: ModelRegistry
    tracking: Tracking
    log: PredictionLog
    clean_data: CleanData

    def report(self, report_id: str) -> DriftVerdict:
        """Measure, keep the report under ``report_id`` (a repetition replaces it), return the verdict."""
        champion = self.registry.champion()
        if champion is None:
            raise NoChampionError(
                "No model has been promoted yet: there is nothing to compare with."
            )
        training = self.tracking.load_report(champion.run_id)["training"]
        sources = {PREDICTIONS: self._predictions(), NEW_LOAD: self._new_rows(champion)}
        found = [
            measure_drift(name, training, rows)
            for name, rows in sources.items()
            if rows is not None
        ]
        self.tracking.log_drift(report_id, champion.version, found)
        return DriftVerdict(champion, found)

    def _predictions(self) -> pd.DataFrame:
        """Return the latest patients that were asked about, whatever the model's version."""
        asked = [one.fields for one in self.log.read(PredictionFilter(), RECENT_PREDICTIONS)]
        return without_defaults(pd.DataFrame(asked, columns=[field.name for field in FIELDS]))

    def _new_rows(self, champion: ModelVersion) -> pd.DataFrame | None:
        """Return the first batch of the present data, None while the champion was trained on the same data."""
        preparation = self.clean_data.latest_preparation()
        if preparation is None or preparation.data_version == champion.data_version:
            return None
        return self.clean_data.read_batch(1, preparation.data_version)
