"""Live monitoring: volume, scores and drift of the latest predictions, against the model's data."""

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
    """Shares of the probabilities in each bin, on the validation set and of the latest predictions.

    ``edges`` has one number more than there are bins.
    """

    edges: Sequence[float]
    validation: Sequence[float]
    live: Sequence[float]


@dataclass(frozen=True, slots=True)
class Monitoring:
    """The latest predictions; ``days`` counts those of each day (ISO date), the oldest first."""

    predictions: int
    days: Sequence[tuple[str, int]]
    scores: ScoreHistogram
    drift: DriftReport


def monitor(report: Report, latest: Sequence[Prediction]) -> Monitoring:
    """Compare the latest predictions with a model's report."""
    return Monitoring(
        predictions=len(latest),
        days=_count_by_day(latest),
        scores=_score_histogram(report, latest),
        drift=_drift(report, latest),
    )


def _count_by_day(latest: Sequence[Prediction]) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for prediction in latest:
        date = prediction.made_at.date()
        counts[date.isoformat()] += 1
    return sorted(counts.items())


def _drift(report: Report, latest: Sequence[Prediction]) -> DriftReport:
    patients = pd.DataFrame(
        [prediction.fields for prediction in latest],
        columns=[field.name for field in FIELDS],
    )
    return measure_drift(
        source="predictions",
        training=report["training"],
        rows=without_defaults(patients),
    )


def _score_histogram(report: Report, latest: Sequence[Prediction]) -> ScoreHistogram:
    """Count in the report's bins; the first and the last one include what is beyond them."""
    edges = report["histogram"]["edges"]
    probabilities = [prediction.probability for prediction in latest]
    clipped = np.clip(
        probabilities,
        edges[0],
        edges[-1],
    )
    live_counts, _ = np.histogram(clipped, bins=edges)
    return ScoreHistogram(
        edges=edges,
        validation=_shares(report["histogram"]["counts"]),
        live=_shares(live_counts.tolist()),
    )


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts) or 1
    return [count / total for count in counts]
