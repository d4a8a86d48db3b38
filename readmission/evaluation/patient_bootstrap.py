"""Confidence intervals by a bootstrap of patients: encounters of the same patient are alike, so they go together."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.arrays import Target

DRAWS = 500
Weights = NDArray[np.float64]


def patient_weights(
    patients: "pd.Series[int]", *, draws: int = DRAWS, seed: int = 0
) -> Iterator[Weights]:
    """Yield for each draw how often every row counts: as often as its patient was drawn."""
    generator = np.random.default_rng(seed)
    patient_of_row, distinct = pd.factorize(patients)
    for _ in range(draws):
        drawn = generator.integers(0, len(distinct), len(distinct))
        times_drawn = np.bincount(drawn, minlength=len(distinct))
        yield times_drawn[patient_of_row].astype(float)


def interval(
    measure: Callable[[Weights], float], patients: "pd.Series[int]", draws: int = DRAWS
) -> tuple[float, float]:
    """Return the central 95 % of a measure over patient draws; draws in which it is NaN do not count."""
    measured = [measure(weights) for weights in patient_weights(patients, draws=draws)]
    low, high = np.nanquantile(measured, [0.025, 0.975])
    return float(low), float(high)


def weighted_f1(target: Target, alerts: NDArray[np.bool_], weights: Weights) -> float:
    """Return F1 where each row counts ``weights`` times."""
    found = float(weights @ (alerts * target))
    alerted = float(weights @ alerts)
    readmitted = float(weights @ target)
    return 2 * found / max(alerted + readmitted, 1)


def ranked_auc(target: Target, weights: Weights) -> float:
    """Return the AUC of rows in falling order of probability, each ``weights`` times; NaN for one class."""
    positive = weights * target
    negative = weights - positive
    outranked = negative * np.cumsum(positive)
    return _ratio(outranked.sum(), positive.sum() * negative.sum())


def ranked_precision(target: Target, weights: Weights) -> float:
    """Return the average precision of rows in falling order of probability; NaN without a positive one."""
    positive = weights * target
    precision = np.cumsum(positive) / np.maximum(np.cumsum(weights), 1)
    return _ratio((precision * positive).sum(), positive.sum())


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")


def f1_margin(
    target: Target,
    candidate: NDArray[np.bool_],
    champion: NDArray[np.bool_],
    patients: "pd.Series[int]",
) -> tuple[float, float]:
    """Return the 95 % interval of the candidate's F1 minus the champion's on the same rows."""

    def margin(weights: Weights) -> float:
        return weighted_f1(target, candidate, weights) - weighted_f1(target, champion, weights)

    return interval(margin, patients)
