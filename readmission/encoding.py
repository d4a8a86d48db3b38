"""The pipeline's first step: fit the vocabulary on training rows."""

from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from readmission.features import FEATURE_FIELDS, GROUP_OF, signals
from readmission.rates import fit_rates
from readmission.vocabulary import Matrix, Vocabulary


class FeatureEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Fit the vocabulary on training rows: features that at least ``min_share`` of them have, rates of codes.

    ``seed`` names the rates, so that several forests' can stand side by side in one vocabulary.
    """

    def __init__(self, min_share: float = 0.01, seed: int = 0) -> None:
        self.min_share = min_share
        self.seed = seed

    def fit(self, rows: pd.DataFrame, target: NDArray[np.int64]) -> Self:
        """Keep the features that are common enough to learn from, and learn the rates."""
        self.fit_transform(rows, target)
        return self

    def fit_transform(self, rows: pd.DataFrame, target: NDArray[np.int64]) -> Matrix:
        """Fit, and encode the training rows: no row's rate knows its own outcome."""
        told = [_shares(rows[name].value_counts(normalize=True, dropna=False)) for name in FEATURE_FIELDS]
        share: pd.Series[float] = pd.concat(told).groupby(level=0, sort=False).sum()
        rates, crossed = fit_rates(rows, target, self.seed)
        rates = {f"{name}@{self.seed}": one for name, one in rates.items()}
        features = (*map(str, share.index[share >= self.min_share]), *rates)
        self.vocabulary_ = Vocabulary(features, {name: _fills(rows, name) for name in GROUP_OF}, rates)
        encoded = self.vocabulary_.matrix(rows)
        encoded[:, -len(rates) :] = crossed
        return encoded

    def transform(self, rows: pd.DataFrame) -> Matrix:
        """Encode rows with the fitted vocabulary."""
        return self.vocabulary_.matrix(rows)


def _shares(counts: "pd.Series[float]") -> "pd.Series[float]":
    """Return the share of rows in which each feature of one field is not zero."""
    share: dict[str, float] = {}
    for value, part in zip(counts.index.tolist(), counts.tolist(), strict=True):
        for name, number in signals(str(counts.index.name), None if pd.isna(value) else value).items():
            share[name] = share.get(name, 0.0) + part * (number != 0)
    return pd.Series(share, dtype=float)


def _fills(rows: pd.DataFrame, name: str) -> dict[str, str]:
    """Return the most frequent code of each Spanish group."""
    codes = rows.groupby(GROUP_OF[name])[name].agg(lambda met: met.mode()[0])
    return dict(zip(codes.index.tolist(), codes.tolist(), strict=True))
