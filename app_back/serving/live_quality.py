"""The served model's quality, measured on the outcomes reported for its predictions."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from readmission.ports.serving import PredictionLog
from readmission.records import LabelledPrediction

_LATEST_OUTCOMES = 10_000
_MAX_AGE_S = 10
ENOUGH_OUTCOMES = 100
"""Fewer outcomes say nothing yet: at a usual share of readmissions they are about ten patients."""
_LIVE_METRICS = ("auc", "average_precision", "f1", "brier", "ece")


class LiveQuality(BaseModel):
    """Live quality; metrics are null without outcomes, or while all outcomes are the same.

    ``intervals`` has the 95 % interval of each metric once there are ``enough_outcomes``.
    """

    outcomes: int
    enough_outcomes: int = ENOUGH_OUTCOMES
    intervals: dict[str, tuple[float, float]] = {}
    auc: float | None = None
    average_precision: float | None = None
    f1: float | None = None
    brier: float | None = None
    ece: float | None = None
    mean_probability: float | None = None
    observed_rate: float | None = None


class LiveQualityCache:
    """Measures the live quality at most once in ``_MAX_AGE_S``, however often it is requested."""

    def __init__(self, log: PredictionLog) -> None:
        self._log = log
        self._lock = Lock()
        self._cached: _CachedQuality | None = None

    def of(self, model_version: int, threshold: float) -> LiveQuality:
        """Return the quality of one model version on its latest outcomes."""
        with self._lock:
            cached = self._cached
            if cached is not None and cached.is_fresh(model_version):
                return cached.quality
            labelled = self._log.read_labelled(model_version, limit=_LATEST_OUTCOMES)
            quality = measure_live_quality(labelled, threshold)
            measured_at = time.monotonic()
            self._cached = _CachedQuality(quality, model_version, measured_at)
            return quality


def measure_live_quality(labelled: Sequence[LabelledPrediction], threshold: float) -> LiveQuality:
    """Compare predictions with their outcomes; all of them are of one model version."""
    if not labelled:
        return LiveQuality(outcomes=0)
    probabilities = np.array([prediction.probability for prediction in labelled])
    outcomes = np.array([prediction.outcome for prediction in labelled])
    quality = LiveQuality(
        outcomes=len(labelled),
        mean_probability=float(probabilities.mean()),
        observed_rate=float(outcomes.mean()),
    )
    has_both_classes = 0 < outcomes.sum() < len(outcomes)
    if not has_both_classes:
        return quality
    # Imports scikit-learn, which few responses of the API need.
    from readmission.evaluation.metrics import evaluate

    metrics = asdict(evaluate(outcomes, probabilities, threshold))
    updates: dict[str, Any] = {name: metrics[name] for name in _LIVE_METRICS}
    if len(labelled) >= ENOUGH_OUTCOMES:
        updates["intervals"] = _intervals(outcomes, probabilities, threshold, metrics["auc"])
    return quality.model_copy(update=updates)


def _intervals(
    outcomes: NDArray[np.int_], probabilities: NDArray[np.float64], threshold: float, auc: float
) -> dict[str, tuple[float, float]]:
    """Return the 95 % intervals of the metrics that the form shows; both outcomes occur."""
    from readmission.evaluation import intervals
    from readmission.evaluation.metrics import count_alerts

    readmissions = int(outcomes.sum())
    total = len(outcomes)
    squared_errors = (probabilities - outcomes) ** 2
    counts = count_alerts(outcomes, probabilities >= threshold)
    return {
        "auc": intervals.auc_interval(auc, readmissions, total - readmissions),
        "f1": intervals.f1_interval(counts),
        "brier": intervals.mean_interval(squared_errors),
        "observed_rate": intervals.share_interval(readmissions, total),
    }


@dataclass(frozen=True, slots=True)
class _CachedQuality:
    """A measured quality and when it was measured, by the monotonic clock."""

    quality: LiveQuality
    model_version: int
    measured_at: float

    def is_fresh(self, model_version: int) -> bool:
        age_s = time.monotonic() - self.measured_at
        if age_s > _MAX_AGE_S:
            return False
        return self.model_version == model_version
