"""How often patients with a code were readmitted, learnt from training rows: one number for a field of many codes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.features import RATED_FIELDS, Value, rate_key

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


def fit_rates(rows: pd.DataFrame, target: NDArray[np.int64], seed: int) -> tuple[Learnt, NDArray[np.float32]]:
    """Return the rates of every rated field, and the rows' own ones, each fitted without its fold."""
    from sklearn.model_selection import StratifiedKFold  # a served model reads rates and needs no scikit-learn
    from sklearn.preprocessing import TargetEncoder

    keys = pd.DataFrame({name: _keys(name, rows[name]) for name in RATED_FIELDS})
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    encoder = TargetEncoder(target_type="binary", smooth=SMOOTHING_ROWS, cv=folds)
    crossed = np.asarray(encoder.fit_transform(keys, target), dtype=np.float32)
    found = zip(RATED_FIELDS, encoder.categories_, encoder.encodings_, strict=True)
    other = round(float(encoder.target_mean_), _DECIMALS)
    return {name: [Rates(name, other, _table(codes, told))] for name, codes, told in found}, crossed


def _keys(name: str, values: "pd.Series[Any]") -> NDArray[np.object_]:
    place, met = pd.factorize(values, use_na_sentinel=False)
    keys = [rate_key(name, None if pd.isna(value) else value) for value in met.tolist()]
    return np.array(keys, dtype=object)[place]


def _table(codes: NDArray[np.object_], rates: NDArray[np.float64]) -> dict[str, float]:
    return dict(zip(codes.tolist(), np.round(rates, _DECIMALS).tolist(), strict=True))
