"""The pipeline's first step: fit the vocabulary on training rows."""

from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from readmission.features import FEATURE_FIELDS, GROUP_OF, signals
from readmission.rates import fit_rates
from readmission.risk import RISK, fit_risk
from readmission.vocabulary import Matrix, Vocabulary


class FeatureEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Fit the vocabulary on training rows: features that at least ``min_share`` have, rates of codes, the risk.

    ``seed`` names what is learnt, so that several forests' can stand side by side in one vocabulary.
    """

    def __init__(self, min_share: float = 0.01, seed: int = 0) -> None:
        self.min_share = min_share
        self.seed = seed

    def fit(self, rows: pd.DataFrame, target: NDArray[np.int64]) -> Self:
        """Keep the features that are common enough to learn from, and learn the rates and the risk."""
        self.fit_transform(rows, target)
        return self

    def fit_transform(self, rows: pd.DataFrame, target: NDArray[np.int64]) -> Matrix:
        """Fit, and encode the training rows: no row's rate or risk knows its own outcome."""
        told = [_shares(rows[name].value_counts(normalize=True, dropna=False)) for name in FEATURE_FIELDS]
        share: pd.Series[float] = pd.concat(told).groupby(level=0, sort=False).sum()
        rates, crossed_rates = fit_rates(rows, target, self.seed)
        risk, crossed_risk = fit_risk(rows, target, self.seed)
        learnt = {f"{name}@{self.seed}": parts for name, parts in {**rates, RISK: risk}.items()}
        features = (*map(str, share.index[share >= self.min_share]), *learnt)
        self.vocabulary_ = Vocabulary(features, {name: _fills(rows, name) for name in GROUP_OF}, learnt)
        encoded = self.vocabulary_.matrix(rows)
        encoded[:, -len(learnt) :] = np.column_stack([crossed_rates, crossed_risk])
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
