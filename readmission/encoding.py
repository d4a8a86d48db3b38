"""The pipeline's first step: fit the vocabulary on training rows."""

from typing import Self

import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from readmission.features import FEATURE_FIELDS, GROUP_OF, signals
from readmission.vocabulary import Matrix, Vocabulary


class FeatureEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Fit the vocabulary on training rows: features that at least ``min_share`` of them have."""

    def __init__(self, min_share: float = 0.01) -> None:
        self.min_share = min_share

    def fit(self, rows: pd.DataFrame, _target: object = None) -> Self:
        """Keep the features that are common enough to learn from."""
        told = [_shares(rows[name].value_counts(normalize=True, dropna=False)) for name in FEATURE_FIELDS]
        share: pd.Series[float] = pd.concat(told).groupby(level=0, sort=False).sum()
        kept = share.index[share >= self.min_share]
        self.vocabulary_ = Vocabulary(tuple(map(str, kept)), {name: _fills(rows, name) for name in GROUP_OF})
        return self

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
