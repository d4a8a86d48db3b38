"""How sure a figure is: whole patients are drawn again and again, because encounters of one are alike."""

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
    place, unique = pd.factorize(patients)
    for _ in range(draws):
        yield np.bincount(generator.integers(0, len(unique), len(unique)), minlength=len(unique))[
            place
        ].astype(float)


def interval(
    measure: Callable[[Weights], float], patients: "pd.Series[int]", draws: int = DRAWS
) -> tuple[float, float]:
    """Return the central 95 % of a measure over patient draws; those in which it is not defined do not count."""
    low, high = np.nanquantile(
        [measure(weights) for weights in patient_weights(patients, draws=draws)], [0.025, 0.975]
    )
    return float(low), float(high)


def weighted_f1(target: Target, alerts: NDArray[np.bool_], weights: Weights) -> float:
    """Return F1 where each row counts ``weights`` times."""
    hits, alerted, positive = (float(weights @ part) for part in (alerts * target, alerts, target))
    return 2 * hits / max(alerted + positive, 1)


def ranked_auc(target: Target, weights: Weights) -> float:
    """Return the AUC of rows that are in falling order of probability, each ``weights`` times; NaN for one class."""
    positive = weights * target
    negative = weights - positive
    return _share((negative * np.cumsum(positive)).sum(), positive.sum() * negative.sum())


def ranked_precision(target: Target, weights: Weights) -> float:
    """Return the average precision of rows that are in falling order of probability; NaN without a positive one."""
    positive = weights * target
    precision = np.cumsum(positive) / np.maximum(np.cumsum(weights), 1)
    return _share((precision * positive).sum(), positive.sum())


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")


def f1_margin(
    target: Target,
    candidate: NDArray[np.bool_],
    champion: NDArray[np.bool_],
    patients: "pd.Series[int]",
) -> tuple[float, float]:
    """Return the 95 % interval of the candidate's F1 minus the champion's on the same rows."""
    return interval(
        lambda w: weighted_f1(target, candidate, w) - weighted_f1(target, champion, w), patients
    )
