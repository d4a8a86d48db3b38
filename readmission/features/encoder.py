"""The pipeline's first step: fit the vocabulary on training rows."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from readmission.arrays import Matrix
from readmission.features.factorized import Coded, code_columns
from readmission.features.logistic_score import RISK, fit_risk
from readmission.features.signals import GROUP_OF, signals
from readmission.features.target_encoding import fit_rates
from readmission.features.vocabulary import Vocabulary


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
        fills = {name: _fills(rows, name) for name in GROUP_OF}
        columns = code_columns(rows, fills)
        rates, crossed_rates = fit_rates(columns, target, self.seed)
        risk, crossed_risk = fit_risk(columns, target, self.seed)
        learnt = {f"{name}@{self.seed}": parts for name, parts in {**rates, RISK: risk}.items()}
        common = [name for name, part in _shares(columns).items() if part >= self.min_share]
        self.vocabulary_ = Vocabulary((*common, *learnt), fills, learnt)
        encoded = self.vocabulary_.encoded(columns)
        encoded[:, -len(learnt) :] = np.column_stack([crossed_rates, crossed_risk])
        return encoded

    def transform(self, rows: pd.DataFrame) -> Matrix:
        """Encode rows with the fitted vocabulary."""
        return self.vocabulary_.matrix(rows)


def _shares(columns: Mapping[str, Coded]) -> dict[str, float]:
    """Return the share of rows in which each feature is not zero, field by field, the most frequent values first."""
    share: defaultdict[str, float] = defaultdict(float)
    for field, column in columns.items():
        parts = np.bincount(column.places) / len(column.places)
        for place in np.argsort(-parts, kind="stable").tolist():
            for name, number in signals(field, column.values[place]).items():
                share[name] += float(parts[place]) * (number != 0)
    return share


def _fills(rows: pd.DataFrame, name: str) -> dict[str, str]:
    """Return the most frequent code of each Spanish group."""
    codes = rows.groupby(GROUP_OF[name])[name].agg(lambda met: met.mode()[0])
    return dict(zip(codes.index.tolist(), codes.tolist(), strict=True))
