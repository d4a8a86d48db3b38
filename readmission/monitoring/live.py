"""Live monitoring: the volume, scores and drift of the latest predictions, against the model's own data."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from readmission.evaluation.report import Report
from readmission.monitoring.drift import DriftReport, measure_drift, without_defaults
from readmission.records import Prediction
from readmission.schema import FIELDS


@dataclass(frozen=True, slots=True)
class ScoreHistogram:
    """Shares of the probabilities in the same bins, on validation and of late."""

    edges: Sequence[float]
    validation: Sequence[float]
    live: Sequence[float]


@dataclass(frozen=True, slots=True)
class Monitoring:
    """The latest predictions; ``days`` counts those of each day, the oldest first."""

    predictions: int
    days: Sequence[tuple[str, int]]
    scores: ScoreHistogram
    drift: DriftReport


def monitor(report: Report, latest: Sequence[Prediction]) -> Monitoring:
    """Compare the latest predictions with a model's report."""
    days = Counter(prediction.made_at.date().isoformat() for prediction in latest)
    names = [field.name for field in FIELDS]
    patients = pd.DataFrame([prediction.fields for prediction in latest], columns=names)
    drift = measure_drift("predictions", report["training"], without_defaults(patients))
    return Monitoring(len(latest), sorted(days.items()), _histogram(report, latest), drift)


def _histogram(report: Report, latest: Sequence[Prediction]) -> ScoreHistogram:
    """Count in the report's bins; what lies beyond them counts in the first or the last."""
    edges = report["histogram"]["edges"]
    validation = report["histogram"]["counts"]
    probabilities = [prediction.probability for prediction in latest]
    live, _ = np.histogram(np.clip(probabilities, edges[0], edges[-1]), bins=edges)
    return ScoreHistogram(edges, _shares(validation), _shares(live.tolist()))


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts) or 1
    return [count / total for count in counts]
