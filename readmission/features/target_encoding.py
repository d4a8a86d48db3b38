"""How often patients with a code were readmitted, learnt from training rows: one number for a field of many codes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readmission.features.factorized import Coded
from readmission.features.signals import RATED_FIELDS, Value, rate_key

Learnt = Mapping[str, "Sequence[Rates]"]
"""For each learnt feature what its fields add to it."""

SMOOTHING_ROWS = 50.0
"""A code's own rate counts as much as the overall rate when it has this many rows."""
FOLDS = 5
_DECIMALS = 5


@dataclass(frozen=True, slots=True)
class Rates:
    """What the values of one field add to a learnt feature; ``other`` is for values that were never met."""

    field: str
    other: float
    of: Mapping[str, float]

    def rate(self, value: Value) -> float:
        """Return what a value adds."""
        return self.of.get(rate_key(self.field, value), self.other)


def fit_rates(
    columns: Mapping[str, Coded], target: NDArray[np.int64], seed: int
) -> tuple[Learnt, NDArray[np.float32]]:
    """Return the rates of every rated field, and the rows' own ones, each fitted without its fold."""
    from sklearn.model_selection import (
        StratifiedKFold,
    )  # a served model reads rates and needs no scikit-learn
    from sklearn.preprocessing import TargetEncoder

    keys = {
        name: [rate_key(name, value) for value in columns[name].values] for name in RATED_FIELDS
    }
    codes = {
        name: {key: code for code, key in enumerate(dict.fromkeys(met))}
        for name, met in keys.items()
    }
    places = [
        np.array([codes[name][key] for key in met])[columns[name].places]
        for name, met in keys.items()
    ]
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    encoder = TargetEncoder(target_type="binary", smooth=SMOOTHING_ROWS, cv=folds)
    crossed = np.asarray(encoder.fit_transform(np.column_stack(places), target), dtype=np.float32)
    other = round(float(encoder.target_mean_), _DECIMALS)
    rates = [np.round(told, _DECIMALS).tolist() for told in encoder.encodings_]
    found = zip(codes.items(), rates, strict=True)
    return {
        name: [Rates(name, other, dict(zip(met, told, strict=True)))] for (name, met), told in found
    }, crossed
