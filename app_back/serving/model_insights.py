"""Insights into the served model: its report, explanations and live quality."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter

from app_back.serving.explainer import Explanation
from app_back.serving.live_quality import LiveQuality, LiveQualityCache
from app_back.serving.reference_patients import draw_reference_patients
from readmission.errors import TemporaryError
from readmission.ports.serving import CleanDataReader, PatientFields, PredictionLog, ServedModel


class ModelInsights:
    """Reads a model's report and reference patients once, and caches those of the latest model."""

    def __init__(
        self,
        read_report: Callable[[str], dict[str, Any]],
        explain: Callable[[Path, PatientFields, Sequence[PatientFields]], Explanation],
        clean_data: CleanDataReader,
        log: PredictionLog,
    ) -> None:
        self.one_explanation_at_a_time = CapacityLimiter(1)
        self._explain = explain
        self._clean_data = clean_data
        self._live_quality = LiveQualityCache(log)
        self._report_of_run = lru_cache(maxsize=1)(read_report)
        self._patients_of_version = lru_cache(maxsize=1)(self._draw_reference_patients)

    def report(self, served: ServedModel) -> dict[str, Any]:
        """Return the report that training recorded with the model."""
        return self._report_of_run(served.version.run_id)

    def explain(self, served: ServedModel, patient: PatientFields) -> Explanation:
        """Return what each field of a patient contributes to the probability."""
        data_version = served.version.data_version
        reference_patients = self._patients_of_version(data_version)
        return self._explain(served.file, patient, reference_patients)

    def live_quality(self, served: ServedModel) -> LiveQuality | None:
        """Return the quality on known outcomes; None while the database is unavailable."""
        model_version = served.version.version
        threshold = served.model.threshold
        try:
            return self._live_quality.of(model_version, threshold)
        except TemporaryError:
            return None

    def _draw_reference_patients(self, data_version: str) -> Sequence[PatientFields]:
        return draw_reference_patients(self._clean_data, data_version)
