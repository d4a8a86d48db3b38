"""How well the served model does on the outcomes that came in since."""

import time
from dataclasses import asdict
from threading import Lock

import numpy as np
from pydantic import BaseModel

from readmission.ports.serving import PredictionLog
from readmission.records import LabelledPrediction

_LATEST = 10_000
_FRESH_S = 10
_SHOWN = ("auc", "average_precision", "f1", "brier", "ece")


class LiveQuality(BaseModel):
    """Live quality; a metric is null where the outcomes cannot tell it (none, or all the same)."""

    outcomes: int
    auc: float | None = None
    average_precision: float | None = None
    f1: float | None = None
    brier: float | None = None
    ece: float | None = None
    mean_probability: float | None = None
    observed_rate: float | None = None


class LiveQualityCache:
    """Computed at most every ten seconds, whoever asks."""

    def __init__(self, log: PredictionLog) -> None:
        self._log = log
        self._lock = Lock()
        self._known: tuple[float, int, LiveQuality] | None = None

    def of(self, model_version: int, threshold: float) -> LiveQuality:
        """Return the quality of one version on its latest outcomes."""
        with self._lock:
            if (
                self._known is None
                or self._known[1] != model_version
                or time.monotonic() - self._known[0] > _FRESH_S
            ):
                judged = self._log.read_labelled(model_version, _LATEST)
                self._known = (
                    time.monotonic(),
                    model_version,
                    measure_live_quality(judged, threshold),
                )
            return self._known[2]


def measure_live_quality(judged: list[LabelledPrediction], threshold: float) -> LiveQuality:
    """Compare predictions with what came of them."""
    if not judged:
        return LiveQuality(outcomes=0)
    probability = np.array([one.probability for one in judged])
    outcome = np.array([one.outcome for one in judged])
    means = {"mean_probability": float(probability.mean()), "observed_rate": float(outcome.mean())}
    if not 0 < outcome.sum() < len(outcome):
        return LiveQuality(outcomes=len(judged), **means)
    from readmission.evaluation.metrics import evaluate

    metrics = asdict(evaluate(outcome, probability, threshold))
    return LiveQuality(outcomes=len(judged), **means, **{name: metrics[name] for name in _SHOWN})
