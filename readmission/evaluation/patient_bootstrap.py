"""Confidence intervals by a bootstrap that resamples patients.

Encounters of the same patient resemble each other, so they are resampled together.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.arrays import Target

RESAMPLES = 500
Weights = NDArray[np.float64]
"""How often each row is in a resample."""


def patient_weights(
    patients: "pd.Series[int]", *, resamples: int = RESAMPLES, seed: int = 0
) -> Iterator[Weights]:
    """Yield the weights of each resample: a row counts as often as its patient was chosen.

    ``patients`` holds each row's patient.
    """
    generator = np.random.default_rng(seed)
    patient_of_row, distinct = pd.factorize(patients)
    patient_count = len(distinct)

    for _ in range(resamples):
        chosen = generator.integers(
            low=0,
            high=patient_count,
            size=patient_count,
        )
        times_chosen = np.bincount(chosen, minlength=patient_count)
        weights = times_chosen[patient_of_row]
        yield weights.astype(float)


def interval(
    measure: Callable[[Weights], float], patients: "pd.Series[int]", resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Return the central 95 % of a measure over the resamples, except those where it is NaN."""
    values = []
    for weights in patient_weights(patients, resamples=resamples):
        value = measure(weights)
        values.append(value)

    low, high = np.nanquantile(values, [0.025, 0.975])
    return float(low), float(high)


def f1_margin(
    target: Target,
    candidate: NDArray[np.bool_],
    champion: NDArray[np.bool_],
    patients: "pd.Series[int]",
) -> tuple[float, float]:
    """Return the 95 % interval of the candidate's F1 minus the champion's on the same rows.

    ``candidate`` and ``champion`` are their alerts.
    """

    def margin(weights: Weights) -> float:
        candidate_f1 = weighted_f1(target, candidate, weights)
        champion_f1 = weighted_f1(target, champion, weights)
        return candidate_f1 - champion_f1

    return interval(margin, patients)


def weighted_f1(target: Target, alerts: NDArray[np.bool_], weights: Weights) -> float:
    """Return the F1 of weighted rows."""
    is_true_alert = alerts * target
    true_alerts = float(weights @ is_true_alert)
    alert_count = float(weights @ alerts)
    readmissions = float(weights @ target)
    total = alert_count + readmissions
    return 2 * true_alerts / max(total, 1)


def ranked_auc(target: Target, weights: Weights) -> float:
    """Return the AUC of weighted rows in falling order of score; NaN if one class is absent."""
    positives = weights * target
    negatives = weights - positives
    positives_above = np.cumsum(positives)
    correct_pairs = negatives * positives_above
    pairs = positives.sum() * negatives.sum()
    return _ratio(correct_pairs.sum(), pairs)


def ranked_precision(target: Target, weights: Weights) -> float:
    """Return the average precision of weighted rows in falling order of score.

    NaN if there is no positive row.
    """
    positives = weights * target
    alerts = np.cumsum(weights)
    true_alerts = np.cumsum(positives)
    precision = true_alerts / np.maximum(alerts, 1)
    weighted_precision = precision * positives
    return _ratio(weighted_precision.sum(), positives.sum())


def _ratio(part: float, whole: float) -> float:
    if whole == 0:
        return float("nan")
    return float(part / whole)
