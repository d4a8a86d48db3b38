"""What was predicted lately beside what the model was trained for: volume, scores, drift."""

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
class Scores:
    """Shares of the probabilities in the same bins, on validation and of late."""

    edges: Sequence[float]
    validation: Sequence[float]
    live: Sequence[float]


@dataclass(frozen=True, slots=True)
class Monitoring:
    """The latest predictions; ``days`` counts those of each day, the oldest first."""

    predictions: int
    days: Sequence[tuple[str, int]]
    scores: Scores
    drift: DriftReport


def monitor(report: Report, latest: Sequence[Prediction]) -> Monitoring:
    """Compare the latest predictions with a model's report."""
    days = Counter(made.made_at.date().isoformat() for made in latest)
    asked = pd.DataFrame([made.fields for made in latest], columns=[field.name for field in FIELDS])
    drift = measure_drift("predictions", report["training"], without_defaults(asked))
    return Monitoring(len(latest), sorted(days.items()), _scores(report, latest), drift)


def _scores(report: Report, latest: Sequence[Prediction]) -> Scores:
    """Count in the report's bins; what lies beyond them counts in the first or the last."""
    edges, expected = report["histogram"]["edges"], report["histogram"]["counts"]
    told = np.clip([made.probability for made in latest], edges[0], edges[-1])
    counts, _ = np.histogram(told, bins=edges)
    return Scores(edges, _shares(expected), _shares(counts.tolist()))


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts) or 1
    return [count / total for count in counts]
